"""Brightness of each tissue in each sequence, relative to normal myocardium.

Source: medians measured on the 25 training cases of MyoPS 2020 (heart, lung, liver, spleen, fat); the remaining
organs are chosen to look right beside them.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from scarmap.errors import DataError, suggest

SEQUENCES = ("bSSFP", "T2", "LGE")

BRIGHTNESS: Mapping[str, tuple[float, float, float]] = {
    "air": (0.0, 0.0, 0.0),
    "myocardium": (1.0, 1.0, 1.0),
    "lv_blood": (2.6, 0.18, 3.2),
    "slow_blood": (2.6, 0.85, 3.2),
    "rv_blood": (1.9, 0.22, 2.8),
    "edema": (1.40, 1.50, 1.9),
    "scar": (1.36, 1.40, 3.3),
    "no_reflow": (1.15, 1.20, 1.3),
    "fat": (2.3, 1.1, 3.4),
    "muscle": (0.8, 0.5, 1.0),
    "lung": (0.06, 0.12, 0.16),
    "liver": (0.45, 0.60, 1.8),
    "vessel": (1.7, 0.25, 2.6),
    "spleen": (0.70, 1.54, 0.75),
    "kidney": (1.2, 1.9, 2.3),
    "stomach_wall": (0.9, 1.0, 1.6),
    "stomach": (1.1, 3.2, 0.6),
    "marrow": (0.6, 0.6, 1.1),
    "bone": (0.12, 0.12, 0.2),
}
"""Tissue to its medians in `SEQUENCES` order; slow blood is the rim that dark-blood T2 imaging fails to null."""

HEART = frozenset({"lv_blood", "slow_blood", "rv_blood", "edema", "scar", "no_reflow"})


@dataclass(frozen=True)
class Signals:
    """Brightness of each tissue in one study. `values`: tissue to (S,), float32, normal myocardium is 1."""

    sequences: tuple[str, ...]
    values: Mapping[str, NDArray[np.float32]]


def draw_signals(rng: np.random.Generator, sequences: Sequence[str]) -> Signals:
    """Draw the contrast of one study.

    All contrasts of the heart in a sequence grow and shrink together, as they do with inversion time, contrast
    agent and field strength; organs around it vary freely. The order of tissues in the heart never changes.

    Args:
        rng: Source of randomness.
        sequences: Names in `SEQUENCES`.

    Raises:
        DataError: A sequence is not simulated.
    """
    unknown = [name for name in sequences if name not in SEQUENCES]
    if unknown:
        raise DataError(f"The phantom has no sequence {unknown[0]!r}. {suggest(unknown[0], SEQUENCES)}")
    columns = [SEQUENCES.index(name) for name in sequences]
    shared = np.exp(np.clip(0.22 * rng.standard_normal(len(SEQUENCES)), -0.45, 0.45))
    values = {}
    for tissue, medians in BRIGHTNESS.items():
        wide = 0.06 if tissue in HEART else 0.22
        own = np.exp(np.clip(wide * rng.standard_normal(len(SEQUENCES)), -2 * wide, 2 * wide))
        median = np.array(medians)
        strength = own * shared if tissue in HEART else own
        drawn = np.where(median > 1, 1 + (median - 1) * strength, median * own)
        drawn = np.ones(len(SEQUENCES)) if tissue == "myocardium" else drawn
        values[tissue] = drawn[columns].astype(np.float32)
    return Signals(tuple(sequences), values)

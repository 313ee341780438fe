"""Brightness of each tissue in each sequence of one study."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from scarmap.errors import DataError, suggest
from scarmap.phantom.scan.protocol import Protocol, Style
from scarmap.phantom.signal.contrast import brightness
from scarmap.phantom.signal.tissue import draw_tissues

INJURED = ("edema", "scar", "chronic_scar", "no_reflow")
"""Tissues that change with normal myocardium where contrast has no physics, so that an injury stays
one."""

OWN_SHARE = 0.35
"""How much of an injured tissue's change of that kind is its own. Choice."""

HEART = ("myocardium", "lv_blood", "rv_blood", "edema", "scar")
"""Tissues the brightest of which has the brightness 1."""


@dataclass(frozen=True)
class Signals:
    """Brightness of each tissue in one study.

    Attributes:
        sequences: Names of the sequences.
        values: Tissue to (S,), float32; 1 is the brightest tissue of the heart, and signals before
            the null of late enhancement are negative.
    """

    sequences: tuple[str, ...]
    values: Mapping[str, NDArray[np.float32]]


def draw_signals(rng: np.random.Generator, style: Style, sequences: Sequence[str]) -> Signals:
    """Draw the tissues of one patient and scan them.

    Args:
        rng: Source of randomness.
        style: How the study is acquired.
        sequences: Names of the sequences, out of the style's protocols.

    Raises:
        DataError: The style lacks a sequence.
    """
    unknown = [name for name in sequences if name not in style.protocols]
    if unknown:
        raise DataError(
            f"The style {style.name!r} of acquisition has no sequence {unknown[0]!r}. "
            f"{suggest(unknown[0], style.protocols)}"
        )
    tissues = draw_tissues(rng, style.tesla)
    columns = []
    for name in sequences:
        protocol = style.protocols[name]
        signals = brightness(protocol.contrast, tissues, tesla=style.tesla, agent=style.agent)
        columns.append(_rescale(_distort(rng, signals, protocol)))
    values = {
        name: np.array([column[name] for column in columns], dtype=np.float32) for name in tissues
    }
    return Signals(tuple(sequences), values)


def _distort(
    rng: np.random.Generator, signals: Mapping[str, float], protocol: Protocol
) -> dict[str, float]:
    """Change brightness without physics, so that no network learns one contrast by heart."""
    span = max(abs(value) for value in signals.values())
    drawn = {name: float(np.clip(rng.standard_normal(), -2, 2)) for name in signals}
    drawn |= {name: drawn["myocardium"] + OWN_SHARE * drawn[name] for name in INJURED}
    return {
        name: float(
            np.sign(value)
            * span
            * (abs(value) / span) ** protocol.gamma
            * np.exp(protocol.freedom * drawn[name])
        )
        for name, value in signals.items()
    }


def _rescale(signals: Mapping[str, float]) -> dict[str, float]:
    brightest = max(abs(signals[name]) for name in HEART)
    return {name: value / brightest for name, value in signals.items()}

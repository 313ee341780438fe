"""Styles of acquisition: those of MyoPS 2020 and EMIDEC, and a random one for training.

Sequence parameters are those of the data sets' descriptions where they give them, and of common
practice elsewhere. Pixels, noise and texture are measured on the data sets' training cases;
benchmarks/phantom.md has the comparison.
"""

from collections.abc import Callable, Mapping
from dataclasses import replace

import numpy as np

from scarmap.errors import DataError, suggest
from scarmap.phantom.scan.imaging import Quality
from scarmap.phantom.scan.protocol import Protocol, Style, draw_agent, draw_coils, draw_quality
from scarmap.phantom.signal.contrast import (
    Balanced,
    Contrast,
    DarkBlood,
    LateEnhancement,
    T2Prepared,
)
from scarmap.phantom.signal.gadolinium import AGENTS

LATE_NOISE = (0.03, 0.24)
"""Noise of late enhancement in the random style.

Source: spread of the normal wall in MyoPS 2020 and EMIDEC, see benchmarks/phantom.md.
"""

T2_NOISE = (0.008, 0.05)
"""Noise of T2 images in the random style. Source: how far edema stands out in MyoPS 2020."""

LATE_CINE = 0.75
"""Share of cine in the random style that follows the injection.

Source: scar and edema brighter than the normal wall in bSSFP of MyoPS 2020.
"""

BRIGHT_BLOOD = 0.05
"""Share of T2 images with bright blood in the random style. Source: dark blood in every case of
MyoPS 2020."""

SUPPRESSED_FAT = 0.25
"""Share of late enhancement with suppressed fat in the random style. Choice: most protocols leave
fat bright."""

DARKER_BLOOD = 0.35
"""Share of late enhancement whose blood is darker than relaxation says: inflow, dark blood.

Source: scar up to twice as bright as blood in EMIDEC.
"""


def draw_style(rng: np.random.Generator, name: str) -> Style:
    """Draw how one study is acquired.

    Args:
        rng: Source of randomness.
        name: "myops2020" (three magnitude sequences at 1.5 T), "emidec" (phase-sensitive late
            enhancement at either field strength) or "random" (all three sequences, each parameter
            over a wide range, and in part of the studies contrasts that no scanner makes).

    Raises:
        DataError: There is no such style.
    """
    if name not in STYLES:
        raise DataError(f"There is no style {name!r} of acquisition. {suggest(name, STYLES)}")
    return STYLES[name](rng)


def _myops2020(rng: np.random.Generator) -> Style:
    spacing = float(rng.choice([12.0, 14.0, 23.0]))
    cine = Balanced(
        float(rng.uniform(2.7, 3.2)),
        float(rng.uniform(42, 56)),
        float(rng.uniform(0.3, 1.0)) if rng.random() < 0.5 else 0.0,
    )
    edema = DarkBlood(
        2000.0,
        float(rng.uniform(84, 96)),
        None,
        fat=float(rng.uniform(0.5, 1.0)),
        blood=float(rng.uniform(0.02, 0.06)),
        slow_blood=float(rng.uniform(0.22, 0.40)),
    )
    late = _late(rng, timing=(1.06, 1.28), echo_ms=1.8, signed=False)
    return Style(
        "myops2020",
        1.5,
        AGENTS[1.5]["gadobutrol"],
        {
            "bSSFP": Protocol(
                cine,
                draw_quality(
                    rng,
                    1.65,
                    noise=(0.02, 0.05),
                    air_noise=0.4,
                    grain=0.04,
                    patches=0.14,
                    mottle=0.06,
                ),
            ),
            "T2": Protocol(
                edema,
                draw_quality(
                    rng,
                    1.55,
                    noise=(0.03, 0.06),
                    air_noise=0.3,
                    grain=0.06,
                    patches=0.16,
                    mottle=0.10,
                ),
            ),
            "LGE": Protocol(
                late,
                draw_quality(
                    rng,
                    1.10,
                    noise=(0.04, 0.09),
                    air_noise=0.45,
                    grain=0.08,
                    patches=0.10,
                    mottle=0.16,
                ),
            ),
        },
        field_hz=float(rng.uniform(10, 30)),
        coils=draw_coils(rng),
        pixel_mm=(0.729, 0.762),
        field_of_view_mm=(330.0, 372.0),
        spacing_mm=(spacing, spacing),
        thickness_mm=(5.0, 8.0),
        slices=(3, 3) if spacing > 20 else (3, 6),
    )


def _emidec(rng: np.random.Generator) -> Style:
    tesla = float(rng.choice([1.5, 3.0]))
    late = _late(rng, timing=(1.02, 1.36), echo_ms=1.42, signed=True)
    quality = draw_quality(
        rng,
        float(rng.uniform(1.4, 2.0)),
        noise=(0.05, 0.12),
        grain=0.08,
        patches=0.12,
        mottle=0.06,
        fat_shift_mm=2.0,
    )
    return Style(
        "emidec",
        tesla,
        draw_agent(rng, tesla),
        {"LGE": Protocol(late, replace(quality, offset=2048.0))},
        field_hz=20.0 * tesla,
        coils=draw_coils(rng),
        pixel_mm=(1.37, 1.46),
        field_of_view_mm=(300.0, 360.0),
        spacing_mm=(10.0, 10.0),
        thickness_mm=(8.0, 8.0),
        slices=(5, 10),
    )


def _random(rng: np.random.Generator) -> Style:
    tesla = float(rng.choice([1.5, 3.0]))
    spacing = float(rng.uniform(6, 16))
    late = _random_late(rng)
    cine = Balanced(
        float(rng.uniform(2.6, 4.0)),
        float(rng.uniform(40, 75)),
        float(rng.uniform(0.3, 1.1)) if rng.random() < LATE_CINE else 0.0,
    )
    return Style(
        "random",
        tesla,
        draw_agent(rng, tesla),
        {
            "bSSFP": _free(rng, cine),
            "T2": _free(rng, _random_t2(rng, tesla), noise=T2_NOISE),
            "LGE": _free(rng, late, noise=LATE_NOISE),
        },
        field_hz=float(rng.uniform(10, 30)) * tesla,
        coils=draw_coils(rng, spread_deg=60.0),
        pixel_mm=(0.7, 2.0),
        field_of_view_mm=(280.0, 400.0),
        spacing_mm=(spacing, spacing),
        thickness_mm=(min(5.0, spacing), min(10.0, spacing)),
        slices=(3, 12),
    )


def _late(
    rng: np.random.Generator,
    *,
    timing: tuple[float, float],
    echo_ms: float,
    signed: bool,
    fat: tuple[float, float] = (0.5, 1.0),
) -> LateEnhancement:
    beat_ms = float(np.clip(rng.normal(850, 120), 550, 1200))
    return LateEnhancement(
        repetition_ms=2 * beat_ms,
        timing=float(rng.uniform(*timing)),
        echo_ms=echo_ms,
        efficiency=float(rng.uniform(0.92, 1.0)),
        plasma_mm=float(rng.uniform(0.45, 1.1)),
        signed=signed,
        fat=float(rng.uniform(*fat)),
    )


def _random_late(rng: np.random.Generator) -> LateEnhancement:
    """Late enhancement with an inversion a little late in most studies and far too late in few."""
    late = _late(
        rng,
        timing=(0.95, 0.95),
        echo_ms=float(rng.uniform(1.2, 4.6)),
        signed=bool(rng.random() < 0.5),
        fat=(0.1, 0.6) if rng.random() < SUPPRESSED_FAT else (0.7, 1.0),
    )
    darker = float(rng.uniform(0.6, 1.0)) if rng.random() < DARKER_BLOOD else 1.0
    return replace(late, timing=late.timing + 0.75 * float(rng.random()) ** 1.5, blood=darker)


def _random_t2(rng: np.random.Generator, tesla: float) -> Contrast:
    if rng.random() < BRIGHT_BLOOD:
        return T2Prepared(
            float(rng.uniform(30, 70)),
            float(rng.uniform(2.6, 3.6)),
            float(rng.uniform(35, 75)),
            int(rng.integers(10, 60)),
        )
    fat_null_ms = (170.0 if tesla == 1.5 else 220.0) * float(rng.uniform(0.85, 1.15))
    return DarkBlood(
        repetition_ms=float(rng.uniform(1200, 2600)),
        echo_ms=float(rng.uniform(85, 115)),
        inversion_ms=fat_null_ms if rng.random() < 0.2 else None,
        fat=float(rng.uniform(0.4, 1.0)),
        blood=float(rng.uniform(0.0, 0.09)),
        slow_blood=float(rng.uniform(0.12, 0.40)),
    )


def _free(
    rng: np.random.Generator, contrast: Contrast, *, noise: tuple[float, float] = (0.008, 0.13)
) -> Protocol:
    """A protocol over all scanners, in half of the cases with a contrast of no physics."""
    quality = Quality(
        pixel_mm=float(rng.uniform(1.0, 2.6)),
        noise=float(np.exp(rng.uniform(*np.log(noise)))),
        air_noise=float(rng.uniform(0.2, 1.0)),
        grain=float(rng.uniform(0.0, 0.15)),
        patches=float(rng.uniform(0.0, 0.25)),
        mottle=float(rng.uniform(0.0, 0.12)),
        shading=float(rng.uniform(0.0, 1.8)),
        ghost=float(rng.uniform(0.0, 0.05)) if rng.random() < 0.4 else 0.0,
        ghost_mm=float(rng.uniform(30, 150)),
        fat_shift_mm=float(rng.uniform(-3.0, 3.0)),
        unrest=float(rng.uniform(0.0, 0.15)) if rng.random() < 0.5 else 0.0,
        units=float(np.exp(rng.uniform(np.log(120), np.log(2500)))),
    )
    if isinstance(contrast, LateEnhancement) and contrast.signed:
        quality = replace(quality, offset=quality.units * float(rng.uniform(2, 5)))
    choice = rng.random()
    if choice < 0.25:
        return Protocol(contrast, quality, gamma=float(np.exp(rng.normal(0, 0.35))))
    if choice < 0.5:
        return Protocol(contrast, quality, freedom=float(rng.uniform(0.05, 0.25)))
    return Protocol(contrast, quality)


STYLES: Mapping[str, Callable[[np.random.Generator], Style]] = {
    "myops2020": _myops2020,
    "emidec": _emidec,
    "random": _random,
}

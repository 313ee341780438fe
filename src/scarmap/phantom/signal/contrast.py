"""The contrast of a sequence: its parameters, and how bright they make each tissue.

`brightness` is where physics ends: the equations make liver and spleen as bright as the wall of the
heart or brighter, while hand-drawn regions in MyoPS 2020 measure 0.44 and 0.70 of it in bSSFP.
`CORRECTIONS` holds the ratios of measured to predicted signal; iron, flow and the distance from the
coils, which may be behind them, are not modelled. The right ventricle's blood, which flows through
trabeculae, is a little darker in late enhancement than predicted.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from math import cos, exp, pi

from scarmap.phantom.signal.gadolinium import Agent, enhanced
from scarmap.phantom.signal.sequences import (
    balanced,
    inversion_recovery,
    null_time,
    spin_echo,
    t2_prepared,
)
from scarmap.phantom.signal.tissue import Relaxation

FAT_HZ_PER_TESLA = -144.7
"""Frequency of fat beside water: -217 Hz at 1.5 T, -434 Hz at 3 T (3.4 parts per million)."""


@dataclass(frozen=True)
class Balanced:
    """Balanced SSFP, the echo halfway between two pulses.

    Attributes:
        repetition_ms: Between two pulses.
        flip_deg: Angle of each pulse.
        plasma_mm: Gadolinium in plasma, millimole per litre; above 0 where cine follows the
            injection.
    """

    repetition_ms: float
    flip_deg: float
    plasma_mm: float = 0.0


@dataclass(frozen=True)
class T2Prepared:
    """Single-shot balanced SSFP after a T2 preparation: bright blood.

    Attributes:
        preparation_ms: Echo time of the preparation.
        repetition_ms: Between two pulses.
        flip_deg: Angle of each pulse.
        pulses: Pulses before the middle of k-space.
    """

    preparation_ms: float
    repetition_ms: float
    flip_deg: float
    pulses: int


@dataclass(frozen=True)
class DarkBlood:
    """Turbo spin echo that nulls blood, though not everywhere.

    Attributes:
        repetition_ms: Between two excitations.
        echo_ms: Effective echo time.
        inversion_ms: From the inversion that nulls fat (STIR); None for selective suppression of
            fat (SPAIR).
        fat: Share of fat's signal that survives selective suppression.
        blood: Share of the signal of flowing blood that survives.
        slow_blood: The same for blood that stands between trabeculae and along the wall.
    """

    repetition_ms: float
    echo_ms: float
    inversion_ms: float | None
    fat: float
    blood: float
    slow_blood: float


@dataclass(frozen=True)
class LateEnhancement:
    """Inversion recovery read by gradient echoes, minutes after gadolinium.

    Attributes:
        repetition_ms: From one inversion to the next.
        timing: Inversion time over the null time of normal myocardium.
        echo_ms: Echo time.
        efficiency: Share of the magnetisation that the pulse inverts.
        plasma_mm: Gadolinium in plasma, millimole per litre.
        signed: Whether the image keeps the sign (phase-sensitive reconstruction).
        fat: Share of fat's signal that survives its suppression.
        blood: Share of blood's signal that survives flow, or a preparation that darkens it.
    """

    repetition_ms: float
    timing: float
    echo_ms: float
    efficiency: float
    plasma_mm: float
    signed: bool
    fat: float = 1.0
    blood: float = 1.0


Contrast = Balanced | T2Prepared | DarkBlood | LateEnhancement

RIGHT_BLOOD = 2.0
"""How much more of the right ventricle's blood survives dark-blood imaging: it is slower, between
more trabeculae."""

CORRECTIONS: Mapping[str, Mapping[type, float]] = {
    "liver": {Balanced: 0.30, T2Prepared: 0.30, DarkBlood: 0.65, LateEnhancement: 0.60},
    "spleen": {Balanced: 0.47, T2Prepared: 0.47, DarkBlood: 0.75, LateEnhancement: 0.55},
    "rv_blood": {LateEnhancement: 0.82},
    "edema": {Balanced: 1.12},
    "scar": {Balanced: 1.10},
}
"""Tissue and kind of contrast to measured over predicted signal."""


def brightness(
    contrast: Contrast, tissues: Mapping[str, Relaxation], *, tesla: float, agent: Agent
) -> dict[str, float]:
    """Signal of each tissue; negative only before the null of late enhancement.

    Fat is given as if it were alone: where it cancels water is decided voxel by voxel, with
    `fat_cosine`.

    Args:
        contrast: The sequence.
        tissues: Every tissue by name, without gadolinium; "myocardium" is the one to be nulled.
        tesla: Field strength.
        agent: The contrast agent, where there is one.

    Returns:
        Tissue to its signal; 1 would be the full magnetisation of water.
    """
    plasma_mm = contrast.plasma_mm if isinstance(contrast, Balanced | LateEnhancement) else 0.0
    held = {
        name: enhanced(tissue, plasma_mm=plasma_mm, agent=agent) for name, tissue in tissues.items()
    }
    return {
        name: tissue.density
        * CORRECTIONS.get(name, {}).get(type(contrast), 1.0)
        * _signal(
            contrast,
            name,
            tissue,
            wall_t1_ms=held["myocardium"].t1_ms,
            fat_hz=FAT_HZ_PER_TESLA * tesla,
        )
        for name, tissue in held.items()
    }


def fat_cosine(contrast: Contrast, tesla: float) -> float:
    """Cosine of the phase between fat and water at the echo, from 1 to -1."""
    match contrast:
        case Balanced() | T2Prepared():
            profile = balanced(
                1000.0, 50.0, **_pulses(contrast), offset_hz=FAT_HZ_PER_TESLA * tesla
            )
            return 1.0 if profile.real > 0 else -1.0
        case DarkBlood():
            return 1.0
        case LateEnhancement(echo_ms=echo_ms):
            return cos(2e-3 * pi * FAT_HZ_PER_TESLA * tesla * echo_ms)


def _signal(
    contrast: Contrast, name: str, tissue: Relaxation, *, wall_t1_ms: float, fat_hz: float
) -> float:
    match contrast:
        case Balanced():
            steady = balanced(
                tissue.t1_ms,
                tissue.t2_ms,
                **_pulses(contrast),
                offset_hz=fat_hz if name == "fat" else 0.0,
            )
            return float(abs(steady)) * exp(-0.5 * contrast.repetition_ms / tissue.t2_star_ms)
        case T2Prepared(preparation_ms, repetition_ms, flip_deg, pulses):
            prepared = t2_prepared(
                tissue.t1_ms,
                tissue.t2_ms,
                preparation_ms=preparation_ms,
                repetition_ms=repetition_ms,
                flip_deg=flip_deg,
                pulses=pulses,
            )
            return float(prepared) * exp(-0.5 * repetition_ms / tissue.t2_star_ms)
        case DarkBlood():
            return _survives(contrast, name) * float(
                spin_echo(
                    tissue.t1_ms,
                    tissue.t2_ms,
                    repetition_ms=contrast.repetition_ms,
                    echo_ms=contrast.echo_ms,
                    inversion_ms=contrast.inversion_ms,
                )
            )
        case LateEnhancement(repetition_ms, timing, echo_ms, efficiency):
            recovered = inversion_recovery(
                tissue.t1_ms,
                inversion_ms=timing * null_time(wall_t1_ms, repetition_ms),
                repetition_ms=repetition_ms,
                efficiency=efficiency,
            )
            return (
                float(recovered)
                * exp(-echo_ms / tissue.t2_star_ms)
                * _survives_late(contrast, name)
            )


def _pulses(contrast: Balanced | T2Prepared) -> dict[str, float]:
    return {
        "repetition_ms": contrast.repetition_ms,
        "echo_ms": 0.5 * contrast.repetition_ms,
        "flip_deg": contrast.flip_deg,
    }


def _survives_late(contrast: LateEnhancement, name: str) -> float:
    if name == "fat":
        return contrast.fat
    return contrast.blood if name in ("lv_blood", "slow_blood", "rv_blood", "vessel") else 1.0


def _survives(contrast: DarkBlood, name: str) -> float:
    if name == "fat":
        return contrast.fat if contrast.inversion_ms is None else 1.0
    if name in ("lv_blood", "vessel"):
        return contrast.blood
    if name == "rv_blood":
        return min(1.0, RIGHT_BLOOD * contrast.blood)
    return contrast.slow_blood if name == "slow_blood" else 1.0

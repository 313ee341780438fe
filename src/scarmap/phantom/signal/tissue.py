"""Relaxation, water and gadolinium uptake of every tissue, at 1.5 T and at 3 T.

Means, with who measured them (T1 and T2 in milliseconds, 1.5 T unless 3 T is said):

- Myocardium: Granitz 2018 (MOLLI, GraSE), both field strengths.
- Left ventricular blood: the Fetal-XCMR tables; right ventricular blood: venous values of the same
  tables and Lu 2004, its T2 at 3 T from the upper end of the published range, because blood
  oxygenation varies.
- Acute scar: Carrick (T1), Park (T2 by pattern) at 1.5 T, Layland at 3 T. Salvaged edema: Ugander
  (dogs) at 1.5 T, from memory of the literature at 3 T. No-reflow: T1 and T2 near normal, T2* below
  20 ms (Carrick, hemorrhage).
- Chronic scar: T1 at 3 T from PMC7363195, T2 as in normal myocardium (Ugander); T1 at 1.5 T from
  memory.
- Muscle, liver, spleen, kidney, marrow, fat: de Bazelaire 2004 at 3 T, XCMR and MRXCAT tables at
  1.5 T; kidney is the mean of cortex and medulla; fat at 1.5 T from memory.
- Cortical bone and lung: MRXCAT and its successor. Stomach: fluid, food or gas, one of which a
  patient has.
- Proton density: MRXCAT for myocardium, blood, muscle, liver, fat, bone and lung; swollen tissue
  holds an eighth to a seventh more water. Extracellular volume: Hammer-Hansen at 1.5 T (normal 24.1
  ± 3.1 %, salvaged 39.5 ± 5.8 %, acute infarct 50.5 ± 6.0 %); blood holds one minus the hematocrit,
  0.42. Organs outside the heart from memory.

Differs: edema takes up less than salvaged myocardium does (39.5 %), because what readers of MyoPS
    2020 outline as edema
shines less: a third of the way from normal myocardium to blood. No-reflow takes up what makes it
0.7 of blood in phase-sensitive images, as 54 EMIDEC patients do, where 0.05 to 0.2 is quoted at ten
minutes: late images, thick slices and slow diffusion fill it. Infarcts take up 55 and 61 % in the
mean, one standard deviation above what is quoted, which makes them as bright as blood and some much
brighter.
"""

from collections.abc import Mapping
from dataclasses import dataclass, replace

import numpy as np

from scarmap.errors import DataError


@dataclass(frozen=True)
class Relaxation:
    """What one tissue gives to a signal.

    Attributes:
        t1_ms: Longitudinal relaxation without gadolinium.
        t2_ms: Transverse relaxation without gadolinium.
        t2_star_ms: Decay of a gradient echo.
        density: Proton density, 1 in water.
        ecv: Extracellular volume, the share of the tissue that gadolinium reaches, 0 to 1.
    """

    t1_ms: float
    t2_ms: float
    t2_star_ms: float
    density: float
    ecv: float


@dataclass(frozen=True)
class Entry:
    """One line of the table.

    Attributes:
        low: T1 and T2 at 1.5 T, milliseconds.
        high: T1 and T2 at 3 T.
        t2_star_ms: At 1.5 T; 1.5 / 3 of it at 3 T.
        density: Proton density.
        ecv: Mean extracellular volume.
        ecv_spread: Standard deviation of `ecv` between patients.
        spread: Standard deviation of T1 and T2 between patients, as a share.
    """

    low: tuple[float, float]
    high: tuple[float, float]
    t2_star_ms: float
    density: float
    ecv: float
    ecv_spread: float
    spread: float = 0.05


TISSUES: Mapping[str, Entry] = {
    "myocardium": Entry((996, 55.8), (1184, 51.6), 33, 0.80, 0.241, 0.025, 0.03),
    "lv_blood": Entry((1441, 290), (1932, 275), 66, 0.95, 0.58, 0.03, 0.04),
    "slow_blood": Entry((1441, 290), (1932, 275), 66, 0.95, 0.58, 0.03, 0.04),
    "rv_blood": Entry((1580, 165), (1584, 100), 50, 0.95, 0.58, 0.03, 0.06),
    "edema": Entry((1130, 71), (1300, 60), 33, 0.92, 0.345, 0.035, 0.04),
    "scar": Entry((1097, 65), (1323, 57), 33, 0.90, 0.55, 0.055, 0.04),
    "chronic_scar": Entry((1080, 55.8), (1560, 51.6), 33, 0.80, 0.61, 0.06, 0.04),
    "no_reflow": Entry((1000, 54), (1160, 48), 15, 0.85, 0.33, 0.07, 0.05),
    "fat": Entry((300, 68), (382, 68), 40, 0.70, 0.05, 0.01),
    "muscle": Entry((982, 36), (898, 29), 28, 0.80, 0.20, 0.03),
    "lung": Entry((1171, 61), (1300, 50), 1.0, 0.13, 0.45, 0.05, 0.10),
    "liver": Entry((576, 46), (809, 34), 34, 0.90, 0.30, 0.04, 0.08),
    "vessel": Entry((1500, 200), (1700, 130), 50, 0.95, 0.58, 0.03),
    "spleen": Entry((1057, 79), (1328, 61), 40, 0.90, 0.33, 0.04, 0.07),
    "kidney": Entry((1190, 86), (1340, 78), 50, 0.90, 0.35, 0.06),
    "stomach_wall": Entry((1000, 60), (1200, 50), 35, 0.85, 0.28, 0.05, 0.08),
    "marrow": Entry((549, 49), (586, 49), 20, 0.70, 0.12, 0.04, 0.08),
    "bone": Entry((250, 20), (250, 15), 2.0, 0.12, 0.02, 0.005),
}
"""Tissue to its line of the table; air and the content of the stomach are added by
`draw_tissues`."""

STOMACH = (
    Entry((2500, 500), (2700, 400), 80, 1.0, 0, 0),
    Entry((700, 70), (800, 60), 30, 0.8, 0, 0, 0.2),
)
"""What a stomach may hold besides gas: fluid, food."""

LEAST_EDEMA = 0.06
"""How much more gadolinium edema takes up than the patient's normal myocardium, at least: its
longer T1 hides less."""

AIR = Relaxation(1000.0, 50.0, 1.0, 0.0, 0.0)


def draw_tissues(rng: np.random.Generator, tesla: float) -> dict[str, Relaxation]:
    """Draw the tissues of one patient around the means of the table.

    Left ventricular blood is the same blood whether it flows or stands. Scar always takes up more
    gadolinium than edema, edema more than normal myocardium, and no-reflow less than the infarct
    around it.

    Args:
        rng: Source of randomness.
        tesla: Field strength, 1.5 or 3.

    Returns:
        Tissue by name, for every name that the painters use.

    Raises:
        DataError: The table has no such field strength.
    """
    if tesla not in (1.5, 3.0):
        raise DataError(
            f"Tissues are known at 1.5 T and 3 T, not at {tesla:g} T. Ask for one of the two."
        )
    tissues = {name: _draw(rng, entry, tesla) for name, entry in TISSUES.items()}
    least = tissues["myocardium"].ecv + LEAST_EDEMA
    tissues["edema"] = replace(tissues["edema"], ecv=max(tissues["edema"].ecv, least))
    content = int(rng.integers(len(STOMACH) + 1))
    tissues |= {
        "air": AIR,
        "slow_blood": tissues["lv_blood"],
        "stomach": _draw(rng, STOMACH[content], tesla) if content < len(STOMACH) else AIR,
    }
    return tissues


def _draw(rng: np.random.Generator, entry: Entry, tesla: float) -> Relaxation:
    t1_ms, t2_ms = entry.low if tesla == 1.5 else entry.high
    first, second, third = np.clip(rng.standard_normal(3), -2, 2)
    return Relaxation(
        float(t1_ms * np.exp(entry.spread * first)),
        float(t2_ms * np.exp(entry.spread * second)),
        entry.t2_star_ms * 1.5 / tesla,
        entry.density,
        float(np.clip(entry.ecv + entry.ecv_spread * third, 0, 1)),
    )

"""How hearts and infarcts vary: diseases in a cohort, sizes, shapes, and one heart drawn."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace

import numpy as np

from scarmap.errors import DataError, suggest
from scarmap.phantom.contour import draw_waves
from scarmap.phantom.heart.infarct import draw_infarct, scaled
from scarmap.phantom.heart.surfaces import Heart, trace


@dataclass(frozen=True)
class Population:
    """The patients of a cohort.

    Attributes:
        normal: Share of hearts without an infarct.
        chronic: Share of infarcts that are old: no edema, no core, a thinned wall.
        mvo: Share of acute infarcts with a no-reflow core.
        infarct_share: Median size of the infarct, core included, a share of the left ventricle's
            wall.
        infarct_spread: Standard deviation of the logarithm of that size.
        edema_share: Median of what is edematous but not infarcted, a share of the wall.
        fraying: Most uneven inner border of an infarct, a share of the wall; readers of MyoPS 2020
            began many infarcts off the endocardium, where blood is as bright.
        arteries: How often each coronary artery is the blocked one.
        wall_mm: Thickness of the wall: mean, standard deviation, least, most.
        cavity_mm: Largest radius of the left ventricle's cavity: mean, standard deviation, least,
            most.
        fat_mm: Mean thickness of the epicardial fat over the septum's side: median, least, most;
            the logarithm has a standard deviation of `FAT_SPREAD`.
        outer_fat_mm: The same of the fat outside the pericardium.
    """

    normal: float
    chronic: float
    mvo: float
    infarct_share: float
    infarct_spread: float
    edema_share: float
    fraying: float
    arteries: Mapping[str, float]
    wall_mm: tuple[float, float, float, float]
    cavity_mm: tuple[float, float, float, float]
    fat_mm: tuple[float, float, float] = (4.0, 0.4, 14.0)
    outer_fat_mm: tuple[float, float, float] = (7.0, 0.5, 22.0)


FAT_SPREAD = 0.7
"""Standard deviation of the logarithm of a patient's fat around the heart.

Source: epicardial fat of 1 to 23 mm over the right ventricle (Iacobellis and Willens 2009), thin to
    thick.
"""

LITERATURE: Mapping[str, float] = {"LAD": 0.46, "RCA": 0.39, "LCx": 0.15}
"""Blocked arteries. Source: Antoni et al. 2010, 45, 38 and 14 %, scaled to 1."""

POPULATIONS: Mapping[str, Population] = {
    "myops2020": Population(
        normal=0.05,
        chronic=0.10,
        mvo=0.57,
        infarct_share=0.18,
        infarct_spread=0.35,
        edema_share=0.125,
        fraying=0.6,
        arteries={"LAD": 0.34, "RCA": 0.40, "LCx": 0.26},
        wall_mm=(11.3, 1.2, 8.6, 14.3),
        cavity_mm=(25.0, 3.8, 16.5, 34.0),
    ),
    "emidec": Population(
        normal=1 / 3,
        chronic=0.15,
        mvo=0.65,
        infarct_share=0.20,
        infarct_spread=0.60,
        edema_share=0.135,
        fraying=0.12,
        arteries=LITERATURE,
        wall_mm=(8.8, 1.1, 6.3, 12.0),
        cavity_mm=(24.5, 2.8, 18.0, 32.0),
    ),
    "random": Population(
        normal=1 / 3,
        chronic=0.2,
        mvo=0.57,
        infarct_share=0.17,
        infarct_spread=0.70,
        edema_share=0.16,
        fraying=0.35,
        arteries={"LAD": 0.40, "RCA": 0.35, "LCx": 0.25},
        wall_mm=(10.4, 2.5, 5.0, 17.0),
        cavity_mm=(24.0, 4.0, 14.0, 34.0),
    ),
}
"""Populations by style.

Source: medians of the MyoPS 2020 and EMIDEC training cases; infarct size 17.9 % of the wall [8.0,
    29.8] in 2632
patients (Stone et al. 2016); no-reflow in 56.9 % (de Waha et al. 2017). MyoPS is imaged near the
end of contraction, hence its thick walls; the random style's lie between those of the two sets.
"""


def choose_population(
    style: str,
    *,
    normal: float | None = None,
    chronic: float | None = None,
    mvo: float | None = None,
) -> Population:
    """The population of a style, some of its shares changed.

    Args:
        style: Name in `POPULATIONS`.
        normal: Share of normal hearts, 0 to 1; None keeps the style's own, as for the next two.
        chronic: Share of infarcts that are old.
        mvo: Share of acute infarcts with a no-reflow core.

    Raises:
        DataError: There is no such style, or a share is not between 0 and 1.
    """
    if style not in POPULATIONS:
        raise DataError(f"The phantom has no style {style!r}. {suggest(style, POPULATIONS)}")
    for name, share in (("normal", normal), ("chronic", chronic), ("mvo", mvo)):
        if share is not None and not 0 <= share <= 1:
            raise DataError(f"The share of {name} cases is {share:g}; it must lie between 0 and 1.")
    usual = POPULATIONS[style]
    return replace(
        usual,
        normal=usual.normal if normal is None else normal,
        chronic=usual.chronic if chronic is None else chronic,
        mvo=usual.mvo if mvo is None else mvo,
    )


def is_normal(population: Population, index: int) -> bool:
    """Whether a case of a cohort is a normal heart; these are spread evenly.

    >>> [is_normal(POPULATIONS["emidec"], index) for index in range(6)]
    [False, True, False, False, True, False]
    """
    share = population.normal
    return int((index + 1) * share + 0.5) > int(index * share + 0.5)


def draw_heart(
    rng: np.random.Generator, population: Population, *, infarcted: bool = True
) -> Heart:
    """Draw the shape of one heart.

    Args:
        rng: Source of randomness.
        population: Where it comes from.
        infarcted: Whether it has an infarct.
    """
    wall, cavity = (_draw(rng, *limits) for limits in (population.wall_mm, population.cavity_mm))
    length = float(rng.uniform(86, 100)) * (0.85 + 0.15 * (wall + cavity) / 33.5)
    septum = float(rng.normal(192, 9))
    heart = Heart(
        radius_mm=wall + cavity,
        wall_mm=wall,
        length_mm=length,
        widest_mm=float(rng.uniform(0.66, 0.78)) * length,
        base_taper=float(rng.uniform(0.03, 0.12)),
        base_slope=float(rng.uniform(0.0, 0.18)),
        septum_deg=septum,
        septal_bulk=float(rng.normal(0.06, 0.05)),
        apical_loss=float(rng.uniform(0.0, 0.3)),
        contact_deg=float(np.clip(rng.normal(58, 5), 44, 70)),
        rv_depth_mm=float(np.clip(rng.normal(39, 6.0), 24, 54)),
        outflow=float(rng.uniform(0.05, 0.75)),
        acute_margin=float(rng.uniform(0.0, 0.55)),
        rv_wall_mm=float(rng.uniform(1.8, 3.5)),
        fat_mm=_draw_fat(rng, *population.fat_mm),
        lateral_fat=float(rng.uniform(0.3, 1.0)),
        outer_fat_mm=_draw_fat(rng, *population.outer_fat_mm),
        trabecula_mm=float(rng.uniform(1.0, 5.5)),
        recess_mm=float(rng.uniform(0.0, 2.0)),
        tract_mm=float(rng.uniform(0.0, 20.0)),
        papillary_mm=float(rng.uniform(2.5, 5.5)),
        papillary_deg=(
            septum - 145 + float(rng.normal(0, 12)),
            septum + 95 + float(rng.normal(0, 12)),
        ),
        outer=draw_waves(rng, {2: 0.035, 3: 0.019, 4: 0.012, 6: 0.006}),
        inner=draw_waves(rng, {2: 0.024, 3: 0.016, 4: 0.012, 7: 0.010}),
        right=draw_waves(rng, {2: 0.08, 3: 0.07, 5: 0.04, 9: 0.02}),
        crests=draw_waves(rng, dict.fromkeys((6, 9, 13, 17, 23), 0.45)),
        patches=draw_waves(rng, {1: 0.35, 2: 0.40, 3: 0.40, 5: 0.35, 8: 0.25}),
        outer_patches=draw_waves(rng, {1: 0.7, 2: 0.6, 3: 0.4, 5: 0.25}),
        infarct=None,
    )
    return _infarcted(rng, heart, population) if infarcted else heart


def wall_shares(heart: Heart) -> tuple[float, float]:
    """Shares of the left ventricle's wall that are infarcted, and infarcted or edematous."""
    heights = np.arange(8, heart.length_mm - 4, 4, dtype=np.float32)[:, None]
    rays = trace(heart, np.deg2rad(np.arange(0, 360, 4)).astype(np.float32)[None], heights)
    inner, outer = np.maximum(rays.endocardium_mm, 0), rays.epicardium_mm

    def area(start: np.ndarray, end: np.ndarray) -> float:
        low, high = (inner + np.clip(share, 0, 1) * (outer - inner) for share in (start, end))
        return float(np.maximum(high**2 - low**2, 0).sum())

    whole = area(np.zeros_like(inner), np.ones_like(inner))
    scar = area(rays.scar_from, rays.scar_to) / whole
    return scar, max(area(np.zeros_like(inner), rays.risk_to) / whole, scar)


def _infarcted(rng: np.random.Generator, heart: Heart, population: Population) -> Heart:
    """Give a heart an infarct of drawn size, and edema of drawn size around it."""
    size = float(
        np.clip(
            population.infarct_share * np.exp(population.infarct_spread * rng.normal()), 0.01, 0.5
        )
    )
    edema = float(np.clip(population.edema_share * np.exp(0.5 * rng.normal()), 0.02, 0.62 - size))
    infarct = draw_infarct(
        rng,
        septum_deg=heart.septum_deg,
        length_mm=heart.length_mm,
        arteries=population.arteries,
        depth=float(np.clip(rng.normal(0.70 + 1.1 * size, 0.17), 0.35, 1.3)),
        fraying=population.fraying * float(rng.random()),
        chronic=bool(rng.random() < population.chronic),
        mvo=bool(rng.random() < population.mvo),
    )

    def sized(ratio: float) -> Heart:
        return replace(heart, infarct=scaled(infarct, ratio))

    infarct = scaled(infarct, _solve(lambda ratio: wall_shares(sized(ratio))[0], size, 0.1, 3.2))
    if infarct.chronic:
        return replace(heart, infarct=infarct)
    ratio = _solve(
        lambda ratio: wall_shares(replace(heart, infarct=replace(infarct, risk_ratio=ratio)))[1],
        size + edema,
        0.6,
        3.0,
    )
    return replace(heart, infarct=replace(infarct, risk_ratio=ratio))


def _solve(rising: Callable[[float], float], target: float, low: float, high: float) -> float:
    for _ in range(9):
        middle = (low + high) / 2
        low, high = (middle, high) if rising(middle) < target else (low, middle)
    return (low + high) / 2


def _draw(rng: np.random.Generator, mean: float, spread: float, least: float, most: float) -> float:
    return float(np.clip(rng.normal(mean, spread), least, most))


def _draw_fat(rng: np.random.Generator, median: float, least: float, most: float) -> float:
    return float(np.clip(median * np.exp(FAT_SPREAD * rng.standard_normal()), least, most))

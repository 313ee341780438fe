"""Tables of one study: its segments or rings, its volumes, and classical thresholds."""

from collections.abc import Sequence
from math import isnan, nan

from scarmap.quantification.result import Quantification, ThresholdFigures, WallFigures
from scarmap.report.cells import UNDEFINED, AlignedTable, Column, figure_text, plain
from scarmap.report.study.key_figures import chord_variant

_REGIONS = {
    "LV wall": "myocardium",
    "without edema and infarct": "normal_myocardium",
    "infarct": "infarct",
    "infarct without no-reflow": "infarct_without_mvo",
    "no-reflow": "mvo",
    "edema outside the infarct": "edema",
    "edema and infarct": "area_at_risk",
    "LV cavity": "lv_pool",
    "RV cavity": "rv_pool",
}
"""Title to the stem of a figure's name."""


def wall_table(study: Quantification) -> AlignedTable:
    """Make a line per segment, or per ring where there are no segments.

    Args:
        study: The figures.
    """
    with_edema, with_mvo = "edema" in study.tissues, "mvo" in study.tissues
    variant = chord_variant(study)
    first = (
        (Column("segment"), Column("artery", "nominal", text=True))
        if study.segments
        else (Column("ring"),)
    )
    columns = (
        *first,
        Column("mass", "g"),
        Column("infarct", "%"),
        *((Column("no-reflow", "%"),) if with_mvo else ()),
        *((Column("edema", "%"),) if with_edema else ()),
        Column("transmural, mean", "%"),
        Column("where infarcted", "%"),
        Column("deepest", "%"),
        Column("class", "%"),
        Column("thickness", "mm"),
    )
    parts: list[tuple[tuple[str, ...], WallFigures]] = [
        ((f"{part.number} {part.name}", part.territory), part.figures) for part in study.segments
    ]
    parts = parts or [((part.name,), part.figures) for part in study.rings]
    lines = [(*heads, *_wall(wall, variant, with_edema, with_mvo)) for heads, wall in parts]
    return AlignedTable(columns, tuple(lines))


def volume_table(study: Quantification) -> AlignedTable:
    """Make a line per region that the mask labels: its volume, mass and share of LV mass.

    Args:
        study: The figures.
    """
    lines = []
    for title, stem in _REGIONS.items():
        if stem == "infarct_without_mvo" and "mvo" not in study.tissues:
            continue
        endings = {"ml": "ml", "g": "g", "percent_lv": "%"}
        values = {
            unit: study.figures.get(f"{stem}_{ending}", nan) for ending, unit in endings.items()
        }
        if not isnan(values["ml"]):
            texts = [figure_text(value, unit) for unit, value in values.items()]
            lines.append((title, *texts))
    columns = (
        Column("region"),
        Column("volume", "ml"),
        Column("mass", "g"),
        Column("of LV mass", "%"),
    )
    return AlignedTable(columns, tuple(lines))


def threshold_table(thresholds: Sequence[ThresholdFigures]) -> AlignedTable:
    """Make a line per classical method.

    Args:
        thresholds: What each found.
    """
    columns = (
        Column("method"),
        Column("above", "image units"),
        Column("infarct", "g"),
        Column("of LV mass", "%"),
        Column("Dice with mask", "%"),
    )
    lines = [
        (
            each.title.split(":")[0],
            _image_units(each.cutoff),
            figure_text(each.infarct_g, "g"),
            figure_text(each.infarct_percent_lv, "%"),
            figure_text(100 * each.dice_with_mask, "%"),
        )
        for each in thresholds
    ]
    return AlignedTable(columns, tuple(lines))


def _image_units(value: float) -> str:
    """Write a brightness with four digits that count, never as a power of ten."""
    return UNDEFINED if isnan(value) else plain(float(f"{value:.4g}"))


def _wall(wall: WallFigures, variant: str, with_edema: bool, with_mvo: bool) -> tuple[str, ...]:
    depth = wall.transmurality
    depths = (
        depth.extent_mean_percent,
        depth.extent_infarcted_mean_percent,
        depth.extent_maximum_percent,
    )
    if variant == "fraction":
        depths = (
            depth.fraction_mean_percent,
            depth.fraction_infarcted_mean_percent,
            depth.fraction_maximum_percent,
        )
    return (
        figure_text(wall.myocardium_g, "g"),
        figure_text(wall.infarct_percent, "%"),
        *((figure_text(wall.mvo_percent, "%"),) if with_mvo else ()),
        *((figure_text(wall.edema_percent, "%"),) if with_edema else ()),
        *(figure_text(value, "%") for value in depths),
        depth.grade.replace("-", "–") or UNDEFINED,
        figure_text(wall.wall_thickness_mm, "mm"),
    )

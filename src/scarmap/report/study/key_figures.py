"""The figures of one study that a reader looks for first."""

from collections.abc import Iterable
from dataclasses import dataclass, replace
from math import isnan

from scarmap.quantification.dictionary import UNITS
from scarmap.quantification.doubts import excludes
from scarmap.quantification.intervals.from_errors import FROM_ERRORS
from scarmap.quantification.origin import NOT_ASSESSABLE, SHOWN_BY
from scarmap.quantification.result import Quantification
from scarmap.report.cells import UNDEFINED, figure_text, interval_text, with_unit
from scarmap.report.drawing.heart import region_colour


@dataclass(frozen=True)
class KeyFigure:
    """One figure in large type, with what belongs to it.

    Attributes:
        title: What it is.
        value: The number.
        unit: Its unit; "" where there is no number.
        lines: What belongs to it: interval, shares, parts.
        colour: Hex colour of the tissue; "" for none.
        missing: Whether words stand in the place of the number, as it was not assessed.
    """

    title: str
    value: str
    unit: str
    lines: tuple[str, ...]
    colour: str = ""
    missing: bool = False


def key_figures(study: Quantification) -> list[KeyFigure]:
    """Make tiles of infarct, depth and wall, and of no-reflow and edema if the mask labels them.

    Args:
        study: The figures.
    """
    tiles = [_infarct(study)]
    if "mvo" in study.tissues:
        tiles.append(_no_reflow(study))
    if "edema" in study.tissues:
        tiles.append(_edema(study))
    return [*tiles, _depth(study), _wall(study)]


def intervals_note(study: Quantification) -> str:
    """Say how the intervals were found, or why there is none."""
    methods = list(dict.fromkeys(interval.method for interval in study.intervals.values()))
    if not methods:
        return "No intervals: they need the probabilities of a model, or its errors on other cases."
    if all(each.method.startswith(FROM_ERRORS) for each in study.intervals.values()):
        return f"Intervals: {'; '.join(methods)}. They hold for patients and images like those."
    return (
        f"Intervals: {'; '.join(methods)}. They show how the model's answers scatter, not all that "
        "may be wrong."
    )


def chord_variant(study: Quantification) -> str:
    """Name the depth along the chords that is shown: the one that the study's classes go by."""
    return "fraction" if study.conventions.get("transmurality") == "fraction" else "extent"


def _infarct(study: Quantification) -> KeyFigure:
    if "scar" in study.unassessed:
        return _not_assessed(study, "Infarct", "scar")
    lines = [_interval(study, "infarct_g"), _share(study, "infarct_percent_lv", "of LV mass")]
    if "mvo" in study.tissues and "mvo" not in study.unassessed:
        lines.append(f"{_text(study, 'infarct_without_mvo_g')} without no-reflow")
    return _tile(study, "Infarct", "infarct_g", lines, colour=region_colour("scar"))


def _no_reflow(study: Quantification) -> KeyFigure:
    if "mvo" in study.unassessed:
        return _not_assessed(study, "No-reflow (MVO)", "mvo")
    lines = [
        _interval(study, "mvo_g"),
        _share(study, "mvo_percent_lv", "of LV mass"),
        _share(study, "mvo_percent_infarct", "of the infarct"),
    ]
    return _tile(study, "No-reflow (MVO)", "mvo_g", lines, colour=region_colour("mvo"))


def _edema(study: Quantification) -> KeyFigure:
    if "edema" in study.unassessed:
        return _not_assessed(study, "Edema around it", "edema")
    lines = [
        _interval(study, "edema_g"),
        _share(study, "edema_percent_lv", "of LV mass"),
        f"with infarct {_text(study, 'area_at_risk_g')}, {_text(study, 'area_at_risk_percent_lv')}",
    ]
    salvage = study.figures["myocardial_salvage_index"]
    if not isnan(salvage):
        lines.append(f"salvage index {figure_text(salvage, 'ratio')}: read the caution")
    return _tile(study, "Edema around it", "edema_g", lines, colour=region_colour("edema"))


def _not_assessed(study: Quantification, title: str, tissue: str) -> KeyFigure:
    """A tile with words instead of a number, and why."""
    words = study.unassessed[tissue]
    why = (
        f"no {SHOWN_BY[tissue]} image was given"
        if words == NOT_ASSESSABLE
        else "the model hardly ever calls it, so that none was found tells nothing"
    )
    return KeyFigure(title, words, "", (why,), region_colour(tissue), missing=True)


def _depth(study: Quantification) -> KeyFigure:
    if "scar" in study.unassessed:
        return replace(_not_assessed(study, "Transmurality", "scar"), colour="")
    variant = chord_variant(study)
    lines = [
        "mean where there is infarct",
        f"deepest {_text(study, f'transmurality_{variant}_maximum_percent')}",
    ]
    segments = study.figures["num_segments"]
    if segments:
        infarcted, deep = (
            study.figures["num_infarcted_segments"],
            study.figures["num_transmural_segments"],
        )
        lines.append(
            f"{infarcted:.0f} of {segments:.0f} segments infarcted"
            + _from(study)
            + f", {deep:.0f} above 50 % on average"
        )
    return _tile(study, "Transmurality", f"transmurality_{variant}_infarcted_mean_percent", lines)


def _from(study: Quantification) -> str:
    """From which infarct on a segment counts, for files that tell."""
    stated = study.conventions.get("infarcted_segment", "")
    return f" ({stated})" if stated else ""


def _wall(study: Quantification) -> KeyFigure:
    lines = [
        _interval(study, "myocardium_g"),
        f"wall thickness {_text(study, 'wall_thickness_mm')}",
        f"LV cavity {_text(study, 'lv_pool_ml')}",
    ]
    return _tile(study, "LV mass", "myocardium_g", lines)


def _tile(
    study: Quantification, title: str, name: str, lines: Iterable[str], *, colour: str = ""
) -> KeyFigure:
    text = figure_text(study.figures[name], UNITS[name])
    unit = "" if text == UNDEFINED else UNITS[name]
    return KeyFigure(title, text, unit, tuple(line for line in lines if line), colour)


def _text(study: Quantification, name: str) -> str:
    return with_unit(study.figures[name], UNITS[name])


def _share(study: Quantification, name: str, whole: str) -> str:
    if isnan(study.figures[name]):
        return ""
    spread = interval_text(study.intervals.get(name), UNITS[name])
    return f"{_text(study, name)} {whole}" + (f" ({spread})" if spread else "")


def _interval(study: Quantification, name: str) -> str:
    interval = study.intervals.get(name)
    text = interval_text(interval, UNITS[name])
    if interval and text and excludes(interval, study.figures[name]):
        return f"{text}, which the figure itself is not in: see on top"
    return text

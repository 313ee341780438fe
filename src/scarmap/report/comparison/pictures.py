"""Pictures of several runs: box plots of their scores, and their masks on the same slices."""

from collections.abc import Mapping, Sequence
from math import isnan
from pathlib import Path

from scarmap.datasets.case_files import CaseFiles
from scarmap.datasets.folder import find_cases
from scarmap.datasets.mask_files import find_masks
from scarmap.datasets.split import recorded_split
from scarmap.errors import DataError
from scarmap.io.scores import values_by_case
from scarmap.report.comparison.compare import Comparison
from scarmap.report.drawing.boxes import draw_run_boxes, run_colours
from scarmap.report.drawing.heart import region_title
from scarmap.report.drawing.side_by_side import Strip, draw_side_by_side, pathology_slices
from scarmap.report.html import Image, Picture, chart_address, picture_address
from scarmap.report.run.cases import Shown, read_shown
from scarmap.report.run.ranking import rank_cases, ranked_by, telling_cases


def run_box_pictures(
    comparison: Comparison,
    *,
    structures: Mapping[str, Sequence[str]] | None = None,
    metrics: Sequence[str] = ("dice", "jaccard"),
) -> list[Picture]:
    """Draw box plots of the 3D Dice and Jaccard of every structure, one box per run.

    Args:
        comparison: The runs.
        structures: Label of a run to what is drawn of it; None for all that the labels define.
        metrics: Ratios to draw, one picture each.
    """
    colours = run_colours([each.label for each in comparison.contenders])
    caption = (
        "One point per case, 3D. Boxes span the quartiles, the line is the median, whiskers "
        "reach the last case within 1.5 interquartile ranges."
    )
    pictures = []
    for metric in metrics:
        values = _values_by_run(comparison, structures, metric)
        title = metric.capitalize()
        panels = [
            _box_panel(structure, by_run, title, colours)
            for structure, by_run in values.items()
            if _any_defined(by_run)
        ]
        if panels:
            alt = f"{title} per case, a chart for each structure"
            pictures.append(
                Picture(
                    f"{title} of every case, run by run",
                    caption,
                    alt,
                    key=tuple(colours.items()),
                    panels=panels,
                )
            )
    return pictures


def _box_panel(
    structure: str,
    by_run: Mapping[str, Sequence[float]],
    metric: str,
    colours: Mapping[str, str],
) -> Image:
    title = region_title(structure)
    figure = draw_run_boxes(by_run, title=title, colours=colours, label=f"{metric} per case")
    runs = ", ".join(by_run)
    return Image(
        chart_address(figure), f"Box plots of {metric} of {title}, one for each of the runs {runs}."
    )


def side_by_side_picture(comparison: Comparison) -> Picture:
    """Draw the best, the median and the worst case of the first run as every run segments them.

    Args:
        comparison: The runs.
    """
    first = comparison.contenders[0]
    runs = ", ".join(each.label for each in comparison.contenders)
    title = "The same slices by every run"
    alt = f"A row per slice: the image, the expert's tissues, and those of {runs}"
    folder = Path(first.record["data"].get("folder", ""))
    try:
        files = {case.name: case for case in find_cases(folder)}
    except DataError:
        problem = f"The data folder {folder} is not there (any more), so no case can be shown."
        return Picture(title, "", alt, problem=problem)
    ranked, strips, problems = rank_cases(first.rows), [], []
    for label, scored in telling_cases(ranked):
        try:
            strips += _strips(comparison, scored.name, files, label)
        except DataError as problem:
            problems.append(f"{label} {scored.name}: {problem}")
    if not strips:
        return Picture(title, "", alt, problem=" ".join(problems) or "No case has a defined score.")
    caption = (
        f"Best, median and worst case of {first.label} by {ranked_by(ranked)}; of each, the slices "
        f"with the most pathology. Cut to the expert's heart. {' '.join(problems)}"
    )
    return Picture(title, caption.strip(), alt, picture_address(draw_side_by_side(strips)))


def _strips(
    comparison: Comparison, name: str, files: Mapping[str, CaseFiles], label: str
) -> list[Strip]:
    first = comparison.contenders[0]
    split, sequences = recorded_split(first.record), first.recipe.get("sequences", [])
    masks = {
        each.label: _mask(each.run.predictions, name, each.label) for each in comparison.contenders
    }
    shown = Shown(
        files.get(split.patient(name)), list(masks.values()), sequences, split.position(name)
    )
    case, predictions = read_shown(shown)
    by_run = dict(zip(masks, predictions, strict=True))
    return [
        Strip(f"{label}\n{name}\nslice {shown.first_slice + z + 1}", case, z, by_run)
        for z in pathology_slices(case)
    ]


def _any_defined(by_run: Mapping[str, Sequence[float]]) -> bool:
    return any(not isnan(value) for run in by_run.values() for value in run)


def _values_by_run(
    comparison: Comparison, structures: Mapping[str, Sequence[str]] | None, metric: str
) -> dict[str, dict[str, list[float]]]:
    values: dict[str, dict[str, list[float]]] = {}
    for structure in comparison.structures:
        values[structure] = {}
        for each in comparison.contenders:
            if structures is None or structure in structures[each.label]:
                by_case = values_by_case(
                    each.rows, convention="case3d", structure=structure, metric=metric
                )
                values[structure][each.label] = list(by_case.values())
    return values


def _mask(predictions: Path, case: str, label: str) -> Path:
    path = find_masks(predictions).get(case)
    if path is None:
        raise DataError(f"{label} holds no prediction of it.")
    return path

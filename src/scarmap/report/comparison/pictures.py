"""Pictures of several runs: box plots of their scores, and their masks on the same slices."""

from collections.abc import Mapping, Sequence
from pathlib import Path

from scarmap.datasets.folder import find_cases
from scarmap.datasets.masks import find_masks
from scarmap.datasets.split import recorded_split
from scarmap.errors import DataError
from scarmap.io.scores import Score, values_by_case
from scarmap.labels import regions_of
from scarmap.report.comparison.compare import Comparison
from scarmap.report.drawing.boxes import draw_run_boxes
from scarmap.report.drawing.side_by_side import Strip, draw_side_by_side, pathology_slices
from scarmap.report.html import Picture, chart_address, picture_address
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
    known = regions_of(comparison.layout)
    drawn = {
        each.label: known if structures is None else structures[each.label]
        for each in comparison.contenders
    }
    pictures = []
    for metric in metrics:
        title = metric.capitalize()
        values = {
            structure: {
                each.label: _values(each.rows, structure, metric)
                for each in comparison.contenders
                if structure in drawn[each.label]
            }
            for structure in known
        }
        if not any(
            value == value for by_run in values.values() for run in by_run.values() for value in run
        ):
            continue
        caption = (
            "One point per case, 3D. Boxes span the quartiles, the line is the median, whiskers "
            "reach the last case within 1.5 interquartile ranges."
        )
        runs = ", ".join(each.label for each in comparison.contenders)
        alt = f"Box plots of {title} per case and structure, one box for each of the runs {runs}."
        address = chart_address(draw_run_boxes(values, label=f"{title} per case"))
        pictures.append(Picture(f"{title} of every case, run by run", caption, alt, address))
    return pictures


def side_by_side_picture(comparison: Comparison) -> Picture:
    """Draw the best, the median and the worst case of the first run as every run segments them.

    Args:
        comparison: The runs.
    """
    first = comparison.contenders[0]
    title = "The same slices by every run"
    alt = "A row per slice: the image, the expert's tissues, and those of " + ", ".join(
        each.label for each in comparison.contenders
    )
    folder = Path(first.record["data"].get("folder", ""))
    try:
        files = {case.name: case for case in find_cases(folder)}
    except DataError:
        problem = f"The data folder {folder} is not there (any more), so no case can be shown."
        return Picture(title, "", alt, problem=problem)
    ranked, split, strips, problems = rank_cases(first.rows), recorded_split(first.record), [], []
    for label, scored in telling_cases(ranked):
        try:
            masks = {
                each.label: _mask(each.run.predictions, scored.name, each.label)
                for each in comparison.contenders
            }
            owner, position = split.patient(scored.name), split.position(scored.name)
            sequences = first.recipe.get("sequences", [])
            shown = Shown(files.get(owner), list(masks.values()), sequences, position)
            case, predictions = read_shown(shown)
        except DataError as problem:
            problems.append(f"{label} {scored.name}: {problem}")
            continue
        by_run = dict(zip(masks, predictions, strict=True))
        strips += [
            Strip(f"{label}\n{scored.name}\nslice {shown.first_slice + z + 1}", case, z, by_run)
            for z in pathology_slices(case)
        ]
    if not strips:
        return Picture(title, "", alt, problem=" ".join(problems) or "No case has a defined score.")
    caption = (
        f"Best, median and worst case of {first.label} by {ranked_by(ranked)}; of each, the slices "
        f"with the most pathology. Cut to the expert's heart. {' '.join(problems)}"
    )
    return Picture(title, caption.strip(), alt, picture_address(draw_side_by_side(strips)))


def _values(rows: Sequence[Score], structure: str, metric: str) -> list[float]:
    return list(
        values_by_case(rows, convention="case3d", structure=structure, metric=metric).values()
    )


def _mask(predictions: Path, case: str, label: str) -> Path:
    path = find_masks(predictions).get(case)
    if path is None:
        raise DataError(f"{label} holds no prediction of it.")
    return path

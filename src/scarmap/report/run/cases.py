"""Pictures of a run: its cases, and what its system shows of itself."""

import zipfile
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from math import isnan
from pathlib import Path
from typing import Any

from scarmap.datasets.case_files import CaseFiles, load_case
from scarmap.datasets.folder import find_cases
from scarmap.datasets.mask_files import find_masks
from scarmap.datasets.split import recorded_split
from scarmap.errors import DataError
from scarmap.io.illustrations import read_illustration
from scarmap.io.nifti import read_labels
from scarmap.io.run import RunFolder
from scarmap.report.drawing.case import draw_case
from scarmap.report.drawing.case_by_tissue import draw_contours
from scarmap.report.drawing.glance import draw_glance, glance_slice
from scarmap.report.drawing.heart import EXPERT, PREDICTED, region_title
from scarmap.report.drawing.illustration import draw_illustration, drawn_regions, region_key
from scarmap.report.drawing.panels import Window, close_window, outside_ml
from scarmap.report.html import Image, Picture, picture_address
from scarmap.report.run.ranking import CaseScore, percent, ranked_by, reason, telling_cases
from scarmap.volume import Case, LabelMap, check_same_grid, take_slices_of_case

_UNSCORED = 3
"""Cases that are shown where none has a score."""


@dataclass(frozen=True)
class Shown:
    """What a picture shows.

    Attributes:
        files: Files of the case, or None when the data folder does not have it.
        masks: The predictions of one or more runs, None where a run has none.
        sequences: What to read; empty for all that there are.
        position: The slice that the predictions show, from 0; None where they show the whole case.
    """

    files: CaseFiles | None
    masks: Sequence[Path | None]
    sequences: Sequence[str]
    position: int | None = None

    @property
    def first_slice(self) -> int:
        """Number from 0 of the first slice shown."""
        return self.position or 0


@dataclass(frozen=True)
class Gallery:
    """Pictures of some cases.

    Attributes:
        pictures: Of each case one, slice by slice; of the best and the worst one more, tissue by
            tissue.
        glance: One slice of each case, for the top of the page; None where none can be shown.
        missing: Why there are no pictures; empty when there are some.
    """

    pictures: tuple[Picture, ...] = ()
    glance: Picture | None = None
    missing: str = ""


def case_pictures(
    run: RunFolder, record: Mapping[str, Any], ranked: Sequence[CaseScore]
) -> Gallery:
    """Draw the best, the median and the worst case; without scores, the first three predicted ones.

    Args:
        run: The run folder.
        record: Its `run.json`.
        ranked: Cases as `rank_cases` sorts them; empty when nothing was scored.
    """
    folder = Path(record.get("data", {}).get("folder", ""))
    try:
        masks = find_masks(run.predictions)
    except DataError:
        return Gallery(missing="No predictions have been written yet, so no case can be shown.")
    try:
        files = {case.name: case for case in find_cases(folder)}
    except DataError:
        return Gallery(
            missing=f"The data folder {folder} is not there (any more), so no case can be shown."
        )
    picks = [
        (label, case.name, f"{reason(ranked, case)} {_scores(case)}")
        for label, case in telling_cases(ranked)
    ]
    if not picks:
        picks = [("Case", name, "Not scored.") for name in sorted(masks)[:_UNSCORED]]
    sequences, split = record.get("recipe", {}).get("sequences", []), recorded_split(record)
    pictures: list[Picture] = []
    glances: list[Image] = []
    for label, name, scores in picks:
        shown = Shown(
            files.get(split.patient(name)), [masks.get(name)], sequences, split.position(name)
        )
        by_tissue = label in ("Best case", "Worst case")
        drawn, glance = _of_case(f"{label}: {name}", scores, shown, by_tissue=by_tissue)
        pictures += drawn
        glances += glance
    return Gallery(tuple(pictures), _glance_picture(glances, ranked))


def _glance_picture(glances: Sequence[Image], ranked: Sequence[CaseScore]) -> Picture | None:
    if not glances:
        return None
    by = f" by {ranked_by(ranked)}" if telling_cases(ranked) else ""
    caption = (
        f"Each case{by}: the slice with most pathology, plain and with the infarct of expert and "
        "prediction."
    )
    key = (("expert, solid", EXPERT), ("predicted, dashed", PREDICTED))
    return Picture("At a glance", caption, "Cases at a glance", key=key, panels=glances)


def read_shown(shown: Shown) -> tuple[Case, list[LabelMap]]:
    """Read what a picture shows: a case, or one slice of it, and predictions of it.

    Raises:
        DataError: The case or a prediction is not there or is damaged.
        GeometryError: A prediction lies on another grid.
    """
    files, position = shown.files, shown.position
    if files is None:
        raise DataError("The case is not in the data folder.")
    sequences = [sequence for sequence in shown.sequences if sequence in files.images]
    sequences = sequences or list(files.images)
    case = load_case(files, sequences=sequences, labelled=files.labels is not None)
    if position is not None:
        case = take_slices_of_case(case, position, position + 1)
    predictions = []
    for mask in shown.masks:
        if mask is None:
            raise DataError("Its prediction is not in the run folder.")
        predictions.append(read_labels(mask, files.layout))
        what = f"Case {files.name}: its image and the prediction {mask}"
        check_same_grid(case.grid, predictions[-1].grid, what=what)
    return case, predictions


def illustration_pictures(
    run: RunFolder, *, layout: str, budget: int = 3_000_000
) -> tuple[list[Picture], str]:
    """Draw the illustrations of all folds, until the page would grow too large.

    Args:
        run: The run folder.
        layout: Label layout of the run's data.
        budget: Largest number of characters that all pictures together may have.

    Returns:
        The pictures, and what is missing (empty when nothing is).
    """
    files = sorted(
        run.root.glob("fold_*/illustrations/*.npz"), key=lambda path: (_fold(path), path.name)
    )
    if not files:
        return [], "This run holds no illustrations of the system's own."
    pictures: list[Picture] = []
    for path in files:
        if sum(len(picture.address) for picture in pictures) > budget:
            left_out = len(files) - len(pictures)
            missing = "are left out to keep this page small; they lie in fold_*/illustrations."
            return pictures, f"{left_out} more {missing}"
        seen = path.name in [other.name for other in files[: len(pictures)]]
        pictures.append(replace(_illustration_picture(path, layout), repeats=seen))
    return pictures, ""


def _unseen(prediction: LabelMap, window: Window) -> str:
    volume_ml = outside_ml(prediction, window)
    if volume_ml < 0.05:  # it would read "0.0 ml"
        return ""
    return f"{volume_ml:.1f} ml of prediction lie outside these panels."


def _of_case(
    title: str, scores: str, shown: Shown, *, by_tissue: bool
) -> tuple[list[Picture], list[Image]]:
    """Pictures of a case, and its slice for the top of the page if it can be read."""
    alt = (
        f"{title}: short-axis slices from the base with the outlines of expert and prediction. "
        f"{scores}"
    )
    try:
        case, (prediction,) = read_shown(shown)
    except DataError as problem:
        return [Picture(title, scores, alt, problem=str(problem))], []
    address = picture_address(draw_case(case, prediction, first_slice=shown.first_slice))
    pictures = [Picture(title, scores, alt, address)]
    if by_tissue:
        alt = (
            f"{title}: a row per slice and a column per tissue, expert and prediction outlined in "
            "each."
        )
        address = picture_address(draw_contours(case, prediction, first_slice=shown.first_slice))
        unseen = _unseen(prediction, close_window(case, [prediction]))
        caption = f"Each tissue on the sequence that shows it best, if the run has it. {unseen}"
        pictures.append(Picture(f"{title}, tissue by tissue", caption, alt, address))
    return pictures, [_glance(title, case, prediction, shown.first_slice)]


def _glance(title: str, case: Case, prediction: LabelMap, first_slice: int) -> Image:
    z = glance_slice(case)
    words = f"{title}, slice {first_slice + z + 1}"
    alt = f"{words}: plain, and with the infarct outlined by expert and prediction."
    return Image(picture_address(draw_glance(case, prediction, z), widest_pixels=640), alt, words)


def _illustration_picture(path: Path, layout: str) -> Picture:
    where = f"fold {_fold(path)}"
    unread = Picture(f"{path.stem} ({where})", "", path.stem)
    try:
        illustration = read_illustration(path)
    except (OSError, EOFError, ValueError, KeyError, zipfile.BadZipFile) as problem:
        return replace(unread, problem=f"{path} cannot be read ({problem}).")
    title = f"{illustration.title} ({where})"
    if not any(illustration.rows):
        return replace(unread, title=title, problem=f"{path} holds no panel.")
    titles = ", ".join(dict.fromkeys(_panel_titles(illustration.rows)))
    alt = f"{illustration.title}. Panels: {titles}."
    address = picture_address(draw_illustration(illustration, layout))
    key = region_key(drawn_regions(illustration))
    return Picture(title, illustration.caption, alt, address, key=key)


def _panel_titles(rows: Sequence[Sequence[Any]]) -> Iterator[str]:
    return (panel.title for row in rows for panel in row if panel.title)


def _scores(case: CaseScore) -> str:
    defined = {name: value for name, value in case.dice.items() if not isnan(value)}
    texts = [f"{region_title(name)} {percent(value)}" for name, value in defined.items()]
    return f"Dice, %: {', '.join(texts)}."


def _fold(path: Path) -> int:
    number = path.parts[-3].removeprefix("fold_")
    return int(number) if number.isdecimal() else -1

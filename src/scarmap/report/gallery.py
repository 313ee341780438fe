"""The page's pictures of cases and of a system's inner life, drawn from the run folder and the data it names."""

import zipfile
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from scarmap.datasets.case_files import CaseFiles, load_case
from scarmap.datasets.folder import find_cases, find_masks
from scarmap.datasets.split import recorded_split
from scarmap.errors import DataError
from scarmap.io.illustrations import read_illustration
from scarmap.io.nifti import read_labels
from scarmap.io.run import RunFolder
from scarmap.report.display import region_title
from scarmap.report.embed import picture_address
from scarmap.report.figures import draw_illustration, drawn_regions, region_key
from scarmap.report.montage import draw_case
from scarmap.report.tables import CaseScore, percent, telling_cases
from scarmap.volume import check_same_grid, take_slices_of_case


@dataclass(frozen=True)
class Picture:
    """One embedded figure.

    Attributes:
        title: Heading.
        caption: Text below; may be empty.
        alt: What the picture shows, for those who cannot see it.
        address: Data address of the image, empty when it could not be drawn.
        problem: Why there is no image.
        key: Title and colour of the outlined regions.
        repeats: Whether an earlier picture shows the same thing of another fold.
    """

    title: str
    caption: str
    alt: str
    address: str = ""
    problem: str = ""
    key: Sequence[tuple[str, str]] = ()
    repeats: bool = False


def case_pictures(run: RunFolder, record: Mapping[str, Any], ranked: Sequence[CaseScore]) -> tuple[list[Picture], str]:
    """Draw the best, the median and the worst case; without scores, the first three predicted ones.

    Args:
        run: The run folder.
        record: Its `run.json`.
        ranked: Cases as `rank_cases` sorts them; empty when nothing was scored.

    Returns:
        The pictures, and why there are none (empty when there are some).
    """
    folder = Path(record.get("data", {}).get("folder", ""))
    try:
        masks = find_masks(run.predictions)
    except DataError:
        return [], "No predictions have been written yet, so no case can be shown."
    try:
        files = {case.name: case for case in find_cases(folder)}
    except DataError:
        return [], f"The data folder {folder} is not there (any more), so no case can be shown."
    picks = [(label, case.name, _scores(case)) for label, case in telling_cases(ranked)]
    picks = picks or [("Case", name, "Not scored.") for name in sorted(masks)[:3]]
    sequences, split = record.get("recipe", {}).get("sequences", []), recorded_split(record)
    return [
        _case_picture(
            f"{label}: {name}",
            scores,
            files.get(split.patient(name)),
            masks.get(name),
            sequences,
            position=split.slices[name][1] if name in split.slices else None,
        )
        for label, name, scores in picks
    ], ""


def illustration_pictures(run: RunFolder, *, layout: str, budget: int = 3_000_000) -> tuple[list[Picture], str]:
    """Draw the illustrations of all folds, until the page would grow too large.

    Args:
        run: The run folder.
        layout: Label layout of the run's data.
        budget: Largest number of characters that all pictures together may have.

    Returns:
        The pictures, and what is missing (empty when nothing is).
    """
    files = sorted(run.root.glob("fold_*/illustrations/*.npz"), key=lambda path: (_fold(path), path.name))
    if not files:
        return [], "This run holds no illustrations of the system's own."
    pictures: list[Picture] = []
    for path in files:
        if sum(len(picture.address) for picture in pictures) > budget:
            left_out = len(files) - len(pictures)
            return pictures, f"{left_out} more are left out to keep this page small; they lie in fold_*/illustrations."
        seen = any(other.name == path.name for other in files[: len(pictures)])
        pictures.append(replace(_illustration_picture(path, layout), repeats=seen))
    return pictures, ""


def _case_picture(
    title: str,
    scores: str,
    files: CaseFiles | None,
    mask: Path | None,
    sequences: Sequence[str],
    *,
    position: int | None = None,
) -> Picture:
    alt = f"{title}: short-axis slices with the outlines of expert and prediction. {scores}"
    if files is None or mask is None:
        lacking = "The case is not in the data folder" if files is None else "Its prediction is not in the run folder"
        return Picture(title, scores, alt, problem=f"{lacking}.")
    try:
        case = load_case(files, sequences=list(sequences) or list(files.images), labelled=files.labels is not None)
        case = case if position is None else take_slices_of_case(case, position, position + 1)
        prediction = read_labels(mask, files.layout)
        check_same_grid(case.grid, prediction.grid, what=f"Case {files.name}: its image and the prediction {mask}")
    except DataError as problem:
        return Picture(title, scores, alt, problem=str(problem))
    return Picture(title, scores, alt, picture_address(draw_case(case, prediction, first_slice=position or 0)))


def _illustration_picture(path: Path, layout: str) -> Picture:
    where = f"fold {_fold(path)}"
    try:
        illustration = read_illustration(path)
    except (OSError, EOFError, ValueError, KeyError, zipfile.BadZipFile) as problem:
        return Picture(f"{path.stem} ({where})", "", path.stem, problem=f"{path} cannot be read ({problem}).")
    if not any(illustration.rows):
        return Picture(f"{illustration.title} ({where})", "", path.stem, problem=f"{path} holds no panel.")
    titles = ", ".join(dict.fromkeys(_panel_titles(illustration.rows)))
    address = picture_address(draw_illustration(illustration, layout))
    key = region_key(drawn_regions(illustration))
    return Picture(
        f"{illustration.title} ({where})",
        illustration.caption,
        f"{illustration.title}. Panels: {titles}.",
        address,
        key=key,
    )


def _panel_titles(rows: Sequence[Sequence[Any]]) -> Iterator[str]:
    return (panel.title for row in rows for panel in row if panel.title)


def _scores(case: CaseScore) -> str:
    texts = [f"{region_title(name)} {percent(value)}" for name, value in case.dice.items() if value == value]
    return f"Dice, %: {', '.join(texts)}."


def _fold(path: Path) -> int:
    number = path.parts[-3].removeprefix("fold_")
    return int(number) if number.isdecimal() else -1

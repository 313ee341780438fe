"""Align the studies of a folder before they are segmented; keep what was made beside the masks."""

from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

from scarmap.alignment.align import align
from scarmap.alignment.record import about
from scarmap.alignment.result import Aligned, How
from scarmap.datasets.case_files import CaseFiles
from scarmap.datasets.manifest import look_at
from scarmap.errors import DataError, ScarmapError, suggest
from scarmap.inference.segment import Segmenter
from scarmap.io.files import read_json, write_json
from scarmap.io.nifti import read_image, write_image
from scarmap.labels import SEQUENCES
from scarmap.version import __version__
from scarmap.volume import Grid, Volume, check_same_grid

FOLDER = "aligned"
"""In the folder of the masks: `<case>/<sequence>.nii.gz` and `<case>/alignment.json`."""
RECORD = "alignment.json"

CHOICES = ("none", "headers", "full")
"""Ways to align that a user may ask for."""


@dataclass(frozen=True)
class AlignedCohort:
    """What became of a folder of studies.

    Attributes:
        files: The studies with their images on one grid each, but for those that failed.
        flagged: What the reader of a study must be told; studies without such remarks are left out.
        failed: Why a study could not be aligned.
    """

    files: tuple[CaseFiles, ...]
    flagged: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    failed: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True)
class AlignedStudy:
    """What became of one study.

    Attributes:
        files: It with its images on one grid.
        flags: What its reader must be told.
        aligned: What alignment made; None where there was nothing to align, or it was done before.
    """

    files: CaseFiles
    flags: tuple[str, ...] = ()
    aligned: Aligned | None = None


def check_choice(how: str) -> None:
    """Raise unless a way to align is known.

    Raises:
        DataError: It is not.
    """
    if how not in CHOICES:
        raise DataError(f"--align {how!r} is not known. {suggest(how, CHOICES)}")


def align_cohort(
    files: Sequence[CaseFiles],
    out: Path,
    *,
    how: How,
    load_segmenter: Callable[[], Segmenter],
    only: Collection[str] | None = None,
    on_case: Callable[[str], None] = lambda _name: None,
) -> AlignedCohort:
    """Align each study and write what changed; what was made of the same images before is kept.

    Args:
        files: The studies.
        out: Folder of the masks.
        how: See `scarmap.alignment.align.align`.
        load_segmenter: Loads what sees the heart, called when it is first needed.
        only: Names of the studies to align; the others stay as they are. None aligns all.
        on_case: Called with each study's name when it is done or has failed.
    """
    loaded: list[Segmenter] = []

    def segmenter() -> Segmenter:
        if not loaded:
            loaded.append(load_segmenter())
        return loaded[0]

    made: list[CaseFiles] = []
    flagged: dict[str, tuple[str, ...]] = {}
    failed: dict[str, str] = {}
    for each in files:
        made.append(each)
        if only is not None and each.name not in only:
            continue
        try:
            study = align_files(each, out / FOLDER / each.name, how=how, segmenter=segmenter)
        except (ScarmapError, OSError) as problem:
            failed[each.name] = str(problem)
        else:
            made[-1] = study.files
            if study.flags:
                flagged[each.name] = study.flags
        on_case(each.name)
    return AlignedCohort(tuple(made), flagged, failed)


def align_files(
    files: CaseFiles, folder: Path, *, how: How, segmenter: Callable[[], Segmenter]
) -> AlignedStudy:
    """Align one study and write what changed.

    The reference stays the file that it is. Where there is nothing to align, nothing is written.

    Raises:
        DataError: An image cannot be read.
        GeometryError: Its stacks are not of the same view.
    """
    known = {each: path for each, path in files.images.items() if each in SEQUENCES}
    if len(known) < 2:
        return AlignedStudy(files)
    wanted = _wanted(known, how)
    done = _done(folder, wanted)
    if done is not None:
        used = _aligned_files(files, folder, done["reference"], done["written"])
        return AlignedStudy(used, tuple(done["flags"]))
    images = {each: read_image(path) for each, path in known.items()}
    if how == "headers" and _on_one_grid(images, files):
        return AlignedStudy(files)
    aligned = align(images, how=how, segmenter=segmenter() if how == "full" else None)
    return _write(files, folder, aligned, wanted)


def _wanted(images: Mapping[str, Path], how: How) -> dict[str, object]:
    """What a record must state for its images to be used again."""
    sources = {each: look_at(path).sha256 for each, path in images.items() if path.is_file()}
    return {"scarmap": __version__, "align": how, "sources": sources}


def _done(folder: Path, wanted: Mapping[str, object]) -> dict[str, Any] | None:
    record = folder / RECORD
    if not record.is_file():
        return None
    found: dict[str, Any] = read_json(record)
    there = all((folder / f"{each}.nii.gz").is_file() for each in found.get("written", ["?"]))
    return found if there and all(found.get(key) == wanted[key] for key in wanted) else None


def _write(
    files: CaseFiles, folder: Path, aligned: Aligned, wanted: Mapping[str, object]
) -> AlignedStudy:
    used = [each for each, moves in aligned.moves.items() if len(moves.missing) < len(moves.slices)]
    for each in used:
        image = aligned.images[each]
        write_image(folder / f"{each}.nii.gz", image.array, image.grid)
    told = about(aligned)
    write_json(folder / RECORD, {**told, **wanted, "written": used})
    placed = _aligned_files(files, folder, aligned.reference, used)
    return AlignedStudy(placed, tuple(told["flags"]), aligned)


def _aligned_files(
    files: CaseFiles, folder: Path, reference: str, written: Sequence[str]
) -> CaseFiles:
    images = {reference: files.images[reference]} | {
        each: folder / f"{each}.nii.gz" for each in written
    }
    return replace(files, images=images)


def _on_one_grid(images: Mapping[str, Volume], files: CaseFiles) -> bool:
    grids: list[Grid] = [image.grid for image in images.values()]
    try:
        for grid in grids[1:]:
            check_same_grid(grids[0], grid, what=files.name)
    except ScarmapError:
        return False
    return True

"""A scanner's export of one study becomes images on one grid."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any, cast

from scarmap.alignment.cohort import AlignedStudy, align_files, check_choice
from scarmap.alignment.placement import find_partners
from scarmap.alignment.result import Aligned, How
from scarmap.datasets.case_files import CaseFiles
from scarmap.dicom.case_folder import SOURCE, headers_of, pick_frames, write_case
from scarmap.dicom.cases import choose_from
from scarmap.dicom.choose import TITLES, Choice, check, leave_out
from scarmap.dicom.out.source import read_source
from scarmap.dicom.reading import Progress
from scarmap.dicom.volume import stack_grid
from scarmap.errors import GeometryError
from scarmap.io.files import read_json
from scarmap.quantification.result import Flag
from scarmap.volume import check_same_grid
from scarmap.workflow.inputs import PathLike
from scarmap.workflow.models import load_one_view

if TYPE_CHECKING:
    from pydicom import Dataset

IMAGES, ALIGNED = "images", "aligned"
"""Folders of a study's images; each holds a folder named like the case."""
CASE = "case_0001"
LAYOUT = "scarmap"
MAY_LACK = ("T2", "bSSFP")
UNALIGNED = "Here, leave --align none out."

Told = Callable[[str], None]


@dataclass(frozen=True)
class ReadStudy:
    """A study whose images were read and put on one grid.

    Attributes:
        choice: What was chosen from the export; it holds what tells who the patient is.
        headers: Of the LGE frames, without pixels, one for each slice of the LGE image.
        numbers: Frame, from 1, of each slice whose object is a multi-frame one.
        source: What `source.json` says.
        images: Its images.
        aligned: How they were put on one grid; None where there was nothing to do.
        told: What its reader must know so far.
    """

    choice: Choice = field(repr=False)
    headers: "Sequence[Dataset]" = field(repr=False)
    numbers: Sequence[int | None]
    source: Mapping[str, Any]
    images: CaseFiles
    aligned: Aligned | None
    told: tuple[Flag, ...]


def read_study(
    folder: PathLike,
    out: PathLike,
    *,
    name: str = CASE,
    asked: Mapping[str, str] | None = None,
    align: str = "full",
    device: str = "auto",
    progress: Progress | None = None,
    on_step: Told = lambda _sentence: None,
) -> ReadStudy:
    """Read a scanner's export and put its images on one grid.

    Args:
        folder: As of `study_from_dicom`, and so are the rest.
        out: Folder for `images` and `aligned`.
        name: Pseudonym of the case.
        asked: Sequence to the series that a person chose.
        align: "none", "headers" or "full".
        device: Where the model looks for what breath-holds moved.
        progress: Called after each file whose header was read.
        on_step: Called with a sentence at the beginning of each step.

    Raises:
        DataError: As of `study_from_dicom`.
        GeometryError: Sequences lie on different grids, and `align` is "none".
    """
    check_choice(align)
    out = Path(out)
    on_step("Reading headers")
    choice = check(choose_from(Path(folder), asked=asked, progress=progress))
    choice = _fitting(choice, align)
    headers, numbers = headers_of(pick_frames(choice).frames["LGE"])
    read_source(headers, numbers)  # what cannot be sent back is told before the work
    source = _imported(choice, out / IMAGES, name, on_step)
    aligned = _aligned(out, name, source["sequences"], align, device, on_step)
    told = [Flag("from_dicom", text) for text in source["flags"]]
    told += [Flag("alignment", text) for text in aligned.flags]
    return ReadStudy(choice, headers, numbers, source, aligned.files, aligned.aligned, tuple(told))


def _fitting(choice: Choice, align: str) -> Choice:
    """The choice without sequences that do not show the planes of the LGE.

    Raises:
        GeometryError: Nothing is to be aligned, and a sequence lies on another grid.
    """
    grids = {role: stack_grid(frames)[0] for role, frames in pick_frames(choice).frames.items()}
    tilted = {}
    for role in [each for each in grids if each != "LGE"]:
        if align == "none":
            what = f"The LGE and the {TITLES[role]}"
            check_same_grid(grids["LGE"], grids[role], what=what, remedy=UNALIGNED)
        try:
            find_partners(grids["LGE"], grids[role])
        except GeometryError:
            tilted[role] = "its slices are tilted against those of the LGE"
    return leave_out(choice, tilted)


def _imported(choice: Choice, images: Path, name: str, on_step: Told) -> dict[str, Any]:
    """Write the images; what `source.json` says about them."""
    listed = ", ".join(
        f"{TITLES[role]} from series {stack.numbers} ({len(stack.slices)} slices)"
        for role, stack in choice.stacks.items()
    )
    on_step(f"Reading images: {listed}")
    folder = write_case(choice, images, name=name, may_lack=MAY_LACK)
    return dict(read_json(folder / SOURCE))


def _aligned(
    out: Path, name: str, sequences: Mapping[str, Any], align: str, device: str, on_step: Told
) -> AlignedStudy:
    images = {role: out / IMAGES / name / f"{role}.nii.gz" for role in sequences}
    files = CaseFiles(name, LAYOUT, images)
    others = " and ".join(TITLES[role] for role in images if role != "LGE")
    if align == "none" or not others:
        return AlignedStudy(files)
    on_step(f"Aligning {others} with LGE")
    how, folder = cast("How", align), out / ALIGNED / name
    return align_files(files, folder, how=how, segmenter=lambda: load_one_view(device))

"""A scanner's export of one study becomes masks, figures, a page, and what goes back as DICOM."""

import shutil
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any, cast

from scarmap.alignment.cohort import AlignedStudy, align_files, check_choice
from scarmap.alignment.placement import find_partners
from scarmap.alignment.result import How
from scarmap.datasets.case_files import CaseFiles
from scarmap.datasets.masks import load_study
from scarmap.dicom.case_folder import SOURCE, headers_of, pick_frames, write_case
from scarmap.dicom.cases import choose_from
from scarmap.dicom.choose import TITLES, Choice, check, leave_out
from scarmap.dicom.out.identity import Maker
from scarmap.dicom.out.source import read_source
from scarmap.dicom.reading import Progress
from scarmap.dicom.volume import stack_grid
from scarmap.errors import DataError, GeometryError
from scarmap.inference.origin import Origins
from scarmap.io.files import read_json
from scarmap.quantification.cohort import AS_USUAL, Measuring, measure_study
from scarmap.quantification.files import write_cohort
from scarmap.quantification.result import Flag, Quantification
from scarmap.quantification.tables import write_tables
from scarmap.report.send_back import SentBack, send_back
from scarmap.volume import check_same_grid
from scarmap.workflow.inputs import PathLike
from scarmap.workflow.models import Chosen, choose_model, load_one_view
from scarmap.workflow.predict import predict_folder

IMAGES, ALIGNED, MASKS = "images", "aligned", "masks"
"""Folders of a study's results; each holds files or a folder named like the case."""
FIGURES = "figures.csv"
CASE = "case_0001"
LAYOUT = "scarmap"
MAY_LACK = ("T2", "bSSFP")
UNALIGNED = "Here, leave --align none out."

Told = Callable[[str], None]


@dataclass(frozen=True)
class StudyResult:
    """What was made of a study.

    Attributes:
        name: Pseudonym of the case.
        used: Sequence to the numbers of the series that it was taken from.
        study: What was measured; its flags are all that a reader must know.
        sent: Page, figures, and what an archive takes.
        mask: The mask, which can be corrected.
        images: Folder of the images and of `source.json`.
        maker: What segmented it.
    """

    name: str
    used: Mapping[str, str]
    study: Quantification
    sent: SentBack
    mask: Path
    images: Path
    maker: Maker


def study_from_dicom(
    folder: PathLike,
    out: PathLike,
    *,
    name: str = CASE,
    asked: Mapping[str, str] | None = None,
    align: str = "full",
    model: PathLike | None = None,
    device: str = "auto",
    measuring: Measuring = AS_USUAL,
    progress: Progress | None = None,
    on_step: Told = lambda _sentence: None,
) -> StudyResult:
    """Go the whole way from a scanner's export to a page and to what goes back to the archive.

    A study without T2 or cine goes on with what there is, and so does one whose T2 or cine cannot
    be used; a flag says so. Where it fails, nothing is left in `out`.

    Args:
        folder: Folder or zip archive with one study of one patient.
        out: Folder for everything that is made; a new one, or an empty one.
        name: Pseudonym of the case.
        asked: Sequence to the series that a person chose: numbers or UIDs, with commas.
        align: "none", "headers" or "full", see `scarmap.alignment.align`.
        model: Run folder or model folder that segments; None for the built-in model.
        device: "auto", "cpu" or "cuda".
        measuring: How the mask is measured; where it comes from is told here.
        progress: Called after each file whose header was read.
        on_step: Called with a sentence at the beginning of each step.

    Raises:
        DataError: There is no short-axis LGE, two series have equal right, there are several
            patients or studies, pixels of the LGE cannot be read, its headers miss what ties
            results to images, the name is not fit, or `out` holds something.
        GeometryError: Sequences lie on different grids, and `align` is "none".
        RunError: `model` is no usable model.

    >>> import scarmap
    >>> scarmap.study_from_dicom("nowhere", "out")
    Traceback (most recent call last):
    scarmap.errors.DataError: nowhere does not exist. ...
    """
    check_choice(align)
    out, chosen = Path(out), choose_model(model, device=device)
    with _all_or_nothing(out):
        on_step("Reading headers")
        choice = check(choose_from(Path(folder), asked=asked, progress=progress))
        choice = _fitting(choice, align)
        headers, numbers = headers_of(pick_frames(choice).frames["LGE"])
        read_source(headers, numbers)  # what cannot be sent back is told before the work
        source = _imported(choice, out / IMAGES, name, on_step)
        aligned = _aligned(out, name, source["sequences"], align, device, on_step)
        on_step(f"Segmenting. {chosen.about}")
        told = [Flag("from_dicom", text) for text in source["flags"]]
        told += [Flag("alignment", text) for text in aligned.flags]
        files = _segmented(aligned.files, out / MASKS, chosen)
        on_step("Measuring, and writing the page and what goes back")
        case, maker = load_study(files), Maker(chosen.name, chosen.version)
        how = replace(_by_source(measuring, source), origin=Origins().of(files))
        study = measure_study(case, how)
        study = replace(study, flags=(*told, *study.flags))
        write_cohort(out / FIGURES, [study])
        write_tables(out, [study])
        sent = send_back(
            out,
            case,
            study,
            headers,
            frame_numbers=numbers,
            maker=maker,
            aligned=aligned.aligned,
        )
    assert files.labels is not None
    used = {role: choice.stacks[role].numbers for role in source["sequences"]}
    return StudyResult(name, used, study, sent, files.labels, out / IMAGES / name, maker)


@contextmanager
def _all_or_nothing(out: Path) -> Iterator[None]:
    """Remove what was written into an empty or new folder where the block fails.

    Raises:
        DataError: The folder holds something.
    """
    if out.is_dir() and any(out.iterdir()):
        raise DataError(
            f"{out} exists already and is not empty. Choose another --out, so that results of one "
            "study and of one choice of series stay together."
        )
    existed = out.is_dir()
    try:
        yield
    except BaseException:
        _clear(out, keep_folder=existed)
        raise


def _clear(out: Path, *, keep_folder: bool) -> None:
    for part in out.iterdir() if out.is_dir() else ():
        if part.is_dir():
            shutil.rmtree(part, ignore_errors=True)
        else:
            part.unlink(missing_ok=True)
    if out.is_dir() and not keep_folder:
        out.rmdir()


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


def _segmented(files: CaseFiles, masks: Path, chosen: Chosen) -> CaseFiles:
    """The study with its mask as labels."""
    outcome = predict_folder([files], masks, model=chosen)
    if outcome.failed:
        raise DataError(outcome.failed[files.name])
    layout, mask = chosen.layout_of(files.layout), outcome.written[files.name]
    return replace(files, layout=layout, labels=mask)


def _by_source(measuring: Measuring, source: Mapping[str, Any]) -> Measuring:
    """The same, told by DICOM whether the LGE is phase-sensitive where nobody said so."""
    kind = source["sequences"]["LGE"]["image"]
    if measuring.choices.signed is not None or kind not in ("psir", "magnitude"):
        return measuring
    return replace(measuring, choices=replace(measuring.choices, signed=kind == "psir"))

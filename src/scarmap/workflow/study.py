"""A scanner's export of one study becomes masks, figures, a page, and what goes back as DICOM."""

import shutil
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from scarmap.datasets.case_files import CaseFiles
from scarmap.datasets.masks import load_study
from scarmap.dicom.out.identity import Maker
from scarmap.dicom.reading import Progress
from scarmap.errors import DataError
from scarmap.inference.origin import Origins
from scarmap.quantification.cohort import AS_USUAL, Measuring, measure_study
from scarmap.quantification.files import write_cohort
from scarmap.quantification.result import Quantification
from scarmap.quantification.tables import write_tables
from scarmap.report.send_back import SentBack, send_back
from scarmap.workflow.inputs import PathLike
from scarmap.workflow.models import Chosen, choose_model
from scarmap.workflow.predict import predict_folder
from scarmap.workflow.read_study import CASE, IMAGES, Told, read_study

MASKS = "masks"
"""Folder of a study's mask."""
FIGURES = "figures.csv"


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
    model: PathLike | Chosen | None = None,
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
        model: Run folder or model folder that segments, or one that was chosen before; None for
            the built-in model.
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
    out = Path(out)
    chosen = model if isinstance(model, Chosen) else choose_model(model, device=device)
    with _all_or_nothing(out):
        read = read_study(
            folder,
            out,
            name=name,
            asked=asked,
            align=align,
            device=device,
            progress=progress,
            on_step=on_step,
        )
        on_step(f"Segmenting. {chosen.about}")
        files = segment_study(read.images, out / MASKS, chosen)
        on_step("Measuring, and writing the page and what goes back")
        case, maker = load_study(files), Maker(chosen.name, chosen.version)
        how = replace(by_source(measuring, read.source), origin=Origins().of(files))
        study = measure_study(case, how)
        study = replace(study, flags=(*read.told, *study.flags))
        write_cohort(out / FIGURES, [study])
        write_tables(out, [study])
        sent = send_back(
            out,
            case,
            study,
            read.headers,
            frame_numbers=read.numbers,
            maker=maker,
            aligned=read.aligned,
        )
    assert files.labels is not None
    used = {role: read.choice.stacks[role].numbers for role in read.source["sequences"]}
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


def segment_study(files: CaseFiles, masks: Path, chosen: Chosen) -> CaseFiles:
    """The study with its mask as labels.

    Args:
        files: Its images, on one grid.
        masks: Folder for the mask and what tells where it comes from.
        chosen: The model.

    Raises:
        DataError: It cannot be segmented.
    """
    outcome = predict_folder([files], masks, model=chosen)
    if outcome.failed:
        raise DataError(outcome.failed[files.name])
    layout, mask = chosen.layout_of(files.layout), outcome.written[files.name]
    return replace(files, layout=layout, labels=mask)


def by_source(measuring: Measuring, source: Mapping[str, Any]) -> Measuring:
    """The same, told by DICOM whether the LGE is phase-sensitive where nobody said so.

    Args:
        measuring: How a study is to be measured.
        source: What its `source.json` says.
    """
    kind = source["sequences"]["LGE"]["image"]
    if measuring.choices.signed is not None or kind not in ("psir", "magnitude"):
        return measuring
    return replace(measuring, choices=replace(measuring.choices, signed=kind == "psir"))

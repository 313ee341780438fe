"""A version as files: mask, page, PDF, and what an archive takes."""

import shutil
from dataclasses import replace
from pathlib import Path
from secrets import token_hex

from scarmap.alignment.keeping import kept_aligned
from scarmap.datasets.masks import load_study
from scarmap.dicom.out.write import REPORT, SEGMENTATION
from scarmap.io.lock import held
from scarmap.quantification.cohort import AS_USUAL, Measuring
from scarmap.quantification.result import Quantification
from scarmap.report.pages.study import build_study
from scarmap.report.pdf.study import write_study_pdf
from scarmap.report.send_back import PAGE, PDF, send_back
from scarmap.serving.measuring import files_of, measure_all
from scarmap.serving.segmenting import read_headers
from scarmap.serving.store import Store
from scarmap.serving.studies import Study
from scarmap.serving.versions import READER, Version
from scarmap.volume import Case

NIFTI = "nifti"
FILES = {"page": PAGE, "pdf": PDF, "seg": SEGMENTATION, "sr": REPORT}
"""What can be asked for besides the mask itself, and the file that it is in."""
ENDINGS = {"page": ".html", "pdf": ".pdf", "seg": "_seg.dcm", "sr": "_sr.dcm", NIFTI: ".nii.gz"}
_OF_DICOM = ("seg", "sr")


class NotPossibleError(Exception):
    """A version cannot be exported so; its text says why."""


def export(
    store: Store, study: Study, version: Version, kind: str, *, measuring: Measuring = AS_USUAL
) -> Path:
    """The file of a version, which is made when it is asked for the first time.

    Args:
        store: The store.
        study: The study.
        version: Its version.
        kind: "nifti", or a key of `FILES`.
        measuring: How studies are measured here.

    Raises:
        NotPossibleError: A study that came without DICOM has nothing to tie a SEG or SR to.
    """
    folder = store.folder(study.id)
    if kind == NIFTI:
        return folder.mask(version.number)
    if kind in _OF_DICOM and not folder.headers.is_dir():
        raise NotPossibleError(
            "This study came as NIfTI, so there are no DICOM images that a SEG or SR could belong "
            "to. Export the mask as NIfTI, or bring the study as DICOM."
        )
    out = folder.exports(version.number)
    with held(store.lock("export"), wait=True):
        if not out.is_dir():
            _make(store, study, version, out, measuring)
    return out / FILES[kind]


def _make(store: Store, study: Study, version: Version, out: Path, measuring: Measuring) -> None:
    """Write all files of a version, which appear together."""
    found = measure_all(store, study, version, measuring)
    case = load_study(files_of(store, study, version))
    making = out.with_name(f".making-{token_hex(4)}")
    try:
        _write(store, study, version, making, case, without_intervals(version, found))
        making.rename(out)
    finally:
        shutil.rmtree(making, ignore_errors=True)


def _write(
    store: Store, study: Study, version: Version, out: Path, case: Case, found: Quantification
) -> None:
    folder = store.folder(study.id)
    headers = read_headers(folder)
    if headers is None:
        page = build_study(case, found, out / PAGE)
        write_study_pdf(page, case, found, out / PDF)
        return
    aligned = None
    if folder.alignment.is_file():
        aligned = kept_aligned(folder.alignment, case.images)
    send_back(
        out,
        case,
        found,
        headers[0],
        frame_numbers=headers[1],
        maker=version.maker,
        aligned=aligned,
    )


def without_intervals(version: Version, found: Quantification) -> Quantification:
    """The figures without a model's intervals where a reader has changed the mask."""
    return replace(found, intervals={}) if version.kind == READER else found


def file_name(study: Study, version: Version, kind: str) -> str:
    """What an exported file is called: the pseudonym, the version, and what it is."""
    return f"{study.name}_v{version.number}{ENDINGS[kind]}"

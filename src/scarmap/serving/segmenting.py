"""What becomes of a new study: its images are read, it is segmented and measured."""

import shutil
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import partial
from pathlib import Path
from secrets import token_hex
from typing import TYPE_CHECKING, Any

from scarmap.alignment.keeping import keep_aligned
from scarmap.datasets.case_files import CaseFiles, load_case
from scarmap.dicom.case_folder import TellingNameError
from scarmap.dicom.out.identity import Maker
from scarmap.errors import DataError
from scarmap.inference.cohort import resident
from scarmap.inference.origin import Origins
from scarmap.io.files import read_json, write_json
from scarmap.io.nifti import read_labels
from scarmap.quantification.cohort import AS_USUAL, Measuring
from scarmap.quantification.origin import MaskOrigin
from scarmap.quantification.result import Flag
from scarmap.serving import versions
from scarmap.serving.identity import patient_digest
from scarmap.serving.measuring import files_of, measure_all, note_latest
from scarmap.serving.shown import write_shown
from scarmap.serving.store import Store, StudyFolder
from scarmap.serving.studies import Study, find, update
from scarmap.workflow.models import Chosen, choose_model
from scarmap.workflow.read_study import ReadStudy, read_study
from scarmap.workflow.study import segment_study

if TYPE_CHECKING:
    from pydicom import Dataset

MASK = "mask"
"""Kind of a NIfTI file that holds no image."""
BROUGHT = "brought.json"
"""In an upload of NIfTI files: which file is which sequence."""

_RENAMED = (
    "The name of the study held a part of the patient's name, identifier or date of birth, so it "
    "is called {}."
)
_STEPS = (
    ("Reading headers", 0.05),
    ("Reading images", 0.2),
    ("Aligning", 0.35),
    ("Segmenting", 0.6),
    ("Measuring", 0.9),
)
"""How each step begins, and how much is done by then."""


@dataclass(frozen=True)
class Bringing:
    """How studies are segmented here.

    Attributes:
        model: Run or model folder; None for the built-in model.
        device: "auto", "cpu" or "cuda".
        measuring: How they are measured.
    """

    model: Path | None = None
    device: str = "auto"
    measuring: Measuring = AS_USUAL

    def choose(self) -> Chosen:
        """The model, which stays in memory from study to study."""
        chosen = choose_model(self.model, device=self.device)
        kept = replace(chosen.model, load=partial(resident, chosen.model))
        return replace(chosen, model=kept)


def bring_in(
    store: Store, study: Study, how: Bringing, *, again: bool = False, told: Sequence[Flag] = ()
) -> None:
    """Read a study if that has not been done, segment it, and note its figures.

    A study that comes with a mask is not segmented, unless it is asked for.

    Args:
        store: The store.
        study: Its row.
        how: With what.
        again: Whether to segment it though it has a version.
        told: What its reader must know, beside what is found when it is read.

    Raises:
        ScarmapError: It cannot be read or segmented.
    """
    tell = partial(_tell, store, study.id)
    if not study.images:
        study = _read(store, study, how, tell, told)
    if again or not study.versions:
        _segment(store, study, how, tell)
    tell("Measuring")
    _note(store, study, how.measuring)
    shutil.rmtree(store.folder(study.id).upload, ignore_errors=True)


def _tell(store: Store, study: str, sentence: str) -> None:
    progress = next((share for words, share in _STEPS if sentence.startswith(words)), None)
    update(store, study, status="running", step=sentence, progress=progress, reason=None)


def _note(store: Store, study: Study, measuring: Measuring) -> None:
    latest = versions.listed(store, study.id)[-1]
    found = measure_all(store, study, latest, measuring)
    status = "corrected" if latest.kind == versions.READER else "segmented"
    note_latest(store, study, found, status=status)


def _read(
    store: Store, study: Study, how: Bringing, tell: Callable[[str], None], told: Sequence[Flag]
) -> Study:
    """The study with its images; a mask that came with it is its first version."""
    folder = store.folder(study.id)
    for left in (folder.case, folder.headers):
        shutil.rmtree(left, ignore_errors=True)
    read = _read_dicom if study.kind == "dicom" else _read_nifti
    values = read(store, study, folder, how, tell)
    values["told"] = [*([flag.code, flag.message] for flag in told), *values.get("told", ())]
    images = {sequence: folder.root / path for sequence, path in values["images"].items()}
    write_shown(folder, images)
    update(store, study.id, **values)
    known = _known(store, study)
    brought = folder.upload / BROUGHT
    if study.kind == "nifti" and brought.is_file():
        _keep_mask(store, known, read_json(brought))
    return _known(store, study)


def _known(store: Store, study: Study) -> Study:
    """The row as it is now.

    Raises:
        versions.GoneError: It was removed.
    """
    known = find(store, study.id)
    if known is None:
        raise versions.GoneError
    return known


def _read_dicom(
    store: Store, study: Study, folder: StudyFolder, how: Bringing, tell: Callable[[str], None]
) -> dict[str, Any]:
    told = []
    read_as = partial(read_study, folder.upload, folder.case, device=how.device, on_step=tell)
    try:
        read = read_as(name=study.name)
    except TellingNameError:
        shutil.rmtree(folder.case, ignore_errors=True)
        name = f"case_{token_hex(3)}"
        read = read_as(name=name)
        update(store, study.id, name=name)
        told = [["from_dicom", _RENAMED.format(name)]]
    write_headers(folder, read.headers, read.numbers)
    if read.aligned is not None:
        keep_aligned(folder.alignment, read.aligned)
    kind = read.source["sequences"]["LGE"]["image"]
    return {
        "images": _below(folder, read.images.images),
        "told": told + [[flag.code, flag.message] for flag in read.told],
        "signed": int(kind == "psir") if kind in ("psir", "magnitude") else None,
        "patient": _patient(store, read),
    }


def _patient(store: Store, read: ReadStudy) -> str:
    return patient_digest(store, read.choice.exam.identity)


def _below(folder: StudyFolder, images: Mapping[str, Path]) -> dict[str, str]:
    root = folder.root.resolve()
    return {key: path.resolve().relative_to(root).as_posix() for key, path in images.items()}


def write_headers(
    folder: StudyFolder, headers: "Sequence[Dataset]", numbers: Sequence[int | None]
) -> None:
    """Keep what results are tied to their images by: headers without pixels, in order of slices.

    Args:
        folder: Where.
        headers: One for each slice; slices of a multi-frame object share one.
        numbers: Frame of each slice in such an object.
    """
    from scarmap.dicom.out.segmentation import quiet

    folder.headers.mkdir(parents=True, exist_ok=True)
    names: dict[int, str] = {}
    order = []
    for header, number in zip(headers, numbers, strict=True):
        if id(header) not in names:
            names[id(header)] = f"{len(names) + 1:04d}.dcm"
            with quiet():
                header.save_as(folder.headers / names[id(header)], enforce_file_format=True)
        order.append({"file": names[id(header)], "frame": number})
    write_json(folder.headers / "order.json", order)


def read_headers(folder: StudyFolder) -> "tuple[list[Dataset], list[int | None]] | None":
    """What `write_headers` kept; None for a study that came without DICOM."""
    from pydicom import dcmread

    from scarmap.dicom.files import quiet

    listed = folder.headers / "order.json"
    if not listed.is_file():
        return None
    order = read_json(listed)
    with quiet():
        read = {name: dcmread(folder.headers / name) for name in {each["file"] for each in order}}
    return [read[each["file"]] for each in order], [each["frame"] for each in order]


def _read_nifti(
    store: Store, study: Study, folder: StudyFolder, how: Bringing, tell: Callable[[str], None]
) -> dict[str, Any]:
    """Copy the images, once they are known to be readable and on one grid."""
    del store, how
    tell("Reading images")
    brought = read_json(folder.upload / BROUGHT)["files"]
    images = {key: folder.upload / name for key, name in brought.items() if key != MASK}
    if not images:
        raise DataError("There is no image. Give at least one of LGE, T2 and bSSFP.")
    load_case(CaseFiles(study.name, "scarmap", images), sequences=list(images))
    kept = {}
    for sequence, path in images.items():
        target = folder.case / "images" / study.name / f"{sequence}{''.join(path.suffixes)}"
        target.parent.mkdir(parents=True, exist_ok=True)
        shutil.copyfile(path, target)
        kept[sequence] = target
    return {"images": _below(folder, kept)}


def _keep_mask(store: Store, study: Study, brought: Mapping[str, Any]) -> None:
    """Save the mask that came with NIfTI images as a version; on their grid, or not at all."""
    if MASK not in brought["files"] or study.versions:
        return
    folder, layout = store.folder(study.id), brought.get("layout") or "scarmap"
    mask = folder.upload / brought["files"][MASK]
    files = replace(files_of(store, study), layout=layout, labels=mask)
    case = load_case(files, sequences=list(files.images), labelled=True)
    labels = replace(read_labels(mask, layout), grid=case.grid)
    origin = MaskOrigin(sequences=tuple(study.images))
    maker = Maker("given mask", "not stated")
    versions.save(store, versions.New(labels, versions.IMPORT, "", layout, origin, maker), study.id)


def _segment(store: Store, study: Study, how: Bringing, tell: Callable[[str], None]) -> None:
    chosen = how.choose()
    tell(f"Segmenting. {chosen.about}")
    work = store.folder(study.id).root / "work"
    shutil.rmtree(work, ignore_errors=True)
    try:
        files = segment_study(files_of(store, study), work, chosen)
        assert files.labels is not None
        labels = read_labels(files.labels, files.layout)
        labels = replace(labels, grid=load_case(files, sequences=list(files.images)).grid)
        new = versions.New(
            labels,
            versions.MODEL,
            f"{chosen.name} {chosen.version}".strip(),
            files.layout,
            Origins().of(files),
            Maker(chosen.name, chosen.version),
        )
        versions.save(store, new, study.id)
    finally:
        shutil.rmtree(work, ignore_errors=True)

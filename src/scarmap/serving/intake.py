"""What readers bring becomes a study that waits: a DICOM folder, an archive, or NIfTI files."""

import json
from collections.abc import Iterable, Sequence
from pathlib import Path

from scarmap.dicom.files import Refused, find_places
from scarmap.errors import DataError
from scarmap.io.files import write_json
from scarmap.labels import SEQUENCES, codes
from scarmap.serving import studies
from scarmap.serving.identity import facts_after, forget_fact, set_fact
from scarmap.serving.segmenting import BROUGHT, MASK
from scarmap.serving.store import Store, new_id
from scarmap.serving.upload import Uploaded

KINDS = ("dicom", "zip", "nifti")
_GZIP = b"\x1f\x8b"


def take_in(store: Store, folder: Path, uploaded: Uploaded) -> str:
    """Make a study of an upload.

    Args:
        store: The store.
        folder: Where its files lie; it becomes the study's.
        uploaded: The form.

    Returns:
        The study's id.

    Raises:
        DataError: It cannot be one.
    """
    kind = uploaded.first("kind")
    if kind not in KINDS:
        raise DataError(f"The kind of an upload is one of {', '.join(KINDS)}.")
    if not uploaded.files:
        raise DataError("The upload holds no file.")
    if kind == "nifti":
        _name_images(folder, uploaded)
        return keep(store, folder, name=uploaded.first("name"), kind="nifti")
    if kind == "zip":
        check_archives(uploaded.files)
    return keep(store, folder, name=uploaded.first("name"), kind="dicom")


def keep(store: Store, folder: Path, *, name: str, kind: str, origin: str = "") -> str:
    """Move a folder of files into the store, and put its study at the end of the queue.

    Where that fails, the folder is where it was. Killed in between, `finish_keeping` goes on.

    Args:
        store: The store.
        folder: The files; on the same file system.
        name: Pseudonym; "" for the next number.
        kind: "dicom" or "nifti".
        origin: A fact to keep with its row, so that what it came from is never taken twice.

    Raises:
        DataError: A study cannot have this name.
    """
    if name:
        studies.check_pseudonym(name)
    study = new_id()
    home = store.folder(study)
    about = {"name": name, "kind": kind, "origin": origin}
    set_fact(store, f"{studies.MOVING}{study}", json.dumps(about))
    home.root.mkdir()
    folder.rename(home.upload)
    try:
        return studies.add(store, **about, study=study)
    except BaseException:
        home.upload.rename(folder)
        home.root.rmdir()
        raise


def finish_keeping(store: Store) -> None:
    """Put at the end of the queue what a killed server had moved into the store, and no more."""
    for study, about in facts_after(store, studies.MOVING).items():
        if store.folder(study).upload.is_dir():
            studies.add(store, **json.loads(about), study=study)
        else:
            forget_fact(store, f"{studies.MOVING}{study}")


def check_archives(files: Iterable[Path]) -> None:
    """Refuse archives that unpack to more than is read; nothing is unpacked for that.

    Raises:
        DataError: One of the files is no archive, is damaged, or is too large when unpacked.
    """
    for path in files:
        places = find_places(path)
        refused = [each.reason for each in places if isinstance(each, Refused)]
        if refused:
            raise DataError(f"The archive is not taken: {refused[0]}.")
        if any(not isinstance(each, Refused) and each.member < 0 for each in places):
            raise DataError("This is no zip archive. Drop the folder itself.")
        if not places:
            raise DataError("The archive holds no file that can be read.")


def _name_images(folder: Path, uploaded: Uploaded) -> None:
    """Give NIfTI files endings by their content, and note which is which sequence.

    Raises:
        DataError: Sequences are missing, unknown or given twice.
    """
    named = uploaded.fields.get("sequence", [])
    _check_sequences(named, len(uploaded.files))
    layout = uploaded.first("layout") or "scarmap"
    codes(layout)
    files = {}
    for sequence, path in zip(named, uploaded.files, strict=True):
        with path.open("rb") as stream:
            ending = ".nii.gz" if stream.read(2) == _GZIP else ".nii"
        files[sequence] = path.rename(folder / f"{sequence}{ending}").name
    write_json(folder / BROUGHT, {"files": files, "layout": layout})


def _check_sequences(named: Sequence[str], num_files: int) -> None:
    known = (*SEQUENCES, MASK)
    if len(named) != num_files:
        raise DataError(f"Say of each file what it is: {', '.join(known)}.")
    for each in named:
        if each not in known:
            raise DataError(f"{each[:40]!r} is no sequence. Choose one of {', '.join(known)}.")
    if len(set(named)) < len(named):
        raise DataError("Two files are said to be the same sequence. Bring one of each.")
    if set(named) == {MASK}:
        raise DataError("A mask needs the image that it was drawn on. Bring both.")

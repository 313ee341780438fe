"""The archive that results are sent to, by C-STORE."""

import re
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from scarmap.dicom.out.write import DOCUMENT
from scarmap.errors import DataError, ScarmapError
from scarmap.quantification.cohort import AS_USUAL, Measuring
from scarmap.serving import versions
from scarmap.serving.exporting import export
from scarmap.serving.store import Store
from scarmap.serving.studies import Study

_PEER = re.compile(r"([ -~]{1,16})@([A-Za-z0-9.:_-]+):(\d{1,5})")
TITLE = re.compile(r"[ !-\[\]-~]{1,16}")
_TIMEOUT_S = 30


class PeerError(ScarmapError):
    """Results could not be sent."""


@dataclass(frozen=True)
class Peer:
    """An archive.

    Attributes:
        title: Its AE title.
        host: Its host.
        port: Its port.
    """

    title: str
    host: str
    port: int

    @classmethod
    def read(cls, text: str) -> "Peer":
        """Read `AE@HOST:PORT`.

        Raises:
            DataError: It is something else.

        >>> Peer.read("ORTHANC@127.0.0.1:4242")
        Peer(title='ORTHANC', host='127.0.0.1', port=4242)
        """
        match = _PEER.fullmatch(text)
        if not match or not 0 < int(match[3]) < 65536:
            raise DataError(f"--peer {text!r} names no archive. Give AE@HOST:PORT.")
        return cls(match[1].strip(), match[2], int(match[3]))


def send_version(
    store: Store,
    study: Study,
    number: int,
    peer: Peer,
    *,
    title: str,
    measuring: Measuring = AS_USUAL,
) -> None:
    """Send SEG, SR and PDF of a version to the archive.

    Args:
        store: The store.
        study: The study.
        number: Its version.
        peer: The archive.
        title: Own AE title.
        measuring: How studies are measured here.

    Raises:
        PeerError: The archive does not answer, or refuses.
    """
    version = versions.find(store, study.id, number)
    if version is None:
        raise versions.GoneError
    seg = export(store, study, version, "seg", measuring=measuring)
    report = export(store, study, version, "sr", measuring=measuring)
    send_files([seg, report, seg.with_name(DOCUMENT)], peer, title=title)


def send_files(files: list[Path], peer: Peer, *, title: str) -> None:
    """Send DICOM files.

    Args:
        files: What to send.
        peer: Where.
        title: Own AE title.

    Raises:
        PeerError: The archive does not answer, or refuses.
    """
    from pydicom import dcmread
    from pynetdicom import AE

    objects = [dcmread(path) for path in files if path.is_file()]
    entity = AE(ae_title=title)
    entity.acse_timeout = entity.dimse_timeout = entity.network_timeout = _TIMEOUT_S
    entity.connection_timeout = _TIMEOUT_S
    for each in objects:
        entity.add_requested_context(each.SOPClassUID, each.file_meta.TransferSyntaxUID)
    association: Any = entity.associate(peer.host, peer.port, ae_title=peer.title)
    if not association.is_established:
        raise PeerError(
            f"The archive {peer.title} at {peer.host}:{peer.port} does not answer, or does not "
            "know this AE title. Check both, then sign again to send."
        )
    try:
        for each in objects:
            _store(association, each, peer)
    finally:
        association.release()


def _store(association: Any, dataset: Any, peer: Peer) -> None:
    try:
        status = association.send_c_store(dataset)
    except ValueError as problem:  # The archive did not accept this kind of object.
        raise PeerError(
            f"The archive {peer.title} takes no {dataset.Modality} ({problem})."
        ) from None
    code = status.Status if status else None
    if code is None or (code != 0 and code >> 12 != 0xB):
        told = "gave no answer" if code is None else f"answered {code:04X}"
        raise PeerError(f"The archive {peer.title} did not store a {dataset.Modality}: it {told}.")

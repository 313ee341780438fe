"""A DICOM node: studies come by C-STORE, and become studies of the room when they are complete."""

import hashlib
import threading
import time
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from scarmap.errors import DataError, ScarmapError
from scarmap.io.files import is_leftover, replacing
from scarmap.serving.intake import keep
from scarmap.serving.looking import look_again, look_once
from scarmap.serving.peer import TITLE
from scarmap.serving.store import RECEIVED, Store
from scarmap.serving.upload import Limits

QUIET_S = 10.0
"""A study is complete when nothing of it has come for so long."""
_SUCCESS, _REFUSED, _NOT_UNDERSTOOD = 0x0000, 0xA700, 0xC000
_MOST_ASSOCIATIONS = 8
_MOST_PDU = 2**17


@dataclass
class _Arriving:
    """A study of which objects come.

    Attributes:
        folder: Where they are written.
        latest: When the last one came.
        num_files: How many.
        num_bytes: Their size.
    """

    folder: Path
    latest: float
    num_files: int = 0
    num_bytes: int = 0


@dataclass
class Node:
    """What receives.

    Attributes:
        store: Where studies go.
        title: AE title.
        port: Where it listens.
        host: Address.
        quiet_s: How long nothing must have come before a study is complete.
        limits: What a study may have.
    """

    store: Store
    title: str
    port: int
    host: str = "127.0.0.1"
    quiet_s: float = QUIET_S
    limits: Limits = field(default_factory=Limits)

    def __post_init__(self) -> None:
        """Refuse a title that none may have.

        Raises:
            DataError: It is one.
        """
        if not TITLE.fullmatch(self.title):
            raise DataError("--ae must be 1 to 16 plain characters.")
        self._arriving: dict[str, _Arriving] = {}
        self._lock = threading.Lock()
        self._server: Any = None

    def start(self) -> None:
        """Begin to listen; what a killed node had received is gone on with.

        Raises:
            DataError: The port cannot be used.
        """
        from pydicom.uid import AllTransferSyntaxes
        from pynetdicom import AE, AllStoragePresentationContexts, evt
        from pynetdicom.sop_class import Verification

        for left in self.store.incoming.glob(f"{RECEIVED}*"):
            self._arriving_of(left.name.removeprefix(RECEIVED))
        entity = AE(ae_title=self.title)
        entity.require_called_aet = True
        entity.maximum_associations = _MOST_ASSOCIATIONS
        entity.maximum_pdu_size = _MOST_PDU
        entity.add_supported_context(Verification)
        for context in AllStoragePresentationContexts:
            entity.add_supported_context(context.abstract_syntax, AllTransferSyntaxes)
        try:
            self._server = entity.start_server(
                (self.host, self.port), block=False, evt_handlers=[(evt.EVT_C_STORE, self.receive)]
            )
        except OSError as problem:
            raise DataError(
                f"Port {self.port} cannot be used ({problem.strerror}). Give another --dicom-port."
            ) from None

    def stop(self) -> None:
        """End, and keep what has come; what cannot be kept now waits for the next start."""
        if self._server is not None:
            self._server.shutdown()
            self._server = None
        look_once(lambda: self.take_complete(everything=True))

    def receive(self, event: Any) -> int:
        """Write an object; the status that its sender is told."""
        try:
            content = event.encoded_dataset()
            study = _study_of(content)
        except Exception:  # Whatever a sender makes of an object must not end the node.
            return _NOT_UNDERSTOOD
        with self._lock:
            arriving = self._arriving_of(study)
            over = arriving.num_bytes + len(content) > self.limits.num_bytes
            if over or arriving.num_files >= self.limits.num_files:
                return _REFUSED
            path = arriving.folder / f"{arriving.num_files + 1:06d}"
            try:
                with replacing(path) as temporary:
                    temporary.write_bytes(content)
            except (ScarmapError, OSError):
                return _REFUSED
            arriving.num_files += 1
            arriving.num_bytes += len(content)
            arriving.latest = time.monotonic()
        return _SUCCESS

    def _arriving_of(self, study: str) -> _Arriving:
        if study not in self._arriving:
            folder = self.store.incoming / f"{RECEIVED}{study}"
            folder.mkdir(exist_ok=True)
            for left in filter(is_leftover, list(folder.iterdir())):
                left.unlink()
            there = [each.stat().st_size for each in folder.iterdir()]
            self._arriving[study] = _Arriving(folder, time.monotonic(), len(there), sum(there))
        return self._arriving[study]

    def run(self, ended: threading.Event) -> None:
        """Look for complete studies until it is time to end."""
        look_again(self.take_complete, ended, every_s=min(1.0, self.quiet_s / 4))

    def take_complete(self, *, everything: bool = False) -> list[str]:
        """Make studies of what is complete; what cannot be kept now waits where it is.

        Args:
            everything: Whether to wait for nothing more.

        Returns:
            The studies.
        """
        with self._lock:
            since = time.monotonic() - self.quiet_s
            done = [
                key for key, each in self._arriving.items() if everything or each.latest < since
            ]
            made = []
            for key in done:
                each = self._arriving[key]
                if each.num_files:
                    made.append(keep(self.store, each.folder, name="", kind="dicom"))
                else:
                    each.folder.rmdir()
                del self._arriving[key]
        return made


def _study_of(content: bytes) -> str:
    """A digest of the study that an object belongs to.

    Raises:
        Exception: It cannot be read.
    """
    import io

    from pydicom import dcmread

    header = dcmread(
        io.BytesIO(content), specific_tags=["StudyInstanceUID"], stop_before_pixels=True
    )
    return hashlib.sha256(str(header.StudyInstanceUID).encode()).hexdigest()[:32]

"""Open a room: the store, the worker behind it, and the server in front."""

import socket
import subprocess
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path

from scarmap.errors import DataError
from scarmap.io.lock import held
from scarmap.serving.app import build_app
from scarmap.serving.identity import set_fact
from scarmap.serving.intake import finish_keeping
from scarmap.serving.node import Node
from scarmap.serving.peer import Peer
from scarmap.serving.room import Room
from scarmap.serving.security import LOOPBACK, Session, hash_password, read_public
from scarmap.serving.store import open_store, tidy
from scarmap.serving.watching import Watcher
from scarmap.serving.worker import MODEL, WorkerSettings, bringing, start_worker
from scarmap.workflow.models import choose_model

_LOOK_S = 1.0


@dataclass(frozen=True)
class Opening:
    """How a room is opened.

    Attributes:
        store: Its folder.
        host: Address to listen at.
        port: Port; 0 for any that is free.
        password: Needed for any other address than that of this machine itself.
        model: Run or model folder; None for what the store had before, at first the built-in one.
        settings: What the worker is told.
        watch: Folder whose studies are taken in; None for none.
        dicom_port: Where studies are received by C-STORE; None for nowhere.
        public: `https://HOST[:PORT]` of a proxy with TLS in front, which needs a password; "" for
            none.
    """

    store: Path
    host: str = "127.0.0.1"
    port: int = 8765
    password: str = ""
    model: Path | None = None
    settings: WorkerSettings = field(default_factory=WorkerSettings)
    watch: Path | None = None
    dicom_port: int | None = None
    public: str = ""


def serve(opening: Opening, *, on_ready: Callable[[str], None]) -> None:
    """Serve until the process is interrupted.

    Args:
        opening: How.
        on_ready: Called with the address to open, once it can be opened.

    Raises:
        DataError: The port is taken, the folder is no store, what is watched is no folder, the peer
            or the public address is none, or an address that others can reach has no password.
        RunError: Another server has opened the store.
    """
    import uvicorn

    _check_address(opening)
    public = read_public(opening.public) if opening.public else ""
    if opening.settings.peer:
        Peer.read(opening.settings.peer)
    if opening.watch is not None and not opening.watch.is_dir():
        raise DataError(f"--watch {opening.watch} is no folder. Make it first, or name another.")
    store = open_store(opening.store)
    with held(store.lock("room")), _listening(opening) as listener:
        finish_keeping(store)
        tidy(store)
        if opening.model is not None:
            choose_model(opening.model)
            set_fact(store, MODEL, str(opening.model.resolve()))
        port = int(listener.getsockname()[1])
        session = Session(
            port,
            opening.host,
            password=hash_password(opening.password) if opening.password else None,
            public=public,
        )
        room = Room(store, session, opening.settings, bringing(store, opening.settings).measuring)
        config = uvicorn.Config(
            build_app(room),
            access_log=False,  # It would hold the token.
            log_level="warning",
            server_header=False,
            timeout_graceful_shutdown=2,
        )
        server = uvicorn.Server(config)
        with _worker(room), _receiving(room, opening):
            address = public or f"http://{_shown(opening.host)}:{port}"
            on_ready(f"{address}/?token={session.token}")
            try:
                server.run(sockets=[listener])
            finally:
                room.ending.set()
    store.database.close()


def _check_address(opening: Opening) -> None:
    reached = opening.public or ("" if opening.host in LOOPBACK else opening.host)
    if reached and not opening.password:
        option = "--public" if opening.public else "--host"
        raise DataError(
            f"Others can reach {reached}. Give a password too (--password-file FILE, or the "
            f"environment variable SCARMAP_PASSWORD), or leave {option} out."
        )


def _shown(host: str) -> str:
    return "127.0.0.1" if host in ("0.0.0.0", "::") else f"[{host}]" if ":" in host else host


@contextmanager
def _listening(opening: Opening) -> Iterator[socket.socket]:
    family = socket.AF_INET6 if ":" in opening.host else socket.AF_INET
    with socket.socket(family, socket.SOCK_STREAM) as listener:
        listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            listener.bind((opening.host, opening.port))
            listener.listen()  # Who comes before the server is ready waits.
        except OSError as problem:
            raise DataError(
                f"Port {opening.port} of {opening.host} cannot be used ({problem.strerror}). Give "
                "another one with --port."
            ) from None
        yield listener


@contextmanager
def _worker(room: Room) -> Iterator[None]:
    """Keep a worker running, and start another one where it was killed."""
    ended = threading.Event()
    running = [start_worker(room.root, room.settings)]

    def watch() -> None:
        while not ended.wait(_LOOK_S):
            if running[0].poll() is not None:
                time.sleep(_LOOK_S)
                running[0] = start_worker(room.root, room.settings)

    watcher = threading.Thread(target=watch, daemon=True)
    watcher.start()
    try:
        yield
    finally:
        ended.set()
        watcher.join()
        _stop(running[0])


@contextmanager
def _receiving(room: Room, opening: Opening) -> Iterator[None]:
    """Look at a folder and listen for DICOM, where that is asked for."""
    ended, threads = threading.Event(), []
    node = None
    if opening.dicom_port is not None:
        node = Node(
            room.store, room.settings.title, opening.dicom_port, opening.host, limits=room.limits
        )
        node.start()
        threads.append(threading.Thread(target=node.run, args=(ended,), daemon=True))
    if opening.watch is not None:
        watcher = Watcher(room.store, opening.watch)
        threads.append(threading.Thread(target=watcher.run, args=(ended,), daemon=True))
    for thread in threads:
        thread.start()
    try:
        yield
    finally:
        ended.set()
        for thread in threads:
            thread.join()
        if node is not None:
            node.stop()


def _stop(worker: "subprocess.Popen[bytes]") -> None:
    assert worker.stdin is not None
    worker.stdin.close()
    try:
        worker.wait(timeout=10)
    except subprocess.TimeoutExpired:
        worker.kill()
        worker.wait()

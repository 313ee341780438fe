"""One writer at a time, which the operating system ends with the process, however that ends."""

import os
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from scarmap.errors import RunError


@contextmanager
def held(path: Path, *, wait: bool = False) -> Iterator[int]:
    """Hold a lock while the block runs; its handle can be passed on to another process.

    A file system that knows no locks, and Windows, give none and refuse nothing.

    Args:
        path: The lock's file, made if missing; it stays afterwards.
        wait: Wait for whoever holds it, instead of refusing.

    Raises:
        RunError: Another process holds it and `wait` is not set.
        OSError: The folder cannot be written to, or the lock's file is a link.
    """
    path.parent.mkdir(parents=True, exist_ok=True)
    handle = os.open(path, os.O_RDWR | os.O_CREAT | getattr(os, "O_NOFOLLOW", 0), 0o666)
    try:
        _lock(handle, path, wait=wait)
        yield handle
    finally:
        os.close(handle)


def _lock(handle: int, path: Path, *, wait: bool) -> None:
    if sys.platform == "win32":
        return
    import fcntl

    try:
        fcntl.flock(handle, fcntl.LOCK_EX if wait else fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        raise RunError(
            f"Another command works here: it holds {path}. Wait for it to end, or stop it; what it "
            "has finished stays."
        ) from None
    except OSError:
        return

"""Look for what has come, again and again, whatever one look meets."""

import logging
import threading
import traceback
from collections.abc import Callable
from pathlib import Path

logger = logging.getLogger(__name__)


def look_again(look: Callable[[], object], ended: threading.Event, *, every_s: float) -> None:
    """Look until it is time to end.

    A look that fails is told in the log and tried again: the disk may be full, or a folder of the
    network away for a while, and nobody would miss a thread that ends.

    Args:
        look: What is done.
        ended: Set when it is time.
        every_s: Seconds between two looks.
    """
    told = ""
    while not ended.wait(every_s):
        told = look_once(look, told=told)


def look_once(look: Callable[[], object], *, told: str = "") -> str:
    """Look, and tell in the log where that fails.

    Args:
        look: What is done.
        told: What was told the last time, and is not told again.

    Returns:
        What was wrong; "" where nothing was.
    """
    try:
        look()
    except Exception as problem:
        said = without_names(problem)
        if said != told:
            logger.error("New studies cannot be taken in (%s); this is tried again.", said)
        return said
    return ""


def without_names(problem: BaseException) -> str:
    """What an error is and where it came up; its text may hold what headers say of a patient."""
    last = traceback.extract_tb(problem.__traceback__)[-1]
    return f"{type(problem).__name__} at {Path(last.filename).name}:{last.lineno}"

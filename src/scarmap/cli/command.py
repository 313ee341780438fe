"""What every command does beside its own work.

`--quiet` and `--verbose`, an `--out` that cannot be written found before the work begins, and a
sentence where a user stops it.
"""

import importlib
import inspect
import logging
import os
import shlex
import sys
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager, redirect_stdout
from functools import wraps
from pathlib import Path
from typing import Annotated, Any

import typer

from scarmap.cli.progress import LOUDNESS, QUIET, VERBOSE
from scarmap.errors import DataError

STOPPED = 130
"""Exit code of a command that its user stopped, as shells have it."""

_Quiet = Annotated[bool, typer.Option("--quiet", "-q", help="Print errors only.")]
_Verbose = Annotated[
    bool,
    typer.Option("--verbose", "-v", help="A line per case instead of a bar, and log messages."),
]
_RESUMED = ("train",)
"""Commands that go on only when asked to."""
_KEPT = (*_RESUMED, "predict", "report", "reproduce")
"""Commands that leave out what was done before when they are repeated."""
_ANEW = ("study",)
"""Commands that leave nothing when they are stopped."""


def everyday(
    command: Callable[..., None], *, written_to: str | None = "out"
) -> Callable[..., None]:
    """A command with what all commands share.

    Args:
        command: It is looked at for its options.
        written_to: Its option that names where it writes; None where it looks after that itself.
    """

    @wraps(command)
    def run(*, quiet: bool = False, verbose: bool = False, **given: Any) -> None:
        _import_nibabel()
        if written_to and isinstance(given.get(written_to), Path):
            check_writable(given[written_to], option=f"--{written_to}")
        try:
            with _loudness(quiet=quiet, verbose=verbose):
                command(**given)
        except KeyboardInterrupt:
            typer.echo(f"\nscarmap: {_stopped(command.__name__)}", err=True)
            raise typer.Exit(STOPPED) from None

    own = inspect.signature(command, eval_str=True)
    shared = [
        inspect.Parameter(name, inspect.Parameter.KEYWORD_ONLY, default=False, annotation=kind)
        for name, kind in (("quiet", _Quiet), ("verbose", _Verbose))
    ]
    run.__signature__ = own.replace(parameters=[*own.parameters.values(), *shared])  # type: ignore[attr-defined]
    run.__annotations__ = {**command.__annotations__, "quiet": _Quiet, "verbose": _Verbose}
    return run


def _import_nibabel() -> None:
    """Import nibabel, which else imports pydicom for header extensions that no command reads.

    That is a quarter of the start of a prediction. Commands of DICOM import pydicom themselves; a
    program that imports scarmap as a library keeps all of nibabel.
    """
    if "pydicom" in sys.modules or "nibabel" in sys.modules:
        return
    sys.modules["pydicom"] = None  # type: ignore[assignment]
    try:
        importlib.import_module("nibabel")
    finally:
        del sys.modules["pydicom"]


def check_writable(out: Path, *, option: str = "--out") -> None:
    """Refuse a folder that cannot be written, before anything is done; makes nothing.

    Args:
        out: The folder, which need not be there.
        option: What the user calls it.

    Raises:
        DataError: It is a file, or the user may not write there.
    """
    nearest = next(each for each in (out, *out.absolute().parents) if each.exists())
    if not nearest.is_dir():
        raise DataError(
            f"{option} {out} cannot be a folder, as {nearest} is a file. Give another one."
        )
    if not os.access(nearest, os.W_OK | os.X_OK):
        raise DataError(
            f"{option} {out} cannot be written: you may not write in {nearest}. Give another "
            "folder."
        )


@contextmanager
def _loudness(*, quiet: bool, verbose: bool) -> Iterator[None]:
    with ExitStack() as stack:
        if quiet:
            nothing = stack.enter_context(Path(os.devnull).open("w", encoding="utf-8"))
            stack.enter_context(redirect_stdout(nothing))
        elif verbose:
            logging.basicConfig(level=logging.INFO, format="%(name)s: %(message)s")
        token = LOUDNESS.set(QUIET if quiet else VERBOSE if verbose else "")
        stack.callback(LOUDNESS.reset, token)
        yield


def _stopped(command: str) -> str:
    words = ["scarmap", *sys.argv[1:]]
    if command in _RESUMED and "--resume" not in words:
        words.append("--resume")
    if command in _KEPT:
        return f"stopped. What was finished is kept. To continue: {shlex.join(words)}"
    if command in _ANEW:
        return f"stopped. Nothing is kept. To start again: {shlex.join(words)}"
    return f"stopped. To start again: {shlex.join(words)}"

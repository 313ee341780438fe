"""`scarmap serve`: the reading room, a page on the reader's own machine."""

import os
from pathlib import Path
from typing import Annotated

import typer

from scarmap.cli.options import Device, Errors
from scarmap.errors import DataError

PASSWORD = "SCARMAP_PASSWORD"
_SEND = ("signed", "done")


def serve(
    store: Annotated[
        Path, typer.Option("--store", help="Folder of the room; everything is kept below it.")
    ],
    port: Annotated[
        int, typer.Option(min=0, max=65535, help="Port of the page; 0 for any that is free.")
    ] = 8765,
    host: Annotated[
        str, typer.Option(help="Address to listen at; any but 127.0.0.1 needs a password.")
    ] = "127.0.0.1",
    public: Annotated[
        str,
        typer.Option(
            metavar="https://HOST",
            help="Address of a proxy with TLS in front of it; it needs a password.",
        ),
    ] = "",
    password_file: Annotated[
        Path | None,
        typer.Option(
            metavar="FILE",
            help=f"File whose first line is the password; or set {PASSWORD}.",
        ),
    ] = None,
    model: Annotated[
        Path | None,
        typer.Option(
            metavar="RUN|MODEL",
            help="Run or model folder that segments from now on; at first the built-in model.",
        ),
    ] = None,
    watch: Annotated[
        Path | None,
        typer.Option(metavar="FOLDER", help="Take in each study that appears in this folder."),
    ] = None,
    dicom_port: Annotated[
        int | None,
        typer.Option(min=1, max=65535, help="Receive studies by C-STORE at this port."),
    ] = None,
    ae: Annotated[str, typer.Option("--ae", help="AE title of the room.")] = "SCARMAP",
    peer: Annotated[
        str,
        typer.Option(
            metavar="AE@HOST:PORT", help="Archive that SEG, SR and PDF are sent to by C-STORE."
        ),
    ] = "",
    send: Annotated[
        str, typer.Option(help="When they are sent: once a reader has signed, or once it is done.")
    ] = "signed",
    device: Device = "auto",
    errors: Errors = None,
) -> None:
    """Open a page to see, correct, measure again and learn from studies, on this machine."""
    from scarmap.serving.serve import Opening
    from scarmap.serving.serve import serve as open_room
    from scarmap.serving.worker import WorkerSettings

    if send not in _SEND:
        raise DataError(f"--send {send!r} is not known. Use {' or '.join(_SEND)}.")
    settings = WorkerSettings(device, str(errors or ""), peer, ae, send)
    opening = Opening(
        store,
        host,
        port,
        _password(password_file),
        model,
        settings,
        watch,
        dicom_port,
        public,
    )
    open_room(opening, on_ready=_tell)


def _password(file: Path | None) -> str:
    if file is None:
        return os.environ.get(PASSWORD, "")
    lines = file.read_text(encoding="utf-8").splitlines()
    if not lines or not lines[0]:
        raise DataError(f"{file} holds no password in its first line.")
    return lines[0]


def _tell(address: str) -> None:
    typer.echo(f"Open {address}\nStop with Ctrl+C. Everything is kept in the store.")

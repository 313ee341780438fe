"""`scarmap dicom` and `scarmap import`: what a scanner's export holds, and cases made of it."""

import json
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

if TYPE_CHECKING:
    from scarmap.dicom.reading import Progress

_FILES_A_LINE = 1000
"""A study has a few thousand files, each read in a moment."""

Folder = Annotated[
    Path, typer.Argument(metavar="DIR", help="Folder or zip archive that was exported.")
]
Lge = Annotated[
    str | None,
    typer.Option(help="Series to take as LGE: its number or UID; several with commas."),
]
T2 = Annotated[str | None, typer.Option("--t2", help="The same for the T2-weighted series.")]
Bssfp = Annotated[str | None, typer.Option(help="The same for the cine bSSFP.")]


def dicom(
    folder: Folder,
    as_json: Annotated[bool, typer.Option("--json", help="Print JSON instead of tables.")] = False,
    anonymous: Annotated[
        bool,
        typer.Option(
            "--anonymous",
            help="Print headers without pixels, names, dates and identifiers, to be sent with a "
            "question.",
        ),
    ] = False,
    lge: Lge = None,
    t2: T2 = None,
    bssfp: Bssfp = None,
) -> None:
    """Say which series of a DICOM export is what, which would be used, and why."""
    from scarmap.dicom.choose import choose_stacks
    from scarmap.dicom.listing import describe, dump_headers
    from scarmap.dicom.reading import read_export

    with reading_progress() as progress:
        export = read_export(folder, progress=progress)
    asked = {"LGE": lge or "", "T2": t2 or "", "bSSFP": bssfp or ""}
    choices = [choose_stacks(exam, asked=asked) for exam in export.exams]
    if anonymous or as_json:
        _tell_json(export, [(dump_headers if anonymous else describe)(each) for each in choices])
    else:
        _tell_tables(export, choices)


def _tell_json(export: Any, studies: list[dict[str, Any]]) -> None:
    counts = {"files": export.files, "skipped": export.skipped, "copies": export.copies}
    typer.echo(json.dumps({**counts, "studies": studies}, indent=2, default=str))


def _tell_tables(export: Any, choices: Sequence[Any]) -> None:
    typer.echo(
        f"{export.files} files, {export.skipped} of them no DICOM images, {export.copies} copies."
    )
    for note in export.notes:
        typer.echo(f"Note: {note}.")
    for number, choice in enumerate(choices, start=1):
        _show(choice, f"Study {number} of {len(choices)}")


def _show(choice: Any, title: str) -> None:
    from scarmap.dicom.listing import format_rows, series_rows

    typer.echo(f"\n{title} (* is used)\n\n{format_rows(series_rows(choice))}\n")
    for flag in choice.flags:
        typer.echo(f"Flag: {flag}")
    if choice.problem:
        typer.echo(f"Problem: {choice.problem}")


def import_(
    folder: Folder,
    out: Annotated[
        Path, typer.Option("--out", "-o", help="Folder for the cases; made when missing.")
    ],
    pseudonym: Annotated[
        str | None,
        typer.Option(
            "--name", help="Pseudonym of the case; numbered where there are several studies."
        ),
    ] = None,
    lge: Lge = None,
    t2: T2 = None,
    bssfp: Bssfp = None,
) -> None:
    """Write a case folder of NIfTI images for each study of a DICOM export."""
    from scarmap.dicom.cases import import_all
    from scarmap.errors import DataError

    asked = {"LGE": lge or "", "T2": t2 or "", "bSSFP": bssfp or ""}
    with reading_progress() as progress:
        imported = import_all(folder, out, name=pseudonym, asked=asked, progress=progress)
    for path, choice in zip(imported.folders, imported.choices, strict=True):
        used = ", ".join(
            f"{role} (series {stack.numbers})" for role, stack in choice.stacks.items()
        )
        typer.echo(f"{path}: {used}")
    _echo_flags(imported.folders)
    if imported.failed:
        total = len(imported.folders) + len(imported.failed)
        listed = " ".join(f"Study {number}: {why}" for number, why in imported.failed.items())
        raise DataError(f"{len(imported.failed)} of {total} studies gave no case. {listed}")


def _echo_flags(folders: tuple[Path, ...]) -> None:
    from scarmap.dicom.case_folder import SOURCE
    from scarmap.io.files import read_json

    for path in folders:
        for flag in read_json(path / SOURCE)["flags"]:
            typer.echo(f"Flag of {path.name}: {flag}")


@contextmanager
def reading_progress() -> "Iterator[Progress | None]":
    """A bar over files while the block runs; in a log a line every thousand files."""
    from rich.console import Console
    from rich.progress import Progress as Bar

    from scarmap.cli.progress import LOUDNESS, QUIET, wants_lines

    console = Console(stderr=True, quiet=LOUDNESS.get() == QUIET)
    if wants_lines(console):

        def say(done: int, total: int) -> None:
            if done % _FILES_A_LINE == 0 or done == total:
                line = f"[{done}/{total}] reading headers"
                console.print(line, highlight=False, markup=False)

        yield say
        return
    with Bar(console=console, transient=True) as bar:
        task = bar.add_task("Reading headers", total=None)

        def told(done: int, total: int) -> None:
            if done % 20 == 0 or done == total:
                bar.update(task, completed=done, total=total)
            if done == total:
                bar.stop()

        yield told

"""`scarmap study`: from a scanner's export to a page and to what goes back to the archive."""

from pathlib import Path
from shlex import join
from typing import TYPE_CHECKING, Annotated

import typer

from scarmap.cli.dicom import T2, Bssfp, Folder, Lge, reading_progress
from scarmap.cli.options import (
    Device,
    Errors,
    ReferenceAngle,
    Salvage,
    Sectors,
    Transmurality,
    read_measuring,
)

if TYPE_CHECKING:
    from scarmap.workflow.study import StudyResult


def study(
    folder: Folder,
    out: Annotated[
        Path, typer.Option("--out", "-o", help="Folder for everything; a new or an empty one.")
    ],
    pseudonym: Annotated[
        str,
        typer.Option(
            "--name", help="Pseudonym of the case, for files and pages; never the patient's name."
        ),
    ] = "case_0001",
    lge: Lge = None,
    t2: T2 = None,
    bssfp: Bssfp = None,
    align: Annotated[
        str,
        typer.Option(
            help="none takes sequences as they are, headers resamples T2 and cine onto LGE, full "
            "also undoes what breath-holds moved."
        ),
    ] = "full",
    model: Annotated[
        Path | None,
        typer.Option(
            metavar="RUN|MODEL",
            help="Run folder or model folder that segments; without it the built-in model.",
        ),
    ] = None,
    device: Device = "auto",
    reference_angle: ReferenceAngle = None,
    sectors: Sectors = "rigid",
    transmurality: Transmurality = "extent",
    salvage: Salvage = False,
    errors: Errors = None,
) -> None:
    """Take a scanner's DICOM export to masks, figures, a page, and SEG, SR and PDF to send back."""
    from scarmap.quantification.study import Choices
    from scarmap.workflow.study import study_from_dicom

    choices = Choices(sectors=sectors, transmurality=transmurality, salvage=salvage)
    measuring = read_measuring(choices, errors, reference_deg=reference_angle)
    with reading_progress() as progress:
        made = study_from_dicom(
            folder,
            out,
            name=pseudonym,
            asked={"LGE": lge or "", "T2": t2 or "", "bSSFP": bssfp or ""},
            align=align,
            model=model,
            device=device,
            measuring=measuring,
            progress=progress,
            on_step=typer.echo,
        )
    _tell(made, out)


def _tell(made: "StudyResult", out: Path) -> None:
    for flag in made.study.flags:
        typer.echo(f"Flag: {flag.message}")
    sent = made.sent
    document = f", {sent.dicom.document.name}" if sent.dicom.document else ""
    typer.echo(
        f"\nPage: {sent.page}, on paper {sent.pdf}\n"
        f"Figures: {sent.figures}, and as tables {out}/*.csv\n"
        f"Images: {made.images}, and where they come from in source.json\n"
        f"Mask, which you can correct: {made.mask}\n"
        f"To send back: {sent.dicom.segmentation}, {sent.dicom.report.name}{document}"
    )
    words = ("--made-by", f"{made.maker.name} {made.maker.version}", "--name", made.name)
    typer.echo(
        "\nNext: open the page in a browser and look at every slice. To send a corrected mask: "
        f"scarmap export MASK --dicom DIR {join(words)} --editor INITIALS --out NEW"
    )

"""`scarmap demo`: from a synthetic scanner's export to a page and back, and scores of patients."""

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from scarmap.cli.options import Device
from scarmap.cli.progress import case_progress

if TYPE_CHECKING:
    from scarmap.workflow.study import StudyResult

PATIENTS = 4
_SEED = 2
_VENDOR, _STUDY_SEED = "siemens", 3
NUM_SLICES, IN_PLANE, PHASES = 9, 128, 25
"""Sizes of the study."""
_MARKER = ".scarmap-demo"


def demo(
    out: Annotated[
        Path, typer.Option("--out", "-o", help="Folder for everything the demo makes.")
    ] = Path("demo"),
    device: Device = "auto",
) -> None:
    """Take a synthetic DICOM study to a page, SEG, SR and PDF; score patients whose truth is known.

    Everything is synthetic: no data are needed.
    """
    parts = _prepared_folders(out)
    made = _study(parts["export"], parts["study"], device)
    scores = _cohort(parts["patients"], parts["run"], device)
    sent = made.sent
    typer.echo(
        f"\nScores of {PATIENTS} patients: {scores.resolve()}\n"
        f"To send back to the archive, in {parts['study'].resolve()}: "
        f"{sent.dicom.segmentation.name}, {sent.dicom.report.name}, page.dcm\n"
        f"Open this page in a browser: {sent.page.resolve()}"
    )


def _study(export: Path, out: Path, device: str) -> "StudyResult":
    """Write a scanner's export, and go the whole way with it."""
    from scarmap.phantom.dicom.study import write_dicom_studies
    from scarmap.workflow.study import study_from_dicom

    typer.echo("Simulating a patient, and the export of the scanner")
    (folder,) = write_dicom_studies(
        export,
        vendor=_VENDOR,
        seed=_STUDY_SEED,
        keep_motion=True,
        num_slices=NUM_SLICES,
        in_plane=IN_PLANE,
        phases=PHASES,
    )
    files = sum(path.is_file() for path in folder.rglob("*"))
    typer.echo(f"{files} DICOM files: {folder}")
    return study_from_dicom(folder, out, device=device, on_step=typer.echo)


def _cohort(patients: Path, run_folder: Path, device: str) -> Path:
    """Segment and score synthetic patients; the page."""
    from scarmap.phantom.cohort import write_cohort
    from scarmap.quantification.cohort import AS_USUAL
    from scarmap.report.from_masks import report_run_studies
    from scarmap.report.pages.run import build_report
    from scarmap.systems.scarmap.builtin import about_builtin, load_builtin, recorded_builtin
    from scarmap.training.run.apply import apply

    typer.echo(f"Simulating {PATIENTS} patients, to score masks against their truth")
    with case_progress("simulating", PATIENTS) as on_case:
        write_cohort(
            patients,
            layout="scarmap",
            style="myops2020",
            num_cases=PATIENTS,
            seed=_SEED,
            on_case=on_case,
        )
    typer.echo("Segmenting, scoring and measuring them")
    recipe, model = recorded_builtin(about_builtin()), load_builtin(device)
    with case_progress("segmenting", PATIENTS) as on_case:
        run = apply(recipe, model, patients, run_folder, on_case=on_case)
    with case_progress("measuring", PATIENTS) as on_case:
        report_run_studies(run, AS_USUAL, on_case=on_case)
    return build_report(run)


def _prepared_folders(out: Path) -> dict[str, Path]:
    """The demo's folders below `out`, emptied if an earlier demo made them.

    Raises:
        DataError: Something else is in `out`; nothing is touched.
    """
    from shutil import rmtree

    from scarmap.errors import DataError

    marker = out / _MARKER
    if out.exists() and not marker.is_file() and (not out.is_dir() or any(out.iterdir())):
        raise DataError(
            f"{out} is not empty and was not made by this demo. Give --out a new folder."
        )
    out.mkdir(parents=True, exist_ok=True)
    marker.write_text(
        "Made by `scarmap demo`, which replaces what is in this folder.\n", encoding="utf-8"
    )
    parts = {name: out / name for name in ("export", "study", "patients", "run")}
    for part in parts.values():
        rmtree(part, ignore_errors=True)
    return parts

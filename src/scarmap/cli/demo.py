"""`scarmap demo`: the whole way from images to a page, on synthetic hearts."""

from pathlib import Path
from typing import Annotated

import typer

from scarmap.cli.options import Device
from scarmap.cli.progress import case_progress

PATIENTS = 4
_SEED = 2
_MARKER = ".scarmap-demo"


def demo(
    out: Annotated[
        Path, typer.Option("--out", "-o", help="Folder for everything the demo makes.")
    ] = Path("demo"),
    device: Device = "auto",
) -> None:
    """Simulate patients, segment them, score and measure the masks, and make pages of it."""
    from scarmap.phantom.cohort import write_cohort
    from scarmap.quantification.cohort import AS_USUAL
    from scarmap.report.from_masks import report_run_studies
    from scarmap.report.pages.run import build_report
    from scarmap.systems.scarmap.builtin import (
        about_builtin,
        introduce,
        load_builtin,
        recorded_builtin,
    )
    from scarmap.training.run.apply import apply

    parts = _prepared_folders(out)
    about = about_builtin()
    typer.echo(f"Simulating {PATIENTS} patients")
    with case_progress("simulating", PATIENTS) as on_case:
        write_cohort(
            parts["patients"],
            layout="scarmap",
            style="myops2020",
            num_cases=PATIENTS,
            seed=_SEED,
            on_case=on_case,
        )
    typer.echo(f"Segmenting them. {introduce(about)}")
    recipe, model = recorded_builtin(about), load_builtin(device)
    with case_progress("segmenting", PATIENTS) as on_case:
        run = apply(recipe, model, parts["patients"], parts["run"], on_case=on_case)
    typer.echo("Measuring what was found")
    with case_progress("measuring", PATIENTS) as on_case:
        report_run_studies(run, AS_USUAL, on_case=on_case)
    page = build_report(run)
    typer.echo(f"\nOpen this page in a browser: {page.resolve()}")


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
    parts = {name: out / name for name in ("patients", "run")}
    for part in parts.values():
        rmtree(part, ignore_errors=True)
    return parts

"""`scarmap report`: the page of a run."""

from pathlib import Path
from typing import Annotated

import typer


def report(
    run: Annotated[Path, typer.Argument(metavar="RUN", help="Run folder that `scarmap train --out` wrote.")],
) -> None:
    """Write one self-contained HTML page with a run's scores, curves and cases."""
    from scarmap.datasets.split import notes, recorded_split
    from scarmap.io.run import RunFolder
    from scarmap.report.build import build_report

    folder = RunFolder(run)
    typer.echo(f"Report: {build_report(folder)}")
    for note in notes(recorded_split(folder.read_record())):
        typer.echo(note)

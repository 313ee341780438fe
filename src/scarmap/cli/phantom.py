"""`scarmap phantom`: write synthetic hearts whose truth is known."""

from pathlib import Path
from typing import Annotated

import typer


def phantom(
    layout: Annotated[str, typer.Option(help="Data set to imitate: myops2020 or emidec.")],
    out: Annotated[Path, typer.Option(help="Folder for the cohort; made when missing.")],
    cases: Annotated[int, typer.Option(help="Number of cases.")] = 10,
    seed: Annotated[int, typer.Option(help="The same seed writes the same cohort.")] = 0,
) -> None:
    """Write a cohort of synthetic hearts with their truth, in the layout of a real data set."""
    from scarmap.phantom.cohort import write_cohort

    written = write_cohort(out, layout=layout, num_cases=cases, seed=seed)
    typer.echo(f"{cases} cases in {len(written)} files: {out}")

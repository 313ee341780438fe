"""`scarmap phantom`: write synthetic hearts whose truth is known."""

from pathlib import Path
from typing import Annotated

import typer


def phantom(
    layout: Annotated[
        str,
        typer.Option(help="Data set to imitate: myops2020, emidec, or scarmap for every label."),
    ],
    out: Annotated[
        Path, typer.Option("--out", "-o", help="Folder for the cohort; made when missing.")
    ],
    cases: Annotated[int, typer.Option(help="Number of cases.")] = 10,
    seed: Annotated[int, typer.Option(help="The same seed writes the same cohort.")] = 0,
    style: Annotated[
        str | None,
        typer.Option(help="Acquisition: myops2020, emidec or random; the layout's own by default."),
    ] = None,
    normal: Annotated[
        float | None, typer.Option(help="Share of normal hearts; the style's own by default.")
    ] = None,
    chronic: Annotated[
        float | None, typer.Option(help="Share of infarcts that are old, without edema.")
    ] = None,
    mvo: Annotated[
        float | None, typer.Option(help="Share of acute infarcts with a no-reflow core.")
    ] = None,
    keep_motion: Annotated[
        bool,
        typer.Option(
            "--keep-motion", help="Leave the sequences as far apart as breath-holds put them."
        ),
    ] = False,
    jobs: Annotated[
        int, typer.Option(help="Processes that share the work; the files are the same.")
    ] = 1,
) -> None:
    """Write a cohort of synthetic hearts with their truth, in the layout of a real data set."""
    from scarmap.phantom.cohort import write_cohort

    written = write_cohort(
        out,
        layout=layout,
        num_cases=cases,
        seed=seed,
        style=style,
        normal=normal,
        chronic=chronic,
        mvo=mvo,
        keep_motion=keep_motion,
        jobs=jobs,
    )
    typer.echo(f"{cases} cases in {len(written)} files: {out}")

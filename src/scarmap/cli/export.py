"""`scarmap export`."""

from pathlib import Path
from typing import Annotated

import typer


def export(
    source: Annotated[Path, typer.Argument(help="Run folder of `scarmap train`.")],
    out: Annotated[Path, typer.Option(help="Model folder to write.")],
    recipe: Annotated[
        str | None,
        typer.Option(help="module:function that the run was trained with, if it is your own."),
    ] = None,
) -> None:
    """Write a trained run as a model folder, which predicts without torch."""
    _export_run(source, out, own_recipe=recipe)


def _export_run(source: Path, out: Path, *, own_recipe: str | None) -> None:
    from scarmap.io.run import RunFolder

    run = RunFolder(source)
    run.read_record()
    from scarmap.recipes.export import export_run

    difference = export_run(run, out, own_recipe=own_recipe)
    typer.echo(
        f"Model: {out}\nProbabilities of ONNX Runtime and torch differ by {difference:.1g} at "
        f"most.\nNext: scarmap predict {out} --data DIR --out MASKS"
    )

"""`scarmap predict`."""

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from scarmap.errors import DataError

if TYPE_CHECKING:
    from scarmap.datasets.case_files import CaseFiles
    from scarmap.inference.predict import Segmenter

SOME_FAILED = 3


def predict(
    run: Annotated[
        Path | None,
        typer.Argument(help="Run folder of `scarmap train`; its folds are averaged. Without one: the built-in model."),
    ] = None,
    data: Annotated[Path | None, typer.Option(help="Folder of cases.")] = None,
    lge: Annotated[Path | None, typer.Option(help="LGE image of one study.")] = None,
    t2: Annotated[Path | None, typer.Option(help="T2-weighted image of one study.")] = None,
    bssfp: Annotated[Path | None, typer.Option(help="bSSFP image of one study.")] = None,
    out: Annotated[Path, typer.Option(help="Folder for the masks, <case>.nii.gz.")] = Path("predictions"),
    save_probabilities: Annotated[
        bool, typer.Option("--save-probabilities", help="Keep the averaged probability maps.")
    ] = False,
    device: Annotated[str, typer.Option(help="auto, cpu or cuda.")] = "auto",
    recipe: Annotated[
        str | None,
        typer.Option(help="module:function that the run was trained with, if it is your own: allows its code."),
    ] = None,
) -> None:
    """Segment a folder of cases, or one study given by its files."""
    files = chosen_files(data, {"LGE": lge, "T2": t2, "bSSFP": bssfp})

    from rich.console import Console

    from scarmap.inference.folder import segment_folder

    segmenter = chosen_segmenter(run, device=device, own_recipe=recipe)
    with Console(stderr=True).status("segmenting") as status:
        outcome = segment_folder(
            files,
            segmenter,
            out,
            save_probabilities=save_probabilities,
            on_case=lambda name: status.update(f"segmented {name}"),
        )
    if len(files) == 1 and outcome.failed:
        raise DataError(next(iter(outcome.failed.values())))
    typer.echo(f"{len(outcome.written)} of {len(files)} cases segmented: {out}")
    for name, flags in outcome.flagged.items():
        typer.echo(f"{name}: {' '.join(flags)}")
    if outcome.failed:
        typer.echo(f"scarmap: {len(outcome.failed)} of {len(files)} cases could not be segmented.", err=True)
        for message in outcome.failed.values():
            typer.echo(f"- {message}", err=True)
        raise typer.Exit(SOME_FAILED)


def chosen_segmenter(run: Path | None, *, device: str, own_recipe: str | None) -> "Segmenter":
    """The run's segmenter, or the built-in one, which introduces itself."""
    from scarmap.training.run import make_fabric

    target = make_fabric(device).device
    if run is None:
        from scarmap.systems.scarmap.builtin import about_builtin, introduce, load_builtin

        typer.echo(introduce(about_builtin()))
        return load_builtin(target)
    from scarmap.io.run import RunFolder
    from scarmap.training.restore import load_segmenter

    return load_segmenter(RunFolder(run), target, own_recipe=own_recipe)


def chosen_files(data: Path | None, single: dict[str, Path | None]) -> "list[CaseFiles]":
    """The cases that the options name.

    Raises:
        DataError: Neither or both of a folder and single files are given.
    """
    from scarmap.datasets.case_files import CaseFiles
    from scarmap.datasets.folder import find_cases
    from scarmap.datasets.myops2020 import case_name

    images = {sequence: path for sequence, path in single.items() if path is not None}
    if (data is None) == (not images):
        raise DataError("Give either --data DIR for a folder of cases, or --lge, --t2 and --bssfp for one study.")
    if data is not None:
        return find_cases(data)
    first = next(iter(images.values()))
    return [CaseFiles(case_name(first), "scarmap", images)]

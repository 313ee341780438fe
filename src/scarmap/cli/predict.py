"""`scarmap predict`."""

from collections.abc import Iterable
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from scarmap.errors import DataError

if TYPE_CHECKING:
    from scarmap.datasets.case_files import CaseFiles
    from scarmap.inference.cohort import Model, Outcome

SOME_FAILED = 3
LISTED = 20
"""Names of cases that are printed in one line."""


def predict(
    run: Annotated[
        Path | None,
        typer.Argument(
            help="Run folder of `scarmap train`; its folds are averaged. Without one: the built-in model."
        ),
    ] = None,
    data: Annotated[Path | None, typer.Option(help="Folder of cases.")] = None,
    lge: Annotated[Path | None, typer.Option(help="LGE image of one study.")] = None,
    t2: Annotated[Path | None, typer.Option(help="T2-weighted image of one study.")] = None,
    bssfp: Annotated[Path | None, typer.Option(help="bSSFP image of one study.")] = None,
    out: Annotated[Path, typer.Option(help="Folder for the masks, <case>.nii.gz.")] = Path(
        "predictions"
    ),
    save_probabilities: Annotated[
        bool, typer.Option("--save-probabilities", help="Keep the averaged probability maps.")
    ] = False,
    device: Annotated[str, typer.Option(help="auto, cpu or cuda.")] = "auto",
    shard: Annotated[
        str | None,
        typer.Option(
            metavar="I/N", help="Only the I-th of N parts; for sites without a scheduler."
        ),
    ] = None,
    scheduler: Annotated[
        str | None,
        typer.Option(metavar="WHERE", help="Dask: local, slurm, or the address of one that runs."),
    ] = None,
    workers: Annotated[
        int | None, typer.Option(help="Workers that --scheduler local or slurm starts.")
    ] = None,
    align: Annotated[
        str,
        typer.Option(
            help="Sequences on different grids: none is an error, headers resamples them onto LGE, full "
            "also undoes what breath-holds moved."
        ),
    ] = "none",
    recipe: Annotated[
        str | None,
        typer.Option(
            help="module:function that the run was trained with, if it is your own: allows its code."
        ),
    ] = None,
) -> None:
    """Segment a folder of cases, or one study given by its files; what was done before is skipped."""
    files = chosen_files(data, {"LGE": lge, "T2": t2, "bSSFP": bssfp})

    from rich.console import Console

    from scarmap.cli.align import align_studies
    from scarmap.cluster.scheduler import open_scheduler
    from scarmap.inference.cohort import read_shard, segment_cohort
    from scarmap.inference.devices import worker_gpus

    part = read_shard(shard) if shard else None
    studies = align_studies(files, out, align, shard=part, device=device)
    gpus = worker_gpus(scheduler, device)
    model = chosen_model(run, device=device, own_recipe=recipe)
    with (
        open_scheduler(scheduler, workers=workers, gpus=gpus, announce=typer.echo) as opened,
        Console(stderr=True).status("segmenting") as status,
    ):
        outcome = segment_cohort(
            studies.files,
            model,
            out,
            shard=part,
            scheduler=opened,
            save_probabilities=save_probabilities,
            remarks=studies.flagged,
            failed=studies.failed,
            on_case=lambda name: status.update(f"segmented {name}"),
        )
    if len(files) == 1 and outcome.failed:
        raise DataError(next(iter(outcome.failed.values())))
    tell(outcome, out)
    if outcome.failed:
        raise typer.Exit(SOME_FAILED)


def tell(outcome: "Outcome", out: Path) -> None:
    """Print what was done, what was done before, what the masks' readers must know, and what is wrong with the rest."""
    typer.echo(f"{len(outcome.written)} of {outcome.num_cases} cases segmented: {out}")
    if outcome.skipped:
        typer.echo(f"{len(outcome.skipped)} skipped, done before: {listed(outcome.skipped)}")
    if outcome.again:
        typer.echo(
            f"Done again: {listed(f'{name} ({reason})' for name, reason in outcome.again.items())}"
        )
    for name, flags in outcome.flagged.items():
        typer.echo(f"{name}: {' '.join(flags)}")
    if outcome.failed:
        typer.echo(
            f"scarmap: {len(outcome.failed)} of {outcome.num_cases} cases could not be segmented.",
            err=True,
        )
    for message in outcome.failed.values():
        typer.echo(f"- {message}", err=True)


def chosen_model(run: Path | None, *, device: str, own_recipe: str | None) -> "Model":
    """The run's model, or the built-in one, which introduces itself."""
    if run is None:
        from scarmap.systems.scarmap.builtin import about_builtin, builtin_model, introduce

        typer.echo(introduce(about_builtin()))
        return builtin_model(device=device)
    from scarmap.io.run import RunFolder
    from scarmap.recipes.trained import run_model

    return run_model(RunFolder(run), device=device, own_recipe=own_recipe)


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
        raise DataError(
            "Give either --data DIR for a folder of cases, or --lge, --t2 and --bssfp for one "
            "study."
        )
    if data is not None:
        return find_cases(data)
    first = next(iter(images.values()))
    return [CaseFiles(case_name(first), "scarmap", images)]


def listed(names: Iterable[str]) -> str:
    """Some names in one line; of a long list the first, and how many follow."""
    names = list(names)
    more = [f"and {len(names) - LISTED} more, see manifest.jsonl"] if len(names) > LISTED else []
    return ", ".join([*names[:LISTED], *more])

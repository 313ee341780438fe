"""`scarmap predict`."""

from collections.abc import Iterable
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from scarmap.cli.options import Device
from scarmap.cli.progress import alive
from scarmap.errors import DataError

if TYPE_CHECKING:
    from scarmap.datasets.case_files import CaseFiles
    from scarmap.inference.cohort import Model, Outcome

_SOME_FAILED = 3
"""Exit code where some cases were segmented and others were not."""
_MOST_NAMES = 20
"""Names of cases that are printed in one line."""


def predict(
    run: Annotated[
        Path | None,
        typer.Argument(
            help="Run folder of `scarmap train`; its folds are averaged. Without one: the built-in "
            "model."
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
    device: Device = "auto",
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
    recipe: Annotated[
        str | None,
        typer.Option(
            help="module:function that the run was trained with, if it is your own: allows its "
            "code."
        ),
    ] = None,
) -> None:
    """Segment a folder of cases, or one study given by its files; skip what was done before."""
    files = _chosen_files(data, {"LGE": lge, "T2": t2, "bSSFP": bssfp})

    from scarmap.cluster.scheduler import open_scheduler
    from scarmap.inference.cohort import read_shard, segment_cohort
    from scarmap.inference.devices import worker_gpus

    gpus = worker_gpus(scheduler, device)
    model = _chosen_model(run, device=device, own_recipe=recipe)
    with (
        open_scheduler(scheduler, workers=workers, gpus=gpus, announce=typer.echo) as opened,
        alive("segmenting") as on_case,
    ):
        outcome = segment_cohort(
            files,
            model,
            out,
            shard=read_shard(shard) if shard else None,
            scheduler=opened,
            save_probabilities=save_probabilities,
            on_case=on_case,
        )
    if len(files) == 1 and outcome.failed:
        raise DataError(next(iter(outcome.failed.values())))
    _tell(outcome, out)
    if outcome.failed:
        raise typer.Exit(_SOME_FAILED)


def _tell(outcome: "Outcome", out: Path) -> None:
    """Print what was done, now or before, what readers of the masks must know, and what failed."""
    typer.echo(f"{len(outcome.written)} of {outcome.num_cases} cases segmented: {out}")
    if outcome.skipped:
        typer.echo(f"{len(outcome.skipped)} skipped, done before: {_in_one_line(outcome.skipped)}")
    if outcome.again:
        reasons = [f"{name} ({reason})" for name, reason in outcome.again.items()]
        typer.echo(f"Done again: {_in_one_line(reasons)}")
    for name, flags in outcome.flagged.items():
        typer.echo(f"{name}: {' '.join(flags)}")
    if outcome.failed:
        typer.echo(
            f"scarmap: {len(outcome.failed)} of {outcome.num_cases} cases could not be segmented.",
            err=True,
        )
    for message in outcome.failed.values():
        typer.echo(f"- {message}", err=True)


def _chosen_model(run: Path | None, *, device: str, own_recipe: str | None) -> "Model":
    """The run's model, or the built-in one, which introduces itself."""
    if run is None:
        from scarmap.systems.scarmap.builtin import about_builtin, builtin_model, introduce

        typer.echo(introduce(about_builtin()))
        return builtin_model(device=device)
    from scarmap.io.run import RunFolder
    from scarmap.recipes.trained import run_model

    return run_model(RunFolder(run), device=device, own_recipe=own_recipe)


def _chosen_files(data: Path | None, single: dict[str, Path | None]) -> "list[CaseFiles]":
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


def _in_one_line(names: Iterable[str]) -> str:
    """Names in one line; of a long list only the first, and how many follow."""
    shown, more = list(names)[:_MOST_NAMES], list(names)[_MOST_NAMES:]
    if more:
        shown.append(f"and {len(more)} more, see manifest.jsonl")
    return ", ".join(shown)

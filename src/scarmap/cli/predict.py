"""`scarmap predict`."""

from collections.abc import Iterable, Mapping
from pathlib import Path
from shlex import join
from typing import TYPE_CHECKING, Annotated

import typer

from scarmap.cli.failures import SOME_FAILED
from scarmap.cli.options import LAYOUTS_OFFERED, Device, completes
from scarmap.cli.progress import case_progress
from scarmap.errors import DataError
from scarmap.labels import INDEX, LAYOUTS, codes

if TYPE_CHECKING:
    from scarmap.datasets.case_files import CaseFiles
    from scarmap.inference.cohort import Outcome

_MOST_NAMES = 20
"""Names of cases that are printed in one line."""


def predict(
    run: Annotated[
        Path | None,
        typer.Argument(
            help="Run folder of `scarmap train`, whose folds are averaged, or model folder of "
            "`scarmap export`. Without one: the built-in model."
        ),
    ] = None,
    data: Annotated[
        Path | None, typer.Option("--data", "-i", help="Folder of cases, or a worklist, a CSV.")
    ] = None,
    lge: Annotated[Path | None, typer.Option(help="LGE image of one study.")] = None,
    t2: Annotated[Path | None, typer.Option(help="T2-weighted image of one study.")] = None,
    bssfp: Annotated[Path | None, typer.Option(help="bSSFP image of one study.")] = None,
    out: Annotated[
        Path, typer.Option("--out", "-o", help="Folder for the masks, <case>.nii.gz.")
    ] = Path("predictions"),
    layout: Annotated[
        str | None,
        typer.Option(
            help="Label layout of the masks: myops2020, emidec, scarmap or own:tissue=code,... "
            "Default: that of each case's data set.",
            autocompletion=LAYOUTS_OFFERED,
        ),
    ] = None,
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
    align: Annotated[
        str,
        typer.Option(
            help="Sequences on different grids: none is an error, headers resamples them onto LGE, "
            "full also undoes what breath-holds moved.",
            autocompletion=completes("none", "headers", "full"),
        ),
    ] = "none",
    recipe: Annotated[
        str | None,
        typer.Option(
            help="module:function that the run was trained with, if it is your own: allows its "
            "code."
        ),
    ] = None,
) -> None:
    """Segment a folder of cases, or one study given by its files; skip what was done before."""
    files = chosen_files(data, {"LGE": lge, "T2": t2, "bSSFP": bssfp})

    from scarmap.cli.align import align_studies
    from scarmap.cluster.scheduler import open_scheduler
    from scarmap.inference.cohort import read_shard
    from scarmap.workflow.models import choose_model, gpus_of_workers
    from scarmap.workflow.predict import predict_folder

    gpus = gpus_of_workers(run, scheduler, device)
    part = read_shard(shard) if shard else None
    studies = align_studies(files, out, align, shard=part, device=device)
    model = choose_model(run, device=device, own_recipe=recipe)
    if run is None:
        typer.echo(model.about)
    with (
        open_scheduler(scheduler, workers=workers, gpus=gpus, announce=typer.echo) as opened,
        case_progress("segmenting", len(part.part(files) if part else files)) as on_case,
    ):
        outcome = predict_folder(
            studies.files,
            out,
            model=model,
            layout=layout,
            shard=part,
            scheduler=opened,
            save_probabilities=save_probabilities,
            remarks=studies.flagged,
            failed=studies.failed,
            on_case=on_case,
        )
    if len(files) == 1 and outcome.failed:
        raise DataError(next(iter(outcome.failed.values())))
    _tell(outcome, out)
    _tell_codes({model.layout_of(layout or each.layout) for each in files})
    _tell_next(outcome, out)
    if outcome.failed:
        raise typer.Exit(SOME_FAILED)


def _tell_next(outcome: "Outcome", out: Path) -> None:
    """Name the commands that make use of the masks, where there are any."""
    if outcome.written or outcome.skipped:
        typer.echo(f"Next, a page: {_command('report', out)}")
        typer.echo(f"Or figures alone: {_command('quantify', out, '--out', f'{out}-figures')}")


def _command(*words: object) -> str:
    return join(["scarmap", *map(str, words)])


def _tell_codes(layouts: set[str]) -> None:
    """Say in which codes masks are, and which tissues have none of their own there."""
    for layout in sorted(layouts & set(LAYOUTS)):
        lacking = [name for name in ("edema", "mvo") if name in INDEX.keys() - codes(layout).keys()]
        more = (
            f", which has no code for {' and '.join(lacking)}; --layout scarmap has one for every "
            "tissue"
        )
        typer.echo(f"Codes of the masks: {layout}{more if lacking else ''}")


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


def chosen_files(data: Path | None, single: Mapping[str, Path | None]) -> "list[CaseFiles]":
    """The cases that the options name.

    Raises:
        DataError: Neither or both of a folder and single files are given.
    """
    from scarmap.datasets.folder import find_cases
    from scarmap.workflow.inputs import files_of_study

    images = {sequence: path for sequence, path in single.items() if path is not None}
    if (data is None) == (not images):
        raise DataError(
            "Give either --data DIR for a folder of cases, or --lge, --t2 and --bssfp for one "
            "study."
        )
    if data is not None:
        return find_cases(data)
    return [files_of_study(images)]


def _in_one_line(names: Iterable[str]) -> str:
    """Names in one line; of a long list only the first, and how many follow."""
    shown, more = list(names)[:_MOST_NAMES], list(names)[_MOST_NAMES:]
    if more:
        shown.append(f"and {len(more)} more, see manifest.jsonl")
    return ", ".join(shown)

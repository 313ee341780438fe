"""`scarmap train`."""

from pathlib import Path
from typing import Annotated

import typer

from scarmap.cli.options import Device, EpochsScale, Seed
from scarmap.errors import RecipeError

SMOKE = {"width": 8, "start": None}
"""Settings of a rehearsal, where the recipe has them; a narrow network starts from no weights."""
SMOKE_STEPS = 2


def train(
    data: Annotated[Path, typer.Option(help="Folder of labelled cases, or of several data sets.")],
    out: Annotated[Path, typer.Option(help="Run folder to write.")],
    recipe: Annotated[
        str,
        typer.Argument(help="A name of `scarmap recipes list`, or module:function of your own."),
    ] = "scarmap",
    fold: Annotated[str, typer.Option(help="Number of one fold, or all.")] = "all",
    settings: Annotated[
        list[str] | None,
        typer.Option(
            "--set", metavar="KEY=VALUE", help="Change a setting of the recipe; repeatable."
        ),
    ] = None,
    epochs_scale: EpochsScale = 1.0,
    seed: Seed = 1,
    device: Device = "auto",
    devices: Annotated[
        int,
        typer.Option(
            min=1,
            help="Devices of this machine that share every batch; torchrun and srun say it too.",
        ),
    ] = 1,
    smoke: Annotated[
        bool, typer.Option("--smoke", help="Two steps per phase of a narrow network, first fold.")
    ] = False,
    resume: Annotated[bool, typer.Option("--resume", help="Continue a stopped run.")] = False,
    retrain: Annotated[
        bool,
        typer.Option(
            "--retrain",
            help="With --resume: train again what a changed recipe changes, keep the rest.",
        ),
    ] = False,
) -> None:
    """Train a recipe, the recommended one where none is named; validate it out of fold."""
    from scarmap.cli.progress import training_progress
    from scarmap.datasets.split import notes, recorded_split
    from scarmap.recipes.describe import settings as settings_of
    from scarmap.recipes.settings import parse_setting
    from scarmap.systems.catalogue import choose
    from scarmap.training.run.request import Request
    from scarmap.training.run.train import train as train_run
    from scarmap.training.stage.fit import Options
    from scarmap.training.stage.processes import is_first_process

    changes = dict(parse_setting(text) for text in settings or [])
    choice = choose(recipe, changes)
    if smoke:
        narrow = {
            key: value for key, value in SMOKE.items() if key in settings_of(choice.row.recipe)
        }
        choice = choose(recipe, {**narrow, **changes})
    folds = None if fold == "all" else (fold_number(fold),)
    with training_progress() as progress:
        options = Options(
            seed=seed,
            epochs_scale=1e-9 if smoke else epochs_scale,
            max_steps=SMOKE_STEPS if smoke else None,
            resume=resume,
            retrain=retrain,
            on_epoch=progress.on_epoch,
            on_stage=progress.on_stage,
        )
        request = Request(
            choice.name,
            choice.row,
            data,
            out,
            (0,) if smoke and folds is None else folds,
            device,
            options,
            devices,
        )
        run = train_run(request)
    if not is_first_process():
        return
    typer.echo(f"Run: {run.root}")
    if run.evaluation.is_dir():
        typer.echo(f"Scores of the held-out cases: {run.evaluation / 'summary.json'}")
    for note in notes(recorded_split(run.read_record())):
        typer.echo(note)
    typer.echo(f"Next: scarmap report {run.root}")


def fold_number(text: str) -> int:
    """Read `--fold`.

    Raises:
        RecipeError: It is neither a number nor "all".
    """
    if not text.isdecimal():
        raise RecipeError(f"--fold {text!r} is neither a fold's number nor 'all'.")
    return int(text)

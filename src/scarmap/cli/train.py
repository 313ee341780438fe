"""`scarmap train`."""

from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from scarmap.cli.options import Device, EpochsScale, Seed
from scarmap.errors import RecipeError

if TYPE_CHECKING:
    from scarmap.io.run import RunFolder
    from scarmap.systems.catalogue import Choice

_SMOKE = {"width": 8, "start": None}
"""Settings of a rehearsal, where the recipe has them; a narrow network starts from no weights."""
_SMOKE_STEPS = 2


def _recipe_names(incomplete: str) -> list[str]:
    """Names that a shell completes."""
    from scarmap.systems.catalogue import RECIPES

    return [name for name in RECIPES if name.startswith(incomplete)]


def train(
    data: Annotated[
        Path,
        typer.Option("--data", "-i", help="Folder of labelled cases, or of several data sets."),
    ],
    out: Annotated[Path, typer.Option("--out", "-o", help="Run folder to write.")],
    recipe: Annotated[
        str,
        typer.Argument(
            help="A name of `scarmap recipes list`, or module:function of your own.",
            autocompletion=_recipe_names,
        ),
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
    from scarmap.recipes.settings import parse_setting
    from scarmap.training.run.request import Request
    from scarmap.training.run.train import train as train_run
    from scarmap.training.stage.fit import Options
    from scarmap.training.stage.processes import is_first_process

    changes = dict(parse_setting(text) for text in settings or [])
    choice = _chosen(recipe, changes, smoke=smoke)
    folds = _fold_numbers(fold)
    with training_progress() as progress:
        options = Options(
            seed=seed,
            epochs_scale=epochs_scale,
            resume=resume,
            retrain=retrain,
            on_epoch=progress.on_epoch,
            on_stage=progress.on_stage,
        )
        if smoke:
            # A phase has one epoch at least, so the smallest factor leaves one of each.
            options = replace(options, epochs_scale=1e-9, max_steps=_SMOKE_STEPS)
            folds = folds or (0,)
        request = Request(choice.name, choice.row, data, out, folds, device, options, devices)
        run = train_run(request)
    if is_first_process():
        _tell(run)


def _chosen(recipe: str, changes: dict[str, Any], *, smoke: bool) -> "Choice":
    from scarmap.recipes.describe import settings
    from scarmap.systems.catalogue import choose

    choice = choose(recipe, changes)
    if not smoke:
        return choice
    known = settings(choice.row.recipe)
    narrow = {key: value for key, value in _SMOKE.items() if key in known}
    return choose(recipe, {**narrow, **changes})


def _fold_numbers(text: str) -> tuple[int, ...] | None:
    if text == "all":
        return None
    if not text.isdecimal():
        raise RecipeError(f"--fold {text!r} is neither a fold's number nor 'all'.")
    return (int(text),)


def _tell(run: "RunFolder") -> None:
    from scarmap.datasets.split import notes, recorded_split

    typer.echo(f"Run: {run.root}")
    if run.evaluation.is_dir():
        typer.echo(f"Scores of the held-out cases: {run.evaluation / 'summary.json'}")
    for note in notes(recorded_split(run.read_record())):
        typer.echo(note)
    typer.echo(f"Next: scarmap report {run.root}")

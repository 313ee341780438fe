"""`scarmap reproduce`: every row of a paper's tables, published beside measured."""

import sys
from collections.abc import Callable, Mapping, Sequence
from contextlib import ExitStack
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from scarmap.cli.options import Device, EpochsScale, Seed, completes
from scarmap.errors import DataError, RecipeError, RunError

if TYPE_CHECKING:
    from scarmap.recipes.recipe import Row
    from scarmap.report.pages.paper import Reproduced
    from scarmap.training.jobs.plan import Work
    from scarmap.training.run.request import Request


def reproduce(
    paper: Annotated[
        str,
        typer.Argument(
            help="mfunet, cascade, linear-codec or anatomy-prior.",
            autocompletion=completes("mfunet", "cascade", "linear-codec", "anatomy-prior"),
        ),
    ],
    out: Annotated[
        Path,
        typer.Option(
            "--out", "-o", help="Folder for a run folder per row, the tables and the page."
        ),
    ],
    data: Annotated[
        Path | None,
        typer.Option(
            "--data", "-i", help="Folder of labelled cases; not needed with --tables-only."
        ),
    ] = None,
    tables: Annotated[
        str, typer.Option(metavar="1,2", help="Numbers of the paper's tables.")
    ] = "all",
    rows: Annotated[
        str, typer.Option(metavar="NAME,NAME", help="Rows, named as by `scarmap recipes list`.")
    ] = "all",
    folds: Annotated[str, typer.Option(metavar="0,1", help="Numbers of folds.")] = "all",
    settings: Annotated[
        list[str] | None,
        typer.Option(
            "--set", metavar="KEY=VALUE", help="Change a setting of all rows; repeatable."
        ),
    ] = None,
    epochs_scale: EpochsScale = 1.0,
    seed: Seed = 1,
    device: Device = "auto",
    scheduler: Annotated[
        str | None,
        typer.Option(
            help="local, slurm, or the address of a Dask scheduler; without, one job at a time."
        ),
    ] = None,
    workers: Annotated[int | None, typer.Option(min=1, help="Workers of the scheduler.")] = None,
    tables_only: Annotated[
        bool, typer.Option("--tables-only", help="Train nothing, write the tables again.")
    ] = False,
    retrain: Annotated[
        bool,
        typer.Option(
            "--retrain", help="Train again what a changed recipe changes, and keep the rest."
        ),
    ] = False,
) -> None:
    """Train what is missing of a paper's rows, show published beside measured."""
    from scarmap.recipes.describe import settings as settings_of
    from scarmap.report.pages.paper import write_comparison, write_tables
    from scarmap.systems.catalogue import RECIPES, rows_of
    from scarmap.training.stage.fit import Options

    numbers, names = names_in(tables), names_in(rows)
    shown, chosen = rows_of(paper, tables=numbers), rows_of(paper, tables=numbers, names=names)
    own = {name: settings_of(row.recipe) for name, row in RECIPES.items()}
    failed: Mapping[str, Exception] = {}
    if not tables_only:
        chosen = _rows_to_train(chosen, settings or [], whole_paper=not (numbers or names))
        options = Options(seed=seed, epochs_scale=epochs_scale)
        asked = _requests(
            chosen, data, out, folds=_fold_numbers(folds), device=device, options=options
        )
        failed = train_rows(
            asked,
            out,
            scheduler=scheduler,
            workers=workers,
            device=device,
            retrain=retrain,
            on_row=lambda: write_tables(out, _found(paper, shown, out, numbers), own),
        )
    result = _found(paper, shown, out, numbers)
    typer.echo(
        f"Tables: {write_tables(out, result, own)}\nPage: {write_comparison(out, result, own)}"
    )
    if failed:
        raise RunError(explain_failures(failed))


def _rows_to_train(
    rows: "Mapping[str, Row]", settings: Sequence[str], *, whole_paper: bool
) -> "dict[str, Row]":
    """The rows with a user's settings; of a whole paper only those that can be compared."""
    from scarmap.recipes.settings import parse_setting
    from scarmap.systems.catalogue import change_all

    if whole_paper:
        rows = {name: row for name, row in rows.items() if holds_out(row)}
    return change_all(rows, dict(map(parse_setting, settings)))


def train_rows(
    asked: "Mapping[str, Request]",
    out: Path,
    *,
    scheduler: str | None,
    workers: int | None,
    device: str,
    retrain: bool,
    on_row: Callable[[], object],
) -> Mapping[str, Exception]:
    """Train what is missing; shows epochs where jobs run in this process, and each job that ends.

    Args:
        asked: Name of the run folder to training.
        out: Folder of all of them; finished stages of other rows there are taken over.
        scheduler: Where the jobs run.
        workers: How many workers it has.
        device: What they work on: auto, cpu or cuda.
        retrain: Train again what a changed recipe changes.
        on_row: Called when a row has been scored.

    Returns:
        Jobs that failed, and why.
    """
    from scarmap.cli.progress import training_progress
    from scarmap.cluster.scheduler import open_scheduler
    from scarmap.io.run import RunFolder
    from scarmap.recipes.devices import worker_gpus
    from scarmap.training.jobs.plan import SCORES
    from scarmap.training.jobs.train_several import train_several

    with ExitStack() as stack:
        progress = stack.enter_context(training_progress())
        gpus = worker_gpus(scheduler, device)
        jobs = stack.enter_context(
            open_scheduler(scheduler, workers=workers, gpus=gpus, announce=progress.say)
        )
        if scheduler is None:
            shown = {"on_stage": progress.on_stage, "on_epoch": progress.on_epoch}
            asked = {
                name: replace(each, options=replace(each.options, **shown))  # type: ignore[arg-type]
                for name, each in asked.items()
            }

        def on_job(work: "Work", ended: int, planned: int) -> None:
            where = "" if work.fold is None else f", fold {work.fold}"
            progress.say(f"[{ended}/{planned}] {work.run}{where}: {work.step} done")
            if work.step == SCORES:
                on_row()

        roots = {path.parent.name: path.parent for path in out.glob("*/run.json")}
        others = {
            name: RunFolder(root) for name, root in sorted(roots.items()) if name not in asked
        }
        return train_several(asked, jobs, others=others, retrain=retrain, on_job=on_job)


def _requests(
    rows: "Mapping[str, Row]",
    data: Path | None,
    out: Path,
    *,
    folds: tuple[int, ...] | None,
    **how: object,
) -> "dict[str, Request]":
    """A training for each row, by the name of its run folder.

    Raises:
        DataError: No data are named.
    """
    from scarmap.training.run.request import Request

    if data is None:
        raise DataError(
            "No data were named. Add --data DIR, a folder of labelled cases, or --tables-only."
        )
    return {
        folder_of(name): Request(name, row, data, out / folder_of(name), folds, **how)  # type: ignore[arg-type]
        for name, row in rows.items()
    }


def _found(
    paper: str, rows: "Mapping[str, Row]", out: Path, numbers: Sequence[str]
) -> "Reproduced":
    """The rows as the report needs them: by table, each with its run folder if there is one.

    A row that two tables show stands in both; `numbers` are the tables asked for, none for all.
    """
    from scarmap.io.run import RunFolder
    from scarmap.recipes.describe import describe_row, settings
    from scarmap.report.pages.paper import Reproduced
    from scarmap.report.paper.table import PaperRow

    tables: dict[str, list[PaperRow]] = {}
    for name, row in rows.items():
        run = RunFolder(out / folder_of(name))
        trained = run if run.record_file.is_file() else None
        for table in row.tables:
            if not numbers or table in numbers:
                entry = PaperRow({**describe_row(name, row), "table": table}, trained)
                tables.setdefault(table, []).append(entry)
    layouts = [str(settings(row.recipe).get("layout", "myops2020")) for row in rows.values()]
    layout = layouts[0] if layouts else "myops2020"
    return Reproduced(paper, tables, layout, " ".join(["scarmap", *sys.argv[1:]]))


def folder_of(name: str) -> str:
    """Name of a row's run folder.

    >>> folder_of("mfunet/no-max")
    'mfunet-no-max'
    """
    return name.replace("/", "-")


def holds_out(row: "Row") -> bool:
    """Whether a row as published holds cases out; without them there is no score to compare."""
    from scarmap.recipes.describe import settings

    return settings(row.recipe).get("folds") != "none"


def names_in(text: str) -> tuple[str, ...]:
    """Read a comma-separated option; nothing for "all"."""
    return () if text == "all" else tuple(part.strip() for part in text.split(",") if part.strip())


def _fold_numbers(text: str) -> tuple[int, ...] | None:
    """Read `--folds`; None for all.

    Raises:
        RecipeError: Something in it is no number.
    """
    parts = names_in(text)
    for part in parts:
        if not part.isdecimal():
            raise RecipeError(
                f"--folds {text!r} holds {part!r}, which is no fold's number. Write --folds 0,1 or "
                "all."
            )
    return tuple(int(part) for part in parts) or None


def explain_failures(failed: Mapping[str, Exception]) -> str:
    """One paragraph on jobs that failed: each cause once, with the first job that it stopped."""
    causes: dict[str, str] = {}
    for job, problem in failed.items():
        causes.setdefault(str(problem), job)
    told = " ".join(f"{job}: {cause}" for cause, job in causes.items())
    return (
        f"{len(failed)} jobs failed, or waited for one that did. {told} What was finished is kept "
        "and in the tables; repeat the command to continue."
    )

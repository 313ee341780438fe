"""Several trainings at once: planned as jobs, carried out by a scheduler, noted as they end."""

from collections.abc import Callable, Mapping, Sequence
from contextlib import ExitStack
from dataclasses import dataclass
from typing import Any

from scarmap.cluster.jobs import Job, Scheduler
from scarmap.io.lock import held
from scarmap.io.run import RunFolder
from scarmap.recipes.describe import build
from scarmap.recipes.devices import choose_device
from scarmap.training.jobs.carry_out import Done, carry_out
from scarmap.training.jobs.plan import SCORES, Work, plan
from scarmap.training.run.record import (
    PREDICTIONS,
    held_out_names,
    is_scored,
    mark_done,
    new_record,
)
from scarmap.training.run.request import Request
from scarmap.training.run.resume import check_unchanged, open_record, up_to_date
from scarmap.training.run.train import chosen_folds, rehearse
from scarmap.training.run.training_set import gather_once


@dataclass(frozen=True)
class _Opened:
    """A training that can begin.

    Attributes:
        request: What was asked for.
        run: Its folder.
        folds: Numbers of its folds that are wanted and that it has.
        fresh: Its record, were it to begin now.
    """

    request: Request
    run: RunFolder
    folds: tuple[int, ...]
    fresh: dict[str, Any]


def train_several(
    requests: Mapping[str, Request],
    scheduler: Scheduler,
    *,
    others: Mapping[str, RunFolder] | None = None,
    retrain: bool = False,
    on_job: Callable[[Work, int, int], None] = lambda _work, _ended, _planned: None,
) -> dict[str, Exception]:
    """Finish several trainings; what is finished is never trained again.

    Nothing is written before every one of them is known to be able to begin. A job that fails stops
    those that need it, and no others.

    Args:
        requests: Name to training, each into a folder of its own.
        scheduler: Carries the jobs out.
        others: More runs, whose finished stages may be copied.
        retrain: Train again the stages that a changed recipe changes, instead of refusing it.
        on_job: Called with each job that went well, how many have ended and how many there are.

    Returns:
        Jobs that failed, or could not be begun because one before them failed, and why.

    Raises:
        DataError: The data cannot be trained on.
        RecipeError: A recipe does not fit the data, or has none of the wanted folds.
        RunError: A folder holds another run, or another command is writing into it.
    """
    with ExitStack() as locks:
        opened = {name: _prepare(request) for name, request in requests.items()}
        for each in opened.values():
            locks.enter_context(held(each.run.lock()))
            check_unchanged(each.run, each.fresh, retrain=retrain)
        for each in opened.values():
            open_record(each.run, each.fresh, resume=True, retrain=retrain)
        works = _plan_of(opened, others or {})
        folders = {**(others or {}), **{name: each.run for name, each in opened.items()}}
        jobs = _submit(works, opened, folders, scheduler)
        return _note(works, jobs, opened, scheduler, on_job=on_job)


def _prepare(request: Request) -> _Opened:
    """Find out whether a training can begin, writing nothing.

    Raises:
        DataError: The data cannot be trained on.
        RecipeError: The recipe does not fit them, or has none of the wanted folds.
    """
    recipe = build(request.row.recipe)
    material = gather_once(request.data, recipe)
    count = len(material.split.folds)
    wanted: Sequence[int] | None = request.folds
    if wanted is not None:
        # Recipes differ in their number of folds; one trains those of the wanted that it has.
        wanted = [fold for fold in wanted if fold < count] or wanted
    folds = chosen_folds(wanted, count)
    rehearse(recipe, material.bank, [material.split.folds[index] for index in folds])
    # The record's hardware is that of whoever plans; each job notes its own.
    device = choose_device("auto" if request.device == "cuda" else request.device)
    return _Opened(
        request, RunFolder(request.out), tuple(folds), new_record(request, recipe, material, device)
    )


def _plan_of(opened: Mapping[str, _Opened], others: Mapping[str, RunFolder]) -> tuple[Work, ...]:
    """The jobs that are left of some trainings."""
    return plan(
        {name: up_to_date(each.run.read_record()) for name, each in opened.items()},
        {name: each.folds for name, each in opened.items()},
        others={name: up_to_date(run.read_record()) for name, run in others.items()},
        unscored=[name for name, each in opened.items() if not is_scored(each.run)],
    )


def _submit(
    works: Sequence[Work],
    opened: Mapping[str, _Opened],
    folders: Mapping[str, RunFolder],
    scheduler: Scheduler,
) -> list[Job]:
    """Hand the jobs to a scheduler, each with those that it waits for."""
    jobs: dict[str, Job] = {}
    for work in works:
        training = opened[work.run]
        jobs[work.key] = scheduler.submit(
            carry_out,
            work,
            training.request,
            folders[work.source] if work.source else None,
            _names_to_score(work.run, training, works) if work.step == SCORES else frozenset(),
            name=work.key,
            after=[jobs[key] for key in work.after],
            on_device=work.step != SCORES,
        )
    return list(jobs.values())


def _names_to_score(name: str, training: _Opened, works: Sequence[Work]) -> frozenset[str]:
    """Cases, or slices, that a run's finished predictions and the planned ones hold out."""
    record = training.run.read_record()
    names = held_out_names(record)
    for work in works:
        if work.run == name and work.step == PREDICTIONS and work.fold is not None:
            names.update(record["folds"][work.fold]["validation"])
    return frozenset(names)


def _note(
    works: Sequence[Work],
    jobs: Sequence[Job],
    opened: Mapping[str, _Opened],
    scheduler: Scheduler,
    *,
    on_job: Callable[[Work, int, int], None],
) -> dict[str, Exception]:
    """Note in the records what is done, as it ends; returns what failed, and why."""
    by_key, failed = {work.key: work for work in works}, {}
    for ended, job in enumerate(scheduler.finished(jobs), start=1):
        work, problem = by_key[job.name], job.error
        if problem is not None:
            failed[work.key] = problem
            continue
        done: Done = job.result()
        if work.fold is not None:
            run = opened[work.run].run
            mark_done(run, work.fold, work.step, remarks=done.remarks, made=done.made)
        on_job(work, ended, len(works))
    return failed

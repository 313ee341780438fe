"""The plan of several trainings: which jobs are left, and which jobs each of them waits for.

A stage that several runs train alike is trained once. The plan follows from the records of the runs
(`run.json`) alone, so it can be made again at any time.
"""

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

from scarmap.training.run.record import PREDICTIONS
from scarmap.training.run.resume import science

SCORES = "scores"
"""Step of a run after the predictions of its folds."""

_Record = Mapping[str, Any]


@dataclass(frozen=True)
class Work:
    """One job: one step of one run.

    Attributes:
        run: Name of the run.
        step: Name of a stage, `PREDICTIONS` or `SCORES`.
        fold: Number of the fold; None for `SCORES`, which are of all folds.
        after: Keys of the jobs that must be finished before.
        source: Run to copy the stage from, because it trains the very same one; None where the
            stage is trained here.
    """

    run: str
    step: str
    fold: int | None = None
    after: tuple[str, ...] = ()
    source: str | None = None

    @property
    def key(self) -> str:
        """Names the job among all."""
        fold = "" if self.fold is None else f"fold_{self.fold}/"
        return f"{self.run}/{fold}{self.step}"


def plan(
    runs: Mapping[str, _Record],
    folds: Mapping[str, Sequence[int]],
    *,
    others: Mapping[str, _Record] | None = None,
    unscored: Sequence[str] = (),
) -> tuple[Work, ...]:
    """List the jobs that are not finished, each after those that it depends on.

    Where several runs train the same stage, the first one trains it and the others copy it.

    Args:
        runs: Name to `run.json` of the runs to finish.
        folds: Name to the folds to finish.
        others: More runs, whose finished stages may be copied.
        unscored: Runs whose scores are not those of their finished predictions.
    """
    trained = _finished_stages({**(others or {}), **runs})
    works: list[Work] = []
    for name, record in runs.items():
        predictions = []
        for fold in folds[name]:
            jobs = _fold_jobs(name, record, fold=fold, trained=trained)
            works += jobs
            predictions += [job.key for job in jobs if job.step == PREDICTIONS]
        if predictions or name in unscored:
            works.append(Work(name, SCORES, after=tuple(predictions)))
    return tuple(works)


def _fold_jobs(name: str, record: _Record, *, fold: int, trained: dict[str, Work]) -> list[Work]:
    """Jobs of one fold of one run that are not finished.

    Args:
        name: Name of the run.
        record: Its `run.json`.
        fold: Number of the fold.
        trained: Stages that are trained or will be, by `stage_key`; those of this fold are added.
    """
    jobs: dict[str, Work] = {}
    for stage in record["recipe"]["details"]["stages"]:
        step = stage["name"]
        if not _done(record, fold, step):
            before = tuple(jobs[each].key for each in stage["inputs"] if each in jobs)
            job = Work(name, step, fold, before)
            jobs[step] = _shared(job, stage_key(record, fold, step), trained)
    if not _done(record, fold, PREDICTIONS):
        jobs[PREDICTIONS] = Work(name, PREDICTIONS, fold, tuple(job.key for job in jobs.values()))
    return list(jobs.values())


def _shared(job: Work, key: str | None, trained: dict[str, Work]) -> Work:
    """The job as a copy of the same stage of another run; as it is where no other run trains it."""
    if key is None:
        return job
    first = trained.setdefault(key, job)
    if first is job:
        return job
    # A stage that has a source is finished already, so there is no job of it to wait for.
    after = job.after if first.source else (*job.after, first.key)
    return replace(job, after=after, source=first.run)


def _finished_stages(runs: Mapping[str, _Record]) -> dict[str, Work]:
    """Stages that some runs have trained, by `stage_key`; each one names its run as its source.

    Args:
        runs: Name to `run.json`.
    """
    found: dict[str, Work] = {}
    for name, record in runs.items():
        for fold in range(len(record["folds"])):
            for stage in science(record).get("stages", ()):
                key = stage_key(record, fold, stage["name"])
                if key and _done(record, fold, stage["name"]):
                    found.setdefault(key, Work(name, stage["name"], fold, source=name))
    return found


def _done(record: _Record, fold: int, step: str) -> bool:
    return bool(record["state"].get(f"fold_{fold}/{step}") == "done")


def stage_key(record: _Record, fold: int, stage: str) -> str | None:
    """All that decides the weights of one stage of one fold, as text: same text, same weights.

    None where the description names a function without a name of its own, and so cannot tell two
    stages apart.

    Args:
        record: `run.json` of the run.
        fold: Number of the fold.
        stage: Name of the stage.
    """
    details, given = science(record), record["provenance"]
    by_name = {each["name"]: each for each in details["stages"]}
    needed, found = [stage], []
    while needed:
        described = by_name[needed.pop()]
        found.append(described)
        needed += described["inputs"]
    parts = {
        "stages": found,
        **{part: details.get(part) for part in ("layout", "preparation")},
        "data": record["data"]["sha256"],
        "fold": [fold, record["folds"][fold]],
        **{part: given.get(part) for part in ("seed", "epochs_scale", "max_steps")},
    }
    text = json.dumps(parts, sort_keys=True)
    return None if "<lambda>" in text or "<locals>" in text else text

"""Several trainings as one graph of jobs: what is still to be done, what must come before it, and what is shared.

Everything follows from the records of the runs (`run.json`), so that a plan can be made again at
any time.
"""

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from scarmap.training.run.record import PREDICTIONS
from scarmap.training.run.resume import science

SCORES = "scores"
"""Step of a run after the predictions of its folds."""

Record = Mapping[str, Any]


@dataclass(frozen=True)
class Work:
    """One job: one step of one run.

    Attributes:
        run: Name of the run.
        step: Name of a stage, `PREDICTIONS` or `SCORES`.
        fold: Number of the fold; None for `SCORES`, which are of all folds.
        after: Keys of the jobs that must be finished before.
        source: Run that has trained, or will have trained, the very same stage, to be taken over
            from there; None where the stage is trained here.
    """

    run: str
    step: str
    fold: int | None = None
    after: tuple[str, ...] = ()
    source: str | None = None

    @property
    def key(self) -> str:
        """Names the job among all."""
        return (
            f"{self.run}/{self.step}"
            if self.fold is None
            else f"{self.run}/fold_{self.fold}/{self.step}"
        )


def plan(
    runs: Mapping[str, Record],
    folds: Mapping[str, Sequence[int]],
    *,
    others: Mapping[str, Record] | None = None,
    unscored: Sequence[str] = (),
) -> tuple[Work, ...]:
    """List the jobs that are not finished, each after those that it depends on.

    A stage that several runs train alike is trained by the first of them and taken over by the
    others.

    Args:
        runs: Name to `run.json` of the runs to finish.
        folds: Name to the folds to finish.
        others: More runs whose finished stages may be taken over.
        unscored: Runs whose scores are not those of their finished predictions.
    """
    trained = finished_stages({**(others or {}), **runs})
    works: list[Work] = []
    for name, record in runs.items():
        predictions = []
        for fold in folds[name]:
            jobs = fold_jobs(name, record, fold, trained=trained)
            works += jobs
            predictions += [job.key for job in jobs if job.step == PREDICTIONS]
        if predictions or name in unscored:
            works.append(Work(name, SCORES, after=tuple(predictions)))
    return tuple(works)


def fold_jobs(name: str, record: Record, fold: int, *, trained: dict[str, Work]) -> list[Work]:
    """Jobs of one fold of one run that are not finished.

    Args:
        name: Name of the run.
        record: Its `run.json`.
        fold: Number of the fold.
        trained: Stages that are trained or will be, by `stage_key`; those of this fold are added.
    """
    jobs: dict[str, Work] = {}
    for stage in record["recipe"]["details"]["stages"]:
        if done(record, fold, stage["name"]):
            continue
        after = [jobs[each].key for each in stage["inputs"] if each in jobs]
        key = stage_key(record, fold, stage["name"])
        source = trained.get(key) if key else None
        if source is not None and not source.source:
            after.append(source.key)
        job = Work(name, stage["name"], fold, tuple(after), source.run if source else None)
        if key and source is None:
            trained[key] = job
        jobs[stage["name"]] = job
    if not done(record, fold, PREDICTIONS):
        jobs[PREDICTIONS] = Work(name, PREDICTIONS, fold, tuple(job.key for job in jobs.values()))
    return list(jobs.values())


def finished_stages(runs: Mapping[str, Record]) -> dict[str, Work]:
    """Stages that some runs have trained, by `stage_key`; each names itself as source, as nobody need wait for it.

    Args:
        runs: Name to `run.json`.
    """
    found: dict[str, Work] = {}
    for name, record in runs.items():
        for fold in range(len(record["folds"])):
            for stage in science(record).get("stages", ()):
                key = stage_key(record, fold, stage["name"])
                if key and done(record, fold, stage["name"]):
                    found.setdefault(key, Work(name, stage["name"], fold, source=name))
    return found


def done(record: Record, fold: int, step: str) -> bool:
    """Whether a record says that a step of a fold is finished."""
    return bool(record["state"].get(f"fold_{fold}/{step}") == "done")


def stage_key(record: Record, fold: int, stage: str) -> str | None:
    """All that the weights of one stage of one fold follow from, as text: the same text, the same weights.

    None where the description cannot tell two stages apart, because it names a function that has no
    name of its own.

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

"""One job: one step of one run, on any machine that sees the run's folder and the data.

A job writes files of its own, and never `run.json`: only the process that plans the jobs does.
"""

import filecmp
import shutil
from collections.abc import Mapping
from dataclasses import dataclass, field, replace

from scarmap.io.files import replacing
from scarmap.io.lock import held
from scarmap.io.run import RunFolder
from scarmap.recipes.describe import build
from scarmap.recipes.recipe import Stage
from scarmap.training.jobs.plan import Work
from scarmap.training.run.held_out import Remarks
from scarmap.training.run.provenance import hardware
from scarmap.training.run.record import PREDICTIONS
from scarmap.training.run.request import Request
from scarmap.training.run.train import predict_fold, score, train_stage
from scarmap.training.run.training_set import gather_once
from scarmap.training.stage.processes import make_fabric

TRAINED = ("log.csv", "weights.json", "weights.safetensors")
"""Files of a finished stage that another run takes over."""


@dataclass(frozen=True)
class Done:
    """What the record of a run is told about a job that is done.

    Attributes:
        hardware: What it ran on.
        taken_over: The run that trained the stage, where this one did not.
        remarks: What is remarkable about masks that were written.
    """

    hardware: str
    taken_over: str | None = None
    remarks: Remarks = field(default_factory=dict)

    @property
    def made(self) -> Mapping[str, str]:
        """What `mark_done` notes of it."""
        taken = {"taken_over": self.taken_over} if self.taken_over else {}
        return {"hardware": self.hardware, **taken}


def carry_out(
    work: Work,
    request: Request,
    source: RunFolder | None = None,
    held_out: frozenset[str] = frozenset(),
) -> Done:
    """Do one job.

    A job that was stopped at any moment can be done again. Where another process still does it,
    this one waits.

    Args:
        work: The job.
        request: The training that it belongs to.
        source: Run folder that the stage is taken over from, if any.
        held_out: What the finished folds hold out, for the scores.

    Raises:
        ScarmapError: The training fails, or the data or the folder cannot be used.
    """
    run, recipe = RunFolder(request.out), build(request.row.recipe)
    fabric = make_fabric(request.device)
    ran_on = hardware(fabric.device)
    with held(run.lock(f"{work.fold}-{work.step}"), wait=True):
        material = gather_once(request.data, recipe)
        if work.fold is None:
            score(run, material, held_out)
            return Done(ran_on)
        material = replace(material, bank=material.bank.to(fabric.device))
        if work.step == PREDICTIONS:
            remarks = predict_fold(run, recipe, material, work.fold, device=fabric.device)
            return Done(ran_on, remarks=remarks)
        stage = next(stage for stage in recipe.stages if stage.name == work.step)
        if source is not None and take_over(run, source, stage, fold=work.fold):
            return Done(ran_on, taken_over=work.source)
        request.options.on_stage(f"{run.root.name}, fold {work.fold}, {stage.name}")
        options = replace(request.options, resume=True)
        train_stage(run, recipe, material, stage, fold=work.fold, fabric=fabric, options=options)
        return Done(ran_on)


def take_over(run: RunFolder, source: RunFolder, stage: Stage, *, fold: int) -> bool:
    """Copy a stage that another run has trained, if it started there from the same weights.

    The stages before it may differ: different machines may have trained them, and these round
    differently.

    Args:
        run: The run that lacks the stage.
        source: The run that has it.
        stage: The stage.
        fold: Number of the fold.

    Returns:
        Whether it was copied.
    """
    weights = TRAINED[-1]
    for name in stage.inputs:
        ours, theirs = (each.stage(fold, name) / weights for each in (run, source))
        if not filecmp.cmp(ours, theirs, shallow=False):
            return False
    folder, given = run.stage(fold, stage.name), source.stage(fold, stage.name)
    if not (given / weights).is_file():
        return False
    (folder / "checkpoint.pt").unlink(missing_ok=True)
    for name in TRAINED:
        with replacing(folder / name) as temporary:
            shutil.copyfile(given / name, temporary)
    return True

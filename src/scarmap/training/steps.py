"""The jobs of several trainings: one step of one run, on any machine that sees its folder and the data.

A job writes its own files and never `run.json`, of which whoever plans the jobs is the only writer.
"""

import filecmp
import shutil
from collections.abc import Mapping
from dataclasses import dataclass, field, replace

from lightning_fabric import Fabric

from scarmap.io.files import replacing
from scarmap.io.lock import held
from scarmap.io.run import RunFolder
from scarmap.training.describe import build
from scarmap.training.devices import make_fabric
from scarmap.training.fit import Job, fit
from scarmap.training.graph import SCORES, Work
from scarmap.training.held_out import Remarks, score_held_out
from scarmap.training.material import gather_once
from scarmap.training.provenance import hardware
from scarmap.training.recipe import Recipe, Stage
from scarmap.training.record import PREDICTIONS, Request
from scarmap.training.restore import load_stage, load_stages
from scarmap.training.run import predict_fold

TRAINED = ("log.csv", "weights.json", "weights.safetensors")
"""Files of a finished stage that another run takes over."""


@dataclass(frozen=True)
class Outcome:
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
    work: Work, request: Request, source: RunFolder | None = None, held_out: frozenset[str] = frozenset()
) -> Outcome:
    """Do one job.

    It may be done again after it was stopped at any moment, and waits where another process still does it.

    Args:
        work: The job.
        request: The training that it belongs to.
        source: Run folder that the stage is taken over from, if any.
        held_out: What the finished folds hold out, for the scores.

    Raises:
        ScarmapError: The training fails, or the data or the folder cannot be used.
    """
    run, recipe, fabric = RunFolder(request.out), build(request.row.recipe), make_fabric(request.device)
    with held(run.lock(f"{work.fold}-{work.step}"), wait=True):
        if work.step == SCORES:
            material = gather_once(request.data, recipe)
            score_held_out(run, material.cases, split=material.split, names=held_out)
            return Outcome(hardware(fabric.device))
        assert work.fold is not None
        if work.step == PREDICTIONS:
            remarks = segment_fold(run, recipe, request, fold=work.fold, fabric=fabric)
            return Outcome(hardware(fabric.device), remarks=remarks)
        stage = next(stage for stage in recipe.stages if stage.name == work.step)
        if source is not None and take_over(run, source, stage, fold=work.fold):
            return Outcome(hardware(fabric.device), taken_over=work.source)
        train_stage(run, recipe, request, stage, fold=work.fold, fabric=fabric)
        return Outcome(hardware(fabric.device))


def train_stage(run: RunFolder, recipe: Recipe, request: Request, stage: Stage, *, fold: int, fabric: Fabric) -> None:
    """Train one stage of one fold, from its checkpoint where there is one; the stages that it starts from are done."""
    request.options.on_stage(f"{run.root.name}, fold {fold}, {stage.name}")
    material = gather_once(request.data, recipe)
    earlier = {
        each.name: load_stage(run, each, fold, fabric.device) for each in recipe.stages if each.name in stage.inputs
    }
    options = replace(request.options, resume=True)
    bank, split = material.bank.to(fabric.device), material.split
    fit(Job(stage, bank, split.folds[fold], fold, run.stage(fold, stage.name), fabric, options), earlier)


def take_over(run: RunFolder, source: RunFolder, stage: Stage, *, fold: int) -> bool:
    """Copy a stage that another run has trained, unless it started there from other weights than those of this run.

    Two runs may have trained the same stage on different machines, which round differently.

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


def segment_fold(run: RunFolder, recipe: Recipe, request: Request, *, fold: int, fabric: Fabric) -> Remarks:
    """Segment what a fold held out, by its trained stages."""
    material = gather_once(request.data, recipe)
    material = replace(material, bank=material.bank.to(fabric.device))
    stages = load_stages(run, recipe, fold, fabric.device)
    return predict_fold(run, recipe, material, stages, index=fold, device=fabric.device)

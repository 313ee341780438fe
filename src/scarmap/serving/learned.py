"""What was trained here: runs, their held-out scores, and the model that the store uses.

A run lies in `learned/<name>/`: `data` holds the studies as they were when it began, `run` is the
run folder, and `learn.json` says what was asked for. A lock tells whether it is at work.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from scarmap.errors import RunError
from scarmap.evaluation.table import evaluate_folder, read_summary, summarise
from scarmap.io.files import read_json, write_json
from scarmap.io.lock import held
from scarmap.io.run import RunFolder
from scarmap.serving import versions
from scarmap.serving.identity import fact, set_fact
from scarmap.serving.store import Store
from scarmap.serving.worker import MODEL
from scarmap.workflow.models import choose_model

BUILTIN = "built-in"
_SHOWN = ("whole_myocardium", "whole_infarct", "mvo", "edema", "lv_pool")


class CannotLearnError(Exception):
    """No training can begin now; its text says why, and what to do."""


@dataclass(frozen=True)
class Run:
    """A training of this store.

    Attributes:
        root: Its folder.
    """

    root: Path

    @property
    def name(self) -> str:
        """Its name."""
        return self.root.name

    @property
    def data(self) -> Path:
        """The studies that it learns from."""
        return self.root / "data"

    @property
    def folder(self) -> RunFolder:
        """What `scarmap train` writes."""
        return RunFolder(self.root / "run")

    @property
    def log(self) -> Path:
        """What it says."""
        return self.root / "log.txt"

    def asked(self) -> dict[str, Any]:
        """What was asked for."""
        return dict(read_json(self.root / "learn.json"))

    @property
    def state(self) -> str:
        """One of "running", "done", "failed" and "stopped"."""
        if is_held(self.root / "lock"):
            return "running"
        if (self.folder.evaluation / "summary.json").is_file():
            return "done"
        return "failed" if self.asked().get("exit") not in (None, 0, 130) else "stopped"


def is_held(path: Path) -> bool:
    """Whether a process holds a lock."""
    try:
        with held(path):
            return False
    except RunError:
        return True


def runs_of(store: Store) -> list[Run]:
    """The trainings of a store, the first one first."""
    return [Run(each.parent) for each in sorted(store.learned.glob("*/learn.json"))]


def held_out(store: Store, run: Run) -> dict[str, Any]:
    """Scores of the new model on what its folds held out, beside the old model's of the same.

    Args:
        store: The store.
        run: A training that is done.
    """
    path = run.root / "old.json"
    if not path.is_file():
        write_json(path, _old(store, run))
    new = read_summary(run.folder.evaluation / "summary.json")
    return {"new": _shown(new["scores"]), "old": read_json(path)}


def _old(store: Store, run: Run) -> dict[str, Any]:
    """The old model's scores: by what its own folds held out, or on studies it never saw."""
    asked = run.asked()
    masks = {}
    for study in asked["studies"]:
        mask = _old_mask(store, study, asked["old"])
        if mask is not None:
            masks[study] = mask
    if not masks:
        return {}
    truths = {study: run.data / study / "labels.nii.gz" for study in masks}
    return _shown(summarise(evaluate_folder(masks, truths, "scarmap").rows))


def _old_mask(store: Store, study: str, old: str) -> Path | None:
    """The old model's mask of a study that it had not learned from; None where there is none."""
    if old:
        kept = RunFolder(Path(old)).predictions / f"{study}.nii.gz"
        if kept.is_file():
            return kept
    chosen = choose_model(Path(old) if old else None)
    for version in reversed(versions.listed(store, study)):
        maker = (version.maker.name, version.maker.version)
        if version.kind == versions.MODEL and maker == (chosen.name, chosen.version):
            return store.folder(study).mask(version.number) if version.layout == "scarmap" else None
    return None


def _shown(scores: Mapping[str, Any]) -> dict[str, Any]:
    """Mean Dice, distance and difference of volume of the regions that a reader looks for."""
    found = {}
    for region in _SHOWN:
        metrics = scores.get("case3d", {}).get(region, {})
        if metrics:
            found[region] = {
                "dice": metrics["dice"]["mean"],
                "hd95_mm": metrics["hausdorff95_mm"]["mean"],
                "difference_ml": metrics["volume_difference_ml"]["mean"],
                "cases": metrics["dice"]["n"],
            }
    return found


def models(store: Store) -> dict[str, Any]:
    """The models that the store can use, as pages read it."""
    current = fact(store, MODEL, "")
    found = [
        {"name": BUILTIN, "about": choose_model().about, "figures": {}, "current": not current}
    ]
    for run in runs_of(store):
        if run.state == "done":
            asked = run.asked()
            text = f"{asked['recipe']}, trained on {len(asked['studies'])} corrected studies"
            found.append(
                {
                    "name": run.name,
                    "about": text,
                    "figures": held_out(store, run)["new"],
                    "current": current == str(run.folder.root),
                }
            )
    if not any(each["current"] for each in found):
        path = Path(current)
        found.append({"name": path.name, "about": current, "figures": {}, "current": True})
    name = next(each["name"] for each in found if each["current"])
    return {"current": name, "models": found}


def use(store: Store, name: str) -> None:
    """Segment with another model from now on.

    Args:
        store: The store.
        name: `BUILTIN`, or a training that is done.

    Raises:
        CannotLearnError: There is no such model.
    """
    if name == BUILTIN:
        set_fact(store, MODEL, "")
        return
    for run in runs_of(store):
        if run.name == name and run.state == "done":
            set_fact(store, MODEL, str(run.folder.root))
            return
    raise CannotLearnError("There is no such model, or its training has not ended.")

"""The model that a user asks for: the built-in one, or the trained folds of a run."""

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from scarmap.io.run import RunFolder
from scarmap.labels import MIXED
from scarmap.recipes.model_folder import folder_model, is_model_folder, read_record

if TYPE_CHECKING:
    from scarmap.inference.cohort import Model
    from scarmap.inference.segment import Segmenter


@dataclass(frozen=True)
class Chosen:
    """A model that was chosen, not loaded yet.

    Attributes:
        model: Loads it.
        about: What it is, for people.
        layout: Label layout that it was trained on.
        name: Its name alone.
        version: What tells it from any other of its name.
    """

    model: "Model"
    about: str
    layout: str
    name: str
    version: str

    def layout_of(self, case: str) -> str:
        """Label layout of the mask of a case: its own where the model knows every tissue."""
        return case if self.layout in ("scarmap", MIXED) else self.layout


def choose_model(
    run: str | Path | None = None, *, device: str = "auto", own_recipe: str | None = None
) -> Chosen:
    """Choose a model without loading it.

    Args:
        run: Run folder or model folder; None for the built-in model.
        device: "auto", "cpu" or "cuda".
        own_recipe: `module:function` that the run was trained with, when it is the user's own.

    Raises:
        RunError: This is no run folder, or it has no finished fold.
    """
    if run is None:
        from scarmap.systems.scarmap.builtin import about_builtin, builtin_model, introduce

        about = about_builtin()
        layout, name = about["data"]["layout"], about["name"]
        return Chosen(
            builtin_model(device=device), introduce(about), layout, name, about["version"]
        )
    if is_model_folder(Path(run)):
        return _chosen(
            folder_model(Path(run), device=device),
            f"Model {Path(run).resolve().name}",
            read_record(Path(run)),
        )
    from scarmap.recipes.trained import run_model

    folder = RunFolder(Path(run))
    record = folder.read_record()
    model = run_model(folder, device=device, own_recipe=own_recipe)
    return _chosen(model, f"Run {folder.root.resolve().name}", record)


def _chosen(model: "Model", title: str, record: Mapping[str, Any]) -> Chosen:
    name = record["recipe"].get("name") or "recipe of one's own"
    layout = record["data"]["layout"]
    return Chosen(model, f"{title}, {name}", layout, name, model.fingerprint[:12])


def gpus_of_workers(run: Path | None, scheduler: str | None, device: str) -> int:
    """CUDA devices that the workers of a scheduler are started with, as the model's engine counts.

    Raises:
        RunError: The device is unknown, or there is none of it.
    """
    from scarmap.inference import engine

    if run is None or is_model_folder(run):
        return engine.worker_gpus(scheduler, device)
    from scarmap.recipes import devices

    return devices.worker_gpus(scheduler, device)


def load_model(
    run: str | Path | None = None, *, device: str = "auto", own_recipe: str | None = None
) -> "Segmenter":
    """Load a model once, for any number of `scarmap.predict(..., model=model)`.

    Args:
        run: Run folder of `scarmap train` or model folder of `scarmap export`, whose finished folds
            are averaged; None for the built-in model.
        device: "auto", "cpu" or "cuda".
        own_recipe: `module:function` that the run was trained with, when it is the user's own.

    Raises:
        RunError: This is no run folder, it has no finished fold, or its weights do not fit.

    >>> import scarmap
    >>> model = scarmap.load_model(device="cpu")
    >>> model.preparation.sequences
    ('LGE', 'T2', 'bSSFP')
    """
    return choose_model(run, device=device, own_recipe=own_recipe).model.load()


def load_one_view(device: str = "auto") -> "Segmenter":
    """Load the built-in model with one view of a slice: it sees a heart in any one sequence.

    Raises:
        RunError: This installation has no built-in model, or the device cannot be used.
    """
    from scarmap.systems.scarmap.builtin import load_builtin

    return load_builtin(device, views=1)

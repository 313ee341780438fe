"""From a run folder to a segmenter, with a check that the weights still fit the recipe."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from functools import partial
from typing import Any

import torch
from torch import nn

from scarmap.errors import RunError
from scarmap.inference.ensemble import average
from scarmap.inference.predict import Segmenter
from scarmap.io.run import RunFolder
from scarmap.io.weights import read_weights
from scarmap.training.describe import describe, find, freeze, settings, spell, unwrap
from scarmap.training.recipe import Recipe, Row, Stage


def record_recipe(name: str, row: Row, recipe: Recipe) -> dict[str, Any]:
    """A recipe as it stands in `run.json`."""
    return {
        "name": name,
        "function": spell(unwrap(row.recipe)[0]),
        "settings": settings(row.recipe),
        "details": describe(recipe),
        "paper": row.paper,
        "table": row.table,
        "published": {structure: list(figures) for structure, figures in row.published.items()},
        "published_convention": row.convention,
        "note": row.note,
        "sequences": list(recipe.preparation.sequences),
        "layout": recipe.layout,
    }


def recorded_recipe(record: Mapping[str, Any]) -> Callable[[], Recipe]:
    """The recipe function of a run with its settings."""
    stored = record["recipe"]
    return partial(find(stored["function"]), **{name: freeze(value) for name, value in stored["settings"].items()})


def load_segmenter(run: RunFolder, device: torch.device) -> Segmenter:
    """Load every finished fold of a run as one averaged segmenter.

    Raises:
        RunError: No fold is finished, or the weights belong to another recipe or another version of it.
    """
    record = run.read_record()
    recipe = recorded_recipe(record)()
    finished = [
        index
        for index in range(len(record["folds"]))
        if all(record["state"].get(f"fold_{index}/{stage.name}") == "done" for stage in recipe.stages)
    ]
    if not finished:
        raise RunError(f"{run.root} has no finished fold. Continue it: scarmap train ... --out {run.root} --resume.")
    folds = [load_stages(run, recipe, index, device) for index in finished]
    return make_segmenter(recipe, folds, spacing_mm=record["data"]["spacing_mm"], device=device)


def load_stages(run: RunFolder, recipe: Recipe, fold: int, device: torch.device) -> dict[str, nn.Module]:
    """Trained models of one fold by stage."""
    return {stage.name: load_stage(run, stage, fold, device) for stage in recipe.stages}


def load_stage(run: RunFolder, stage: Stage, fold: int, device: torch.device) -> nn.Module:
    """Trained model of one stage of one fold.

    Raises:
        RunError: The weights are missing, or were trained for another model than the recipe now describes.
    """
    path = run.stage(fold, stage.name) / "weights.safetensors"
    tensors, about = read_weights(path)
    wanted = describe(stage.model)
    if about.get("model") != wanted:
        before = about.get("model") or {}
        changed = [key for key in {**before, **wanted} if before.get(key) != wanted.get(key)]
        raise RunError(
            f"{path} was trained for another model than this run's recipe describes: they differ in "
            f"{', '.join(sorted(changed))}. Predict with the scarmap version that trained it, or train again."
        )
    model = stage.model()
    try:
        model.load_state_dict(tensors)
    except RuntimeError as problem:
        raise RunError(f"{path} does not fit its network ({problem}). Was the file replaced?") from None
    return model.to(device).eval()


def make_segmenter(
    recipe: Recipe, folds: Sequence[Mapping[str, nn.Module]], *, spacing_mm: float, device: torch.device
) -> Segmenter:
    """Average the folds' probabilities.

    Args:
        recipe: The system.
        folds: Trained stages of each fold.
        spacing_mm: In-plane pixel size of the training images; other images are resampled to it.
        device: Where the models are.
    """
    members = [partial(recipe.assemble, stages) for stages in folds]
    working = recipe.preparation.spacing_mm or spacing_mm
    return Segmenter(
        preparation=replace(recipe.preparation, spacing_mm=working),
        layout=recipe.layout,
        regions=recipe.regions,
        probabilities=partial(average, members),
        compose=recipe.compose,
        device=device,
    )

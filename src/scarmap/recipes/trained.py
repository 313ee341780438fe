"""From a run folder to a segmenter, with a check that the weights still fit the recipe."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from functools import partial
from pathlib import Path
from typing import Any, get_type_hints

import torch
from torch import Tensor, nn

from scarmap.datasets.manifest import Maker
from scarmap.errors import RunError
from scarmap.evaluation.reliability import fit_calibration, read_reliability
from scarmap.inference.cohort import Model
from scarmap.inference.ensemble import Maps, average
from scarmap.inference.segment import Segmenter
from scarmap.inference.wanted import fingerprint
from scarmap.io.run import RunFolder
from scarmap.io.weights import read_weights
from scarmap.nn.views import has_views_of_the_whole
from scarmap.recipes.describe import build, describe, describe_row, settings, unwrap
from scarmap.recipes.devices import choose_device
from scarmap.recipes.names import as_today, find, recorded_name, system_of
from scarmap.recipes.recipe import Recipe, Row, Stage
from scarmap.recipes.settings import check_settings, freeze
from scarmap.sampling.preparation import Preparation

_WEIGHTS = "weights.safetensors"


def record_recipe(name: str, row: Row, recipe: Recipe) -> dict[str, Any]:
    """A recipe as it stands in `run.json`."""
    return {
        **describe_row(name, row),
        "function": recorded_name(unwrap(row.recipe)[0]),
        "settings": settings(row.recipe),
        "details": describe(recipe),
        "sequences": list(recipe.preparation.sequences),
        "layout": recipe.layout,
    }


def recorded_recipe(record: Mapping[str, Any], *, own_recipe: str | None = None) -> Recipe:
    """The recipe of a run.

    A run folder may come from anywhere, and building a recipe runs its code. So only scarmap's own
    systems are built on the word of a run folder; a function of the user's own is built when the
    user names it.

    Args:
        record: Content of `run.json`.
        own_recipe: `module:function` of the user's own that may run.

    Raises:
        RunError: The run names a function that is not one of scarmap's systems, and the user did
            not name it.
        RecipeError: This version of scarmap has no such function, or it has no such setting.
    """
    stored = record["recipe"]
    function = str(as_today(stored["function"]))
    if function != as_today(own_recipe) and not is_system(function):
        raise RunError(
            f"This run was trained with {function}, which is not part of scarmap. If you know that "
            f"code and trust it, add --recipe {function}."
        )
    recipe = partial(
        find(function), **{name: freeze(value) for name, value in stored["settings"].items()}
    )
    settings(recipe)
    check_settings(*unwrap(recipe))
    return build(recipe)


def is_system(name: str) -> bool:
    """Whether a name in a record is that of a recipe function of one of scarmap's systems."""
    if system_of(name) is None:
        return False
    function = find(name)
    return recorded_name(function) == name and get_type_hints(function).get("return") is Recipe


def load_segmenter(
    run: RunFolder, device: torch.device, *, own_recipe: str | None = None
) -> Segmenter:
    """Load the finished folds of a run as one averaged segmenter, calibrated on held-out cases.

    Args:
        run: The run folder.
        device: Where the networks go.
        own_recipe: `module:function` that the run was trained with, when it is the user's own.

    Raises:
        RunError: No fold is finished, or the weights belong to another recipe or another version of
            it.
    """
    record = run.read_record()
    recipe = recorded_recipe(record, own_recipe=own_recipe)
    finished = finished_folds(run, record, recipe)
    folds = [load_stages(run, recipe, index, device) for index in finished]
    data = record["data"]
    made = make_segmenter(
        recipe, folds, layout=data["layout"], spacing_mm=data["spacing_mm"], device=device
    )
    return replace(
        made, calibrate=fit_calibration(recipe.regions, read_reliability(run.evaluation).values())
    )


def finished_folds(run: RunFolder, record: Mapping[str, Any], recipe: Recipe) -> list[int]:
    """Numbers of the folds of a run whose stages are all trained.

    Raises:
        RunError: There is none.
    """
    done = {step for step, state in record["state"].items() if state == "done"}
    finished = [
        index
        for index in range(len(record["folds"]))
        if done.issuperset(f"fold_{index}/{stage.name}" for stage in recipe.stages)
    ]
    if not finished:
        raise RunError(
            f"{run.root} has no finished fold. Continue it: scarmap train ... --out {run.root} "
            "--resume."
        )
    return finished


def run_model(run: RunFolder, *, device: str = "auto", own_recipe: str | None = None) -> Model:
    """A run as a model that any process can load; its recipe and its weights identify it.

    Args:
        run: The run folder.
        device: "auto", "cpu" or "cuda", of the process that loads it.
        own_recipe: `module:function` that the run was trained with, when it is the user's own.

    Raises:
        RunError: No fold is finished, or weights are missing.
    """
    record = run.read_record()
    recipe = recorded_recipe(record, own_recipe=own_recipe)
    files = [
        run.stage(fold, stage.name) / _WEIGHTS
        for fold in finished_folds(run, record, recipe)
        for stage in recipe.stages
    ]
    for file in files:
        if not file.is_file():
            raise RunError(
                f"{file.parent} holds no weights, though its stage is done. Restore them, or train "
                "it again."
            )
    return Model(
        fingerprint_of(record, recipe, files),
        recipe.preparation.sequences,
        partial(_load, run.root.resolve(), device, own_recipe),
        _maker(run, record),
    )


def _maker(run: RunFolder, record: Mapping[str, Any]) -> Maker:
    data, folder = record["data"], run.root.resolve().name
    cases, layout = data.get("num_cases", "some"), data.get("layout", "unknown")
    limits = f"run {folder}, trained on {cases} cases of layout {layout}; research use only"
    return Maker(record["recipe"].get("name") or folder, limits=limits)


def fingerprint_of(record: Mapping[str, Any], recipe: Recipe, weights: Sequence[Path]) -> str:
    """Digest of a model.

    It stays the same when parts of its recipe get new names, and when other words say where its
    constants come from.

    Args:
        record: Content of `run.json`, or what is told of the built-in model.
        recipe: Its recipe as it is built today.
        weights: Files of its weights, in order.
    """
    recorded, today = record["recipe"].get("details"), describe(recipe)
    described = recorded if _science(as_today(recorded)) == _science(today) else today
    spacing_mm = record["data"].get("spacing_mm", record.get("spacing_mm"))
    return fingerprint({"recipe": described, "spacing_mm": spacing_mm}, weights)


def _science(described: Any) -> Any:
    """A described recipe without the words on where its constants come from."""
    if not isinstance(described, Mapping):
        return described
    return {name: value for name, value in described.items() if name != "sources"}


def _load(root: Path, device: str, own_recipe: str | None) -> Segmenter:
    return load_segmenter(RunFolder(root), choose_device(device), own_recipe=own_recipe)


def load_stages(
    run: RunFolder, recipe: Recipe, fold: int, device: torch.device
) -> dict[str, nn.Module]:
    """Trained models of one fold by stage."""
    return {stage.name: load_stage(run, stage, fold, device) for stage in recipe.stages}


def load_stage(run: RunFolder, stage: Stage, fold: int, device: torch.device) -> nn.Module:
    """Trained model of one stage of one fold.

    Raises:
        RunError: The weights are missing, or were trained for another model than the recipe now
            describes.
    """
    return read_stage(run.stage(fold, stage.name) / _WEIGHTS, stage, device)[0]


def read_stage(path: Path, stage: Stage, device: torch.device) -> tuple[nn.Module, dict[str, Any]]:
    """Read a stage's trained model, in evaluation mode, and the JSON beside its weights.

    Raises:
        RunError: The weights are missing, or were trained for another model than the recipe now
            describes.
    """
    tensors, about = read_weights(path)
    _check_model(path, as_today(about.get("model")), describe(stage.model))
    model = stage.model()
    try:
        model.load_state_dict(tensors)
    except RuntimeError as problem:
        reason = " ".join(str(problem).split())
        raise RunError(
            f"{path} does not fit its network ({reason}). Was the file replaced?"
        ) from None
    return model.to(device).eval(), about


def _check_model(path: Path, trained: Any, wanted: Any) -> None:
    if trained == wanted:
        return
    before, now = (each if isinstance(each, dict) else {"call": each} for each in (trained, wanted))
    changed = [key for key in {**before, **now} if before.get(key) != now.get(key)]
    raise RunError(
        f"{path} was trained for another model than its recipe describes: they differ in "
        f"{', '.join(sorted(changed))}. Predict with the scarmap version that trained it, or "
        "train again."
    )


def make_segmenter(
    recipe: Recipe,
    folds: Sequence[Mapping[str, nn.Module]],
    *,
    layout: str,
    spacing_mm: float,
    device: torch.device,
) -> Segmenter:
    """Average the folds' probabilities.

    Args:
        recipe: The system.
        folds: Trained stages of each fold.
        layout: Label layout that it was trained on, or `scarmap.labels.MIXED`.
        spacing_mm: In-plane pixel size of the training images; other images are resampled to it.
        device: Where the models are.
    """
    assemble: Callable[..., Tensor] = recipe.assemble
    members = [partial(_run_stages, assemble, stages, device) for stages in folds]
    # An inference that decides between its networks, as the cascade does, is left as it is.
    if has_views_of_the_whole(unwrap(assemble)[0]):
        assemble = partial(assemble, views=1)
    glances = [partial(_run_stages, assemble, stages, device) for stages in folds]
    return Segmenter(
        preparation=at_spacing(recipe.preparation, spacing_mm),
        layout=layout,
        regions=recipe.regions,
        probabilities=partial(average, members),
        compose=recipe.compose,
        check=recipe.check,
        finish=recipe.finish,
        refine=recipe.refine,
        glance=partial(average, glances),
    )


def at_spacing(preparation: Preparation, spacing_mm: float) -> Preparation:
    """The preparation, at the training images' pixel size where it names none."""
    return replace(preparation, spacing_mm=preparation.spacing_mm or spacing_mm)


@torch.inference_mode()
def _run_stages(
    assemble: Callable[..., Tensor],
    stages: Mapping[str, nn.Module],
    device: torch.device,
    slices: Maps,
) -> Maps:
    """Slices (Z, S, H, W) to probabilities (Z, K, H, W), by torch."""
    found: Maps = assemble(stages, torch.from_numpy(slices).to(device)).float().cpu().numpy()
    return found

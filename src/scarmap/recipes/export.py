"""From a run to a model folder: each fold's inference as one ONNX file. Needs torch.

The file holds the system's whole inference, slices to probabilities, so that nothing of it is
written twice. What is exported is then run by both torch and the engine on the same noise, and
refused where they differ.
"""

import warnings
from collections.abc import Mapping, Sequence
from dataclasses import replace
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np
import torch
from torch import Tensor, nn

from scarmap.errors import DataError, RunError
from scarmap.evaluation.reliability import Reliability, read_reliability, write_reliability
from scarmap.inference.engine import load_network
from scarmap.inference.ensemble import Maps
from scarmap.io.files import replacing
from scarmap.io.run import RunFolder
from scarmap.nn.views import has_views_of_the_whole
from scarmap.recipes.card import write_card
from scarmap.recipes.describe import describe, unwrap
from scarmap.recipes.model_folder import (
    check_target,
    empty,
    fingerprint_of_changed,
    write_record,
)
from scarmap.recipes.one_network import average_folds, check_same_start
from scarmap.recipes.parts import PARTS, name_of
from scarmap.recipes.recipe import Recipe
from scarmap.recipes.trained import (
    at_spacing,
    finished_folds,
    load_stages,
    recorded_recipe,
    run_model,
)
from scarmap.version import __version__

_OPSET = 18
_NOTICEABLE = 1e-3
"""A difference of a probability that float32 and another order of sums do not explain."""
_ODD_SHARE = 1e-3
"""Share of pixels that may differ so: a gate between two networks may open or close at a pixel."""
_CPU = torch.device("cpu")


def export_run(
    run: RunFolder, out: Path, *, own_recipe: str | None = None, one_network: bool = False
) -> float:
    """Write the finished folds of a run as a model folder.

    Args:
        run: The run folder.
        out: The model folder; a new one, or one that is replaced.
        own_recipe: `module:function` that the run was trained with, when it is the user's own.
        one_network: Average the weights of the folds. Such a model has a fingerprint of its own and
            no calibration: each case was held out from one fold, and none from the average. A
            single fold is exported as it is.

    Returns:
        Largest difference between a probability of the engine and of torch, on noise.

    Raises:
        RunError: No fold is finished, this system cannot be exported, or its folds cannot be
            averaged; the message says why.
    """
    record = run.read_record()
    check_target(out)
    recipe = recorded_recipe(record, own_recipe=own_recipe)
    numbers = finished_folds(run, record, recipe)
    averaged = numbers if one_network and len(numbers) > 1 else []
    if averaged:
        check_same_start(recipe)
    folds = [load_stages(run, recipe, number, _CPU) for number in numbers]
    fingerprint = run_model(run, device="cpu", own_recipe=own_recipe).fingerprint
    difference = write_model(
        replace(recipe, preparation=at_spacing(recipe.preparation, record["data"]["spacing_mm"])),
        [average_folds(folds)] if averaged else folds,
        out,
        layout=record["data"]["layout"],
        about=_about(record, fingerprint, averaged),
        reliability={} if averaged else read_reliability(run.evaluation),
    )
    write_card(run, out, averaged=len(averaged))
    return difference


def _about(record: Mapping[str, Any], fingerprint: str, averaged: Sequence[int]) -> dict[str, Any]:
    """What a model's record tells of its run: of its recipe, its data and its folds."""
    data = record["data"]
    about = {
        "recipe": {key: record["recipe"].get(key) for key in ("name", "function", "settings")},
        "data": {key: data.get(key) for key in ("layout", "num_cases", "sha256")},
        "fingerprint": fingerprint,
    }
    if not averaged:
        return about
    other = fingerprint_of_changed(fingerprint, "as one network")
    return {**about, "fingerprint": other, "averaged_folds": list(averaged)}


def write_model(
    recipe: Recipe,
    folds: Sequence[Mapping[str, nn.Module]],
    out: Path,
    *,
    layout: str,
    about: Mapping[str, Any],
    reliability: Mapping[int, Mapping[str, Reliability]] | None = None,
) -> float:
    """Write trained stages as a model folder.

    Args:
        recipe: The system, with the pixel size that it was trained at.
        folds: Trained stages of each fold.
        out: The model folder.
        layout: Label layout that it was trained on.
        about: What else is known, as JSON values; "fingerprint" among it.
        reliability: Held-out voxels of each fold, see `scarmap.evaluation.reliability`.

    Returns:
        Largest difference between a probability of the engine and of torch, on noise.

    Raises:
        RunError: The system cannot be exported.
    """
    described = _described(recipe)
    empty(out)
    assemble, views = _exported_views(recipe)
    names = [f"fold_{number}.onnx" for number in range(len(folds))]
    size, channels = recipe.preparation.size, len(recipe.preparation.sequences)
    difference = 0.0
    for name, stages in zip(names, folds, strict=True):
        whole = _Inference(partial(assemble, views=1) if views > 1 else assemble, stages)
        _export(whole, out / name, recipe, shape=(channels, size, size))
        difference = max(difference, _compare(whole, out / name, recipe, (channels, size, size)))
    for number, counts in (reliability or {}).items():
        write_reliability(out, number, counts)
    write_record(
        out,
        {
            "scarmap": __version__,
            **about,
            "layout": layout,
            **described,
            "views": views,
            "networks": names,
            "difference_from_torch": difference,
        },
    )
    return difference


class _Inference(nn.Module):
    """A system's inference as a module, which is what can be exported."""

    def __init__(self, assemble: Any, stages: Mapping[str, nn.Module]) -> None:
        super().__init__()
        self.assemble = assemble
        self.stages = nn.ModuleDict(stages)

    def forward(self, slices: Tensor) -> Tensor:
        """Slices (Z, S, H, W) to probabilities (Z, K, H, W)."""
        found: Tensor = self.assemble(self.stages, slices).float()
        return found


def _described(recipe: Recipe) -> dict[str, Any]:
    """What surrounds the networks, as JSON values.

    Raises:
        RunError: A part of it is not scarmap's own, so that a model folder may not call it.
    """
    found = {
        "preparation": describe(recipe.preparation),
        "regions": list(recipe.regions),
        **{name: describe(getattr(recipe, name)) for name in ("compose", "check", "finish")},
    }
    if recipe.refine is not None:
        found["refine"] = describe(recipe.refine)
    parts = {"intensity": found["preparation"]["intensity"], **found}
    for name in ("intensity", "compose", "check", "finish", "refine"):
        if parts.get(name) is not None and name_of(parts[name]) not in PARTS:
            raise RunError(
                f"This run cannot be exported: its {name} is {name_of(parts[name])}, and a model "
                "folder calls nothing but scarmap's own parts. Predict with the run itself."
            )
    return found


def _exported_views(recipe: Recipe) -> tuple[Any, int]:
    """The inference, and how many views are looked at outside of the network's file."""
    function, given = unwrap(recipe.assemble)
    return recipe.assemble, int(given.get("views", 1)) if has_views_of_the_whole(function) else 1


def _export(whole: nn.Module, path: Path, recipe: Recipe, *, shape: tuple[int, int, int]) -> None:
    """Write a module as ONNX, for any number of slices.

    Raises:
        RunError: It computes something that ONNX cannot hold.
        DataError: There is no room.
    """
    free = {0: "slices"}
    try:
        with (
            replacing(path) as temporary,
            warnings.catch_warnings(),
            torch.inference_mode(),
        ):
            warnings.simplefilter("ignore")  # of the exporter, about constants that are meant
            torch.onnx.export(
                whole.eval(),
                (torch.rand(2, *shape),),
                str(temporary),
                dynamo=False,  # the other one takes thirty times as long, for the same network
                opset_version=_OPSET,
                input_names=["images"],
                output_names=["probabilities"],
                dynamic_axes={"images": free, "probabilities": free},
            )
    except (OSError, DataError):  # of the disk, not of the network
        raise
    except Exception as problem:
        raise _refused(recipe, " ".join(str(problem).split())[:200]) from None


def _compare(whole: nn.Module, path: Path, recipe: Recipe, shape: tuple[int, int, int]) -> float:
    """Largest difference of a probability between torch and the engine, on noise of 3 slices.

    Raises:
        RunError: They do not agree.
    """
    noise = np.random.default_rng(0).random((3, *shape), dtype=np.float32)
    with torch.inference_mode():
        wanted: Maps = whole(torch.from_numpy(noise)).numpy()
    try:
        found = load_network(path, "cpu")(noise)
    except Exception as problem:  # of the engine's own, which share no base of theirs
        raise _refused(recipe, " ".join(str(problem).split())[:200]) from None
    off = np.abs(found - wanted) if found.shape == wanted.shape else np.ones(1)
    if (off > _NOTICEABLE).mean() > _ODD_SHARE:
        path.unlink()
        raise _refused(recipe, f"torch and ONNX Runtime differ by up to {off.max():.2g}")
    return float(off.max())


def _refused(recipe: Recipe, why: str) -> RunError:
    networks = ", ".join(dict.fromkeys(unwrap(stage.model)[0].__name__ for stage in recipe.stages))
    return RunError(
        f"This run cannot be exported, its networks ({networks}) do not go into ONNX: {why}. "
        "Predict with the run itself, which needs scarmap[train]."
    )

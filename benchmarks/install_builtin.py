"""Make a finished run of the recipe the built-in model of this checkout.

::

    python benchmarks/install_builtin.py RUN --version 1

Weights trained on patients must never be installed: their data sets' terms forbid it.
"""

import argparse
from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any

import torch

from scarmap.io.run import RunFolder
from scarmap.io.weights import read_weights, write_weights
from scarmap.recipes.describe import describe
from scarmap.recipes.export import write_model
from scarmap.recipes.settings import parse_setting
from scarmap.recipes.trained import at_spacing, fingerprint_of, read_stage, recorded_recipe
from scarmap.systems.scarmap.builtin import HARDLY_CALLS, LIMITS, WEIGHTS, about_builtin, introduce

CPU = torch.device("cpu")


def install_builtin(
    run: RunFolder,
    *,
    name: str,
    version: str,
    changes: Mapping[str, Any] | None = None,
    path: Path = WEIGHTS,
) -> None:
    """Make the only fold of a finished run the built-in model.

    Its weights are stored in half precision for training, and as a network for prediction.

    Args:
        run: A run of a recipe with one stage, trained on synthetic hearts.
        name: Name of the model.
        version: Its version.
        changes: Settings of the recipe that decide about masks and not about the network.
        path: Where the weights go.

    Raises:
        RunError: The run is not finished, or a change would need another network.
    """
    record = run.read_record()
    recipe_record = {key: record["recipe"][key] for key in ("name", "function", "settings")}
    recipe_record["settings"] = {**recipe_record["settings"], **(changes or {})}
    recipe = recorded_recipe({"recipe": recipe_record})
    recipe_record["details"] = describe(recipe)
    (stage,) = recipe.stages
    weights = run.stage(0, stage.name) / "weights.safetensors"
    read_stage(weights, stage, CPU)
    tensors, about = read_weights(weights)
    halved = {
        key: tensor.half() if tensor.is_floating_point() else tensor
        for key, tensor in tensors.items()
    }
    kept = ("commit", "hardware", "torch", "seed", "epochs_scale", "started")
    described = {
        "name": name,
        "version": version,
        "limits": LIMITS,
        "hardly_calls": list(HARDLY_CALLS),
        "recipe": recipe_record,
        "spacing_mm": record["data"]["spacing_mm"],
        "data": {key: record["data"][key] for key in ("layout", "num_cases", "sha256")},
        "training": {key: record["provenance"].get(key) for key in kept}
        | {"epochs": about["epochs"]},
        "model": about["model"],
    }
    path.parent.mkdir(parents=True, exist_ok=True)
    write_weights(path, halved, described)
    model, _ = read_stage(path, stage, CPU)  # halved, as every user of them gets them
    write_model(
        replace(recipe, preparation=at_spacing(recipe.preparation, described["spacing_mm"])),
        [{stage.name: model}],
        path.parent,
        layout=described["data"]["layout"],
        about={
            **{
                key: described[key] for key in ("name", "version", "limits", "hardly_calls", "data")
            },
            "recipe": {key: recipe_record[key] for key in ("name", "function", "settings")},
            "fingerprint": fingerprint_of(described, recipe, [path]),
        },
    )


def main() -> None:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument(
        "run", type=Path, help="run folder, trained on `scarmap phantom` cohorts only"
    )
    parser.add_argument("--name", default="scarmap-synthetic")
    parser.add_argument("--version", required=True)
    parser.add_argument(
        "--set",
        action="append",
        default=[],
        dest="settings",
        metavar="KEY=VALUE",
        help="a later setting",
    )
    asked = parser.parse_args()
    changes = dict(parse_setting(text) for text in asked.settings)
    install_builtin(RunFolder(asked.run), name=asked.name, version=asked.version, changes=changes)
    print(introduce(about_builtin()))
    print(f"{WEIGHTS.name}: {WEIGHTS.stat().st_size / 1e6:.1f} MB")


if __name__ == "__main__":
    main()

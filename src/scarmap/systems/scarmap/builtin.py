"""The built-in model: weights that come with the package, trained on synthetic hearts alone.

The weights, what they belong to, and their card lie in the folder `weights` beside this module.
"""

from collections.abc import Mapping
from functools import partial
from pathlib import Path
from typing import Any

import torch
from torch import nn

from scarmap.errors import RunError
from scarmap.inference.cohort import Model
from scarmap.inference.devices import choose_device
from scarmap.inference.manifest import Maker
from scarmap.inference.segment import Segmenter
from scarmap.io.files import read_json
from scarmap.io.weights import read_weights
from scarmap.labels import SEQUENCES
from scarmap.recipes.names import find
from scarmap.recipes.recipe import Row
from scarmap.recipes.settings import freeze
from scarmap.recipes.trained import fingerprint_of, make_segmenter, read_stage, recorded_recipe

WEIGHTS = Path(__file__).parent / "weights" / "builtin.safetensors"
LIMITS = "trained on synthetic hearts only; research use, not a medical device"


def load_builtin(device: torch.device, *, path: Path = WEIGHTS) -> Segmenter:
    """Load the built-in model.

    Args:
        device: Where the network goes.
        path: Its weights.

    Raises:
        RunError: This installation has no weights, or they belong to another version of the
            network.
    """
    about = about_builtin(path)
    recipe = recorded_recipe(about)
    (stage,) = recipe.stages
    model, _ = read_stage(path, stage, device)
    layout, spacing_mm = about["data"]["layout"], about["spacing_mm"]
    return make_segmenter(
        recipe, [{stage.name: model}], layout=layout, spacing_mm=spacing_mm, device=device
    )


def builtin_model(*, device: str = "auto", path: Path = WEIGHTS) -> Model:
    """What `load_builtin` loads, for any process to load; known by its recipe and its weights.

    Args:
        device: "auto", "cpu" or "cuda", of the process that loads it.
        path: Its weights.

    Raises:
        RunError: This installation has no weights.
    """
    record = about_builtin(path)
    recipe = recorded_recipe(record)
    return Model(
        fingerprint_of(record, recipe, [path]),
        recipe.preparation.sequences,
        partial(_load, device, path),
        Maker(
            record["name"],
            str(record["version"]),
            record.get("limits", LIMITS),
            tuple(record.get("hardly_calls", ())),
        ),
    )


def _load(device: str, path: Path) -> Segmenter:
    return load_builtin(choose_device(device), path=path)


def about_builtin(path: Path = WEIGHTS) -> dict[str, Any]:
    """What the built-in model is: name, version, recipe with its settings, and how it was trained.

    Raises:
        RunError: This installation has no weights.
    """
    record = path.with_suffix(".json")
    if not (path.is_file() and record.is_file()):
        raise RunError(
            f"This installation of scarmap holds no built-in model: {path} and {record.name} are "
            "missing. Install scarmap again, or name a run folder of your own: scarmap predict "
            "RUN --data DIR --out DIR."
        )
    return dict(read_json(record))


FIRST = "unet.encoders.0.0.first.0.weight"
"""The only weights that depend on the sequences: (width, 2 S, 3, 3), over S images and S channels
that say which."""


def take_builtin(
    model: nn.Module,
    earlier: Mapping[str, nn.Module],
    *,
    version: str,
    sequences: tuple[str, ...] = SEQUENCES,
    path: Path | None = None,
) -> None:
    """Give a new network the built-in model's weights, for `Stage.initialise`.

    A network of fewer sequences gets the weights of those: it begins as the built-in model does
    without the others.

    Args:
        model: A network of the same width.
        earlier: Trained stages, of which there are none.
        version: The version that the recipe was made for.
        sequences: Order of the network's channels.
        path: The weights; None for those of this installation, whose place is not part of a recipe.

    Raises:
        RunError: This installation has other weights, or they do not fit.
    """
    assert not earlier
    path = path or WEIGHTS
    tensors, about = read_weights(path)
    if about["version"] != version:
        raise RunError(
            f"This training starts from version {version} of the built-in model, but {path} holds "
            f"version {about['version']}. Continue it with the scarmap version that began it, or "
            "begin anew."
        )
    given = {name: tensor.float() for name, tensor in tensors.items()}
    places = [SEQUENCES.index(sequence) for sequence in sequences]
    given[FIRST] = given[FIRST][:, [*places, *(len(SEQUENCES) + place for place in places)]]
    model.load_state_dict(given)


def introduce(about: dict[str, Any]) -> str:
    """One sentence that says what the built-in model is, for whoever uses it."""
    return f"Built-in model {about['name']}, version {about['version']}: {LIMITS}."


def builtin_row(about: dict[str, Any]) -> Row:
    """The built-in model's recipe with its settings, as a row without published figures."""
    settings = {key: freeze(value) for key, value in about["recipe"]["settings"].items()}
    return Row(
        partial(find(about["recipe"]["function"]), **settings), paper="", note=introduce(about)
    )

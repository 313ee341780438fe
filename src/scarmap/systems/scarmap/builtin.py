"""The built-in model: weights that come with the package, trained on synthetic hearts alone.

The folder `weights` beside this module is its model folder, see `scarmap.recipes.model_folder`.
It also holds the weights as a training takes them over, and what they belong to.
"""

from collections.abc import Mapping
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any

from scarmap.errors import RunError
from scarmap.inference.cohort import Model
from scarmap.inference.segment import Segmenter
from scarmap.io.files import read_json
from scarmap.io.weights import read_weights
from scarmap.labels import SEQUENCES
from scarmap.recipes.describe import describe_row
from scarmap.recipes.model_folder import folder_model, is_model_folder, load_folder
from scarmap.recipes.names import as_today, find
from scarmap.recipes.recipe import Row
from scarmap.recipes.settings import freeze

if TYPE_CHECKING:
    from torch import nn

WEIGHTS = Path(__file__).parent / "weights" / "builtin.safetensors"
LIMITS = "trained on synthetic hearts only; research use, not a medical device"
HARDLY_CALLS = ("edema", "mvo")
"""Tissues that it hardly ever calls, by its card."""


def load_builtin(
    device: str = "auto", *, path: Path = WEIGHTS, views: int | None = None
) -> Segmenter:
    """Load the built-in model; needs no torch.

    Args:
        device: "auto" or a device of `scarmap.inference.engine`.
        path: Its weights, in its model folder.
        views: 1 to look at a slice as it is, 4 or 8 to average over views; its own number when
            None.

    Raises:
        RunError: This installation has no built-in model, its files were changed, or the device
            cannot be used.
    """
    about_builtin(path)
    return load_folder(path.parent, device, views=views)


def builtin_model(*, device: str = "auto", path: Path = WEIGHTS) -> Model:
    """What `load_builtin` loads, for any process to load; known by its recipe and its weights.

    Args:
        device: "auto" or a device of `scarmap.inference.engine`, of the process that loads it.
        path: Its weights, in its model folder.

    Raises:
        RunError: This installation has no built-in model.
    """
    about_builtin(path)
    return folder_model(path.parent, device=device)


def about_builtin(path: Path = WEIGHTS) -> dict[str, Any]:
    """What the built-in model is: name, version, recipe with its settings, and how it was trained.

    Raises:
        RunError: This installation has no built-in model.
    """
    record = path.with_suffix(".json")
    if not (is_model_folder(path.parent) and record.is_file()):
        raise RunError(
            f"This installation of scarmap holds no built-in model: {path.parent} lacks its files. "
            "Install scarmap again, or name a run folder of your own: scarmap predict "
            "RUN --data DIR --out DIR."
        )
    return dict(read_json(record))


FIRST = "unet.encoders.0.0.first.0.weight"
"""The only weights that depend on the sequences: (width, 2 S, 3, 3), over S images and S channels
that say which."""


def take_builtin(
    model: "nn.Module",
    earlier: Mapping[str, "nn.Module"],
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


def recorded_builtin(about: dict[str, Any]) -> dict[str, Any]:
    """The built-in model's recipe as it stands in `run.json`; nothing is built, no torch used."""
    recipe, details = about["recipe"], as_today(about["recipe"]["details"])
    return {
        **describe_row(about["name"], builtin_row(about)),
        "function": as_today(recipe["function"]),
        "settings": recipe["settings"],
        "details": details,
        "sequences": details["preparation"]["sequences"],
        "layout": details["layout"],
    }

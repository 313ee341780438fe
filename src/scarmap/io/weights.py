"""Weights as safetensors with a JSON beside them. Nothing here unpickles anything."""

from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any

from scarmap.errors import DataError, RunError
from scarmap.io.files import replacing, write_json
from scarmap.io.record import Each, read_record

if TYPE_CHECKING:
    from torch import Tensor


_ABOUT = Each(object)


def write_weights(path: Path, tensors: Mapping[str, "Tensor"], about: Mapping[str, Any]) -> None:
    """Write `<path>` and, beside it, `<stem>.json` that says what the weights belong to.

    Args:
        path: File name ending in `.safetensors`.
        tensors: State of a module.
        about: JSON values: the model's description and whatever else is needed to use it.

    Raises:
        DataError: There is no room for it.
    """
    from safetensors.torch import save

    plain = {name: tensor.detach().cpu().contiguous() for name, tensor in tensors.items()}
    with replacing(path) as temporary:
        temporary.write_bytes(save(plain))
    write_json(path.with_suffix(".json"), dict(about))


def read_weights(path: Path) -> tuple[dict[str, "Tensor"], dict[str, Any]]:
    """Read weights and what they belong to.

    Raises:
        RunError: A file is missing or damaged.
    """
    from safetensors import SafetensorError
    from safetensors.torch import load_file

    if not path.is_file():
        raise RunError(
            f"{path} does not exist: this stage has not finished training. Continue it with "
            "--resume."
        )
    try:
        return load_file(path), read_record(path.with_suffix(".json"), _ABOUT)
    except (SafetensorError, OSError, DataError) as problem:
        raise RunError(
            f"{path} is damaged ({problem}). Restore it, or train this stage again."
        ) from None

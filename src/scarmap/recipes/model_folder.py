"""A trained system as a folder that predicts without torch and without the run that it came from.

::

    MODEL/
      model.json          recipe, preparation, decisions, fingerprint, and a digest of every file
      fold_0.onnx         the system's whole inference: slices to probabilities; one for each fold,
                          or a single one where the folds' weights were averaged
      reliability_0.json  held-out voxels by the probability that they were given, for calibration
      model_card.md       what it is and was trained on, for whoever uses it

`scarmap.recipes.export` writes one.
"""

import hashlib
import json
from collections.abc import Callable, Mapping
from dataclasses import fields
from functools import partial
from pathlib import Path
from typing import Any

from scarmap.datasets.manifest import Maker, look_at
from scarmap.errors import RunError
from scarmap.evaluation.reliability import fit_calibration, read_reliability
from scarmap.inference.cohort import Model
from scarmap.inference.engine import load_network
from scarmap.inference.ensemble import average, average_views
from scarmap.inference.segment import Segmenter
from scarmap.io.files import is_leftover, write_json
from scarmap.io.record import (
    ABOVE_ZERO,
    COUNT,
    FILE_NAME,
    Each,
    Maybe,
    Record,
    Shape,
    Such,
    check_shape,
    one_of,
)
from scarmap.io.record import read_record as read_shaped
from scarmap.labels import REGIONS, SEQUENCES
from scarmap.recipes.parts import rebuild
from scarmap.recipes.settings import freeze
from scarmap.sampling.preparation import Preparation

RECORD = "model.json"
CARD = "model_card.md"

_VIEWS = Such("1, 4 or 8", lambda value: value in (1, 4, 8) and value is not True)
_SIZE = Such(
    "a multiple of 16 up to 1024",
    lambda value: COUNT.holds(value) and 0 < value <= 1024 and value % 16 == 0,
)
_PART: Shape = Such(
    'a part\'s name, or its name as "call" with its keywords',
    lambda value: isinstance(value.get("call") if isinstance(value, dict) else value, str),
)
_SHAPE: Shape = {
    **dict.fromkeys(("scarmap", "name", "version", "limits"), Maybe(str)),
    "sealed": Maybe(str),
    "hardly_calls": Maybe([str]),
    "recipe": {"name": Maybe(str), "function": Maybe(str), "settings": Maybe(Each(object))},
    "data": {"layout": Maybe(str), "num_cases": Maybe(COUNT), "sha256": Maybe(str)},
    "fingerprint": str,
    "layout": str,
    "preparation": {
        "sequences": [one_of(*SEQUENCES)],
        "size": _SIZE,
        "intensity": _PART,
        "spacing_mm": Maybe(ABOVE_ZERO),
        "margin": Maybe(COUNT),
        "tolerance": Maybe(ABOVE_ZERO),
        "optional": Maybe(bool),
        "around_heart": Maybe(bool),
    },
    "regions": [one_of(*REGIONS)],
    "compose": _PART,
    "check": Maybe(_PART),
    "finish": Maybe(_PART),
    "refine": Maybe(_PART),
    "views": _VIEWS,
    "networks": [FILE_NAME],
    "averaged_folds": Maybe([COUNT]),
    "files": Each(str, FILE_NAME),
}


def is_model_folder(path: Path) -> bool:
    """Whether a folder holds a model and not a run."""
    return (path / RECORD).is_file()


def check_target(out: Path) -> None:
    """Refuse to write a model into a folder that holds anything else.

    Raises:
        RunError: It holds neither a model nor what an export that was stopped has left.
    """
    if not out.exists() or is_model_folder(out):
        return
    if not out.is_dir() or not all(map(_is_begun, out.iterdir())):
        raise RunError(f"{out} is not empty and holds no model. Give --out a new folder.")


def empty(out: Path) -> None:
    """Make a model's folder, without what an earlier export wrote that the next may not replace."""
    out.mkdir(parents=True, exist_ok=True)
    for former in (*out.glob("fold_*.onnx"), *out.glob("reliability_*.json")):
        former.unlink()


def _is_begun(path: Path) -> bool:
    """Whether a file is what an export that was stopped has left; its record comes last."""
    name = path.name
    parts = (("fold_", ".onnx"), ("reliability_", ".json"))
    return is_leftover(path) or any(
        name.startswith(first) and name.endswith(last) for first, last in parts
    )


def folder_model(root: Path, *, device: str = "auto") -> Model:
    """A model folder as a model that any process can load.

    Args:
        root: The folder.
        device: "auto" or a device of `scarmap.inference.engine`, of the process that loads it.

    Raises:
        RunError: This is no model folder, or its record was changed.
    """
    record = read_record(root)
    sequences = freeze(record["preparation"]["sequences"])
    return Model(
        record["fingerprint"],
        sequences,
        partial(load_folder, root.resolve(), device),
        _maker(root, record),
    )


def _maker(root: Path, record: Mapping[str, Any]) -> Maker:
    """What the record says of the model, or of the run that it was exported from."""
    data, folder = record["data"], root.resolve().name
    cases, layout = data.get("num_cases") or "some", data.get("layout") or "unknown"
    trained = f"model {folder}, trained on {cases} cases of layout {layout}; research use only"
    return Maker(
        record.get("name") or record["recipe"].get("name") or folder,
        str(record.get("version", "")),
        record.get("limits", trained),
        tuple(record.get("hardly_calls", ())),
    )


def load_folder(root: Path, device: str = "auto", *, views: int | None = None) -> Segmenter:
    """Load a model folder.

    Args:
        root: The folder.
        device: "auto" or a device of `scarmap.inference.engine`.
        views: Views of each slice that are averaged, 1, 4 or 8; None for the model's own number.

    Raises:
        RunError: This is no model folder, a file of it was changed, it names a part that this
            scarmap has not, or the device cannot be used.
    """
    record = read_record(root)
    _check_files(root, record["files"])
    regions: tuple[str, ...] = freeze(record["regions"])
    networks = [load_network(root / name, device) for name in record["networks"]]
    views = views or record["views"]
    members = [partial(average_views, network, views=views) for network in networks]
    return Segmenter(
        preparation=_preparation(record["preparation"]),
        layout=record["layout"],
        regions=regions,
        probabilities=partial(average, members),
        compose=rebuild(record["compose"]),
        check=_part(record["check"]),
        finish=_part(record["finish"]),
        refine=_part(record.get("refine")),
        calibrate=fit_calibration(regions, read_reliability(root).values()),
        glance=partial(average, networks),
    )


def _part(described: Any) -> Callable[..., Any] | None:
    return None if described is None else rebuild(described)


def _preparation(described: Mapping[str, Any]) -> Preparation:
    known = {each.name for each in fields(Preparation)}
    given = {name: freeze(value) for name, value in described.items() if name in known}
    return Preparation(**{**given, "intensity": rebuild(described["intensity"])})


def read_record(root: Path) -> Record:
    """Content of `model.json`.

    Raises:
        RunError: It is missing, damaged, or not as it was written.
    """
    if not is_model_folder(root):
        raise RunError(
            f"{root} is no model folder: it has no {RECORD}. Make one of a run: scarmap export RUN "
            "--out MODEL."
        )
    record = read_shaped(root / RECORD, Each(object))
    sealed = record.pop("sealed", None)
    if sealed is None or sealed != _seal(record):
        raise RunError(
            f"{root / RECORD} is not as it was written. Take the whole folder from where it came, "
            "or export the run again."
        )
    check_shape(record, _SHAPE, where=root / RECORD)
    return record


def fingerprint_of_changed(fingerprint: str, change: str) -> str:
    """Fingerprint of a model that was made from another one without training.

    Args:
        fingerprint: That of the other.
        change: What was done, in words that stay as they are.
    """
    return hashlib.sha256(f"{fingerprint} {change}".encode()).hexdigest()


def write_record(root: Path, record: Mapping[str, Any]) -> None:
    """Write `model.json` when all other files are in their place; it holds their digests."""
    names = [*record["networks"], *(path.name for path in sorted(root.glob("reliability_*.json")))]
    complete = {**record, "files": {name: look_at(root / name).sha256 for name in names}}
    write_json(root / RECORD, {**complete, "sealed": _seal(complete)})


def _seal(record: Mapping[str, Any]) -> str:
    return hashlib.sha256(json.dumps(record, sort_keys=True).encode()).hexdigest()


def _check_files(root: Path, digests: Mapping[str, str]) -> None:
    for name, digest in digests.items():
        if not (root / name).is_file() or look_at(root / name).sha256 != digest:
            raise RunError(
                f"{root / name} is missing or is not the file that {RECORD} describes. Take the "
                "whole folder from where it came, or export the run again."
            )

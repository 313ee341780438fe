"""A model folder may come from anywhere, and whoever edits its record can seal it again."""

import json
import shutil

import pytest

from scarmap.errors import RunError
from scarmap.recipes.model_folder import _seal, folder_model, load_folder
from scarmap.systems.scarmap.builtin import WEIGHTS


@pytest.fixture
def edited(tmp_path):
    """Function of changes to the built-in model's record to a folder with a new seal."""

    def make(**changes):
        folder = tmp_path / "model"
        shutil.copytree(WEIGHTS.parent, folder)
        record = json.loads((folder / "model.json").read_text(encoding="utf-8"))
        del record["sealed"]
        record |= changes
        sealed = {**record, "sealed": _seal(record)}
        (folder / "model.json").write_text(json.dumps(sealed), encoding="utf-8")
        return folder

    return make


@pytest.mark.parametrize(
    ("changes", "told"),
    [
        ({"networks": ["../fold_0.onnx"]}, r"'\.\./fold_0\.onnx' under 'networks\[0\]'"),
        ({"files": {"/etc/passwd": "0"}}, r"expected the name of a file"),
        ({"views": 3}, r"3 under 'views'"),
        ({"regions": ["aorta"]}, r"under 'regions\[0\]'"),
        ({"preparation": {"sequences": ["LGE"]}}, r"no 'preparation\.size'"),
        ({"fingerprint": None}, r"under 'fingerprint'"),
    ],
)
def test_a_record_that_was_edited_and_sealed_is_refused(edited, changes, told):
    with pytest.raises(RunError, match=told):
        folder_model(edited(**changes))


@pytest.mark.parametrize(
    "compose",
    [
        "scarmap.systems.catalogue:RECIPES",
        "os:system",
        {"call": "scarmap.scarmap:compose", "command": "true"},
        {"call": "scarmap.scarmap:compose", "threshold": "high"},
    ],
)
def test_a_model_calls_nothing_but_its_parts_with_their_own_keywords(edited, compose):
    folder = edited(compose=compose)
    with pytest.raises(RunError, match="A model"):
        load_folder(folder, "cpu")

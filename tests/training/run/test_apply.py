import json

import numpy as np
import pytest

from scarmap.inference.segment import Segmenter
from scarmap.io.nifti import read_labels
from scarmap.recipes.trained import record_recipe
from scarmap.report.pages.run import build_report
from scarmap.systems.catalogue import choose
from scarmap.training.run.apply import apply


@pytest.fixture
def blind():
    """The recipe as a run records it, and a segmenter that finds nothing."""
    row = choose("scarmap", {"size": 48, "spacing_mm": 3.0}).row
    recipe = row.recipe()
    return record_recipe("toy", row, recipe), Segmenter(
        recipe.preparation,
        "scarmap",
        recipe.regions,
        lambda slices: np.zeros((len(slices), 6, 48, 48), np.float32),
        lambda maps: np.zeros(maps.shape[1:], dtype=np.uint8),
        recipe.check,
    )


def test_every_case_is_held_out_scored_and_reported(blind, plain_phantom, tmp_path):
    recipe, segmenter = blind
    run = apply(recipe, segmenter, plain_phantom, tmp_path / "run")
    record = run.read_record()
    (fold,) = record["folds"]
    assert fold["train"] == []
    assert len(fold["validation"]) == len(record["flags"]) == 6
    for name in fold["validation"]:
        assert not read_labels(run.predictions / f"{name}.nii.gz", "scarmap").array.any()
    summary = json.loads((run.evaluation / "summary.json").read_text(encoding="utf-8"))
    assert summary["scores"]["case3d"]["lv_pool"]["dice"]["mean"] == 0
    assert "Not finished" not in build_report(run).read_text(encoding="utf-8")

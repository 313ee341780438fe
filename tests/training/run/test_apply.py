import json

import numpy as np
import pytest
import torch

from scarmap.inference.segment import Segmenter
from scarmap.io.nifti import read_labels
from scarmap.report.pages.run import build_report
from scarmap.systems.catalogue import choose
from scarmap.training.run.request import Request
from scarmap.training.run.train import apply


@pytest.fixture
def blind():
    """The recipe's row and a segmenter that finds nothing."""
    row = choose("scarmap", {"size": 48, "spacing_mm": 3.0}).row
    recipe = row.recipe()
    return row, Segmenter(
        recipe.preparation,
        "scarmap",
        recipe.regions,
        lambda slices: torch.zeros(len(slices), 6, 48, 48),
        lambda maps: np.zeros(maps.shape[1:], dtype=np.uint8),
        torch.device("cpu"),
        recipe.check,
    )


def test_every_case_is_held_out_scored_and_reported(blind, plain_phantom, tmp_path):
    row, segmenter = blind
    run = apply(Request("toy", row, plain_phantom, tmp_path / "run"), segmenter)
    record = run.read_record()
    (fold,) = record["folds"]
    assert fold["train"] == []
    assert len(fold["validation"]) == len(record["flags"]) == 6
    for name in fold["validation"]:
        assert not read_labels(run.predictions / f"{name}.nii.gz", "scarmap").array.any()
    summary = json.loads((run.evaluation / "summary.json").read_text(encoding="utf-8"))
    assert summary["scores"]["case3d"]["lv_pool"]["dice"]["mean"] == 0
    assert "Not finished" not in build_report(run).read_text(encoding="utf-8")

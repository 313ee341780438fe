"""The whole way on an accelerator; skipped where there is none."""

import numpy as np
import pytest
import torch

from scarmap.datasets.folder import find_cases
from scarmap.inference.cohort import segment_cohort
from scarmap.recipes.trained import load_segmenter, run_model
from scarmap.systems.catalogue import choose
from scarmap.training.run.request import Request
from scarmap.training.run.train import train
from scarmap.training.stage.fit import Options

pytestmark = [
    pytest.mark.gpu,
    pytest.mark.skipif(not torch.cuda.is_available(), reason="needs a CUDA device"),
]
SMALL = {"width": 8, "size": 96}


@pytest.mark.parametrize("changes", [{}, {"schedule": "modern"}, {"pretraining": True}])
def test_training_resuming_and_predicting_on_cuda(myops_phantom, tmp_path, changes):
    row = choose("mfunet", {**SMALL, **changes}).row
    options = Options(epochs_scale=1e-9, max_steps=2)
    run = train(Request("mfunet", row, myops_phantom, tmp_path / "run", (0,), "cuda", options))
    again = Options(epochs_scale=1e-9, max_steps=2, resume=True)
    assert train(
        Request("mfunet", row, myops_phantom, run.root, (0,), "cuda", again)
    ).predictions.is_dir()
    outcome = segment_cohort(
        find_cases(myops_phantom), run_model(run, device="cuda"), tmp_path / "masks"
    )
    assert len(outcome.written) == 6


def test_weights_trained_on_cuda_predict_alike_on_the_cpu(myops_phantom, tmp_path):
    row = choose("mfunet", SMALL).row
    options = Options(epochs_scale=1e-9, max_steps=2)
    run = train(Request("mfunet", row, myops_phantom, tmp_path / "run", (0,), "cuda", options))
    slices = np.random.default_rng(0).random((2, 3, 96, 96), dtype=np.float32)
    here, there = (
        load_segmenter(run, torch.device(device)).probabilities(slices)
        for device in ("cpu", "cuda")
    )
    np.testing.assert_allclose(here, there, atol=1e-2)

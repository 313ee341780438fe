import numpy as np
import pytest
import torch
from monai.metrics import compute_dice, compute_iou

from scarmap.evaluation.overlap import dice, jaccard

PREDICTION = np.array([[1, 1, 1, 0], [0, 0, 0, 0]], dtype=bool)
TRUTH = np.array([[0, 1, 1, 1], [1, 1, 0, 0]], dtype=bool)
NOTHING = np.zeros((2, 4), dtype=bool)


def test_overlap_of_a_hand_worked_pair():
    assert dice(PREDICTION, TRUTH) == pytest.approx(2 * 2 / (3 + 5))
    assert jaccard(PREDICTION, TRUTH) == pytest.approx(2 / 6)


@pytest.mark.parametrize("overlap", [dice, jaccard])
def test_two_empty_masks_give_the_value_asked_for(overlap):
    assert np.isnan(overlap(NOTHING, NOTHING))
    assert overlap(NOTHING, NOTHING, empty=1.0) == 1.0


@pytest.mark.parametrize("overlap", [dice, jaccard])
def test_one_empty_mask_gives_zero(overlap):
    assert overlap(PREDICTION, NOTHING, empty=1.0) == 0.0
    assert overlap(NOTHING, TRUTH, empty=1.0) == 0.0


def test_overlap_agrees_with_monai_on_random_masks():
    generator = np.random.default_rng(3)
    prediction, truth = generator.random((2, 9, 7, 3)) < 0.4
    tensors = [torch.from_numpy(mask)[None, None].float() for mask in (prediction, truth)]
    assert dice(prediction, truth) == pytest.approx(compute_dice(*tensors).item())
    assert jaccard(prediction, truth) == pytest.approx(compute_iou(*tensors).item())

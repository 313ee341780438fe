import math

import pytest
import torch

from scarmap.labels import INDEX, TISSUES
from scarmap.sampling.batch import Batch
from scarmap.systems.scarmap.objective import TissueObjective


def batch_of(*tissues):
    labels = torch.tensor([INDEX[tissue] for tissue in tissues], dtype=torch.uint8).view(1, 1, -1)
    return Batch(torch.zeros(1, 3, 1, len(tissues)), labels)


def sure_of(*tissues):
    """A network that gives each pixel one tissue with a probability of one half, and shares the rest out evenly."""
    count = len(TISSUES)
    logits = torch.zeros(1, count, 1, len(tissues))
    for pixel, tissue in enumerate(tissues):
        logits[0, INDEX[tissue], 0, pixel] = math.log(count - 1)
    return lambda images: logits


def test_cross_entropy_is_that_of_the_true_tissues():
    losses = TissueObjective()(sure_of("scar", "lv_pool"), batch_of("scar", "background"))
    expected = (-math.log(1 / 2) - math.log(1 / 12)) / 2
    assert losses["cross_entropy"].item() == pytest.approx(expected, rel=1e-4)


def test_dice_is_the_mean_over_the_regions_that_are_there_with_one_pixel_of_smoothing():
    losses = TissueObjective()(sure_of("lv_pool", "scar"), batch_of("lv_pool", "scar"))
    pool = 1 - (2 * 1 / 2 + 1) / (1 / 2 + 1 / 12 + 1 + 1)
    wall = 1 - (2 * (1 / 2 + 3 / 12) + 1) / (1 / 2 + 3 / 12 + 4 / 12 + 1 + 1)
    injured = 1 - (2 * (1 / 2 + 2 / 12) + 1) / (1 / 2 + 2 / 12 + 3 / 12 + 1 + 1)
    infarct = 1 - (2 * (1 / 2 + 1 / 12) + 1) / (1 / 2 + 1 / 12 + 2 / 12 + 1 + 1)
    assert losses["dice"].item() == pytest.approx((pool + wall + injured + infarct) / 4, rel=1e-4)


def test_a_region_that_a_batch_does_not_show_is_not_pushed_down():
    logits = torch.zeros(1, len(TISSUES), 1, 1, requires_grad=True)
    objective = TissueObjective()
    losses = objective(lambda images: logits, batch_of("background"))
    assert losses["dice"].item() == 0
    losses["dice"].backward()
    assert not logits.grad.any()
    assert objective.regions == ("lv_pool", "rv_pool", "whole_myocardium", "scar_and_edema", "whole_infarct", "mvo")


@pytest.mark.parametrize(
    ("layout", "said", "labelled"),
    [
        ("myops2020", "mvo", "scar"),
        ("emidec", "edema", "normal_myocardium"),
        ("emidec", "rv_pool", "background"),
    ],
)
def test_a_tissue_that_is_not_labelled_counts_for_the_label_it_gets(layout, said, labelled):
    objective, batch = TissueObjective(layout=layout), batch_of(labelled)
    told = {tissue: objective(sure_of(tissue), batch)["cross_entropy"].item() for tissue in (said, labelled)}
    assert told[said] == pytest.approx(told[labelled])
    assert told[said] == pytest.approx(-math.log(7 / 12), rel=1e-4)


def test_what_is_not_labelled_is_not_asked_for():
    assert "mvo" not in TissueObjective(layout="myops2020").regions
    assert "rv_pool" not in TissueObjective(layout="emidec").regions
    assert not TissueObjective().state_dict()

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


def test_dice_is_the_mean_over_regions_with_one_pixel_of_smoothing():
    model = sure_of("lv_pool", "lv_pool")
    losses = TissueObjective(layout="emidec")(model, batch_of("lv_pool", "lv_pool"))
    pathology = 1 - 1 / (3 * 2 / 12 + 1), 1 - 1 / (2 * 2 / 12 + 1), 1 - 1 / (2 / 12 + 1)
    pool = 1 - (2 * 1 + 1) / (1 + 2 + 1)
    wall = 1 - 1 / (4 * 2 / 12 + 1)
    objective = TissueObjective(layout="emidec")
    assert objective.regions == ("lv_pool", "whole_myocardium", "scar_and_edema", "whole_infarct", "mvo")
    assert losses["dice"].item() == pytest.approx((pool + wall + pathology[1] * 2 + pathology[2]) / 5, rel=1e-4)


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

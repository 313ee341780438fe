import math
from dataclasses import replace

import pytest
import torch

from scarmap.labels import INDEX, TISSUES, label_indices
from scarmap.sampling.batch import Batch
from scarmap.systems.scarmap.objective import EdemaObjective, TissueObjective


def batch_of(*tissues, layout=None):
    labels = torch.tensor([INDEX[tissue] for tissue in tissues], dtype=torch.uint8).view(1, 1, -1)
    label_of = None if layout is None else torch.tensor([label_indices(layout)])
    return Batch(torch.zeros(1, 3, 1, len(tissues)), labels, label_of=label_of)


def sure_of(*tissues):
    """A network that gives each pixel one tissue with probability 1/2, the rest evenly."""
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


def test_a_region_that_the_data_set_does_not_tell_apart_is_not_in_the_mean():
    losses = TissueObjective()(
        sure_of("lv_pool", "scar"), batch_of("lv_pool", "scar", layout="emidec")
    )
    # As in the test above, without edema, scar and no-reflow together: EMIDEC has no edema.
    pool = 1 - (2 * 1 / 2 + 1) / (1 / 2 + 1 / 12 + 1 + 1)
    wall = 1 - (2 * (1 / 2 + 3 / 12) + 1) / (1 / 2 + 3 / 12 + 4 / 12 + 1 + 1)
    infarct = 1 - (2 * (1 / 2 + 1 / 12) + 1) / (1 / 2 + 1 / 12 + 2 / 12 + 1 + 1)
    assert losses["dice"].item() == pytest.approx((pool + wall + infarct) / 3, rel=1e-4)


def test_a_region_is_asked_of_the_slices_alone_that_tell_it_apart():
    labels = torch.tensor([[[INDEX["scar"]]], [[INDEX["edema"]]]], dtype=torch.uint8)
    label_of = torch.tensor([label_indices(layout) for layout in ("emidec", "scarmap")])
    batch = Batch(torch.zeros(2, 3, 1, 1), labels, label_of=label_of)
    even = torch.zeros(2, len(TISSUES), 1, 1)  # each tissue 1/7
    wall = 1 - (2 * (4 / 7 + 4 / 7) + 1) / (4 / 7 + 4 / 7 + 2 + 1)
    infarct = 1 - (2 * 2 / 7 + 1) / (2 / 7 + 2 / 7 + 1 + 1)
    injured = 1 - (2 * 3 / 7 + 1) / (3 / 7 + 1 + 1)  # of the second slice
    losses = TissueObjective()(lambda images: even, batch)
    assert losses["dice"].item() == pytest.approx((wall + infarct + injured) / 3, rel=1e-4)


def test_a_region_that_a_batch_does_not_show_is_not_pushed_down():
    logits = torch.zeros(1, len(TISSUES), 1, 1, requires_grad=True)
    objective = TissueObjective()
    losses = objective(lambda images: logits, batch_of("background"))
    assert losses["dice"].item() == 0
    losses["dice"].backward()
    assert not logits.grad.any()


@pytest.mark.parametrize(
    ("layout", "said", "labelled"),
    [
        ("myops2020", "mvo", "scar"),
        ("emidec", "edema", "normal_myocardium"),
        ("emidec", "rv_pool", "background"),
    ],
)
def test_a_tissue_that_is_not_labelled_counts_for_the_label_it_gets(layout, said, labelled):
    objective, batch = TissueObjective(), batch_of(labelled, layout=layout)
    told = {
        tissue: objective(sure_of(tissue), batch)["cross_entropy"].item()
        for tissue in (said, labelled)
    }
    assert told[said] == pytest.approx(told[labelled])
    assert told[said] == pytest.approx(-math.log(7 / 12), rel=1e-4)


@pytest.mark.parametrize(
    ("layout", "labelled", "said"),
    [("myops2020", "scar", "mvo"), ("emidec", "normal_myocardium", "edema")],
)
def test_how_a_label_is_divided_is_free(layout, labelled, said):
    logits = torch.zeros(1, len(TISSUES), 1, 1, requires_grad=True)
    losses = TissueObjective()(lambda images: logits, batch_of(labelled, layout=layout))
    sum(losses.values()).backward()
    (gradient,) = logits.grad.view(1, -1)
    assert gradient[INDEX[said]] == pytest.approx(gradient[INDEX[labelled]].item())
    assert gradient[INDEX[said]] < 0


def test_slices_of_two_data_sets_give_the_losses_that_each_gives():
    tissues, both = (
        ("lv_pool", "scar"),
        torch.randn(2, len(TISSUES), 1, 2, generator=torch.Generator().manual_seed(2)),
    )
    alone = [batch_of(*tissues, layout=layout) for layout in ("myops2020", "emidec")]
    batch = Batch(
        *(torch.cat([getattr(each, part) for each in alone]) for part in ("images", "labels"))
    )
    batch = replace(batch, label_of=torch.cat([each.label_of for each in alone]))
    objective = TissueObjective()
    entropies = [
        objective(lambda images, n=n: both[n : n + 1], each)["cross_entropy"]
        for n, each in enumerate(alone)
    ]
    joint = objective(lambda images: both, batch)
    assert joint["cross_entropy"].item() == pytest.approx(
        (entropies[0] + entropies[1]).item() / 2, rel=1e-5
    )


def test_a_region_is_asked_for_only_where_it_is_labelled():
    logits = torch.randn(2, len(TISSUES), 1, 2, generator=torch.Generator().manual_seed(3))
    label_of = torch.tensor([label_indices(layout) for layout in ("emidec", "scarmap")])
    labels = torch.tensor(
        [[[INDEX["normal_myocardium"]] * 2], [[INDEX["rv_pool"]] * 2]], dtype=torch.uint8
    )
    batch, changed = Batch(torch.zeros(2, 3, 1, 2), labels, label_of=label_of), logits.clone()
    swap = [INDEX["edema"], INDEX["normal_myocardium"]]
    changed[0, swap] = logits[0, swap[::-1]]
    objective = TissueObjective()
    told = [
        objective(lambda images, given=given: given, batch)["dice"].item()
        for given in (logits, changed)
    ]
    assert told[0] == pytest.approx(told[1], rel=1e-5)


def test_it_adds_nothing_to_the_weights():
    assert not TissueObjective().state_dict()


def test_edema_is_a_region_of_its_own_where_it_is_asked_for():
    network, batch = sure_of("edema", "scar"), batch_of("edema", "scar")
    nested, own = (
        objective()(network, batch)["dice"].item()
        for objective in (TissueObjective, EdemaObjective)
    )
    edema = 1 - (2 * 1 / 2 + 1) / (1 / 2 + 1 / 12 + 1 + 1)
    assert own == pytest.approx((3 * nested + edema) / 4, rel=1e-4)


def test_calling_edema_scar_costs_more_where_edema_is_asked_for():
    batch = batch_of("edema", "scar", "normal_myocardium")
    said = [
        sure_of("scar", "scar", "normal_myocardium"),
        sure_of("edema", "scar", "normal_myocardium"),
    ]
    wrong, right = (
        [each()(network, batch)["dice"].item() for each in (TissueObjective, EdemaObjective)]
        for network in said
    )
    assert wrong[1] - right[1] > wrong[0] - right[0] > 0


def test_edema_is_not_asked_for_where_it_is_not_labelled():
    batch, network = (
        batch_of("normal_myocardium", "scar", layout="emidec"),
        sure_of("edema", "scar"),
    )
    nested, own = (
        objective()(network, batch)["dice"].item()
        for objective in (TissueObjective, EdemaObjective)
    )
    assert own == pytest.approx(nested)


def test_a_tissue_that_was_held_impossible_costs_as_much_as_one_in_a_million():
    logits = torch.zeros(1, len(TISSUES), 1, 1)
    logits[0, INDEX["scar"]] = -1000
    losses = TissueObjective()(lambda images: logits, batch_of("scar"))
    assert losses["cross_entropy"].item() == pytest.approx(6 * math.log(10), rel=1e-4)

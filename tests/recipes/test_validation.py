import pytest
import torch
from torch import nn

from scarmap.labels import INDEX
from scarmap.nn.regions import region_masks
from scarmap.recipes.validation import region_dice
from scarmap.sampling.bank import Bank


def bank_of(labels, *, cases, margin=0):
    labels = torch.tensor(labels, dtype=torch.uint8)
    padded = nn.functional.pad(labels, (margin,) * 4, value=INDEX["scar"])
    images = padded[:, None].float()
    return Bank(images, padded, tuple(cases), labels.shape[-1])


def fixed(*masks):
    """Predicts the same masks, (K, H, W), in each slice."""
    maps = torch.tensor(masks).float()
    return lambda model, images: maps.expand(len(images), *maps.shape)


def score(bank, predict, regions, rows=None):
    rows = torch.arange(len(bank.cases)) if rows is None else rows
    return region_dice(nn.Identity(), bank, rows, predict=predict, regions=regions)


SCAR, EDEMA, POOL = INDEX["scar"], INDEX["edema"], INDEX["lv_pool"]


def test_dice_by_hand_over_the_slices_of_a_case():
    bank = bank_of([[[SCAR, SCAR], [0, 0]], [[SCAR, 0], [0, 0]]], cases="aa")
    predict = fixed([[1, 0], [1, 0]])
    assert score(bank, predict, ("scar",)) == {"scar": pytest.approx(2 * 2 / (4 + 3))}


def test_the_mean_is_over_cases_not_over_slices():
    bank = bank_of([[[SCAR, 0]], [[SCAR, 0]], [[0, SCAR]]], cases="aab")
    assert score(bank, fixed([[1, 0]]), ("scar",)) == {"scar": pytest.approx((1 + 0) / 2)}


def test_regions_are_scored_by_their_own_map():
    bank = bank_of([[[SCAR, EDEMA, POOL, 0]]], cases="a")
    predict = fixed([[1, 0, 0, 0]], [[1, 1, 1, 0]], [[0, 0, 1, 1]])
    found = score(bank, predict, ("scar_and_edema", "lv_epicardium", "lv_pool"))
    assert found == {
        "scar_and_edema": pytest.approx(2 / 3),
        "lv_epicardium": pytest.approx(1),
        "lv_pool": pytest.approx(2 / 3),
    }


def test_cases_without_the_region_do_not_count_and_a_region_that_none_has_is_left_out():
    bank = bank_of([[[SCAR, 0]], [[0, 0]]], cases="ab")
    assert score(bank, fixed([[1, 0]], [[0, 1]]), ("scar", "mvo")) == {"scar": 1.0}
    assert score(bank_of([[[0, 0]]], cases="a"), fixed([[1, 1]]), ("scar",)) == {}


def test_probabilities_count_above_one_half():
    bank = bank_of([[[SCAR, SCAR, SCAR, SCAR]]], cases="a")
    assert score(bank, fixed([[0.5, 0.51, 0.49, 1.0]]), ("scar",)) == {
        "scar": pytest.approx(2 * 2 / (2 + 4))
    }


def test_only_the_given_rows_and_the_networks_window_are_scored():
    bank = bank_of([[[SCAR, 0], [0, 0]], [[0, 0], [0, SCAR]]], cases="ab", margin=2)
    seen = []

    def predict(model, images):
        seen.append(tuple(images.shape))
        return (images[:, :1] == SCAR).float()

    assert score(bank, predict, ("scar",), torch.tensor([1])) == {"scar": 1.0}
    assert seen == [(1, 1, 2, 2)]


def test_many_slices_are_scored_a_few_at_a_time_with_the_same_result():
    labels = torch.randint(0, 7, (21, 4, 4), generator=torch.Generator().manual_seed(0)).tolist()
    bank = bank_of(labels, cases="a" * 13 + "b" * 8)
    seen = []

    def predict(model, images):
        seen.append(len(images))
        return region_masks(images[:, 0].to(torch.uint8), ("scar", "lv_pool")).float()

    assert score(bank, predict, ("scar", "lv_pool")) == {"scar": 1.0, "lv_pool": 1.0}
    assert seen == [8, 8, 5]

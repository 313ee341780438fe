import pytest
import torch

from scarmap.systems.anatomy_prior.illustrate import illustrate
from scarmap.systems.anatomy_prior.network import SegmentationNetwork


def pictures(bank, *, rows=(0, 1, 2, 3, 4, 5), attention=True):
    torch.manual_seed(0)
    stages = {"segment": SegmentationNetwork(width=2, attention=attention)}
    made = illustrate(stages, bank, torch.tensor(rows), layout="emidec", sequences=("LGE",))
    return {picture.name: picture for picture in made}


@pytest.mark.parametrize("attention", [True, False])
def test_gates_are_drawn_where_there_are_some(bank, attention):
    names = ["1-pathology-mix-up", "2-masks", *(["3-attention"] if attention else [])]
    assert list(pictures(bank, attention=attention)) == names


def test_the_mix_up_shows_moving_mixed_and_fixed_image_of_different_slices(bank):
    rows = pictures(bank)["1-pathology-mix-up"].rows
    assert len(rows) == 3
    for row in rows[:2]:
        moving, mixed, fixed, share = row
        assert [panel.title for panel in row[:3]] == ["moving", "mixed", "fixed"]
        assert mixed.image.shape == (48, 48)
        assert (mixed.image != fixed.image).any()
        assert (moving.image != fixed.image).any()
        background = share.image == 0
        outside = background & ~sum(fixed.contours.values()).astype(bool)
        assert (mixed.image[outside] == fixed.image[outside]).all()
        assert share.heat
        assert share.image.max() == pytest.approx(1)


def test_masks_stand_beside_the_experts(bank):
    (expert, found, probability), *_ = pictures(bank)["2-masks"].rows
    assert set(expert.contours) == {"lv_pool", "whole_myocardium", "whole_infarct", "mvo"}
    assert set(found.contours) == set(expert.contours)
    assert list(probability.contours) == ["whole_infarct"]
    assert probability.image.min() >= 0
    assert probability.image.max() <= 1


def test_one_slice_is_enough(bank):
    assert len(pictures(bank, rows=(0,))["1-pathology-mix-up"].rows) == 1


def test_gates_lie_between_nothing_and_all(bank):
    for _, first, last in pictures(bank)["3-attention"].rows:
        for gate in (first, last):
            assert gate.image.shape == (48, 48)
            assert 0 < gate.image.min() <= gate.image.max() < 1

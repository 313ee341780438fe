import pytest
import torch

from scarmap.systems.anatomy_prior.neighbourhood import neighbourhood_penalty, nested_penalty


def masks():
    """A region inside another one, both certain."""
    outer = torch.zeros(1, 12, 12)
    outer[:, 2:10, 2:10] = 1
    inner = torch.zeros(1, 12, 12)
    inner[:, 2:8, 4:9] = 1
    return inner, outer


def test_nested_masks_that_touch_cost_nothing():
    inner, outer = masks()
    assert neighbourhood_penalty(inner, outer).item() == 0
    assert neighbourhood_penalty(outer, outer).item() == 0
    assert nested_penalty([inner * 0, inner, outer]).item() == 0


def test_a_gap_costs_what_is_missing_in_it():
    inner, outer = masks()
    inner[:, 4, 4:9], outer[:, 4, 4:9] = 0.2, 0.3
    assert neighbourhood_penalty(inner, outer).item() == pytest.approx(5 * (1 - 0.2 - 0.3) / 144)


def test_the_penalty_closes_the_gap():
    inner, outer = masks()
    inner[:, 4], outer[:, 4] = 0.2, 0.3
    inner.requires_grad_()
    outer.requires_grad_()
    neighbourhood_penalty(inner, outer).backward()
    assert (inner.grad[:, 4] < 0).all()
    assert (outer.grad[:, 4] < 0).all()
    assert inner.grad.count_nonzero() == outer.grad.count_nonzero() == 12


def test_background_below_the_support_is_left_alone():
    almost_nothing = torch.full((1, 4, 4), 0.04)
    assert neighbourhood_penalty(almost_nothing, almost_nothing).item() == 0
    doubtful = torch.full((1, 4, 4), 0.06)
    assert neighbourhood_penalty(doubtful, doubtful).item() == pytest.approx(0.88)


def test_overlap_never_pays():
    inner, outer = torch.full((1, 4, 4), 0.8), torch.full((1, 4, 4), 0.9)
    assert neighbourhood_penalty(inner, outer).item() == 0
    assert neighbourhood_penalty(inner, outer, literal=True).item() == pytest.approx(-0.7)


def test_the_printed_formula_counts_all_background_that_a_softmax_leaves():
    almost_nothing = torch.full((1, 4, 4), 0.001)
    assert neighbourhood_penalty(
        almost_nothing, almost_nothing, literal=True
    ).item() == pytest.approx(0.998)
    certain = torch.ones(1, 4, 4)
    assert neighbourhood_penalty(certain, certain, literal=True).item() == 0


def test_each_region_is_compared_with_the_next_larger_one():
    first, second, third = (torch.full((1, 2, 2), value) for value in (0.1, 0.2, 0.5))
    expected = neighbourhood_penalty(first, second) + neighbourhood_penalty(second, third)
    assert nested_penalty([first, second, third]).item() == pytest.approx(expected.item())

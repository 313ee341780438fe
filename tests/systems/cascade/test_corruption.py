import pytest
import torch

from scarmap.systems.cascade import corruption
from scarmap.systems.cascade.corruption import (
    add_ellipses,
    add_specks,
    blur,
    corrupt,
    ellipses,
    jitter_edge,
    resize,
)

KINDS = (resize, jitter_edge, add_ellipses, add_specks, blur)


def masks(count=32, size=64):
    rows, columns = torch.meshgrid(torch.arange(size), torch.arange(size), indexing="ij")
    disc = ((rows - 30) ** 2 + (columns - 34) ** 2 <= 15**2).float()
    return disc.expand(count, 1, size, size).clone()


def generator(seed=0):
    return torch.Generator().manual_seed(seed)


def changed(before, after):
    return (before != after).flatten(1).any(1)


@pytest.mark.parametrize("kind", KINDS)
def test_every_kind_of_damage_changes_most_masks_and_stays_between_0_and_1(kind):
    spoiled = kind(masks(), generator())
    assert spoiled.shape == (32, 1, 64, 64)
    assert spoiled.min() >= 0
    assert spoiled.max() <= 1
    assert changed(masks(), spoiled).float().mean() > 0.7


@pytest.mark.parametrize("kind", KINDS[:-1])
def test_only_blurring_leaves_undecided_pixels(kind):
    assert set(kind(masks(), generator()).unique().tolist()) == {0, 1}
    soft = blur(masks(), generator())
    assert ((soft > 0.1) & (soft < 0.9)).any()


def test_corruption_repeats_with_the_seed_and_differs_with_another():
    first, again, other = (corrupt(masks(), generator=generator(seed)) for seed in (1, 1, 2))
    assert torch.equal(first, again)
    assert not torch.equal(first, other)


def test_masks_of_a_batch_are_spoiled_differently():
    spoiled = corrupt(masks(8), generator=generator())
    assert len({each.numpy().tobytes() for each in spoiled}) >= 7


def test_without_a_generator_torchs_own_is_drawn_from():
    torch.manual_seed(5)
    first = corrupt(masks(4))
    torch.manual_seed(5)
    assert torch.equal(first, corrupt(masks(4)))


def test_the_input_is_left_alone():
    before = masks()
    corrupt(before, generator=generator())
    assert torch.equal(before, masks())


def test_specks_lie_within_three_pixels_of_the_border():
    inverted = (add_specks(masks(), generator()) != masks())[:, 0].any(0)
    rows, columns = inverted.nonzero().unbind(1)
    distance = ((rows - 30).abs().float() ** 2 + (columns - 34) ** 2).sqrt()
    assert inverted.any()
    assert ((distance - 15).abs() < 3 * 2**0.5 + 1).all()
    share = (add_specks(masks(), generator()) != masks()).float().sum() / 32
    band = corruption.grow(masks(1), torch.tensor([3])) - corruption.grow(
        masks(1), torch.tensor([-3])
    )
    assert 0.01 < share / band.sum() < 0.05


@pytest.mark.parametrize("axis", [0, 1])
def test_a_ragged_edge_is_moved_by_three_pixels_in_both_directions(axis):
    # With 56 x 111 pixels the 12 x 12 drawn movements lie on every fifth row and every tenth
    # column.
    place = torch.meshgrid(torch.arange(56.0), torch.arange(111.0), indexing="ij")[axis].expand(
        64, 1, 56, 111
    )
    moved = (jitter_edge(place, generator()) - place)[:, 0, 15:41:5, 20:91:10]
    assert moved.std().item() == pytest.approx(3, rel=0.1)
    assert abs(moved.mean().item()) < 0.3


@pytest.mark.parametrize(("first", "second"), [(2, 2), (12, 12), (2, 12), (12, 2), (7, 7)])
@pytest.mark.parametrize("degrees", [0, 45, 90])
def test_the_semi_axes_of_ellipses_span_2_to_12_pixels(first, second, degrees):
    uniform = torch.tensor([(first - 2) / 10, (second - 2) / 10, degrees / 180])[:, None].expand(
        3, 40
    )
    found = ellipses(torch.zeros(40, 1, 128, 128), uniform, generator())[:, 0]
    found = found[~(found[:, [0, -1]].any((1, 2)) | found[:, :, [0, -1]].any((1, 2)))]
    assert len(found) > 20
    assert found.sum((1, 2)).float().mean().item() == pytest.approx(
        torch.pi * first * second, rel=0.05
    )
    if degrees != 45:
        extents = [found.any(axis).sum(1).float().mean().item() / 2 for axis in (2, 1)]
        assert extents == pytest.approx(
            [first, second] if degrees == 0 else [second, first], abs=0.5
        )


def test_blurring_spreads_a_mask_and_keeps_its_mean():
    soft = blur(masks(), generator())
    torch.testing.assert_close(soft.mean((1, 2, 3)), masks().mean((1, 2, 3)))
    assert (soft > 0).sum() > (masks() > 0).sum()


def test_an_empty_mask_gets_islands_and_nothing_breaks():
    empty = torch.zeros(16, 1, 64, 64)
    assert changed(empty, add_ellipses(empty, generator())).any()
    assert torch.isfinite(corrupt(empty, generator=generator())).all()

import pytest
import torch

from scarmap.systems.cascade import corruption
from scarmap.systems.cascade.corruption import add_ellipses, add_specks, blur, corrupt, jitter_edge, resize

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
    band = corruption.grow(masks(1), torch.tensor([3])) - corruption.grow(masks(1), torch.tensor([-3]))
    assert 0.01 < share / band.sum() < 0.05


def test_an_empty_mask_gets_islands_and_nothing_breaks():
    empty = torch.zeros(16, 1, 64, 64)
    assert changed(empty, add_ellipses(empty, generator())).any()
    assert torch.isfinite(corrupt(empty, generator=generator())).all()

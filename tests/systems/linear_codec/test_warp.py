import numpy as np
import pytest
import torch
from scipy import ndimage

from scarmap.labels import INDEX
from scarmap.sampling.bank import Bank
from scarmap.sampling.batch import Batch, centre_window
from scarmap.systems.linear_codec.warp import (
    COPIES,
    NODES,
    VERSIONS,
    on_the_fly,
    published_copy,
    published_set,
    warp,
)

SIZE = 16


def generator(seed=0):
    return torch.Generator().manual_seed(seed)


def numbered_bank(num=3, *, side=24):
    """A pattern per slice; labels are the first sequence cut at one half, the second repeats it."""
    first = torch.rand(num, 1, side, side, generator=generator(9))
    labels = (first[:, 0] > 0.5).to(torch.uint8) * INDEX["scar"]
    return Bank(
        torch.cat([first, (labels[:, None] > 0).float()], 1), labels, tuple("abc"[:num]), SIZE
    )


def still(num):
    return torch.zeros(num, 2, NODES, NODES)


def test_without_shift_and_turn_the_window_is_cut():
    bank = numbered_bank()
    whole = Batch(bank.images, bank.labels)
    found = warp(whole, still(3), torch.zeros(3, dtype=torch.int64), size=SIZE)
    wanted = centre_window(whole, SIZE)
    torch.testing.assert_close(found.images, wanted.images, atol=1e-5, rtol=0)
    assert torch.equal(found.labels, wanted.labels)


def test_turns_are_quarter_turns_of_the_window():
    bank = numbered_bank()
    whole = Batch(bank.images, bank.labels)
    found = warp(whole, still(3), torch.tensor([1, 2, 3]), size=SIZE)
    wanted = centre_window(whole, SIZE)
    for index, turns in enumerate((1, 2, 3)):
        torch.testing.assert_close(
            found.images[index], torch.rot90(wanted.images[index], turns, (1, 2)), atol=1e-5, rtol=0
        )
        assert torch.equal(found.labels[index], torch.rot90(wanted.labels[index], turns, (0, 1)))


def test_equal_nodes_shift_the_window_by_whole_pixels():
    bank = numbered_bank(1)
    nodes = still(1)
    nodes[:, 0], nodes[:, 1] = 3, -2
    found = warp(
        Batch(bank.images, bank.labels), nodes, torch.zeros(1, dtype=torch.int64), size=SIZE
    )
    top, left = 4 - 2, 4 + 3
    wanted = bank.images[:, :, top : top + SIZE, left : left + SIZE]
    torch.testing.assert_close(found.images, wanted, atol=1e-5, rtol=0)


def test_a_warp_equals_the_one_that_scipy_computes():
    bank = numbered_bank(1)
    nodes = 5 * (2 * torch.rand(1, 2, NODES, NODES, generator=generator(1)) - 1)
    found = warp(
        Batch(bank.images, bank.labels), nodes, torch.zeros(1, dtype=torch.int64), size=SIZE
    )
    along = np.linspace(0, NODES - 1, SIZE)
    at = np.meshgrid(along, along, indexing="ij")
    shift_x, shift_y = (
        ndimage.map_coordinates(nodes[0, axis].numpy(), at, order=1) for axis in (0, 1)
    )
    rows, columns = np.meshgrid(np.arange(SIZE) + 4, np.arange(SIZE) + 4, indexing="ij")
    points = np.stack([rows + shift_y, columns + shift_x])
    oracle = ndimage.map_coordinates(bank.images[0, 0].numpy(), points, order=1, mode="nearest")
    np.testing.assert_allclose(found.images[0, 0], oracle, atol=1e-4)


def test_sequences_and_labels_stay_aligned_and_labels_are_never_blended():
    bank = numbered_bank()
    for batch in on_the_fly(bank, torch.arange(3), generator(), batch_size=4, copies=8):
        assert set(batch.labels.unique().tolist()) <= {0, INDEX["scar"]}
        sure = (batch.images[:, 1] - 0.5).abs() > 0.49
        assert sure.float().mean() > 0.05
        assert torch.equal((batch.images[:, 1] > 0.5)[sure], (batch.labels > 0)[sure])


def test_the_original_is_the_first_version_and_the_second_half_is_the_first_half_turned():
    for row in range(3):
        drawn = [published_copy(row, copy, seed=5) for copy in range(COPIES)]
        assert not drawn[0][0].any()
        assert all(nodes.any() for nodes, _ in drawn[1:VERSIONS])
        assert all(turns == 0 for _, turns in drawn[:VERSIONS])
        assert all(turns in (1, 2, 3) for _, turns in drawn[VERSIONS:])
        for version in range(VERSIONS):
            np.testing.assert_array_equal(drawn[version][0], drawn[version + VERSIONS][0])


def test_turns_are_equally_likely_and_shifts_uniform():
    drawn = [
        published_copy(row, copy, seed=5) for row in range(60) for copy in range(VERSIONS, COPIES)
    ]
    counts = np.bincount([turns for _, turns in drawn], minlength=4)
    assert counts[0] == 0
    assert (np.abs(counts[1:] - 400) < 75).all()  # standard deviation 16
    shifts = np.concatenate([nodes.ravel() for nodes, _ in drawn if nodes.any()])
    assert np.abs(shifts).max() <= 1
    np.testing.assert_allclose(np.quantile(shifts, [0.1, 0.5, 0.9]), [-0.8, 0, 0.8], atol=0.02)


def copies_of(bank, rows, **keywords):
    return list(
        published_set(bank, rows, generator(keywords.pop("order", 0)), batch_size=4, **keywords)
    )


def as_set(batches):
    """The slices of an epoch in an order that does not depend on when they came."""
    images = torch.cat([batch.images for batch in batches]).flatten(1)
    return images[np.lexsort(images.numpy().T[:4])]


def test_an_epoch_of_the_set_is_every_copy_of_every_slice_and_always_the_same_ones():
    bank, rows = numbered_bank(), torch.tensor([0, 2])
    first, again = copies_of(bank, rows), copies_of(bank, rows, order=1)
    assert sum(len(batch.images) for batch in first) == 2 * COPIES
    assert not torch.equal(first[0].images, again[0].images)
    torch.testing.assert_close(as_set(first), as_set(again))
    other = copies_of(bank, rows, seed=2)
    assert not torch.allclose(as_set(first), as_set(other))


def test_a_copy_does_not_depend_on_which_other_slices_are_trained_on():
    bank = numbered_bank()
    alone = as_set(copies_of(bank, torch.tensor([2])))
    with_others = as_set(copies_of(bank, torch.tensor([0, 1, 2])))
    distance = (alone[:, None] - with_others[None]).abs().amax(-1)
    assert distance.amin(1).max() < 1e-6


def test_the_first_copies_are_the_leaky_splits():
    bank = numbered_bank()
    epoch = copies_of(bank, torch.arange(3), copies=32)
    assert sum(len(batch.images) for batch in epoch) == 3 * 32


def test_steps_end_an_epoch_early():
    assert len(copies_of(numbered_bank(), torch.arange(3), steps=2)) == 2
    assert (
        len(list(on_the_fly(numbered_bank(), torch.arange(3), generator(), batch_size=4, steps=5)))
        == 5
    )


def test_on_the_fly_an_epoch_is_as_long_and_its_copies_are_new_each_time():
    bank, rows = numbered_bank(), torch.arange(3)
    first, again, other = (
        list(on_the_fly(bank, rows, generator(seed), batch_size=4, warp_px=5)) for seed in (0, 0, 1)
    )
    assert sum(len(batch.images) for batch in first) == 3 * COPIES
    assert all(torch.equal(one.images, two.images) for one, two in zip(first, again, strict=True))
    assert not torch.allclose(as_set(first), as_set(other))


@pytest.mark.parametrize("sampler", [on_the_fly, published_set])
def test_both_draw_the_same_shares_of_originals_and_turns(sampler):
    """A slice that holds its own column numbers tells how it was turned and if it was warped."""
    side = 24
    ramp = torch.arange(side, dtype=torch.float32).expand(1, 1, side, side)
    bank = Bank(ramp, torch.zeros(1, side, side, dtype=torch.uint8), ("a",), SIZE)
    rows = torch.zeros(1, dtype=torch.int64).repeat(1 if sampler is published_set else 50)
    epoch = torch.cat(
        [batch.images for batch in sampler(bank, rows, generator(), batch_size=40, warp_px=2.0)]
    )
    across = (epoch[..., -1] - epoch[..., 0]).mean((1, 2))
    turned = across < SIZE / 2
    assert turned.float().mean().item() == pytest.approx(0.5, abs=0.04)
    original = (epoch[:, 0] - epoch[:, 0, :1]).abs().amax((1, 2)) < 1e-4
    assert (original & ~turned).float().mean().item() == pytest.approx(1 / COPIES, abs=0.012)

import pytest
import torch

from scarmap.labels import INDEX, TISSUES
from scarmap.sampling.augment import Augmentation
from scarmap.sampling.batch import tissue_shares
from scarmap.systems.anatomy_prior.mixup import (
    centre_and_spread,
    draw_partners,
    foreground,
    mix_up,
    mixed_slices,
    registration,
    warp,
    with_foreground,
)


def generator(seed=0):
    return torch.Generator().manual_seed(seed)


def test_centre_and_spread_by_hand():
    mask = torch.zeros(1, 5, 9, dtype=torch.bool)
    mask[0, 1, 2] = mask[0, 1, 6] = mask[0, 3, 2] = mask[0, 3, 6] = True
    centre, spread = centre_and_spread(mask)
    assert centre.tolist() == [[4.0, 2.0]]
    assert spread.item() == pytest.approx(5**0.5)


@pytest.mark.parametrize(
    ("fixed", "moving"),
    [
        ({"centre": (24, 24), "epicardium": 12}, {"centre": (18, 29), "epicardium": 8, "pool": 3}),
        ({"centre": (30, 20), "epicardium": 7, "pool": 3}, {"centre": (22, 25), "epicardium": 14}),
    ],
)
def test_the_affine_map_takes_centroid_to_centroid_and_mean_distance_to_mean_distance(
    heart, fixed, moving
):
    masks = [foreground(heart(**each)[None]) for each in (fixed, moving)]
    scale, *shift = registration(*masks)[0]
    points = torch.stack(masks[1][0].nonzero(as_tuple=True)[::-1], dim=1).float()
    mapped = scale * points + torch.stack(shift)
    (centre,), (spread,) = centre_and_spread(masks[0])
    torch.testing.assert_close(mapped.mean(0), centre)
    torch.testing.assert_close((mapped - mapped.mean(0)).norm(dim=1).mean(), spread)


def test_the_warped_heart_lies_on_the_fixed_one(heart):
    fixed, moving = (
        heart(centre=(20, 28), epicardium=12)[None],
        heart(centre=(27, 22), epicardium=7, pool=3)[None],
    )
    matrix = registration(foreground(fixed), foreground(moving))
    warped = warp(foreground(moving)[:, None].float(), matrix)[:, 0] > 0.5
    both = (warped & foreground(fixed)).sum()
    assert 2 * both / (warped.sum() + foreground(fixed).sum()) > 0.97


def test_warping_by_a_whole_shift_and_by_nothing_is_exact():
    images = torch.rand(2, 3, 16, 20, generator=generator())
    matrix = torch.tensor([[1.0, 0.0, 0.0], [1.0, 2.0, -3.0]])
    warped = warp(images, matrix)
    torch.testing.assert_close(warped[0], images[0])
    torch.testing.assert_close(warped[1, :, :13, 2:], images[1, :, 3:, :18])


def test_soft_labels_sum_to_one_and_are_shares(heart, batch):
    fixed, moving = (
        batch(heart(), heart(epicardium=14)),
        batch(heart(centre=(20, 27)), heart(epicardium=8, pool=3)),
    )
    soft = mix_up(fixed, moving, torch.tensor([0.3, 0.8])).soft
    assert soft.shape == (2, len(TISSUES), 48, 48)
    torch.testing.assert_close(soft.sum(1), torch.ones(2, 48, 48))
    assert soft.min() >= 0
    assert ((soft > 0.05) & (soft < 0.95)).any()


def test_only_the_shared_foreground_is_blended_and_the_background_is_the_fixed_images(heart, batch):
    fixed, moving = batch(heart()), batch(heart(centre=(20, 27)))
    fixed.images[...] += torch.rand(fixed.images.shape, generator=generator())
    mixed = mix_up(fixed, moving, torch.tensor([0.25]))
    outside = ~foreground(fixed.labels)
    assert torch.equal(mixed.images[:, 0][outside], fixed.images[:, 0][outside])
    assert torch.equal(mixed.soft[:, 0][outside], torch.ones(int(outside.sum())))
    assert not torch.equal(mixed.images, fixed.images)


def test_where_only_one_of_two_hearts_is_the_fixed_image_stays(batch):
    wide = torch.zeros(48, 48, dtype=torch.uint8)
    wide[18:30, 8:40] = INDEX["normal_myocardium"]
    tall = torch.where(wide.T > 0, INDEX["scar"], 0).to(torch.uint8)
    # Neither is moved: both have one centroid and, turned by a right angle, one mean distance from
    # it.
    mixed = mix_up(batch(wide), batch(tall), torch.tensor([0.25]))
    both = (wide > 0) & (tall > 0)
    expected = tissue_shares(batch(wide))[0]
    expected[INDEX["normal_myocardium"]][both] = 0.25
    expected[INDEX["scar"]][both] = 0.75
    torch.testing.assert_close(mixed.soft[0], expected)
    torch.testing.assert_close(
        mixed.images[0, 0], torch.where(both, 0.25 * wide + 0.75 * tall, wide) / 6
    )


def test_images_and_truth_are_blended_in_the_same_proportion(heart, batch):
    labels = heart()
    healthy = labels.clone()
    healthy[(labels == INDEX["scar"]) | (labels == INDEX["mvo"])] = INDEX["normal_myocardium"]
    fixed, moving = batch(healthy), batch(labels)
    mixed = mix_up(fixed, moving, torch.tensor([0.25]))
    infarct = labels == INDEX["scar"]
    torch.testing.assert_close(
        mixed.soft[0, INDEX["scar"]][infarct], torch.full((int(infarct.sum()),), 0.75)
    )
    torch.testing.assert_close(mixed.images, 0.25 * fixed.images + 0.75 * moving.images)
    assert (mixed.labels[0][infarct] == INDEX["scar"]).all()


def test_with_all_of_the_fixed_image_or_without_a_heart_nothing_changes(heart, batch):
    empty = torch.zeros_like(heart())
    fixed, moving = batch(heart(), empty, heart()), batch(heart(epicardium=14), heart(), empty)
    mixed = mix_up(fixed, moving, torch.tensor([1.0, 0.2, 0.2]))
    torch.testing.assert_close(mixed.images, fixed.images)
    torch.testing.assert_close(mixed.soft, tissue_shares(fixed))
    assert torch.equal(mixed.labels, fixed.labels)


def test_partners_are_other_slices_of_similar_height():
    heights = torch.tensor([0.0, 0.05, 0.5, 0.55, 0.58, 1.0])
    chosen, candidates = torch.tensor([0, 2, 5]).repeat(30), torch.tensor([0, 1, 2, 3, 4])
    partners = draw_partners(heights, chosen, candidates, 0.1, generator())
    found = {row: set(partners[chosen == row].tolist()) for row in (0, 2, 5)}
    assert found == {0: {1}, 2: {3, 4}, 5: {5}}


def test_without_candidates_each_slice_is_its_own_partner():
    chosen = torch.tensor([1, 0])
    partners = draw_partners(
        torch.tensor([0.0, 0.0]), chosen, torch.tensor([], dtype=torch.int64), 0.1, generator()
    )
    assert torch.equal(partners, chosen)


def test_slices_without_a_heart_are_no_partners(bank):
    assert with_foreground(bank, torch.arange(6)).tolist() == [0, 1, 3, 4]
    assert with_foreground(bank, torch.tensor([2, 5])).tolist() == []


def test_an_epoch_shows_each_slice_once_and_blends_a_share_of_them(bank):
    keywords = {"batch_size": 2, "augmentation": Augmentation()}
    rows = torch.arange(6)
    plain = list(mixed_slices(bank, rows, generator(), share=0.0, **keywords))
    blended = list(mixed_slices(bank, rows, generator(), share=1.0, **keywords))
    assert [each.images.shape for each in plain] == [(2, 1, 48, 48)] * 3
    shown, window = torch.cat([each.labels for each in plain]), bank.window(rows).labels
    assert sorted((shown > 0).sum((1, 2)).tolist()) == sorted((window > 0).sum((1, 2)).tolist())
    soft = torch.cat([each.soft for each in blended])
    assert ((soft > 0.05) & (soft < 0.95)).flatten(1).any(
        1
    ).sum() == 4  # the empty slices have no partner


def test_the_same_seed_draws_the_same_epoch(bank):
    keywords = {"batch_size": 3, "augmentation": Augmentation(rotation_deg=20, noise=0.1)}
    first, again = (
        list(mixed_slices(bank, torch.arange(6), generator(7), **keywords)) for _ in range(2)
    )
    assert all(torch.equal(one.images, two.images) for one, two in zip(first, again, strict=True))
    assert all(torch.equal(one.soft, two.soft) for one, two in zip(first, again, strict=True))

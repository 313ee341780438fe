import pytest
import torch

from scarmap.labels import INDEX
from scarmap.sampling.augment import Augmentation
from scarmap.sampling.bank import Bank
from scarmap.sampling.batch import Batch, tissue_shares
from scarmap.systems.mfunet.resampling import (
    centre_candidates,
    cut_patches,
    dynamic_patches,
    num_patches,
    patch_sizes,
)


def generator(seed=0):
    return torch.Generator().manual_seed(seed)


def slices(num=3, side=48, **tissues):
    """Channels hold each pixel's slice, row and column; tissues are given by these."""
    row, column = torch.meshgrid(torch.arange(side), torch.arange(side), indexing="ij")
    images = torch.stack(
        [torch.stack([torch.full_like(row, n), row, column]) for n in range(num)]
    ).float()
    labels = torch.zeros(num, side, side, dtype=torch.uint8)
    for tissue, places in tissues.items():
        for place in places:
            labels[place] = INDEX[tissue]
    return Batch(images, labels)


def corners(patches):
    """Slice, row and column of each patch's first pixel."""
    return [tuple(int(value) for value in patch[:, 0, 0]) for patch in patches.images]


def bank_of(batch):
    num = len(batch.images)
    return Bank(batch.images, batch.labels, ("a",) * num, batch.images.shape[-1])


def dynamic(batch, *, seed=0, **keywords):
    keywords = {"batch_size": 4, "augmentation": Augmentation(), **keywords}
    return list(
        dynamic_patches(
            bank_of(batch), torch.arange(len(batch.images)), generator(seed), **keywords
        )
    )


def test_published_sizes_and_numbers_of_patches():
    sizes = patch_sizes(288, smallest_share=1 / 3, step=16)
    assert sizes == [96, 112, 128, 144, 160, 176, 192, 208, 224, 240, 256, 272, 288]
    counts = [num_patches(size, full=288, batch_size=4) for size in sizes]
    assert counts == [36, 26, 20, 16, 12, 10, 9, 7, 6, 5, 5, 4, 4]


@pytest.mark.parametrize("full", [192, 288])
def test_every_size_comes_as_close_to_the_pixel_budget_as_whole_patches_can(full):
    for size in patch_sizes(full, smallest_share=1 / 3, step=16):
        pixels = num_patches(size, full=full, batch_size=4) * size * size
        assert 4 * full * full - size * size < pixels <= 4 * full * full


def test_batches_hold_patches_of_one_size_that_fill_the_budget():
    batches = dynamic(slices(num=80))
    assert len(batches) == 20
    shapes = {tuple(batch.images.shape) for batch in batches}
    assert shapes == {(36, 3, 16, 16), (9, 3, 32, 32), (4, 3, 48, 48)}
    assert all(
        batch.labels.shape == (len(batch.images), *batch.images.shape[-2:]) for batch in batches
    )


def test_the_same_seed_cuts_the_same_patches():
    batch = slices(num=8, scar=[(2, 30, 30)])
    first, again, other = (dynamic(batch, seed=seed) for seed in (1, 1, 2))
    assert all(torch.equal(a.images, b.images) for a, b in zip(first, again, strict=True))
    assert [corners(batch) for batch in first] != [corners(batch) for batch in other]


def test_slices_are_augmented_before_patches_are_cut():
    batch = slices(num=4)
    (patches,) = dynamic(batch, augmentation=Augmentation(offset=1.0), smallest_share=1.0)
    offsets = patches.images[:, 1:] - batch.images[:, 1:]
    assert offsets.std((-2, -1)).max() < 1e-4
    assert offsets.abs().amin((-2, -1)).min() > 1e-3


def test_patches_lie_inside_and_show_image_and_label_of_the_same_place():
    batch = slices(scar=[(0, 0, 0), (1, 47, 47), (2, 20, 25)])
    patches = cut_patches(batch, size=16, count=60, share=0.5, generator=generator())
    for image, labels, (index, top, left) in zip(
        patches.images, patches.labels, corners(patches), strict=True
    ):
        assert 0 <= top <= 32
        assert 0 <= left <= 32
        window = (slice(top, top + 16), slice(left, left + 16))
        assert torch.equal(image, batch.images[(index, slice(None), *window)])
        assert torch.equal(labels, batch.labels[(index, *window)])


@pytest.mark.parametrize("size", [15, 16, 48])
def test_every_centred_patch_holds_pathology(size):
    batch = slices(
        edema=[(0, 3, 44)], scar=[(1, 47, 0)], mvo=[(2, 20, 25)], lv_pool=[(0, 30, 30), (2, 1, 1)]
    )
    patches = cut_patches(batch, size=size, count=50, share=1.0, generator=generator())
    assert all(labels.max() >= INDEX["edema"] for labels in patches.labels)


def test_a_centred_patch_has_the_pathological_pixel_in_its_middle_unless_the_border_is_near():
    batch = slices(num=2, scar=[(0, 20, 25), (1, 2, 46)])
    patches = cut_patches(batch, size=16, count=40, share=1.0, generator=generator())
    assert set(corners(patches)) == {(0, 12, 17), (1, 0, 32)}


def test_without_pathology_patches_are_centred_on_wall_or_cavity():
    batch = slices(
        num=1, normal_myocardium=[(0, 10, 10)], lv_pool=[(0, 30, 20)], rv_pool=[(0, 40, 40)]
    )
    patches = cut_patches(batch, size=16, count=40, share=1.0, generator=generator())
    assert set(corners(patches)) == {(0, 2, 2), (0, 22, 12)}


@pytest.mark.parametrize(("share", "tissue"), [(1.0, {}), (0.0, {"scar": [(0, 20, 20)]})])
def test_patches_lie_anywhere_when_there_is_nothing_to_centre_on_or_no_wish_to(share, tissue):
    patches = cut_patches(
        slices(num=1, **tissue), size=40, count=400, share=share, generator=generator()
    )
    _, tops, lefts = zip(*corners(patches), strict=True)
    assert set(tops) == set(lefts) == set(range(9))


def test_the_share_is_the_probability_of_centring():
    patches = cut_patches(
        slices(num=1, scar=[(0, 20, 25)]), size=8, count=1000, share=0.89, generator=generator()
    )
    assert corners(patches).count((0, 16, 21)) / 1000 == pytest.approx(0.89, abs=0.03)


def test_pathology_goes_before_wall_and_cavity():
    labels = slices(
        num=1, normal_myocardium=[(0, 1, 1)], edema=[(0, 2, 5)], mvo=[(0, 4, 3)]
    ).labels[0]
    assert centre_candidates(labels).tolist() == [[2, 5], [4, 3]]
    assert centre_candidates(torch.zeros(4, 4, dtype=torch.uint8)).tolist() == []


def test_patches_of_soft_truth_are_cut_at_the_same_place():
    hard = slices(scar=[(0, 10, 30), (1, 20, 5), (2, 40, 40)])
    soft = Batch(hard.images, hard.labels, tissue_shares(hard))
    first, second = (
        cut_patches(each, size=16, count=6, share=0.5, generator=generator())
        for each in (hard, soft)
    )
    assert torch.equal(first.images, second.images)
    assert torch.equal(second.soft.argmax(1), first.labels.long())
    assert first.soft is None

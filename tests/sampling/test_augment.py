import pytest
import torch
from torch.nn import functional as F

from scarmap.sampling import augment as module
from scarmap.sampling.augment import Augmentation, augment, draw_grid
from scarmap.sampling.batch import Batch, tissue_shares

STRONG = Augmentation(
    rotation_deg=180, flips=True, shift=0.15, scale=(0.7, 1.4), elastic_px=2.0, elastic_nodes=4
)


def generator(seed=0):
    return torch.Generator().manual_seed(seed)


def noise(num=2, sequences=3, side=32):
    images = torch.rand(num, sequences, side, side, generator=generator(9))
    return Batch(images, (images[:, 0] > 0.5).to(torch.uint8) * 5)


def blobs(num=16, side=48):
    """Smooth shapes of label 3, shown by the image too."""
    coarse = torch.rand(num, 1, 6, 6, generator=generator(3))
    masks = F.interpolate(coarse, size=(side, side), mode="bicubic", align_corners=True)[:, 0] > 0.5
    return Batch(masks[:, None].float(), masks.to(torch.uint8) * 3)


def always(value, monkeypatch):
    """Every uniform draw from 0 to 1 is `value`."""
    monkeypatch.setattr(
        module.torch, "rand", lambda *shape, generator, device: torch.full(shape, value)
    )


def always_normal(value, monkeypatch):
    """Every draw from a normal distribution is `value` deviations from its mean."""

    def drawn(*shape, generator, device):
        return torch.full(shape[0] if isinstance(shape[0], torch.Size) else shape, value)

    monkeypatch.setattr(module.torch, "randn", drawn)


def apply(batch, augmentation, *, size=32, seed=0):
    return augment(batch, augmentation, size=size, generator=generator(seed))


def test_identity_parameters_change_nothing():
    batch = noise()
    same = apply(batch, Augmentation())
    assert torch.equal(same.images, batch.images)
    assert torch.equal(same.labels, batch.labels)
    grid = draw_grid(batch.images, Augmentation(), size=32, generator=generator())
    torch.testing.assert_close(F.grid_sample(batch.images, grid, align_corners=False), batch.images)


@pytest.mark.parametrize("augmentation", [Augmentation(), Augmentation(gain=1e-12)])
def test_the_window_is_cut_from_the_centre_of_the_margin(augmentation):
    batch = noise(side=40)
    window = apply(batch, augmentation, size=24)
    torch.testing.assert_close(window.images, batch.images[..., 8:32, 8:32], rtol=0, atol=1e-5)
    assert torch.equal(window.labels, batch.labels[..., 8:32, 8:32])
    assert window.labels.dtype == torch.uint8


@pytest.mark.parametrize("augmentation", [Augmentation(), Augmentation(gain=1e-12)])
def test_the_window_of_a_slice_that_is_not_square_keeps_its_shape(augmentation):
    images = torch.rand(2, 3, 44, 28, generator=generator(9))
    batch = Batch(images, (images[:, 0] > 0.5).to(torch.uint8) * 5)
    window = apply(batch, augmentation, size=24)
    torch.testing.assert_close(window.images, images[..., 10:34, 2:26], rtol=0, atol=1e-5)
    assert torch.equal(window.labels, batch.labels[..., 10:34, 2:26])


def test_draws_repeat_with_the_seed_and_differ_with_another():
    everything = Augmentation(90, True, 0.1, (0.8, 1.2), 2.0, 4, 0.1, 0.1, 0.1)
    first, again, other = (apply(noise(), everything, seed=seed) for seed in (4, 4, 5))
    assert torch.equal(first.images, again.images)
    assert torch.equal(first.labels, again.labels)
    assert not torch.equal(first.images, other.images)
    assert not torch.equal(first.labels, other.labels)


def test_the_global_generator_is_not_used():
    before = torch.get_rng_state()
    apply(noise(), Augmentation(90, True, 0.1, (0.8, 1.2), 2.0, 4, 0.1, 0.1, 0.1))
    assert torch.equal(torch.get_rng_state(), before)


def test_image_and_label_stay_aligned():
    moved = apply(blobs(), STRONG, size=48)
    image, label = moved.images[:, 0], moved.labels == 3
    certain = (image < 1e-4) | (image > 1 - 1e-4)
    assert certain.float().mean() > 0.85
    assert torch.equal(image[certain] > 0.5, label[certain])
    assert not torch.equal(moved.labels, blobs().labels)
    assert set(moved.labels.unique().tolist()) == {0, 3}


def test_each_slice_is_moved_differently():
    same = Batch(blobs().images[:1].expand(4, 1, 48, 48), blobs().labels[:1].expand(4, 48, 48))
    moved = apply(same, STRONG, size=48)
    assert len({tuple(label.flatten().tolist()) for label in moved.labels}) == 4


def test_flips_mirror_each_axis_and_nothing_else():
    batch = noise(num=1, side=16)
    many = Batch(batch.images.expand(40, 3, 16, 16), batch.labels.expand(40, 16, 16))
    flipped = apply(many, Augmentation(flips=True), size=16).labels
    possible = [batch.labels[0].flip(axes) for axes in ((), (0,), (1,), (0, 1))]
    counts = [sum(torch.equal(label, one) for label in flipped) for one in possible]
    assert sum(counts) == 40
    assert min(counts) >= 3


def test_a_quarter_turn(monkeypatch):
    batch = noise()
    always(1.0, monkeypatch)
    turned = apply(batch, Augmentation(rotation_deg=90))
    torch.testing.assert_close(
        turned.images, torch.rot90(batch.images, 1, (-2, -1)), rtol=0, atol=1e-5
    )
    assert torch.equal(turned.labels, torch.rot90(batch.labels, 1, (-2, -1)))


def test_angles_stay_within_their_range_and_keep_distances():
    grid = draw_grid(
        torch.zeros(200, 1, 32, 32), Augmentation(rotation_deg=30), size=32, generator=generator()
    )
    along = grid[:, 0, 1] - grid[:, 0, 0]
    angles = torch.rad2deg(torch.atan2(along[:, 1], along[:, 0]))
    assert -30 <= angles.min() < -25
    assert 25 < angles.max() <= 30
    torch.testing.assert_close(along.norm(dim=1), torch.full((200,), 2 / 32))


def test_a_shift_is_a_share_of_the_window(monkeypatch):
    batch = noise()
    always(1.0, monkeypatch)
    shifted = apply(batch, Augmentation(shift=0.25))
    torch.testing.assert_close(
        shifted.images[..., :24, :24], batch.images[..., 8:, 8:], rtol=0, atol=1e-5
    )
    torch.testing.assert_close(
        shifted.images[..., 24:, :24], batch.images[..., -1:, 8:].expand(2, 3, 8, 24)
    )


def test_scale_enlarges():
    labels = torch.zeros(1, 32, 32, dtype=torch.uint8)
    labels[:, 12:20, 12:20] = 1
    enlarged = apply(Batch(labels[:, None].float(), labels), Augmentation(scale=(2.0, 2.0)))
    expected = torch.zeros_like(labels)
    expected[:, 8:24, 8:24] = 1
    assert torch.equal(enlarged.labels, expected)


def test_elastic_displacement_is_smooth_and_as_large_as_asked():
    still = draw_grid(torch.zeros(64, 1, 64, 64), Augmentation(), size=64, generator=generator())
    bent = draw_grid(
        torch.zeros(64, 1, 64, 64), Augmentation(elastic_px=3.0), size=64, generator=generator()
    )
    moved_px = (bent - still) * 64 / 2
    nodes = moved_px[:, :: 63 // 7, :: 63 // 7]
    assert nodes.std().item() == pytest.approx(3.0, rel=0.05)
    assert moved_px.diff(dim=1).abs().max() < 3.0


def test_gain_and_offset_act_on_each_sequence_as_a_whole():
    batch = noise()
    changed = apply(batch, Augmentation(gain=0.3, offset=0.3))
    assert torch.equal(changed.labels, batch.labels)
    lines = []
    for before, after in zip(batch.images.flatten(0, 1), changed.images.flatten(0, 1), strict=True):
        slope = (after.max() - after.min()) / (before.max() - before.min())
        offset = after.min() - slope * before.min()
        torch.testing.assert_close(after, slope * before + offset, rtol=0, atol=1e-4)
        lines.append((round(float(slope), 4), round(float(offset), 4)))
    assert len(set(lines)) == 6
    assert all(slope > 0 for slope, _ in lines)


def test_noise_varies_in_strength_up_to_its_limit():
    flat = Batch(torch.zeros(64, 1, 32, 32), torch.zeros(64, 32, 32, dtype=torch.uint8))
    deviations = apply(flat, Augmentation(noise=0.2)).images.std((-2, -1))
    assert deviations.min() < 0.03
    assert 0.17 < deviations.max() < 0.21


def test_shear_moves_rows_in_proportion_to_their_distance_from_the_centre(monkeypatch):
    always(1.0, monkeypatch)
    images = torch.zeros(1, 1, 33, 33)
    images[..., 16] = 1
    sheared = apply(
        Batch(images, torch.zeros(1, 33, 33, dtype=torch.uint8)), Augmentation(shear=0.5), size=33
    ).images
    columns = sheared[0, 0].argmax(dim=1)
    assert [int(columns[row]) for row in (8, 16, 24)] == [20, 16, 12]


def test_gamma_is_an_exponent_that_each_sequence_draws_for_itself():
    batch = noise(num=64)
    changed = apply(batch, Augmentation(gamma=(0.5, 2.0), gamma_share=0.4)).images
    exponents = changed.log() / batch.images.log()
    assert exponents.flatten(2).std(2).max() < 1e-2
    each = exponents.flatten(2).median(2).values
    assert 0.5 < each.min() < 0.7
    assert 1.4 < each.max() < 2.0
    assert 0.45 < ((each - 1).abs() < 1e-4).float().mean() < 0.75


def test_new_ranges_draw_nothing_from_the_generator_unless_they_are_set():
    first = generator()
    augment(noise(), Augmentation(gain=0.1), size=32, generator=first)
    second = generator()
    augment(
        noise(),
        Augmentation(gain=0.1, shear=0.0, gamma=(1.0, 1.0), gamma_share=0.3),
        size=32,
        generator=second,
    )
    assert torch.equal(first.get_state(), second.get_state())


def test_soft_truth_moves_with_the_image_and_still_sums_to_one():
    hard = blobs(num=4)
    soft = Batch(hard.images, hard.labels, tissue_shares(hard))
    moved, reference = apply(soft, STRONG), apply(hard, STRONG)
    torch.testing.assert_close(moved.soft.sum(1), torch.ones(4, 32, 32))
    torch.testing.assert_close(moved.soft[:, 3], moved.images[:, 0])
    assert torch.equal(moved.labels, moved.soft.argmax(1).to(torch.uint8))
    assert (moved.labels == reference.labels).float().mean() > 0.97


def test_stretching_widens_columns_and_flattens_rows_by_one_factor():
    square = torch.zeros(1, 1, 96, 96)
    square[..., 33:63, 33:63] = 1
    labels = square[:, 0].to(torch.uint8)
    ratios = []
    for seed in range(8):
        stretched = augment(
            Batch(square, labels), Augmentation(stretch=1.4), size=96, generator=generator(seed)
        )
        across, down = (int(stretched.labels[0].any(axis).sum()) for axis in (0, 1))
        assert across * down == pytest.approx(900, rel=0.08)
        ratios.append(across / down)
    assert 1 / 1.4**2 - 0.1 < min(ratios) < 0.8
    assert 1.25 < max(ratios) < 1.4**2 + 0.1


@pytest.mark.parametrize(
    ("augmentation", "draw", "read"),
    [
        (Augmentation(scale=(0.5, 2.0)), 0.0, (5.0, -9.0)),
        (Augmentation(scale=(0.5, 2.0)), 0.5, (2.5, -4.5)),  # log-uniform: 1 is in the middle
        (Augmentation(scale=(0.5, 2.0)), 1.0, (1.25, -2.25)),
        (Augmentation(shift=0.25), 0.0, (-1.5, -8.5)),
        (Augmentation(shift=0.25), 1.0, (6.5, -0.5)),
        (Augmentation(rotation_deg=90), 0.0, (-4.5, -2.5)),
        (Augmentation(rotation_deg=90), 1.0, (4.5, 2.5)),
        (Augmentation(rotation_deg=90, scale=(1.0, 2.0)), 1.0, (2.25, 1.25)),
        (Augmentation(shear=0.5), 0.0, (4.75, -4.5)),
        (Augmentation(shear=0.5), 1.0, (0.25, -4.5)),
        (Augmentation(stretch=2.0), 0.0, (5.0, -2.25)),
        (Augmentation(stretch=2.0), 1.0, (1.25, -9.0)),
        (Augmentation(flips=True), 0.4, (-2.5, 4.5)),
        (Augmentation(flips=True), 0.5, (2.5, -4.5)),
        (Augmentation(elastic_px=0.5), 0.5, (3.5, -3.5)),
    ],
)
def test_where_a_pixel_is_read_at_each_end_of_a_range_by_hand(
    augmentation, draw, read, monkeypatch
):
    """The pixel lies 2.5 columns right of the centre and 4.5 rows above it."""
    always(draw, monkeypatch)
    always_normal(2.0, monkeypatch)
    grid = draw_grid(torch.zeros(3, 1, 40, 20), augmentation, size=16, generator=generator())
    assert grid.shape == (3, 16, 16, 2)
    placed = grid[:, 3, 10] * torch.tensor([20, 40]) / 2
    torch.testing.assert_close(placed, torch.tensor([read] * 3))


@pytest.mark.parametrize(
    ("augmentation", "expected"),
    [
        (Augmentation(gain=0.5), 3 * torch.e),
        (Augmentation(offset=0.25), 3.5),
        (Augmentation(noise=0.4), 3.4),  # two deviations of half the largest one
        (Augmentation(gamma=(1.0, 4.0), gamma_share=0.6), 9.0),  # the square, halfway to the fourth
        (Augmentation(gamma=(1.0, 4.0), gamma_share=0.5), 3.0),
        (Augmentation(gamma=(1.0, 4.0)), 9.0),
    ],
)
def test_what_becomes_of_an_intensity_by_hand(augmentation, expected, monkeypatch):
    always(0.5, monkeypatch)
    always_normal(2.0, monkeypatch)
    flat = Batch(torch.full((2, 3, 8, 8), 3.0), torch.zeros(2, 8, 8, dtype=torch.uint8))
    changed = apply(flat, augmentation, size=8).images
    torch.testing.assert_close(changed, torch.full((2, 3, 8, 8), expected))


def test_ranges_that_are_not_set_draw_nothing_beside_angle_scale_and_shifts():
    drawn, expected = generator(), generator()
    augment(noise(), Augmentation(shift=0.1), size=32, generator=drawn)
    for _ in range(4):
        torch.rand(2, generator=expected)
    assert torch.equal(drawn.get_state(), expected.get_state())

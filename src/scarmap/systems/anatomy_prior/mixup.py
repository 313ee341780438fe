"""Pathology mix-up: two hearts laid over each other and blended, image and truth alike."""

from collections.abc import Iterator

import torch
import torch.nn.functional as F
from torch import Tensor

from scarmap.nn.regions import region_masks
from scarmap.sampling.augment import Augmentation, augment
from scarmap.sampling.bank import Bank
from scarmap.sampling.batch import Batch, tissue_shares
from scarmap.sampling.samplers import shuffled

_FOREGROUND = ("lv_epicardium",)
"""Cavity and wall, pathology included: what is registered and blended."""


def mixed_slices(
    bank: Bank,
    rows: Tensor,
    generator: torch.Generator,
    *,
    batch_size: int,
    augmentation: Augmentation,
    share: float = 0.5,
    largest_height_difference: float = 0.1,
) -> Iterator[Batch]:
    """Yield each slice once an epoch; a share of them is blended with another; all are augmented.

    Source: anatomy prior, section 2, "Pathology Mixup".
    Differs: how similar the heights are and how many slices are blended is not published. Chosen:
        heights within a tenth of the heart's length, and half of the slices. A slice without a
        partner stays as it is.

    Args:
        bank: All slices.
        rows: Slices to train on; partners come from them too.
        generator: Source of randomness, on the bank's device.
        batch_size: Slices in a batch.
        augmentation: Drawn after blending.
        share: Probability that a slice is blended.
        largest_height_difference: Largest difference in relative height, 0 to 1, between the two
            slices of a pair.

    Yields:
        images (B, S, size, size) with soft truth.
    """
    rows = rows.to(bank.images.device)
    candidates = with_foreground(bank, rows)
    for chosen in shuffled(rows, batch_size, generator):
        fixed = Batch(bank.images[chosen], bank.labels[chosen])
        partners = draw_partners(
            bank.heights, chosen, candidates, largest_height_difference, generator
        )
        moving = Batch(bank.images[partners], bank.labels[partners])
        uniform = torch.rand(2, len(chosen), generator=generator, device=generator.device)
        fixed_share = torch.where((uniform[0] < share) & (partners != chosen), uniform[1], 1.0)
        yield augment(
            mix_up(fixed, moving, fixed_share), augmentation, size=bank.size, generator=generator
        )


def with_foreground(bank: Bank, rows: Tensor) -> Tensor:
    """The rows, out of (n,), whose slice shows cavity or wall."""
    shows = [foreground(bank.labels[row][None]).any() for row in rows]
    return rows[torch.stack(shows)] if shows else rows


def draw_partners(
    heights: Tensor,
    chosen: Tensor,
    candidates: Tensor,
    largest_difference: float,
    generator: torch.Generator,
) -> Tensor:
    """Draw for each slice another one of similar height.

    Args:
        heights: (N,), relative height of every slice of the bank, 0 to 1.
        chosen: (B,), rows of the slices.
        candidates: (n,), rows that may be partners.
        largest_difference: Largest difference in height.
        generator: Source of randomness.

    Returns:
        (B,), rows; the slice itself where there is no other.
    """
    apart = (heights[chosen][:, None] - heights[candidates][None]).abs()
    # heights are quotients in float32: rounding must not part slices that are just near enough
    fits = (apart <= largest_difference + 1e-6) & (candidates[None] != chosen[:, None])
    if not len(candidates):
        return chosen
    chance = torch.rand(fits.shape, generator=generator, device=generator.device).masked_fill(
        ~fits, -1
    )
    return torch.where(fits.any(1), candidates[chance.argmax(1)], chosen)


def mix_up(fixed: Batch, moving: Batch, fixed_share: Tensor) -> Batch:
    """Blend the moving hearts into the fixed images.

    Source: anatomy prior, section 2, Eq. 1 and 2.
    Differs: the paper blends in the foreground of the fixed image; here also the warped moving
        heart must be there, so that background of the one is never blended with wall of the other.
        Truth is warped as one map per tissue, bilinearly.

    Args:
        fixed: Images whose background is kept.
        moving: As many images of the same size.
        fixed_share: (B,), lambda: share of the fixed image, 0 to 1; 1 leaves it as it is, as does a
            slice without foreground.

    Returns:
        Images of the fixed batch with soft truth.
    """
    heart, other = foreground(fixed.labels), foreground(moving.labels)
    matrix = registration(heart, other)
    warped = warp(moving.images, matrix)
    shares, warped_shares = tissue_shares(fixed), warp(tissue_shares(moving), matrix)
    inside = heart & (warp(other.float()[:, None], matrix)[:, 0] > 0.5)
    registered = heart.flatten(1).any(1) & other.flatten(1).any(1)
    moving_share = ((1 - fixed_share) * registered)[:, None, None, None] * inside[:, None]
    images = torch.lerp(fixed.images, warped, moving_share)
    soft = torch.lerp(shares, warped_shares, moving_share)
    return Batch(images, soft.argmax(1).to(fixed.labels.dtype), soft)


def foreground(labels: Tensor) -> Tensor:
    """Cavity and wall of labels (B, H, W): (B, H, W), bool."""
    return region_masks(labels, _FOREGROUND)[:, 0]


def registration(fixed: Tensor, moving: Tensor) -> Tensor:
    """Translation and scale that lay one heart over the other.

    The centroid is mapped to the centroid, and the mean distance of the pixels from it to the mean
    distance.

    Source: anatomy prior, section 2, Eq. 1.
    Differs: nothing.

    Args:
        fixed: (B, H, W), bool.
        moving: (B, H, W), bool.

    Returns:
        (B, 3), float32: scale s, then the translation t = (x, y) in pixels. A point p of the moving
            image lies at s p + t in the fixed one. s is 1 and t is 0 where either heart has less
            than two pixels.
    """
    (centre_fixed, spread_fixed), (centre_moving, spread_moving) = (
        centre_and_spread(fixed),
        centre_and_spread(moving),
    )
    scale = spread_fixed / spread_moving
    known = (spread_fixed > 0) & (spread_moving > 0)
    scale = torch.where(known, scale, 1.0)
    shift = torch.where(known[:, None], centre_fixed - scale[:, None] * centre_moving, 0.0)
    return torch.cat([scale[:, None], shift], dim=1)


def centre_and_spread(masks: Tensor) -> tuple[Tensor, Tensor]:
    """Of masks (B, H, W): centroid (B, 2), (x, y) in pixels, and mean distance from it (B,)."""
    _, H, W = masks.shape
    weights = masks.float()
    area = weights.sum((1, 2)).clamp(min=1)
    rows, columns = torch.meshgrid(
        torch.arange(H, device=masks.device, dtype=torch.float32),
        torch.arange(W, device=masks.device, dtype=torch.float32),
        indexing="ij",
    )
    x, y = (weights * columns).sum((1, 2)) / area, (weights * rows).sum((1, 2)) / area
    distance = torch.hypot(columns - x[:, None, None], rows - y[:, None, None])
    return torch.stack([x, y], dim=1), (weights * distance).sum((1, 2)) / area


def warp(images: Tensor, matrix: Tensor) -> Tensor:
    """Move images (B, C, H, W) by a `registration` (B, 3): bilinear, borders repeated."""
    H, W = images.shape[-2:]
    rows, columns = torch.meshgrid(
        torch.arange(H, device=images.device, dtype=torch.float32),
        torch.arange(W, device=images.device, dtype=torch.float32),
        indexing="ij",
    )
    scale, x, y = (matrix[:, index, None, None] for index in range(3))
    read_x, read_y = (columns - x) / scale, (rows - y) / scale
    grid = torch.stack([(2 * read_x + 1) / W - 1, (2 * read_y + 1) / H - 1], dim=-1)
    return F.grid_sample(images, grid, mode="bilinear", padding_mode="border", align_corners=False)

"""Spatial and intensity augmentation of a whole batch in one resampling, on its device."""

import math
from dataclasses import dataclass, field, replace

import torch
from torch import Tensor
from torch.nn import functional as F

from scarmap.sampling.batch import Batch, centre_window


@dataclass(frozen=True)
class Augmentation:
    """Ranges to draw from; the defaults change nothing.

    Attributes:
        rotation_deg: Rotation by U(-r, r).
        flips: Mirror each axis with probability one half.
        shift: Shift along each axis by U(-s, s), as a share of the window.
        scale: Enlargement, log-uniform between the two.
        elastic_px: Displacement of the nodes of a coarse grid by N(0, e), in pixels, interpolated
            in between.
        elastic_nodes: Nodes of that grid along each axis.
        gain: Each sequence is multiplied by exp(N(0, g)).
        offset: To each sequence N(0, o) is added, in units of the normalised intensity.
        noise: Gaussian noise whose standard deviation is drawn from U(0, n).
        shear: Shift of each row in proportion to its distance from the centre, by U(-s, s).
        gamma: Exponent of each sequence, log-uniform between the two; intensities must lie in [0,
            1].
        gamma_share: Probability that a sequence of a slice gets one.
        stretch: Columns are widened and rows flattened by the same factor, log-uniform between 1 /
            s and s, as where images of unequal pixel sizes were stored as squares.
    """

    rotation_deg: float = 0.0
    flips: bool = False
    shift: float = 0.0
    scale: tuple[float, float] = (1.0, 1.0)
    elastic_px: float = 0.0
    elastic_nodes: int = 8
    gain: float = 0.0
    offset: float = 0.0
    noise: float = 0.0
    shear: float = 0.0
    gamma: tuple[float, float] = (1.0, 1.0)
    gamma_share: float = 1.0
    stretch: float = field(default=1.0, metadata={"later": True})


MODERN_AUGMENTATION = Augmentation(
    rotation_deg=180,
    flips=True,
    shift=0.08,
    scale=(0.78, 1.28),
    elastic_px=2.0,
    gain=0.15,
    offset=0.15,
    noise=0.1,
)
"""What the modern schedules draw from, for images of standard deviation 1 at 1 mm; other images
scale it.

A choice: exports store hearts turned and mirrored in any way, and hearts differ in size.
"""

UNIT_AUGMENTATION = replace(MODERN_AUGMENTATION, elastic_px=1.3, offset=0.04, noise=0.025)
"""`MODERN_AUGMENTATION` at 1.5 mm and for intensities in [0, 1], whose standard deviation is about
a quarter."""


def augment(
    batch: Batch, augmentation: Augmentation, *, size: int, generator: torch.Generator
) -> Batch:
    """Draw a transform for each slice and apply it.

    Images and soft truth are interpolated bilinearly, labels take the nearest pixel's; beyond the
    border the last pixel is repeated.

    Args:
        batch: Slices at least `size` on each side; the window is cut from their centre.
        augmentation: Ranges.
        size: Side of the returned window in pixels.
        generator: Source of randomness, on the batch's device.

    Returns:
        images (B, S, size, size), labels (B, size, size), and soft (B, T, size, size) where the
            truth is soft; they stay aligned.
    """
    if augmentation == Augmentation():
        return centre_window(batch, size)
    grid = draw_grid(batch.images, augmentation, size=size, generator=generator)
    images = F.grid_sample(
        batch.images, grid, mode="bilinear", padding_mode="border", align_corners=False
    )
    images = _change_intensity(images, augmentation, generator)
    if batch.soft is not None:
        soft = F.grid_sample(
            batch.soft, grid, mode="bilinear", padding_mode="border", align_corners=False
        )
        return Batch(images, soft.argmax(1).to(batch.labels.dtype), soft)
    labels = F.grid_sample(
        batch.labels[:, None].float(),
        grid,
        mode="nearest",
        padding_mode="border",
        align_corners=False,
    )
    return Batch(images, labels[:, 0].to(batch.labels.dtype))


def draw_grid(
    images: Tensor, augmentation: Augmentation, *, size: int, generator: torch.Generator
) -> Tensor:
    """Draw where each output pixel reads from.

    Args:
        images: (B, S, H, W); only its shape and device count.
        augmentation: Ranges.
        size: Side of the output in pixels.
        generator: Source of randomness.

    Returns:
        (B, size, size, 2), float32, in `grid_sample` coordinates (-1 to 1 over the input).
    """
    B, _, H, W = images.shape
    device = images.device

    def uniform(low: float, high: float) -> Tensor:
        return low + (high - low) * torch.rand(B, generator=generator, device=device)

    angle = uniform(-1, 1) * math.radians(augmentation.rotation_deg)
    zoom = torch.exp(uniform(math.log(augmentation.scale[0]), math.log(augmentation.scale[1])))
    mirrored = torch.zeros(B, 2, dtype=torch.bool, device=device)
    if augmentation.flips:
        mirrored = torch.stack([uniform(0, 1) < 0.5 for _ in range(2)], -1)
    shift_x, shift_y = (uniform(-1, 1) * augmentation.shift * size for _ in range(2))

    rows, columns = torch.meshgrid(
        *[torch.arange(size, device=device) - (size - 1) / 2] * 2, indexing="ij"
    )
    points = torch.stack([columns, rows], dim=-1).expand(B, size, size, 2)
    if augmentation.elastic_px > 0:
        points = points + _elastic(B, size, augmentation, generator, device)
    # the grid says where a pixel reads from, so an enlargement divides
    cos, sin = torch.cos(angle) / zoom, torch.sin(angle) / zoom
    turn = torch.stack([torch.stack([cos, -sin], -1), torch.stack([sin, cos], -1)], 1)
    matrix = torch.where(mirrored[:, None], -turn, turn)
    if augmentation.shear:
        matrix = matrix @ _shearing(uniform(-1, 1) * augmentation.shear)
    if augmentation.stretch != 1:
        widening = torch.exp(uniform(-1, 1) * math.log(augmentation.stretch))
        matrix = matrix * torch.stack([1 / widening, widening], -1)[:, None, :]
    shift = torch.stack([shift_x, shift_y], -1)
    placed = torch.einsum("bij,bhwj->bhwi", matrix, points) + shift[:, None, None]
    return placed * 2 / torch.tensor([W, H], device=device)


def _shearing(slope: Tensor) -> Tensor:
    matrix = torch.eye(2, device=slope.device).repeat(len(slope), 1, 1)
    matrix[:, 0, 1] = slope
    return matrix


def _elastic(
    num: int,
    size: int,
    augmentation: Augmentation,
    generator: torch.Generator,
    device: torch.device,
) -> Tensor:
    nodes = augmentation.elastic_nodes
    coarse = (
        torch.randn(num, 2, nodes, nodes, generator=generator, device=device)
        * augmentation.elastic_px
    )
    field = F.interpolate(coarse, size=(size, size), mode="bicubic", align_corners=True)
    return field.permute(0, 2, 3, 1)


def _change_intensity(
    images: Tensor, augmentation: Augmentation, generator: torch.Generator
) -> Tensor:
    B, S = images.shape[:2]

    def normal(deviation: float) -> Tensor:
        return deviation * torch.randn(B, S, 1, 1, generator=generator, device=images.device)

    if augmentation.gamma != (1.0, 1.0):
        images = images ** _exponents(images, augmentation, generator)
    if augmentation.gain > 0:
        images = images * torch.exp(normal(augmentation.gain))
    if augmentation.offset > 0:
        images = images + normal(augmentation.offset)
    if augmentation.noise > 0:
        deviation = augmentation.noise * torch.rand(
            B, S, 1, 1, generator=generator, device=images.device
        )
        images = images + deviation * torch.randn(
            images.shape, generator=generator, device=images.device
        )
    return images


def _exponents(images: Tensor, augmentation: Augmentation, generator: torch.Generator) -> Tensor:
    chance, place = torch.rand(
        2, *images.shape[:2], 1, 1, generator=generator, device=images.device
    )
    low, high = (math.log(end) for end in augmentation.gamma)
    return torch.where(
        chance < augmentation.gamma_share, torch.exp(low + (high - low) * place), 1.0
    )

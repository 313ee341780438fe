"""How masks are spoiled, so that the denoising auto-encoder learns to mend them.

Segmentation networks do each of these kinds of damage: a wrong size, a ragged edge, holes and
islands, specks along the border, and undecided probabilities. Each mask gets a random selection.
"""

import torch
import torch.nn.functional as F
from einops import rearrange
from torch import Tensor

from scarmap.systems.cascade.morphology import draw_pixels, grow

# The paper says "randomly adding noise" only: every number below is a choice, see `corrupt`.
_SHARE = 0.5
_LARGEST_GROWTH_PX = 5
_EDGE_JITTER_PX = 3.0
_EDGE_NODES = 12
_MOST_ELLIPSES = 3
_SEMI_AXIS_PX = (2.0, 12.0)
_BAND_PX = 3
_SPECKS = (0.01, 0.05)
_SOFT_SHARE = 0.3
_SOFT_SIGMA_PX = 1.5


SOURCES = {
    "denoiser: corruption, growth": f"up to {_LARGEST_GROWTH_PX} pixels either way: choice",
    "denoiser: corruption, ragged edge": (
        f"{_EDGE_NODES} x {_EDGE_NODES} nodes moved by N(0, {_EDGE_JITTER_PX:g}) pixels: choice"
    ),
    "denoiser: corruption, ellipses": (
        f"up to {_MOST_ELLIPSES} of {_SEMI_AXIS_PX[0]:g} to {_SEMI_AXIS_PX[1]:g} pixels: choice"
    ),
    "denoiser: corruption, specks": (
        f"{_SPECKS[0]:.0%} to {_SPECKS[1]:.0%} of the pixels within {_BAND_PX} of the border: "
        "choice"
    ),
    "denoiser: corruption, blur": (
        f"sigma {_SOFT_SIGMA_PX:g} pixels in {_SOFT_SHARE:.0%} of the masks: choice"
    ),
    "denoiser: corruption, share": (
        f"each kind but the blur in {_SHARE:.0%} of the masks: choice; the paper says 'randomly "
        "adding noise'"
    ),
}
"""Where each number of the corruption comes from."""


def corrupt(masks: Tensor, *, generator: torch.Generator | None = None) -> Tensor:
    """Spoil each mask in its own way.

    Source: cascade, section 2.1 ("noisy version") and 3.2 ("randomly adding noise").
    Differs: the paper does not say which noise. Chosen: with probability one half each, growth or
        shrinkage by up to 5 pixels, a ragged edge, up to 3 elliptic holes or islands, and specks in
        1 to 5 % of the pixels near the border; 30 % are blurred, because the anatomy network's
        output is a probability map.

    Args:
        masks: (B, 1, H, W), float, 0 or 1.
        generator: Source of randomness, on the masks' device; torch's own when None.

    Returns:
        Same shape, in [0, 1].
    """
    spoiled = masks
    for damage, share in (
        (resize, _SHARE),
        (jitter_edge, _SHARE),
        (add_ellipses, _SHARE),
        (add_specks, _SHARE),
        (blur, _SOFT_SHARE),
    ):
        chosen = _uniform(len(masks), generator=generator, device=masks.device) < share
        spoiled = torch.where(chosen[:, None, None, None], damage(spoiled, generator), spoiled)
    return spoiled


def resize(masks: Tensor, generator: torch.Generator | None) -> Tensor:
    """Dilate or erode by up to 5 pixels."""
    return grow(
        masks, draw_pixels(_LARGEST_GROWTH_PX, len(masks), generator=generator, device=masks.device)
    )


def jitter_edge(masks: Tensor, generator: torch.Generator | None) -> Tensor:
    """Read each pixel from a place a few pixels away, which varies smoothly over the image."""
    B, _, H, W = masks.shape
    coarse = torch.randn(B, 2, _EDGE_NODES, _EDGE_NODES, generator=generator, device=masks.device)
    field = F.interpolate(coarse * _EDGE_JITTER_PX, size=(H, W), mode="bicubic", align_corners=True)
    unit = torch.eye(2, 3, device=masks.device).expand(B, 2, 3)
    grid = F.affine_grid(unit, [B, 1, H, W], align_corners=False)
    moved = grid + rearrange(field, "B two H W -> B H W two") * 2 / torch.tensor(
        [W, H], device=masks.device
    )
    return F.grid_sample(masks, moved, mode="nearest", padding_mode="border", align_corners=False)


def add_ellipses(masks: Tensor, generator: torch.Generator | None) -> Tensor:
    """Cut up to three elliptic holes or set up to three elliptic islands on or around the mask."""
    spoiled = masks
    for _ in range(_MOST_ELLIPSES):
        uniform = _uniform(5, len(masks), generator=generator, device=masks.device)
        inside = ellipses(masks, uniform[:3], generator)
        value = (uniform[3] < 0.5).to(masks.dtype)[:, None, None, None]
        wanted = (uniform[4] < 2 / 3)[:, None, None, None]
        spoiled = torch.where(inside & wanted, value, spoiled)
    return spoiled


def ellipses(masks: Tensor, uniform: Tensor, generator: torch.Generator | None) -> Tensor:
    """One filled ellipse near each mask.

    Args:
        masks: (B, 1, H, W); the centre is drawn around theirs, as far as they spread; the image's
            when one is empty.
        uniform: (3, B), in [0, 1]: both semi-axes and the angle.
        generator: Source of the centre.

    Returns:
        (B, 1, H, W), bool.
    """
    B, _, H, W = masks.shape
    axes = [torch.arange(length, device=masks.device, dtype=masks.dtype) for length in (H, W)]
    rows, columns = torch.meshgrid(*axes, indexing="ij")
    places = torch.stack([rows, columns])
    area = masks.sum((1, 2, 3)).clamp(min=1)[:, None]
    centre = (masks * places).sum((2, 3)) / area
    empty = masks.flatten(1).sum(1, keepdim=True) == 0
    centre = torch.where(empty, torch.tensor([H / 2, W / 2], device=masks.device), centre)
    reach = (area / torch.pi).sqrt().clamp(min=W / 8)
    centre = centre + reach * torch.randn(B, 2, generator=generator, device=masks.device)
    away = places[None] - centre[:, :, None, None]
    low, high = _SEMI_AXIS_PX
    first, second = ((low + (high - low) * part)[:, None, None] for part in uniform[:2])
    angle = (uniform[2] * torch.pi)[:, None, None]
    along = away[:, 0] * angle.cos() + away[:, 1] * angle.sin()
    across = away[:, 1] * angle.cos() - away[:, 0] * angle.sin()
    inside: Tensor = (along / first) ** 2 + (across / second) ** 2 <= 1
    return inside[:, None]


def add_specks(masks: Tensor, generator: torch.Generator | None) -> Tensor:
    """Invert 1 to 5 % of the pixels that lie within 3 pixels of the border."""
    step = torch.full((len(masks),), _BAND_PX, device=masks.device)
    band = grow(masks, step) - grow(masks, -step)
    low, high = _SPECKS
    share = low + (high - low) * _uniform(
        len(masks), 1, 1, 1, generator=generator, device=masks.device
    )
    chosen = _uniform(*masks.shape, generator=generator, device=masks.device) < share
    return torch.where(chosen & (band > 0.5), 1 - masks, masks)


def blur(masks: Tensor, generator: torch.Generator | None) -> Tensor:
    """Smooth with a Gaussian of 1.5 pixels, and mix with the sharp mask by a random share."""
    reach = 4
    at = torch.arange(-reach, reach + 1, device=masks.device, dtype=masks.dtype)
    weights = torch.exp(-0.5 * (at / _SOFT_SIGMA_PX) ** 2)
    weights = weights / weights.sum()
    padded = F.pad(masks, (reach,) * 4, mode="replicate")
    smooth = (
        F.conv2d(F.conv2d(padded, weights.view(1, 1, -1, 1)), weights.view(1, 1, 1, -1))
        .to(masks.dtype)
        .clamp(0, 1)
    )
    share = _uniform(len(masks), 1, 1, 1, generator=generator, device=masks.device)
    return torch.lerp(masks, smooth, share)


def _uniform(*shape: int, generator: torch.Generator | None, device: torch.device) -> Tensor:
    return torch.rand(shape, generator=generator, device=device)

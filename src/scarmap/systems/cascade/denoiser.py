"""The denoising auto-encoder (DAE): the shape of a left ventricle, learned from masks alone."""

from itertools import pairwise

import torch
import torch.nn.functional as F
from einops import rearrange
from torch import Tensor, nn

from scarmap.nn.regions import region_masks
from scarmap.sampling.bank import Bank
from scarmap.sampling.batch import Batch
from scarmap.systems.cascade.corruption import corrupt

_WIDTHS = (16, 32, 64, 128)
_EPICARDIUM = ("lv_epicardium",)
_SLICES_AT_ONCE = 16


def epicardial_masks(labels: Tensor) -> Tensor:
    """LV epicardial masks of labels (B, H, W), tissue indices: (B, 1, H, W), float32, 0 or 1."""
    return region_masks(labels, _EPICARDIUM).float()


def denoising_dice(model: nn.Module, bank: Bank, rows: Tensor) -> dict[str, float]:
    """Mean Dice of gold masks and their mended corruptions, which are the same at every call.

    Args:
        model: A `Denoiser`.
        bank: All slices.
        rows: Validation slices; those without a left ventricle do not count.

    Returns:
        Nothing where no slice shows a left ventricle.
    """
    generator = torch.Generator(bank.images.device).manual_seed(1)
    scores: list[Tensor] = []
    for chosen in rows.split(_SLICES_AT_ONCE):  # type: ignore[no-untyped-call]
        truth = epicardial_masks(bank.window(chosen).labels)
        found = model(corrupt(truth, generator=generator)) > 0.5
        sizes = found.sum((1, 2, 3)) + truth.sum((1, 2, 3))
        dice = 2 * (found * truth).sum((1, 2, 3)) / sizes.clamp(min=1)
        scores += dice[truth.flatten(1).any(1)].unbind()
    return {"lv_epicardium": float(torch.stack(scores).mean())} if scores else {}


class Denoiser(nn.Module):
    """Convolutional auto-encoder without skips, so that every mask passes through a short code.

    Source: cascade, section 2.1, Eq. 5 and Fig. 2.
    Differs: the paper gives no structure. Chosen: four 3x3 convolutions of stride 2 (16, 32, 64,
        128 channels, batch normalisation, ReLU), a linear layer to the code and one back, four 4x4
        transposed convolutions, sigmoid.

    Args:
        size: Side of the masks in pixels, a multiple of 16.
        code: Numbers that a mask is reduced to.
    """

    def __init__(self, *, size: int = 128, code: int = 256) -> None:
        super().__init__()
        self.side = size // 2 ** len(_WIDTHS)
        deepest = _WIDTHS[-1] * self.side**2
        self.down = nn.Sequential(*(_halving(*pair) for pair in pairwise((1, *_WIDTHS))))
        self.encode = nn.Linear(deepest, code)
        self.decode = nn.Linear(code, deepest)
        self.up = nn.Sequential(*(_doubling(*pair) for pair in pairwise(_WIDTHS[::-1])))
        self.last = nn.ConvTranspose2d(_WIDTHS[0], 1, 4, stride=2, padding=1)

    def forward(self, mask: Tensor) -> Tensor:
        """Turn masks or probabilities (B, 1, size, size), in [0, 1], into plausible ones."""
        code = self.encode(self.down(mask).flatten(1))
        spread = rearrange(
            F.relu(self.decode(code)), "B (C H W) -> B C H W", H=self.side, W=self.side
        )
        return torch.sigmoid(self.last(self.up(spread)))


class DenoisingObjective(nn.Module):
    """Mean squared error between gold masks and what is made of their corruptions.

    Source: cascade, section 2.1, Eq. 5.
    Differs: the squared norm is divided by the number of pixels.

    Args:
        generator: Source of the corruption, on the device of the labels; torch's own when None.
    """

    def __init__(self, *, generator: torch.Generator | None = None) -> None:
        super().__init__()
        self.generator = generator

    def forward(self, model: nn.Module, batch: Batch) -> dict[str, Tensor]:
        """Loss of a `Denoiser`; the batch's images are not looked at."""
        truth = epicardial_masks(batch.labels)
        made = model(corrupt(truth, generator=self.generator))
        return {"reconstruction": F.mse_loss(made.float(), truth)}


def _halving(before: int, after: int) -> nn.Sequential:
    return nn.Sequential(
        nn.Conv2d(before, after, 3, stride=2, padding=1, bias=False),
        nn.BatchNorm2d(after),
        nn.ReLU(inplace=True),
    )


def _doubling(before: int, after: int) -> nn.Sequential:
    return nn.Sequential(
        nn.ConvTranspose2d(before, after, 4, stride=2, padding=1, bias=False),
        nn.BatchNorm2d(after),
        nn.ReLU(inplace=True),
    )

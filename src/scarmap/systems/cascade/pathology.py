"""The pathological region segmentation network (PRSN), and the single U-Nets beside it.

An output is a softmax over background and the classes of nested regions: with whole myocardium ⊃
scar and edema ⊃ scar the classes are normal myocardium, edema and scar. A pixel's class is the
number of regions that it lies in.
"""

from collections.abc import Mapping

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from scarmap.nn.frozen import Frozen
from scarmap.nn.regions import region_masks
from scarmap.nn.unet import LEVELS, Features, UNet, enlarge, level_widths
from scarmap.systems.cascade.fusion import Fusion, make_fusion

NESTED: Mapping[str, tuple[str, ...]] = {
    "main": ("whole_myocardium", "scar_and_edema", "scar"),
    "bSSFP": ("whole_myocardium",),
    "LGE": ("whole_myocardium", "scar"),
    "T2": ("whole_myocardium", "scar_and_edema"),
}
"""Regions of each output, from the largest to the smallest.

Source: cascade, Fig. 3.
Differs: the paper does not say what is normal for a sequence that shows one pathology. Chosen:
    edema on T2 includes the scar, which is bright there too; normal myocardium on LGE includes the
    edema, which is dark there.
"""
_BRANCHES = ("bSSFP", "LGE", "T2")


def target_classes(labels: Tensor, output: str) -> Tensor:
    """Class of every pixel for one output, 0 for background: labels (B, H, W) to int64."""
    return region_masks(labels, NESTED[output]).sum(1)


def nested_probabilities(logits: Tensor) -> Tensor:
    """Probability of each nested region.

    Args:
        logits: (B, K + 1, H, W), unnormalised; background first.

    Returns:
        (B, K, H, W), float32, in [0, 1], falling along K.
    """
    classes = logits.float().softmax(dim=1)[:, 1:]
    return classes.flip(1).cumsum(1).flip(1).clamp(max=1)


class SingleNetwork(nn.Module):
    """One U-Net on candidate images: Unet-edema, Unet-scar and Fusion-Unet of Table 2.

    Source: cascade, section 3.3.
    Differs: the text says "trained on C_LGE for scar" and "fusion" only; here each of them learns
        the normal wall beside its pathology, as the branches of PRSN do, and the network on T2
        learns scar and edema as one. Widths are not published; they are those of the other
        networks.

    Args:
        sequences: Which channels of the candidate images it takes, all into one encoder.
        output: What it predicts, a key of `NESTED`.
        width: Channels at full resolution.
    """

    def __init__(self, *, sequences: tuple[int, ...], output: str, width: int = 32) -> None:
        super().__init__()
        self.sequences = list(sequences)
        self.output = output
        self.unet = UNet(encoders=(len(sequences),), outputs=1 + len(NESTED[output]), width=width)
        self.frozen = Frozen()

    def forward(self, candidates: Tensor) -> dict[str, Tensor]:
        """Candidate images (B, S, H, W) to the logits of its one output."""
        return {self.output: self.unet(candidates[:, self.sequences])}


class MainBranch(nn.Module):
    """The U-shaped branch without an image of its own: fusion at each level, down and up.

    Source: cascade, section 2.2 and Fig. 3.
    Differs: the figure shows fusion at "different hierarchies" only. Chosen: at every level the
        encoder fuses the branches' encoder features with its own pooled output, the decoder fuses
        the branches' decoder features with its own enlarged output and its own skip.

    Args:
        outputs: Channels of the output.
        width: Channels at full resolution.
        fusion: Which fusion block.
    """

    def __init__(self, *, outputs: int, width: int, fusion: Fusion) -> None:
        super().__init__()
        widths = level_widths(width)
        self.down = nn.ModuleList(
            make_fusion(fusion, channels=channels, own=before)
            for channels, before in zip(widths, [0, *widths[:-1]], strict=True)
        )
        self.enlarge = nn.ModuleList(enlarge(channels) for channels in widths[:-1])
        self.up = nn.ModuleList(
            make_fusion(fusion, channels=channels, own=2 * channels) for channels in widths[:-1]
        )
        self.head = nn.Conv2d(width, outputs, 1)

    def forward(self, branches: list[Features]) -> Tensor:
        """Features of the three branches to logits (B, outputs, H, W)."""
        *skips, y = self._encode(branches)
        for level in reversed(range(LEVELS)):
            own = [self.enlarge[level](y), skips[level]]
            y = self.up[level]([branch.decoder[level] for branch in branches], own)
        logits: Tensor = self.head(y)
        return logits

    def _encode(self, branches: list[Features]) -> list[Tensor]:
        """The fused features of each level, finest first, and of the bottleneck."""
        encoded = [
            [*(single for (single,) in branch.encoder), branch.bottleneck] for branch in branches
        ]
        fused: list[Tensor] = []
        own: list[Tensor] = []
        for fuse, *features in zip(self.down, *encoded, strict=True):
            fused.append(fuse(features, own))
            own = [F.max_pool2d(fused[-1], 2)]
        return fused


class PathologyNetwork(nn.Module):
    """A U-Net for each sequence's candidate image, and the main branch that fuses their features.

    Source: cascade, section 2.2 and Fig. 3.
    Differs: see `MainBranch` and `NESTED`; widths are not published.

    Args:
        width: Channels at full resolution.
        fusion: "channel-attention" as published, "sum-product-max" for MFB-PRSN, or
            "concatenation".
    """

    def __init__(self, *, width: int = 32, fusion: Fusion = "channel-attention") -> None:
        super().__init__()
        self.branches = nn.ModuleDict(
            {
                name: UNet(encoders=(1,), outputs=1 + len(NESTED[name]), width=width)
                for name in _BRANCHES
            }
        )
        self.main = MainBranch(outputs=1 + len(NESTED["main"]), width=width, fusion=fusion)
        self.frozen = Frozen()

    def forward(self, candidates: Tensor) -> dict[str, Tensor]:
        """Candidate images to logits.

        Args:
            candidates: (B, 3, H, W), in [0, 1], 0 outside the gate, in the order bSSFP, LGE, T2.

        Returns:
            Output to (B, K + 1, H, W), background first, K as in `NESTED`.
        """
        images = torch.split(candidates, 1, dim=1)
        features: list[Features] = []
        logits: dict[str, Tensor] = {}
        for name, image in zip(_BRANCHES, images, strict=True):
            branch = self.branches[name]
            assert isinstance(branch, UNet)
            features.append(branch.features(image))
            logits[name] = branch.logits(features[-1])
        return {"main": self.main(features), **logits}

"""Reconstruction pre-training: encoders learn anatomy from images without labels.

The images are explained by one anatomy, binary maps that all sequences share, and by a few numbers
per sequence that say how tissue looks in it. What is kept afterwards are MFU-Net's encoders and
bottleneck.
"""

from typing import NamedTuple

import torch
import torch.nn.functional as F
from einops import rearrange, repeat
from torch import Tensor, nn

from scarmap.errors import RecipeError
from scarmap.nn.blocks import initialise_glorot
from scarmap.sampling.batch import Batch
from scarmap.systems.mfunet.appearance import AppearanceEncoder, Renderer
from scarmap.systems.mfunet.encoding import Backbone, Decoder, Encoders, Fusion
from scarmap.systems.mfunet.network import MFUNet


class Reconstructed(NamedTuple):
    """What `Reconstruction` makes of a batch.

    Attributes:
        images: (B, S, H, W), in [-1, 1].
        mean: (B, S, Z), centre of each sequence's appearance code.
        log_variance: (B, S, Z), spread of the code.
        regressed: (B, S, Z), the codes found again in images that were made with given ones.
    """

    images: Tensor
    mean: Tensor
    log_variance: Tensor
    regressed: Tensor


def transfer_encoders(source: "Reconstruction", target: MFUNet) -> None:
    """Copy encoders and bottleneck of a pre-trained network into MFU-Net; all else stays.

    Args:
        source: Pre-trained network.
        target: Network to be trained next; changed in place.

    Raises:
        RecipeError: The two differ in sequences, width or backbone.
    """
    learned = source.encoders.state_dict()
    wanted = {name: value.shape for name, value in target.encoders.state_dict().items()}
    if {name: value.shape for name, value in learned.items()} != wanted:
        raise RecipeError(
            "The pre-trained encoders do not fit this MFU-Net: their sequences, width or backbone "
            "differ. Pre-train with the same three settings as the network that follows."
        )
    target.encoders.load_state_dict(learned)


def straight_through_round(soft: Tensor) -> Tensor:
    """Round to 0 or 1; the gradient passes as if nothing was rounded.

    Args:
        soft: Any shape, in [0, 1].

    Returns:
        Same shape, 0 or 1 up to floating-point error.
    """
    return soft + (soft.round() - soft).detach()


class Reconstruction(nn.Module):
    """MFU-Net's encoders and bottleneck with a temporary decoder that explains every image.

    Source: MFU-Net, section 4, "Training details"; sizes from MMSDNet, Chartsias et al. 2020.
    Differs: the pre-training network is not published. Here all sequences share one anatomy and one
        appearance encoder and renderer; the mask and adversarial losses of MMSDNet, which need
        labels, are left out.

    Args:
        sequences: Number of sequences, S.
        width: Channels at full resolution.
        fusion: Skips of the temporary decoder, as in MFU-Net.
        backbone: What the blocks are made of.
        anatomy: Channels of the anatomy.
        code: Numbers per appearance code, Z.
    """

    def __init__(
        self,
        *,
        sequences: int = 3,
        width: int = 64,
        fusion: Fusion = "max",
        backbone: Backbone = "residual",
        anatomy: int = 8,
        code: int = 8,
    ) -> None:
        super().__init__()
        self.code = code
        self.encoders = Encoders(sequences=sequences, width=width, backbone=backbone)
        self.decoder = Decoder(sequences=sequences, width=width, fusion=fusion, backbone=backbone)
        self.head = nn.Conv2d(width, anatomy, 1)
        self.appearance = AppearanceEncoder(anatomy=anatomy, code=code)
        self.renderer = Renderer(anatomy=anatomy, code=code)
        self.apply(initialise_glorot)

    def anatomy(self, images: Tensor) -> Tensor:
        """The anatomy (B, A, H, W), 0 or 1, of images (B, S, H, W): at most one channel a pixel."""
        soft = self.head(self.decoder(self.encoders(images))).softmax(dim=1)
        return straight_through_round(soft)

    def forward(self, images: Tensor, noise: Tensor, codes: Tensor) -> Reconstructed:
        """Explain images and make them again, and make others from given codes.

        Args:
            images: (B, S, H, W), float, in [-1, 1]; H and W are multiples of 16.
            noise: (B, S, Z), standard normal, draws the codes that remake the images.
            codes: (B, S, Z), standard normal, to be found again in the images that they make.
        """
        sequences = images.shape[1]
        anatomy = repeat(self.anatomy(images), "B A H W -> (B S) A H W", S=sequences)
        single = rearrange(images, "B S H W -> (B S) 1 H W")
        mean, log_variance = self.appearance(anatomy, single)
        drawn = mean + (0.5 * log_variance).exp() * rearrange(noise, "B S Z -> (B S) Z")
        remade = self.renderer(anatomy, drawn)
        invented = self.renderer(anatomy, rearrange(codes, "B S Z -> (B S) Z"))
        regressed, _ = self.appearance(anatomy, invented)
        numbers = [
            rearrange(part, "(B S) Z -> B S Z", S=sequences)
            for part in (mean, log_variance, regressed)
        ]
        return Reconstructed(rearrange(remade, "(B S) 1 H W -> B S H W", S=sequences), *numbers)


class ReconstructionObjective(nn.Module):
    """Errors of remade images and of codes found again, and the codes' divergence from N(0, 1).

    Source: MFU-Net, section 4, "unsupervised reconstruction loss"; weights from MMSDNet, Chartsias
        et al. 2020.
    Differs: the losses of MMSDNet that need labels are left out.

    Args:
        code: Numbers per appearance code, Z, as in the model.
        reconstruction: Weight of the mean absolute error of the images.
        divergence: Weight of the Kullback-Leibler divergence, summed over a code, averaged over
            images.
        regression: Weight of the mean absolute error of the codes.
        generator: Source of the codes and of the noise, on the device of the images; torch's own
            when None.
    """

    def __init__(
        self,
        *,
        code: int = 8,
        reconstruction: float = 10.0,
        divergence: float = 0.1,
        regression: float = 1.0,
        generator: torch.Generator | None = None,
    ) -> None:
        super().__init__()
        self.code = code
        self.reconstruction, self.divergence, self.regression = (
            reconstruction,
            divergence,
            regression,
        )
        self.generator = generator

    def forward(self, model: nn.Module, batch: Batch) -> dict[str, Tensor]:
        """Losses of a `Reconstruction`; the batch's labels are not looked at.

        Returns:
            Scalars that already carry their weights; their sum is minimised.
        """
        images = batch.images
        shape = (2, *images.shape[:2], self.code)
        noise, codes = torch.randn(shape, generator=self.generator, device=images.device)
        made: Reconstructed = model(images, noise, codes)
        divergence = 0.5 * (made.mean**2 + made.log_variance.exp() - 1 - made.log_variance).sum(
            dim=-1
        )
        return {
            "reconstruction": self.reconstruction * F.l1_loss(made.images, images),
            "divergence": self.divergence * divergence.mean(),
            "regression": self.regression * F.l1_loss(made.regressed, codes),
        }

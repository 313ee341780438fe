"""What Mask R-CNN is trained to minimise."""

from torch import Tensor, nn

from scarmap.sampling.batch import Batch
from scarmap.systems.linear_codec.codec import Problem, encode
from scarmap.systems.linear_codec.maskrcnn import MaskRCNN


class MaskRCNNObjective(nn.Module):
    """The losses of Mask R-CNN for one binary problem.

    Source: linear codec, section 2.4 (He et al. 2017); one object per slice, as in the released code.
    Differs: the released code gives every slice a second object, all of it background; here a slice without the
        region has no object.

    Args:
        region: What the network should find, a name in `scarmap.labels.REGIONS`; all of it in a slice is one object.
        sequences: Channels of the batch's images that the network takes, in this order.
    """

    def __init__(self, *, region: str, sequences: tuple[int, ...]) -> None:
        super().__init__()
        self.problem = Problem(region, sequences)

    def forward(self, model: nn.Module, batch: Batch) -> dict[str, Tensor]:
        """The losses of a `MaskRCNN` in training mode, by the names that torchvision gives them."""
        assert isinstance(model, MaskRCNN)
        images, truth = encode(batch, self.problem)
        return model.losses(images, truth[:, 0] > 0)

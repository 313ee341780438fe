"""From the network's tissues to maps of nested regions."""

from collections.abc import Mapping

from torch import Tensor, nn

from scarmap.labels import TISSUES
from scarmap.nn.regions import sum_over_regions
from scarmap.nn.views import average_views, views_of_the_whole
from scarmap.systems.scarmap.targets import FOUND

_TISSUE_NAMES = tuple(tissue.name for tissue in TISSUES)


def probabilities(model: nn.Module, images: Tensor) -> Tensor:
    """Probabilities (B, len(FOUND), H, W) of images (B, S, H, W); outer regions have the larger."""
    logits: Tensor = model(images)
    return sum_over_regions(logits.float().softmax(1), tissues=_TISSUE_NAMES, regions=FOUND)


@views_of_the_whole
def assemble(stages: Mapping[str, nn.Module], slices: Tensor, *, views: int = 8) -> Tensor:
    """The system's inference.

    Args:
        stages: Trained stages.
        slices: (Z, S, H, W), zero where a sequence is missing.
        views: How many views of each slice are averaged, see `average_views`.

    Returns:
        (Z, len(FOUND), H, W).
    """

    def predict(images: Tensor) -> Tensor:
        return probabilities(stages["segment"], images)

    return average_views(predict, slices, views=views)

import pytest
import torch
from torch import nn

from scarmap.labels import TISSUES, region_mask
from scarmap.systems.mfunet.inference import assemble, probabilities
from scarmap.systems.mfunet.network import Heads
from scarmap.systems.mfunet.objective import MFUNetObjective


class Says(nn.Module):
    """A network that gives every pixel the same: anatomy .4 .2 .1 and rest .3, then pathologies."""

    def forward(self, images):
        anatomy, scar, edema = (
            torch.tensor(each).log()[None, :, None, None].expand(len(images), -1, *images.shape[2:])
            for each in ([0.4, 0.2, 0.1, 0.3], [0.6, 0.4], [0.7, 0.3])
        )
        return Heads(anatomy, (scar, edema), ())


@pytest.mark.parametrize("views", [1, 8])
def test_background_is_the_last_channel_of_every_head_and_is_left_out(views):
    found = assemble({"segment": Says()}, torch.rand(2, 3, 16, 16), views=views)
    expected = torch.tensor([0.4, 0.2, 0.1, 0.6, 0.7])[None, :, None, None].expand(2, 5, 16, 16)
    torch.testing.assert_close(found, expected)


def test_a_network_that_learned_its_targets_gives_the_regions_of_the_recipe_in_order():
    labels = torch.arange(len(TISSUES), dtype=torch.uint8).view(1, 1, -1)
    regions = ("whole_myocardium", "lv_pool", "rv_pool", "scar", "edema")
    anatomy, *pathologies = (40 * target for target in MFUNetObjective().head_targets(labels))
    found = probabilities(
        lambda images: Heads(anatomy, tuple(pathologies), ()), torch.zeros(1, 3, 1, len(TISSUES))
    )
    expected = torch.stack(
        [torch.from_numpy(region_mask(labels[0].numpy(), region)) for region in regions]
    )
    torch.testing.assert_close(found[0], expected.float())

import pytest
import torch
from torch import nn

from scarmap.systems.anatomy_prior.inference import assemble, probabilities
from scarmap.systems.anatomy_prior.targets import TARGETS, label_names, region_maps


class Says(nn.Module):
    """Background .4, pool .1, wall .2, scar .2, no-reflow .1 in each pixel, scaled by the image."""

    def forward(self, images):
        logits = torch.tensor([0.4, 0.1, 0.2, 0.2, 0.1]).log()[None, :, None, None]
        return logits + 0 * images


@pytest.mark.parametrize("views", [1, 8])
def test_labels_are_summed_over_nested_regions(views):
    regions = TARGETS["emidec"].regions
    found = assemble(
        {"segment": Says()}, torch.rand(2, 1, 16, 16), layout="emidec", regions=regions, views=views
    )
    assert regions == ("lv_pool", "whole_myocardium", "whole_infarct", "mvo")
    expected = torch.tensor([0.1, 0.5, 0.3, 0.1])[None, :, None, None].expand(2, 4, 16, 16)
    torch.testing.assert_close(found, expected)


@pytest.mark.parametrize("layout", TARGETS)
def test_each_nested_region_is_at_most_the_one_around_it(layout):
    generator = torch.Generator().manual_seed(0)
    softmax = torch.randn(2, len(label_names(layout)), 8, 8, generator=generator).softmax(1)
    nested = region_maps(softmax, layout=layout, regions=tuple(TARGETS[layout].nested))
    assert (nested[:, 1:] <= nested[:, :-1] + 1e-6).all()
    every = region_maps(
        softmax, layout=layout, regions=(*TARGETS[layout].pools, "whole_myocardium")
    )
    torch.testing.assert_close(every.sum(1) + softmax[:, 0], torch.ones(2, 8, 8))


def test_a_region_may_be_asked_for_alone():
    maps = probabilities(
        Says(), torch.rand(1, 1, 4, 4), layout="emidec", regions=("lv_epicardium",)
    )
    torch.testing.assert_close(maps, torch.full((1, 1, 4, 4), 0.6))

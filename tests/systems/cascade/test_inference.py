import pytest
import torch
from torch import nn

from scarmap.nn.frozen import Frozen
from scarmap.systems.cascade.inference import assemble, one_pixel_beyond, validation_probabilities


class Bright(nn.Module):
    """Finds a left ventricle where the first sequence is brighter than one half."""

    def forward(self, images):
        return 100 * (images[:, :1] - 0.5)


class Scar(nn.Module):
    """Is certain of scar wherever the second sequence shows something, of background elsewhere."""

    def __init__(self):
        super().__init__()
        self.frozen = Frozen()
        self.frozen.take({"anatomy": Bright()})

    def forward(self, candidates):
        seen = candidates[:, 1:2]
        main = (
            torch.cat(
                [1 - 2 * seen, -torch.ones_like(seen), -torch.ones_like(seen), 2 * seen - 1], dim=1
            )
            * 100
        )
        return {"main": main, "T2": main[:, [0, 1, 3]], "LGE": main[:, [0, 1, 3]]}


@pytest.fixture
def slices():
    """Two slices; the first has a left ventricle of 6 x 4 pixels; other sequences are bright."""
    images = torch.ones(2, 3, 16, 16)
    images[:, 0] = 0
    images[0, 0, 4:10, 5:9] = 1
    return images


STAGES = {"anatomy": Bright(), "pathology": Scar()}


@pytest.mark.parametrize("views", [1, 8])
@pytest.mark.parametrize(("output", "maps"), [("main", 3), ("T2", 2), ("LGE", 2)])
def test_pathology_lies_in_the_region_and_one_pixel_beyond(slices, views, output, maps):
    found = assemble(STAGES, slices, output=output, views=views)
    assert found.shape == (2, 1 + maps, 16, 16)
    assert torch.equal(found[:, 0] > 0.5, slices[:, 0] > 0.5)
    beyond = torch.zeros(16, 16, dtype=torch.bool)
    beyond[3:11, 4:10] = True
    assert all(torch.equal(each > 0.5, beyond) for each in found[0, 1:])


@pytest.mark.parametrize("views", [1, 8])
def test_what_a_network_finds_outside_the_region_is_not_kept_beyond_one_pixel(slices, views):
    class Everywhere(nn.Module):
        def forward(self, candidates):
            return {
                "main": torch.tensor([0.0, 0.0, 0.0, 100.0]).view(1, 4, 1, 1).expand(-1, -1, 16, 16)
            }

    found = assemble({**STAGES, "pathology": Everywhere()}, slices[:1], views=views)
    kept = torch.zeros(16, 16)
    kept[3:11, 4:10] = 1
    assert all(torch.equal(each, kept) for each in found[0, 1:])


def test_an_empty_slice_has_no_pathology(slices):
    assert assemble(STAGES, slices)[1, 1:].abs().max() == 0


def test_the_region_alone(slices):
    found = assemble({"anatomy": Bright()}, slices, output=None)
    assert torch.equal(found > 0.5, slices[:, :1] > 0.5)


def test_the_denoised_gate_decides_where_pathology_may_be(slices):
    class Nothing(nn.Module):
        def forward(self, mask):
            return torch.zeros_like(mask)

    found = assemble({**STAGES, "denoiser": Nothing()}, slices, gate="denoised")
    assert found.abs().max() == 0


def test_maps_keep_their_values_inside():
    maps = torch.rand(1, 2, 8, 8)
    inside = torch.zeros(1, 1, 8, 8)
    inside[..., 2:5, 3:6] = 1
    repeated = one_pixel_beyond(maps * inside, inside)
    assert torch.equal(repeated[..., 2:5, 3:6], maps[..., 2:5, 3:6])
    assert repeated[0, 0, 1, 2] == maps[0, 0, 2, 3]
    assert not repeated[..., 0, :].any()


def test_validation_looks_inside_the_frozen_networks_region(slices):
    found = validation_probabilities(Scar(), slices, output="main", gate="segmentation")
    assert all(torch.equal(each > 0.5, slices[0, 0] > 0.5) for each in found[0])
    assert not found[1].any()

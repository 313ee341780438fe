from itertools import pairwise

import numpy as np
import pytest
import torch
from torch import nn

from scarmap.labels import INDEX, TISSUES
from scarmap.systems.scarmap.inference import assemble, probabilities
from scarmap.systems.scarmap.network import AnySequenceNetwork
from scarmap.systems.scarmap.postprocess import compose, decide_presence
from scarmap.systems.scarmap.targets import FOUND, NESTED
from scarmap.volume import Grid


class Shows(nn.Module):
    """Logits that show labels (H, W), turned and mirrored as the slices are."""

    def forward(self, images):
        return 20 * torch.nn.functional.one_hot(
            (images[:, 0] * 6).round().long(), len(TISSUES)
        ).permute(0, 3, 1, 2)


def test_regions_nest_whatever_the_network_says():
    torch.manual_seed(0)
    maps = probabilities(AnySequenceNetwork(width=4).eval(), torch.rand(1, 3, 32, 32))
    by_name = dict(zip(FOUND, maps[0], strict=True))
    assert all((by_name[outer] >= by_name[inner]).all() for outer, inner in pairwise(NESTED))


@pytest.mark.parametrize("views", [1, 8])
def test_what_the_network_shows_comes_out_as_tissues(heart, views):
    labels = heart(size=48)
    slices = (labels.float() / 6)[None, None].repeat(1, 3, 1, 1)
    maps = assemble({"segment": Shows()}, slices, views=views)
    found = compose(maps.permute(1, 3, 2, 0).numpy())
    np.testing.assert_array_equal(found[..., 0], labels.numpy().T)


@pytest.mark.parametrize(
    ("region", "tissue"), [("whole_myocardium", "normal_myocardium"), ("rv_pool", "rv_pool")]
)
def test_only_the_largest_part_of_a_ventricle_is_kept(region, tissue):
    maps = np.zeros((len(FOUND), 9, 3, 1), dtype=np.float32)
    maps[FOUND.index(region), [0, 1, 2, 3, 8]] = 1
    found = compose(maps)
    assert (found[:4] == INDEX[tissue]).all()
    assert (found[4:] == INDEX["background"]).all()


def test_pathology_is_called_from_a_share_of_what_it_lies_in():
    maps = np.zeros((len(FOUND), 1, 1, 1), dtype=np.float32)
    for region, probability in (
        ("whole_myocardium", 0.8),
        ("scar_and_edema", 0.3),
        ("whole_infarct", 0.08),
    ):
        maps[FOUND.index(region)] = probability
    assert compose(maps).item() == INDEX["normal_myocardium"]
    assert compose(maps, threshold=0.3).item() == INDEX["edema"]
    assert compose(maps, threshold=0.2).item() == INDEX["scar"]
    each = {"scar_and_edema": 0.2, "whole_infarct": 0.9, "mvo": 0.5}
    assert compose(maps, threshold=each).item() == INDEX["edema"]


def test_infarct_and_no_reflow_are_there_from_a_share_of_the_wall_on():
    grid = Grid((20, 10, 1), (1.0, 1.0, 10.0), np.eye(4))
    labels = np.full(grid.shape, INDEX["normal_myocardium"], dtype=np.uint8)  # a wall of 200 voxels
    labels[0:6, 0] = INDEX["scar"]  # 3 %, with what follows 4 %
    labels[6:8, 0] = INDEX["mvo"]  # 1 %
    labels[15:17, 5] = INDEX["scar"]  # 1 %
    wanted = {"smallest_infarct_percent": 2.0, "smallest_no_reflow_percent": 1.5}
    decided, told = decide_presence(labels, grid, **wanted)
    assert (decided[0:8, 0] == INDEX["scar"]).all()
    assert (decided[15:17, 5] == INDEX["normal_myocardium"]).all()
    assert told == (
        "No-reflow of 0.02 ml, 1.0 % of the wall, was left out, as parts below 1.5 % are taken for "
        "noise.",
    )
    decided, told = decide_presence(labels, grid, **{**wanted, "smallest_infarct_percent": 5.0})
    assert not np.isin(decided, [INDEX["scar"], INDEX["mvo"]]).any()
    assert told == (
        "An infarct of 0.10 ml, 5.0 % of the wall, was left out, as parts below 5 % are taken for "
        "noise.",
    )

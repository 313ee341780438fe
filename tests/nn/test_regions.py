import pytest
import torch

from scarmap.labels import INDEX, LAYOUTS, TISSUES, is_defined, merged
from scarmap.nn.regions import region_masks, region_members, sum_over_regions, told_apart

NESTED = ("whole_myocardium", "scar_and_edema", "whole_infarct", "mvo")


def test_regions_are_sums_of_their_tissues_and_may_nest():
    names = tuple(tissue.name for tissue in TISSUES)
    shares = torch.tensor([0.1, 0.2, 0.05, 0.3, 0.15, 0.12, 0.08]).view(1, -1, 1, 1)
    maps = sum_over_regions(shares, tissues=names, regions=NESTED)
    torch.testing.assert_close(maps.flatten(), torch.tensor([0.65, 0.35, 0.2, 0.08]))


def test_tissues_without_a_channel_count_nothing():
    maps = sum_over_regions(
        torch.full((1, 2, 1, 1), 0.5), tissues=("background", "scar"), regions=("whole_infarct",)
    )
    assert maps.item() == 0.5


def test_masks_of_nested_regions():
    tissues = [INDEX[name] for name in ("background", "scar", "edema", "lv_pool")]
    masks = region_masks(torch.tensor([[tissues]]), ("lv_epicardium", "scar"))
    assert masks.tolist() == [[[[False, True, True, True]], [[False, True, False, False]]]]


@pytest.mark.parametrize("layout", [*LAYOUTS, "own:lv_pool=1,normal_myocardium=2,scar=3"])
def test_regions_are_told_apart_as_the_label_table_says(layout):
    regions = ("lv_pool", "rv_pool", "whole_myocardium", "scar_and_edema", "whole_infarct", "mvo")
    label_of = torch.tensor([[INDEX[merged(layout).get(name, name)] for name in INDEX]])
    found = told_apart(region_members(regions), label_of)[0].tolist()
    assert found == [is_defined(region, layout) for region in regions]

import numpy as np
import pytest
import torch
from scipy import ndimage

from scarmap.systems.cascade.morphology import draw_pixels, grow


@pytest.mark.parametrize("pixels", [-2, -1, 0, 1, 3])
def test_each_mask_grows_by_its_own_number_as_scipy_says(labels, pixels):
    mask = (labels[0] > 0).numpy()
    grown = grow(
        torch.from_numpy(np.stack([mask, mask]))[:, None].float(), torch.tensor([pixels, 0])
    )
    square = np.ones((3, 3))
    work = ndimage.binary_dilation if pixels > 0 else ndimage.binary_erosion
    expected = work(mask, square, iterations=abs(pixels)) if pixels else mask
    np.testing.assert_array_equal(grown[0, 0].numpy(), expected)
    np.testing.assert_array_equal(grown[1, 0].numpy(), mask)


def test_numbers_are_drawn_from_both_ends_and_all_between():
    drawn = draw_pixels(
        2, 200, generator=torch.Generator().manual_seed(0), device=torch.device("cpu")
    )
    assert sorted(set(drawn.tolist())) == [-2, -1, 0, 1, 2]

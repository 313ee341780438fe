import pytest
import torch

from scarmap.labels import INDEX
from scarmap.sampling.bank import Bank

SIZE = 48


def make_heart(*, size=SIZE, pool=6, epicardium=12):
    """Labels of a left ventricle with every tissue of the wall, and a right one beside it."""
    rows, columns = torch.meshgrid(torch.arange(size), torch.arange(size), indexing="ij")
    middle = size // 2
    distance = ((rows - middle) ** 2 + (columns - middle) ** 2).sqrt()
    wall = (distance <= epicardium) & (distance > pool)
    labels = torch.zeros(size, size, dtype=torch.uint8)
    labels[(columns < middle - epicardium) & ((rows - middle).abs() < 6)] = INDEX["rv_pool"]
    labels[distance <= pool] = INDEX["lv_pool"]
    labels[wall] = INDEX["normal_myocardium"]
    for tissue, start in (("edema", 0), ("scar", 3), ("mvo", 6)):
        labels[wall & (columns >= middle + start)] = INDEX[tissue]
    return labels


@pytest.fixture
def heart():
    """Function of size and radii to labels (H, W)."""
    return make_heart


@pytest.fixture
def bank():
    """Two cases of two slices with a margin of 8 pixels; the second case has no T2."""
    side = SIZE + 16
    stack = torch.stack([make_heart(size=side, epicardium=10 + n) for n in range(4)])
    noise = torch.rand(4, 3, side, side, generator=torch.Generator().manual_seed(4))
    images = stack[:, None].float() / 6 + 0.1 * noise
    images[2:, 1] = 0
    return Bank(images, stack, ("a", "a", "b", "b"), SIZE)

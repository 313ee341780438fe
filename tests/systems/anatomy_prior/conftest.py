import pytest
import torch

from scarmap.labels import INDEX
from scarmap.sampling.bank import Bank
from scarmap.sampling.batch import Batch

SIZE = 48


def make_heart(*, size=SIZE, centre=(24, 24), pool=5, epicardium=11):
    """Labels of a round left ventricle around (x, y); its right half is infarct with no-reflow."""
    rows, columns = torch.meshgrid(torch.arange(size), torch.arange(size), indexing="ij")
    distance = ((rows - centre[1]) ** 2 + (columns - centre[0]) ** 2).sqrt()
    wall = (distance <= epicardium) & (distance > pool)
    labels = torch.zeros(size, size, dtype=torch.uint8)
    labels[distance <= pool] = INDEX["lv_pool"]
    labels[wall] = INDEX["normal_myocardium"]
    labels[wall & (columns >= centre[0] + 2)] = INDEX["scar"]
    labels[wall & (columns >= centre[0] + 2) & (distance <= pool + 2)] = INDEX["mvo"]
    return labels


def make_batch(*labels):
    """Images that show the labels, one sequence."""
    stacked = torch.stack(labels)
    return Batch(stacked[:, None].float() / 6, stacked)


@pytest.fixture
def heart():
    """Function of size, centre and radii to labels (H, W)."""
    return make_heart


@pytest.fixture
def batch():
    """Function of labels (H, W) to a batch whose images show them."""
    return make_batch


@pytest.fixture
def bank():
    """Two cases of three slices with a margin of 4 pixels; the last slice of each is empty."""
    side = SIZE + 8
    labels = [
        make_heart(size=side, centre=(26 + n, 28), pool=4 + n, epicardium=10 + n) for n in range(4)
    ]
    empty = torch.zeros_like(labels[0])
    stack = torch.stack([labels[0], labels[1], empty, labels[2], labels[3], empty])
    noise = torch.rand(6, 1, side, side, generator=torch.Generator().manual_seed(4))
    return Bank(
        stack[:, None].float() / 6 + 0.1 * noise, stack, ("a", "a", "a", "b", "b", "b"), SIZE
    )

import pytest
import torch

from scarmap.labels import INDEX
from scarmap.sampling.bank import Bank
from scarmap.sampling.batch import Batch

SIZE = 32


def heart(*, size=SIZE, centre=16, pool=4, epicardium=9):
    """Labels of a left ventricle, right half scar, lower left edema, and a right ventricle."""
    rows, columns = torch.meshgrid(torch.arange(size), torch.arange(size), indexing="ij")
    distance = ((rows - centre) ** 2 + (columns - centre) ** 2).sqrt()
    wall = (distance <= epicardium) & (distance > pool)
    labels = torch.zeros(size, size, dtype=torch.uint8)
    labels[(distance > epicardium) & (distance <= epicardium + 3) & (columns < centre)] = INDEX[
        "rv_pool"
    ]
    labels[distance <= pool] = INDEX["lv_pool"]
    labels[wall] = INDEX["normal_myocardium"]
    labels[wall & (columns >= centre)] = INDEX["scar"]
    labels[wall & (columns < centre) & (rows >= centre)] = INDEX["edema"]
    return labels


@pytest.fixture
def batch():
    """Two slices of 32 x 32 pixels, three sequences; the second one is empty."""
    generator = torch.Generator().manual_seed(3)
    return Batch(
        torch.rand(2, 3, SIZE, SIZE, generator=generator),
        torch.stack([heart(), torch.zeros_like(heart())]),
    )


@pytest.fixture
def bank():
    """Four slices of two cases with a margin of 4 pixels; each case's second slice is empty."""
    side = SIZE + 8
    full = heart(size=side, centre=side // 2)
    labels = torch.stack([full, torch.zeros_like(full)] * 2)
    images = torch.rand(4, 3, side, side, generator=torch.Generator().manual_seed(4))
    return Bank(images, labels, ("a", "a", "b", "b"), SIZE)

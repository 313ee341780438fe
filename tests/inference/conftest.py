import numpy as np
import pytest

from scarmap.inference.segment import Segmenter
from scarmap.labels import INDEX, region_mask
from scarmap.phantom.study import make_case
from scarmap.sampling.preparation import Preparation
from scarmap.volume import Case, Volume

REGIONS = ("whole_myocardium", "lv_pool", "whole_infarct")


class Shows:
    """Stands for a network: reads the truth off the image, and counts what it is shown."""

    def __init__(self):
        self.sizes = []

    def __call__(self, slices):
        self.sizes.append(len(slices))
        heart, infarct = slices[:, 0], slices[:, 0] > 2.5
        found = [heart > 1.5, (heart > 0.5) & (heart < 1.5), infarct]
        return np.stack(found, axis=1).astype(np.float32)

    @property
    def num_slices(self):
        return sum(self.sizes)


def unchanged(volume, sequence):
    return volume


def compose(probabilities):
    labels = np.zeros(probabilities.shape[1:], dtype=np.uint8)
    for name, mask in zip(
        ("normal_myocardium", "lv_pool", "scar"), probabilities > 0.5, strict=True
    ):
        labels[mask] = INDEX[name]
    return labels


@pytest.fixture
def segmenter():
    """Function of window and pixel size to a segmenter that sees the heart, and its counter."""

    def make(*, size=64, spacing_mm=None, regions=REGIONS):
        shows = Shows()
        preparation = Preparation(("LGE",), size, unchanged, spacing_mm)
        return Segmenter(preparation, "emidec", regions, shows, compose), shows

    return make


@pytest.fixture
def heart():
    """Function of size and shift to a phantom whose image is its truth: pool 1, wall 2, infarct
    3."""

    def make(*, num_slices=3, in_plane=128, shift_mm=(0.0, 0.0)):
        rng = np.random.default_rng(8)
        case = make_case(
            "emidec", name="a", rng=rng, num_slices=num_slices, in_plane=in_plane, shift_mm=shift_mm
        )
        shown = np.zeros(case.grid.shape, dtype=np.float32)
        for value, region in ((1, "lv_pool"), (2, "whole_myocardium"), (3, "whole_infarct")):
            shown[region_mask(case.labels.array, region)] = value
        return Case("a", "emidec", {"LGE": Volume(shown, case.grid)}, case.labels)

    return make

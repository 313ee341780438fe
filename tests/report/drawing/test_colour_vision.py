"""Colours that stand for different things are apart for readers with and without colour blindness.

How colours look is simulated after Machado, Oliveira and Fernandes 2009 (full severity); distances
are those of CIE 1976 L*a*b*, in which 2 can just be seen and 20 is plain.
"""

from itertools import combinations

import numpy as np
import pytest
from matplotlib.colors import to_rgb

from scarmap.labels import INDEX, TISSUES
from scarmap.report.drawing.heart import EXPERT, PREDICTED

VISION = {
    "normal": np.eye(3),
    "without red": np.array(
        [
            [0.152286, 1.052583, -0.204868],
            [0.114503, 0.786281, 0.099216],
            [-0.003882, -0.048116, 1.051998],
        ]
    ),
    "without green": np.array(
        [
            [0.367322, 0.860646, -0.227968],
            [0.280085, 0.672501, 0.047413],
            [-0.011820, 0.042940, 0.968881],
        ]
    ),
    "without blue": np.array(
        [
            [1.255528, -0.076749, -0.178779],
            [-0.078411, 0.930809, 0.147602],
            [0.004733, 0.691367, 0.303900],
        ]
    ),
}

TO_XYZ = np.array([[0.4124, 0.3576, 0.1805], [0.2126, 0.7152, 0.0722], [0.0193, 0.1192, 0.9505]])


def _seen(colour, vision):
    coded = np.array(to_rgb(colour))
    linear = np.where(coded <= 0.04045, coded / 12.92, ((coded + 0.055) / 1.055) ** 2.4)
    x, y, z = TO_XYZ @ np.clip(VISION[vision] @ linear, 0, 1) / (0.9505, 1.0, 1.089)
    x, y, z = (
        np.cbrt(each) if each > (6 / 29) ** 3 else each / (3 * (6 / 29) ** 2) + 4 / 29
        for each in (x, y, z)
    )
    return np.array([116 * y - 16, 500 * (x - y), 200 * (y - z)])


def _apart(one, other, vision):
    return float(np.linalg.norm(_seen(one, vision) - _seen(other, vision)))


def test_the_distance_is_that_of_black_and_white():
    assert _apart("#000000", "#ffffff", "normal") == pytest.approx(100, abs=0.1)


@pytest.mark.parametrize("vision", VISION)
def test_expert_and_prediction_are_far_apart(vision):
    assert _apart(EXPERT, PREDICTED, vision) > 80


@pytest.mark.parametrize("vision", VISION)
def test_every_two_tissues_can_be_told_apart(vision):
    colours = [tissue.colour for tissue in TISSUES[1:]]
    assert min(_apart(*pair, vision) for pair in combinations(colours, 2)) > 15


@pytest.mark.parametrize("vision", VISION)
def test_the_right_ventricle_and_edema_are_not_both_blue(vision):
    right_ventricle, edema = (TISSUES[INDEX[name]].colour for name in ("rv_pool", "edema"))
    assert _apart(right_ventricle, edema, vision) > 40
    red, green, blue = to_rgb(right_ventricle)
    assert max(red, green, blue) - min(red, green, blue) < 0.05  # grey

"""A heart has the same figures however its voxels are stored."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from tests.hypotheses import few
from tests.quantification.conftest import OBLIQUE

from scarmap.quantification.study import quantify
from scarmap.volume import Grid, LabelMap


def stored_otherwise(mask, swap, sides):
    """The same mask in the same place, its in-plane axes swapped and its axes counted backwards."""
    order = [1, 0, 2] if swap else [0, 1, 2]
    array, affine = mask.array.transpose(order), mask.grid.affine[:, [*order, 3]].copy()
    for axis, backwards in enumerate(sides):
        if backwards:
            affine[:, 3] += affine[:, axis] * (array.shape[axis] - 1)
            affine[:, axis] *= -1
            array = np.flip(array, axis)
    spacing_mm = tuple(mask.grid.spacing_mm[axis] for axis in order)
    return LabelMap(np.ascontiguousarray(array), Grid(array.shape, spacing_mm, affine))


@few
@given(st.booleans(), st.tuples(*[st.booleans()] * 3))
def test_figures_do_not_depend_on_the_storage(make_heart, swap, sides):
    def scar(radius, angle, index):
        return {"scar": (radius < 26) & (angle > 20) & (angle < 100 + 5 * index)}

    heart = make_heart(hurt=scar, axes=OBLIQUE, spacing_mm=(1.5, 1.5, 10.0), size=(81, 75))
    wanted = quantify(heart, layout="scarmap").figures
    found = quantify(stored_otherwise(heart, swap, sides), layout="scarmap").figures
    assert found.keys() == wanted.keys()
    for name, value in wanted.items():
        assert found[name] == pytest.approx(value, rel=1e-6, abs=1e-9, nan_ok=True), name

from dataclasses import astuple

import numpy as np
import pytest

from scarmap.evaluation.reliability import EDGES, Reliability
from scarmap.report.run import reliability as module
from scarmap.report.run.reliability import calibrated_by_others, reliability_picture


def overconfident_counts(*, voxels=1000.0):
    """Each bin says its middle; half as much, in log odds, is true."""
    middles = np.concatenate([[EDGES[0] - 1], (EDGES[1:] + EDGES[:-1]) / 2, [EDGES[-1] + 1]])
    said, true = (1 / (1 + np.exp(-factor * middles)) for factor in (1.0, 0.5))
    count = np.full(len(middles), voxels)
    return Reliability(count, said * count, true * count)


def test_folds_are_calibrated_by_each_other_and_never_by_themselves():
    folds = {
        0: {"scar": overconfident_counts()},
        1: {"scar": overconfident_counts(), "mvo": overconfident_counts()},
    }
    found = calibrated_by_others(folds)
    assert set(found) == {"scar"}  # no other fold tells about no-reflow
    assert found["scar"].count.sum() == 2 * overconfident_counts().count.sum()
    assert overconfident_counts().expected_error() > 0.05
    assert found["scar"].expected_error() < 0.005


@pytest.mark.parametrize("number", [1, 2])
def test_a_diagram_is_drawn_from_any_number_of_folds(number):
    picture = reliability_picture(
        {fold: {"scar": overconfident_counts()} for fold in range(number)}
    )
    assert [panel.address[:11] for panel in picture.panels] == ["data:image/"]
    assert ("Dashed" in picture.caption) == (number == 2)
    assert "scar" in picture.alt


def test_no_held_out_case_makes_no_picture():
    assert reliability_picture({}) is None


def test_a_region_that_no_voxel_was_given_says_so_instead_of_an_undefined_error(monkeypatch):
    drawn = []
    monkeypatch.setattr(module, "chart_address", lambda figure: drawn.append(figure) or "")
    some = overconfident_counts()
    rare = some.said < 0.005 * some.count
    unlikely = Reliability(*(np.where(rare, each, 0.0) for each in astuple(some)))
    reliability_picture({fold: {"scar": unlikely, "mvo": some} for fold in (0, 1)})
    errors = dict(figure.axes[0].get_title().rsplit("\n", 1) for figure in drawn)
    assert errors["scar"] == "no voxel given 1 %"
    assert errors["microvascular obstruction"].startswith("ECE 9.0")

import csv

import pytest

from scarmap.datasets.masks import find_masks
from scarmap.io.nifti import read_labels
from scarmap.quantification.study import quantify
from scarmap.quantification.tables import write_indexed, write_segments, write_territories


def _rows(path):
    with path.open() as file:
        return list(csv.DictReader(file))


@pytest.fixture(scope="module")
def study(myops_phantom):
    name, path = next(iter(find_masks(myops_phantom).items()))
    return quantify(read_labels(path, "myops2020"), case=name, layout="myops2020")


def test_territories_add_up_to_their_segments_and_viable_ones_are_counted(study, tmp_path):
    write_segments(tmp_path / "s.csv", [study])
    write_territories(tmp_path / "t.csv", [study])
    segments, territories = _rows(tmp_path / "s.csv"), _rows(tmp_path / "t.csv")
    assert {row["territory"] for row in territories} == {row["territory"] for row in segments}
    for row in territories:
        parts = [each for each in segments if each["territory"] == row["territory"]]
        mass = sum(float(each["myocardium_g"]) for each in parts)
        assert float(row["myocardium_g"]) == pytest.approx(mass, rel=1e-4)
        assert int(row["viable_segments"]) == sum(each["viable"] == "1" for each in parts)
        assert int(row["segments"]) == len(parts)


def test_masses_are_indexed_where_the_body_surface_is_known(study, tmp_path):
    write_indexed(tmp_path / "i.csv", [study], {study.case: 2.0, "other": 1.0})
    (row,) = _rows(tmp_path / "i.csv")
    assert float(row["infarct_g_m2"]) == pytest.approx(study.figures["infarct_g"] / 2, rel=1e-4)
    write_indexed(tmp_path / "i.csv", [study], {study.case: float("nan")})
    assert _rows(tmp_path / "i.csv") == []

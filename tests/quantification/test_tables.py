import csv
from dataclasses import replace

import numpy as np
import pytest

from scarmap.quantification.files import read_quantification, write_cohort, write_quantification
from scarmap.quantification.origin import MaskOrigin
from scarmap.quantification.study import quantify
from scarmap.quantification.tables import (
    SEGMENT_COLUMNS,
    SEGMENTS_FILE,
    TERRITORIES_FILE,
    TERRITORY_COLUMNS,
    write_tables,
)
from scarmap.volume import Volume


def hurt(radius, angle, index):
    return {"scar": (angle < 60) & (radius > 22)}


@pytest.fixture(scope="module")
def heart(make_heart):
    return make_heart(hurt=hurt, spacing_mm=(2.0, 2.0, 10.0), size=(71, 71))


@pytest.fixture(scope="module")
def study(heart):
    array = np.where(heart.array == 0, 0, 100 + heart.array).astype(np.float32)
    image = Volume(array, heart.grid)
    return quantify(heart, case="p7", image=image, body_surface_m2=2.0)


def rows(path):
    with path.open() as file:
        return list(csv.DictReader(file))


def test_territories_add_up_to_their_segments(study, tmp_path):
    write_tables(tmp_path, [study])
    segments, territories = rows(tmp_path / SEGMENTS_FILE), rows(tmp_path / TERRITORIES_FILE)
    assert (list(segments[0]), list(territories[0])) == (
        list(SEGMENT_COLUMNS),
        list(TERRITORY_COLUMNS),
    )
    assert [row["territory"] for row in territories] == ["LAD", "RCA", "LCX"]
    assert 0 < sum(int(row["viable_segments"]) for row in territories) < len(segments) == 16
    for row in territories:
        parts = [each for each in segments if each["territory"] == row["territory"]]
        masses = np.array([float(each["myocardium_g"]) for each in parts])
        shares = np.array([float(each["infarct_percent"]) for each in parts])
        assert float(row["myocardium_g"]) == pytest.approx(masses.sum(), rel=1e-4)
        assert float(row["infarct_g"]) == pytest.approx((masses * shares).sum() / 100, rel=1e-4)
        assert int(row["viable_segments"]) == sum(each["viable"] == "1" for each in parts)
    assert sum(int(row["viable_segments"]) for row in territories) == int(
        study.figures["num_viable_segments"]
    )


def test_a_segment_without_mass_has_no_line(study, tmp_path):
    masses = dict(zip(range(1, 4), (0.0, 0.5, 2.0), strict=True))
    segments = tuple(
        replace(each, figures=replace(each.figures, myocardium_g=masses[each.number]))
        for each in study.segments
        if each.number in masses
    )
    write_tables(tmp_path, [replace(study, segments=segments)])
    lines = rows(tmp_path / SEGMENTS_FILE)
    assert [(line["segment"], line["myocardium_g"]) for line in lines] == [("2", "0.5"), ("3", "2")]


def test_segments_whose_infarct_nobody_could_see_are_not_called_viable(heart, tmp_path):
    blind = quantify(heart, case="p7", origin=MaskOrigin("m", sequences=("T2",), by_model=True))
    write_tables(tmp_path, [blind])
    assert {row["viable"] for row in rows(tmp_path / SEGMENTS_FILE)} == {""}
    assert {row["viable_segments"] for row in rows(tmp_path / TERRITORIES_FILE)} == {""}
    assert np.isnan(blind.figures["num_viable_segments"])


def test_masses_are_indexed_where_the_body_surface_is_known(study, heart):
    assert study.figures["infarct_g_m2"] == study.figures["infarct_g"] / 2
    assert study.figures["myocardium_g_m2"] == study.figures["myocardium_g"] / 2
    assert np.isnan(quantify(heart).figures["infarct_g_m2"])


def test_cohort_and_json_hold_grey_zones_and_territories(study, tmp_path):
    without = replace(study, case="p8", grey_zones=())
    write_cohort(tmp_path / "cohort.csv", [study, without])
    first, second = rows(tmp_path / "cohort.csv")
    zone = study.grey_zones[-1]
    assert zone.core_g > 0
    assert float(first["core_max_35_50_g"]) == pytest.approx(zone.core_g, rel=1e-4)
    assert float(first["border_max_35_50_g"]) == pytest.approx(zone.border_g, abs=1e-4)
    assert second["core_max_35_50_g"] == ""
    assert float(first["body_surface_m2"]) == 2.0
    write_quantification(tmp_path / "q.json", study)
    again = read_quantification(tmp_path / "q.json")
    assert [each.core_ml for each in again.grey_zones][-1] == zone.core_ml
    assert again.territories == study.territories

import csv
import json
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pytest

from scarmap.errors import DataError, GeometryError
from scarmap.io.files import write_json
from scarmap.io.nifti import read_labels, write_image, write_in_layout, write_labels
from scarmap.labels import INDEX
from scarmap.quantification.cohort import (
    Measuring,
    agree_cohorts,
    compare_readings,
    measure_cohort,
    measure_study,
)
from scarmap.quantification.files import write_agreement
from scarmap.quantification.intervals.maps import maps_beside, read_probabilities
from scarmap.quantification.origin import GIVEN, MaskOrigin
from scarmap.quantification.study import Choices
from scarmap.volume import Case

TAPERED = (12.0, 14.0, 16.0)


@dataclass
class Files:
    name: str
    mask: Path


def _scar(degrees):
    return lambda radius, angle, index: {"scar": angle < degrees}


@pytest.fixture
def masks(make_heart, tmp_path):
    """Two readings of four cases, the second one larger by 9 degrees of infarct each."""
    for reading, more in (("first", 0), ("second", 9)):
        for number in range(4):
            labels = make_heart(inner_mm=TAPERED, right=False, hurt=_scar(30 + 30 * number + more))
            write_labels(tmp_path / reading / f"p{number}.nii.gz", labels, "emidec")
    return {
        reading: {f"p{n}": tmp_path / reading / f"p{n}.nii.gz" for n in range(4)}
        for reading in ("first", "second")
    }


def measured(path, case, **how):
    labels = read_labels(path, "emidec")
    return measure_study(Case(case, "emidec", {}, labels), Measuring(**how))


def test_two_readings_of_a_cohort_agree_but_for_what_was_added(masks, tmp_path):
    second = [measured(path, case) for case, path in masks["second"].items()]
    readings = compare_readings(second, {**masks["first"], "stranger": tmp_path})
    found = readings.agreements
    assert found["infarct_percent_lv"].bias.value == pytest.approx(9 / 360 * 100, abs=0.15)
    assert found["infarct_percent_lv"].num_cases == 4
    assert found["myocardium_g"].bias.value == 0
    assert "edema_g" not in found
    assert "num_chords" not in found
    paths = write_agreement(tmp_path, readings)
    content = json.loads(paths[0].read_text())
    assert (content["cases"], content["missing"]) == (["p0", "p1", "p2", "p3"], ["stranger"])
    assert content["figures"]["infarct_g"]["unit"] == "g"
    assert content["figures"]["infarct_g"]["bias"]["value"] == pytest.approx(
        found["infarct_g"].bias.value
    )
    with paths[1].open() as file:
        rows = {row["figure"]: row for row in csv.DictReader(file)}
    assert float(rows["infarct_g"]["bias_low"]) == pytest.approx(
        found["infarct_g"].bias.low, rel=1e-4
    )
    assert rows.keys() == content["figures"].keys() == found.keys()


def test_a_broken_mask_of_the_other_reading_does_not_stop_the_others(masks, tmp_path):
    second = [measured(path, case) for case, path in masks["second"].items()]
    masks["first"]["p2"].write_bytes(b"no image")
    readings = compare_readings(second, masks["first"])
    assert list(readings.others) == ["p0", "p1", "p3"]
    assert list(readings.failed) == ["p2"]
    assert "cannot be read as NIfTI" in readings.failed["p2"]
    content = json.loads(write_agreement(tmp_path, readings)[0].read_text())
    assert content["failed"] == readings.failed
    assert readings.agreements["infarct_g"].num_cases == 3


def test_only_broken_masks_of_the_other_reading_are_an_error(masks):
    study = measured(masks["second"]["p0"], "p0")
    masks["first"]["p0"].write_bytes(b"no image")
    with pytest.raises(DataError, match=r"None of 1 masks to compare with .* cannot be read"):
        compare_readings([study], masks["first"])


def test_a_landmark_is_kept_for_the_other_reading(masks):
    second = [measured(masks["second"]["p0"], "p0", reference_deg=77.0)]
    readings = compare_readings(second, masks["first"])
    assert readings.others["p0"].reference.septum_deg == 77.0
    assert readings.missing == ("p1", "p2", "p3")


def test_where_the_masks_come_from_is_kept(masks):
    assert measured(masks["first"]["p0"], "p0", origin=MaskOrigin("m")).origin.name == "m"
    assert measured(masks["first"]["p0"], "p0").origin == GIVEN


def test_readings_of_other_cases_are_an_error(masks):
    first = [measured(masks["first"]["p0"], "p0")]
    second = [measured(masks["second"]["p1"], "p1")]
    with pytest.raises(DataError, match="one has p0, the other p1"):
        agree_cohorts(first, second)


def test_the_other_reading_is_measured_with_the_same_choices(masks):
    choices = Choices(salvage=True, transmurality="area")
    study = measured(masks["second"]["p0"], "p0", choices=choices)
    other = compare_readings([study], masks["first"], choices=choices).others["p0"]
    assert other.conventions == study.conventions
    assert "salvage_undefined" in {flag.code for flag in other.flags}


def test_a_study_that_fails_is_named_and_the_others_are_measured(masks, tmp_path):
    (tmp_path / "broken.nii.gz").write_bytes(b"no image")
    files = [Files("p0", masks["first"]["p0"]), Files("broken", tmp_path / "broken.nii.gz")]
    done = []
    cohort = measure_cohort(
        [files[1], files[0]], lambda each: measured(each.mask, each.name), on_case=done.append
    )
    assert [study.case for study in cohort.studies] == ["p0"]
    assert list(cohort.failed) == ["broken"]
    assert "cannot be read as NIfTI" in cohort.failed["broken"]
    assert done == ["broken", "p0"]


def test_a_study_without_a_mask_cannot_be_measured():
    with pytest.raises(DataError, match="Study p0 has no mask"):
        measure_study(Case("p0", "emidec", {}))


def test_maps_are_found_beside_the_mask_or_where_they_are_said_to_be(masks, tmp_path):
    grid = read_labels(masks["first"]["p0"], "emidec").grid
    for folder, likely in (("first", 0.6), ("a", 0.1), ("b", 0.9)):
        maps = np.full((*grid.shape, 1), likely)
        write_image(tmp_path / folder / "p0_probabilities.nii.gz", maps, grid)
        write_json(tmp_path / folder / "p0_probabilities.json", {"regions": ["whole_infarct"]})
    beside = measured(masks["first"]["p0"], "p0").intervals["infarct_ml"]
    assert "averaged" in beside.method
    folds = measured(masks["first"]["p0"], "p0", maps=(tmp_path / "a", tmp_path / "b"))
    assert "2 folds" in folds.intervals["infarct_ml"].method
    assert not measured(masks["first"]["p0"], "p0", maps=()).intervals


def test_probabilities_are_read_with_their_regions(make_heart, tmp_path):
    labels = make_heart(inner_mm=TAPERED)
    maps = np.random.default_rng(0).random((*labels.array.shape, 2)).astype(np.float32)
    for fold in range(2):
        write_image(
            tmp_path / f"fold{fold}" / "p1_probabilities.nii.gz", maps * (1 - fold / 2), labels.grid
        )
        write_json(
            tmp_path / f"fold{fold}" / "p1_probabilities.json", {"regions": ["scar", "edema"]}
        )
    files = [maps_beside(tmp_path / f"fold{fold}", "p1") for fold in range(2)]
    averaged = read_probabilities(files[:1], labels.grid)
    assert (averaged["edema"] == maps[..., 1]).all()
    folds = read_probabilities(files, labels.grid)
    assert folds["scar"].shape == (2, *labels.array.shape)
    assert (folds["scar"][1] == maps[..., 0] / 2).all()
    assert read_probabilities([], labels.grid) == {}
    assert maps_beside(tmp_path, "p1") is None


def test_probabilities_that_do_not_fit_are_errors(make_heart, tmp_path):
    labels = make_heart(inner_mm=TAPERED)
    maps = np.zeros((*labels.array.shape, 2))
    write_image(tmp_path / "a_probabilities.nii.gz", maps, labels.grid)
    write_json(tmp_path / "a_probabilities.json", {"regions": ["scar"]})
    with pytest.raises(DataError, match=r"2 maps and .* 1 regions"):
        read_probabilities([tmp_path / "a_probabilities.nii.gz"], labels.grid)
    other = make_heart(inner_mm=TAPERED, size=(111, 111)).grid
    write_json(tmp_path / "a_probabilities.json", {"regions": ["scar", "edema"]})
    with pytest.raises(GeometryError, match="different sizes"):
        read_probabilities([tmp_path / "a_probabilities.nii.gz"], other)
    write_image(tmp_path / "b_probabilities.nii.gz", maps, labels.grid)
    write_json(tmp_path / "b_probabilities.json", {"regions": ["scar", "mvo"]})
    with pytest.raises(DataError, match="one recipe"):
        read_probabilities(
            [tmp_path / f"{name}_probabilities.nii.gz" for name in "ab"], labels.grid
        )


def test_each_reading_is_read_in_its_own_codes(masks, tmp_path):
    """The same hearts in the codes of another data set agree to the last voxel."""
    study = measured(masks["first"]["p0"], "p0")
    other = tmp_path / "p0.nii.gz"
    labels = read_labels(masks["first"]["p0"], "emidec")
    labels.array[labels.array == INDEX["normal_myocardium"]] = INDEX["edema"]
    write_labels(other, labels, "scarmap")
    found = compare_readings([study], {"p0": other}, layouts={"p0": "scarmap"}).agreements
    assert {name: each.bias.value for name, each in found.items() if each.bias.value} == {}
    assert {"infarct_g", "normal_myocardium_g", "mvo_g"} <= found.keys()
    assert "edema_g" not in found


def test_figures_that_mean_something_else_in_the_other_codes_are_not_compared(masks, tmp_path):
    labels = read_labels(masks["first"]["p0"], "emidec")
    labels.array[labels.array == INDEX["scar"]] = INDEX["mvo"]
    write_labels(tmp_path / "p0.nii.gz", labels, "scarmap")
    first = measure_study(Case("p0", "scarmap", {}, labels))
    for layout, left_out in (
        ("emidec", {"normal_myocardium_g", "edema_g", "area_at_risk_g"}),
        ("myops2020", {"infarct_without_mvo_g", "mvo_g", "mvo_percent_infarct"}),
    ):
        path = tmp_path / layout / "p0.nii.gz"
        write_in_layout(path, labels, layout)
        found = compare_readings([first], {"p0": path}, layouts={"p0": layout}).agreements
        assert found["infarct_g"].bias.value == 0, layout
        assert left_out.isdisjoint(found), layout

import json

import numpy as np
import pytest

from scarmap.datasets.case_files import load_case
from scarmap.datasets.folder import find_cases
from scarmap.errors import DataError, LabelError
from scarmap.labels import INDEX, SEQUENCES, region_mask
from scarmap.phantom.cohort import write_cohort
from scarmap.phantom.scan.style import draw_style
from scarmap.phantom.study import make_case

TINY = {"num_slices": 2, "in_plane": 64}


def _load(folder):
    cases = find_cases(folder)
    return [
        load_case(files, sequences=[s for s in SEQUENCES if s in files.images], labelled=True)
        for files in cases
    ]


@pytest.fixture(scope="module")
def emidec(emidec_phantom):
    return _load(emidec_phantom)


def _same(first, second):
    assert first.images.keys() == second.images.keys()
    for sequence, image in first.images.items():
        np.testing.assert_array_equal(image.array, second.images[sequence].array)
    np.testing.assert_array_equal(first.labels.array, second.labels.array)


def test_cohorts_have_the_names_of_their_data_set(myops_phantom, emidec):
    assert [case.name for case in find_cases(myops_phantom)] == [
        f"myops_training_{k}" for k in range(101, 107)
    ]
    assert [case.name for case in emidec] == ["Case_N002", "Case_P001", "Case_P003", "Case_P004"]
    assert {case.layout for case in emidec} == {"emidec"}


@pytest.mark.parametrize("layout", ["myops2020", "emidec", "scarmap"])
def test_a_written_case_comes_back_as_it_was_made(tmp_path, layout):
    write_cohort(tmp_path, layout=layout, num_cases=1, seed=5, **TINY)
    (read,) = _load(tmp_path)
    rng = np.random.default_rng([5, 0])
    style = draw_style(rng, {"scarmap": "random"}.get(layout, layout))
    made = make_case(layout, name=read.name, rng=rng, style=style, **TINY)
    _same(read, made)
    np.testing.assert_allclose(read.grid.affine, made.grid.affine, atol=1e-4)
    np.testing.assert_allclose(read.grid.spacing_mm, made.grid.spacing_mm, rtol=1e-6)


def test_a_case_does_not_depend_on_the_length_of_its_cohort_nor_on_the_number_of_processes(
    tmp_path,
):
    short = write_cohort(tmp_path / "short", layout="emidec", num_cases=1, seed=8, **TINY)
    long = write_cohort(tmp_path / "long", layout="emidec", num_cases=2, seed=8, jobs=2, **TINY)
    assert [path.name for path in long[: len(short)]] == [path.name for path in short]
    first = {case.name: case for case in _load(tmp_path / "short")}
    _same(first["Case_P001"], {case.name: case for case in _load(tmp_path / "long")}["Case_P001"])
    assert short[-1].read_bytes() == long[len(short) - 1].read_bytes()


@pytest.mark.parametrize(
    ("layout", "where"),
    [
        ("emidec", "Case_P001/Case_P001_truth.json"),
        ("myops2020", "train25_myops_gd/myops_training_101_truth.json"),
        ("scarmap", "case_0001/case_0001_truth.json"),
    ],
)
def test_the_exact_truth_lies_beside_each_case(tmp_path, layout, where):
    *_, path = write_cohort(tmp_path, layout=layout, num_cases=1, seed=1, style="random", **TINY)
    assert path == tmp_path / where
    truth = json.loads(path.read_text())
    assert truth["case"] == find_cases(tmp_path)[0].name
    assert truth["discs"]["volume_ml"]["whole_myocardium"] > 5


def test_normal_hearts_have_no_pathology_and_others_do(emidec):
    infarcted = {
        case.name: bool(region_mask(case.labels.array, "whole_infarct").any()) for case in emidec
    }
    assert infarcted == {
        "Case_N002": False,
        "Case_P001": True,
        "Case_P003": True,
        "Case_P004": True,
    }
    assert not any(
        np.isin(case.labels.array, [INDEX["edema"], INDEX["rv_pool"]]).any() for case in emidec
    )


def test_prevalences_are_as_asked(tmp_path):
    write_cohort(tmp_path, layout="scarmap", num_cases=4, seed=2, normal=0.5, chronic=1.0, **TINY)
    stages = [
        json.loads(path.read_text())["pathology"]["stage"]
        for path in sorted(tmp_path.glob("*/*.json"))
    ]
    assert sorted(stages) == ["chronic", "chronic", "normal", "normal"]


def test_slices_and_sizes_are_as_asked_and_hearts_taper(emidec):
    for case in emidec:
        assert case.grid.shape == (128, 128, 5)
        pools = region_mask(case.labels.array, "lv_pool").sum(axis=(0, 1))
        assert 0 < pools[0] < pools[-1]


def test_other_cases_in_the_folder_are_never_mixed_with_a_cohort(tmp_path):
    small = {"num_slices": 1, "in_plane": 32}
    write_cohort(tmp_path, layout="emidec", num_cases=2, seed=0, **small)
    assert len(write_cohort(tmp_path, layout="emidec", num_cases=2, seed=1, **small)) == 6
    with pytest.raises(DataError, match=r"already holds 1 other cases \(Case_N002\)"):
        write_cohort(tmp_path, layout="emidec", num_cases=1, seed=1, **small)
    with pytest.raises(DataError, match="Choose an empty folder"):
        write_cohort(tmp_path, layout="scarmap", num_cases=9, seed=1, **small)


def test_impossible_cohorts_are_refused(tmp_path):
    with pytest.raises(DataError, match="at least one case"):
        write_cohort(tmp_path, layout="emidec", num_cases=0, seed=0)
    with pytest.raises(LabelError, match="'myops2020'"):
        write_cohort(tmp_path, layout="myops", num_cases=1, seed=0)
    with pytest.raises(DataError, match="three sequences"):
        write_cohort(tmp_path, layout="myops2020", num_cases=1, seed=0, style="emidec")
    with pytest.raises(DataError, match="no style 'rand'"):
        write_cohort(tmp_path, layout="scarmap", num_cases=1, seed=0, style="rand")
    (tmp_path / "file").touch()
    with pytest.raises(DataError, match="is a file"):
        write_cohort(tmp_path / "file", layout="emidec", num_cases=1, seed=0)

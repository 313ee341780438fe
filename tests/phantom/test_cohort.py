from dataclasses import astuple

import numpy as np
import pytest
from scipy import ndimage

from scarmap.datasets.case_files import SEQUENCES, load_case
from scarmap.datasets.folder import find_cases
from scarmap.errors import DataError, LabelError
from scarmap.labels import INDEX, region_mask
from scarmap.phantom.cohort import write_cohort
from scarmap.phantom.study import draw_heart, make_case


def _load(folder):
    cases = find_cases(folder)
    return [load_case(files, sequences=[s for s in SEQUENCES if s in files.images], labelled=True) for files in cases]


@pytest.fixture(scope="module")
def myops(myops_phantom):
    return _load(myops_phantom)


@pytest.fixture(scope="module")
def emidec(emidec_phantom):
    return _load(emidec_phantom)


def _median(case, sequence, tissue):
    return float(np.median(case.images[sequence].array[case.labels.array == INDEX[tissue]]))


def _same(first, second):
    assert first.images.keys() == second.images.keys()
    for sequence, image in first.images.items():
        np.testing.assert_array_equal(image.array, second.images[sequence].array)
    np.testing.assert_array_equal(first.labels.array, second.labels.array)


def test_cohorts_have_the_names_of_their_data_set(myops, emidec):
    assert [case.name for case in myops] == [f"myops_training_{number}" for number in range(101, 107)]
    assert [case.name for case in emidec] == ["Case_N002", "Case_P001", "Case_P003", "Case_P004"]
    assert {case.layout for case in emidec} == {"emidec"}


@pytest.mark.parametrize("layout", ["myops2020", "emidec"])
def test_a_written_case_comes_back_as_it_was_made(tmp_path, layout):
    write_cohort(tmp_path, layout=layout, num_cases=1, seed=5, num_slices=2, in_plane=64)
    (read,) = _load(tmp_path)
    made = make_case(layout, name=read.name, rng=np.random.default_rng([5, 0]), num_slices=2, in_plane=64)
    _same(read, made)
    np.testing.assert_allclose(read.grid.affine, made.grid.affine, atol=1e-4)
    np.testing.assert_allclose(read.grid.spacing_mm, made.grid.spacing_mm, rtol=1e-6)


def test_a_case_does_not_depend_on_the_length_of_its_cohort(tmp_path):
    for name, count in (("short", 1), ("long", 3)):
        write_cohort(tmp_path / name, layout="emidec", num_cases=count, seed=8, num_slices=2, in_plane=64)
    short = {case.name: case for case in _load(tmp_path / "short")}
    _same(short["Case_P001"], {case.name: case for case in _load(tmp_path / "long")}["Case_P001"])


def test_another_seed_or_number_makes_another_heart():
    hearts = [draw_heart(np.random.default_rng(seed), layout="emidec") for seed in ([0, 0], [0, 1], [1, 0])]
    assert len({astuple(heart) for heart in hearts}) == 3


def test_every_infarct_lies_in_the_wall_with_a_larger_injury_around_it(myops):
    for case in myops:
        labels = case.labels.array
        scar, wall = region_mask(labels, "scar"), region_mask(labels, "whole_myocardium")
        filled = ndimage.binary_fill_holes(wall[..., 1])
        assert scar.sum() > 20
        assert not (filled & (labels[..., 1] == INDEX["rv_pool"])).any()
        ring = ndimage.binary_dilation(scar[..., 1]) & wall[..., 1] & ~scar[..., 1]
        assert (labels[..., 1][ring] == INDEX["edema"]).mean() > 0.7
        assert region_mask(labels, "scar_and_edema").sum() > 1.3 * scar.sum()


def test_each_sequence_shows_what_it_is_acquired_for(myops):
    for case in myops:
        assert _median(case, "LGE", "scar") > 1.3 * _median(case, "LGE", "normal_myocardium")
        assert _median(case, "T2", "edema") > 1.1 * _median(case, "T2", "normal_myocardium")
        assert _median(case, "T2", "lv_pool") < 0.8 * _median(case, "T2", "normal_myocardium")
        wall = max(_median(case, "bSSFP", name) for name in ("normal_myocardium", "edema", "scar"))
        assert _median(case, "bSSFP", "lv_pool") > 1.2 * wall


def test_the_heart_is_not_the_only_bright_thing(myops):
    for case in myops:
        outside = case.labels.array == 0
        pool = _median(case, "LGE", "lv_pool")
        assert (case.images["LGE"].array[outside] > pool).mean() > 0.01


def test_normal_hearts_have_no_pathology_and_others_do(emidec):
    infarcted = {case.name: bool(region_mask(case.labels.array, "whole_infarct").any()) for case in emidec}
    assert infarcted == {"Case_N002": False, "Case_P001": True, "Case_P003": True, "Case_P004": True}
    assert not any(np.isin(case.labels.array, [INDEX["edema"], INDEX["rv_pool"]]).any() for case in emidec)


def test_no_reflow_lies_inside_the_infarct_and_is_darker():
    cases = [make_case("emidec", name="x", rng=np.random.default_rng([1, k]), num_slices=3) for k in range(5)]
    cored = [case for case in cases if (case.labels.array == INDEX["mvo"]).sum() > 60]
    assert cored
    for case in cored:
        core, pool = (region_mask(case.labels.array, name) for name in ("mvo", "lv_pool"))
        infarct_or_blood = region_mask(case.labels.array, "whole_infarct") | pool
        assert infarct_or_blood[ndimage.binary_dilation(core, np.ones((3, 3, 1)))].mean() > 0.98
        assert _median(case, "LGE", "mvo") < _median(case, "LGE", "scar")


def test_every_heart_moves_by_the_stated_millimetres():
    plain, moved = (
        make_case("myops2020", name="x", rng=np.random.default_rng(2), num_slices=2, in_plane=128, shift_mm=shift)
        for shift in ((0.0, 0.0), (-60.0, 30.0))
    )
    before, after = (
        np.mean(np.nonzero(region_mask(case.labels.array, "lv_epicardium")), axis=1) for case in (plain, moved)
    )
    np.testing.assert_allclose((after - before) * plain.grid.spacing_mm, [-60, 30, 0], atol=1.0)


def test_slices_and_sizes_are_as_asked_and_hearts_taper(emidec):
    for case in emidec:
        assert case.grid.shape == (128, 128, 5)
        pools = region_mask(case.labels.array, "lv_pool").sum(axis=(0, 1))
        assert 0 < pools[0] < pools[-1]


def test_other_cases_in_the_folder_are_never_mixed_with_a_cohort(tmp_path):
    small = {"num_slices": 1, "in_plane": 32}
    write_cohort(tmp_path, layout="emidec", num_cases=2, seed=0, **small)
    assert len(write_cohort(tmp_path, layout="emidec", num_cases=2, seed=1, **small)) == 4
    with pytest.raises(DataError, match=r"already holds 1 other cases \(Case_N002\)"):
        write_cohort(tmp_path, layout="emidec", num_cases=1, seed=1, **small)
    with pytest.raises(DataError, match="Choose an empty folder"):
        write_cohort(tmp_path, layout="myops2020", num_cases=9, seed=1, **small)


def test_impossible_cohorts_are_refused(tmp_path):
    with pytest.raises(DataError, match="at least one case"):
        write_cohort(tmp_path, layout="emidec", num_cases=0, seed=0)
    with pytest.raises(LabelError, match="'myops2020'"):
        write_cohort(tmp_path, layout="myops", num_cases=1, seed=0)
    (tmp_path / "file").touch()
    with pytest.raises(DataError, match="is a file"):
        write_cohort(tmp_path / "file", layout="emidec", num_cases=1, seed=0)

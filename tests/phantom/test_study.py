import numpy as np
import pytest
from scipy import ndimage

from scarmap.errors import LabelError
from scarmap.labels import INDEX, region_mask
from scarmap.phantom.heart.population import choose_population
from scarmap.phantom.heart.surfaces import contact_half_angle
from scarmap.phantom.scan.style import draw_style
from scarmap.phantom.study import draw_patient, make_case, make_study
from scarmap.phantom.truth.measure import disc_areas

SMALL = {"num_slices": 3, "in_plane": 128}


def _cases(layout, count, *, seed, **settings):
    return [
        make_case(layout, name="x", rng=np.random.default_rng([seed, k]), **{**SMALL, **settings})
        for k in range(count)
    ]


@pytest.fixture(scope="module")
def acute():
    """Four acute infarcts in MyoPS layout, 3 slices of 128 x 128 voxels."""
    return _cases("myops2020", 4, seed=20, population=choose_population("myops2020", chronic=0.0))


def _median(case, sequence, tissue):
    return float(np.median(case.images[sequence].array[case.labels.array == INDEX[tissue]]))


def test_every_infarct_lies_in_the_wall_with_a_larger_injury_around_it(acute):
    for case in acute:
        labels = case.labels.array
        scar, wall = region_mask(labels, "scar"), region_mask(labels, "whole_myocardium")
        filled = ndimage.binary_fill_holes(wall[..., 1])
        assert scar.sum() > 20
        assert not (filled & (labels[..., 1] == INDEX["rv_pool"])).any()
        assert region_mask(labels, "scar_and_edema").sum() > 1.1 * scar.sum()
    ring = [
        ndimage.binary_dilation(region_mask(case.labels.array, "scar"), np.ones((3, 3, 1)))
        for case in acute
    ]
    beside = np.concatenate(
        [case.labels.array[each] for case, each in zip(acute, ring, strict=True)]
    )
    counts = np.bincount(beside, minlength=len(INDEX))
    assert counts[INDEX["edema"]] > counts[INDEX["normal_myocardium"]]


def test_each_sequence_shows_what_it_is_acquired_for(acute):
    for case in acute:
        assert _median(case, "LGE", "scar") > 1.2 * _median(case, "LGE", "normal_myocardium")
        assert _median(case, "T2", "edema") > 1.1 * _median(case, "T2", "normal_myocardium")
        assert _median(case, "T2", "lv_pool") < 0.8 * _median(case, "T2", "normal_myocardium")
        assert _median(case, "bSSFP", "lv_pool") > 1.2 * _median(case, "bSSFP", "normal_myocardium")


def test_the_heart_is_not_the_only_bright_thing(acute):
    for case in acute:
        outside = case.labels.array == 0
        assert (case.images["LGE"].array[outside] > _median(case, "LGE", "lv_pool")).mean() > 0.01


def test_old_infarcts_have_no_edema_and_no_core():
    for case in _cases("scarmap", 3, seed=4, population=choose_population("random", chronic=1.0)):
        assert region_mask(case.labels.array, "scar").sum() > 5
        assert not np.isin(case.labels.array, [INDEX["edema"], INDEX["mvo"]]).any()


def test_normal_hearts_have_no_injury():
    (case,) = _cases("scarmap", 1, seed=5, infarcted=False)
    assert set(np.unique(case.labels.array)) == {
        0,
        *(INDEX[n] for n in ("lv_pool", "rv_pool", "normal_myocardium")),
    }


def test_no_reflow_lies_inside_the_infarct_and_is_darker():
    population = choose_population("emidec", mvo=1.0, chronic=0.0)
    cases = _cases("emidec", 4, seed=1, population=population, in_plane=200)
    cored = [case for case in cases if (case.labels.array == INDEX["mvo"]).sum() > 60]
    assert cored
    for case in cored:
        core, pool = (region_mask(case.labels.array, name) for name in ("mvo", "lv_pool"))
        infarct_or_blood = region_mask(case.labels.array, "whole_infarct") | pool
        assert infarct_or_blood[ndimage.binary_dilation(core, np.ones((3, 3, 1)))].mean() > 0.92
        assert _median(case, "LGE", "mvo") < _median(case, "LGE", "scar")


def test_every_heart_moves_by_the_stated_millimetres():
    plain, moved = (
        make_case(
            "myops2020",
            name="x",
            rng=np.random.default_rng(2),
            num_slices=2,
            in_plane=128,
            shift_mm=shift,
        )
        for shift in ((0.0, 0.0), (-60.0, 30.0))
    )
    before, after = (
        np.mean(np.nonzero(region_mask(case.labels.array, "lv_epicardium")), axis=1)
        for case in (plain, moved)
    )
    np.testing.assert_allclose((after - before) * plain.grid.spacing_mm, [-60, 30, 0], atol=1.0)


def test_a_layout_may_be_imaged_in_another_style():
    style = draw_style(np.random.default_rng(0), "emidec")
    case = make_case("scarmap", name="x", rng=np.random.default_rng(3), style=style, **SMALL)
    assert set(case.images) == {"LGE"}
    assert region_mask(case.labels.array, "rv_pool").any()


def test_volumes_of_the_masks_are_near_those_of_the_exact_truth_even_in_coarse_slices():
    study = make_study(
        "scarmap", name="x", rng=np.random.default_rng(8), num_slices=4, in_plane=256
    )
    labels, truth = study.case.labels, study.truth["discs"]["volume_ml"]
    for name in ("lv_pool", "whole_myocardium"):
        volume_ml = region_mask(labels.array, name).sum() * labels.grid.voxel_ml
        assert volume_ml == pytest.approx(truth[name], rel=0.05)


def test_the_same_state_draws_the_same_patient_whether_measured_or_not():
    first = make_case("emidec", name="x", rng=np.random.default_rng(5), **SMALL)
    second = make_study("emidec", name="x", rng=np.random.default_rng(5), **SMALL).case
    np.testing.assert_array_equal(first.images["LGE"].array, second.images["LGE"].array)
    np.testing.assert_array_equal(first.labels.array, second.labels.array)


def test_unknown_layouts_are_refused():
    with pytest.raises(LabelError, match="'myops2020'"):
        make_case("myops", name="x", rng=np.random.default_rng(0))


def test_slices_measure_what_those_of_the_data_set_do():
    population, found = choose_population("myops2020"), []
    for k in range(8):
        rng = np.random.default_rng([31, k])
        patient = draw_patient(rng, draw_style(rng, "myops2020"), population)
        areas = disc_areas(patient.heart, patient.table, patient.geometry)
        inner, outer = areas["lv_pool"], areas["lv_pool"] + areas["whole_myocardium"]
        arcs = 2 * np.rad2deg(contact_half_angle(patient.heart, patient.geometry.heights_mm))
        wall_mm = np.sqrt(outer / np.pi) - np.sqrt(inner / np.pi)
        found += list(zip(inner, outer - inner, areas["rv_pool"], wall_mm, arcs, strict=True))
    quartiles = {
        "pool mm2": (896, 1816),
        "wall mm2": (1788, 2380),
        "right mm2": (891, 2594),
        "wall mm": (10.6, 13.4),
        "contact degrees": (85, 115),
    }
    for (name, (low, high)), median in zip(
        quartiles.items(), np.median(found, axis=0), strict=True
    ):
        assert low < median < high, name

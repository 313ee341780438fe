from dataclasses import replace
from math import isnan, nan

import numpy as np
import pytest

from scarmap.labels import INDEX
from scarmap.quantification.contrast import contrast
from scarmap.quantification.dictionary import FLAGS, GRAVE
from scarmap.quantification.doubts import (
    common_flags,
    excludes,
    flags_of_intervals,
    flags_of_origin,
    is_three_dimensional,
    ranked,
)
from scarmap.quantification.measures.walls import is_infarcted
from scarmap.quantification.origin import MaskOrigin
from scarmap.quantification.result import Flag, Interval, ThresholdFigures
from scarmap.quantification.study import Choices, quantify
from scarmap.quantification.thresholds.measure import (
    _WHOLE_WALL,
    _flags_of_full_walls,
    measure_thresholds,
)
from scarmap.volume import Grid, LabelMap, Volume

SPACING = (2.0, 2.0, 10.0)


def hurt(radius, angle, index):
    return {"scar": (angle < 60) & (radius > 22), "edema": (angle >= 60) & (angle < 90)}


@pytest.fixture(scope="module")
def heart(make_heart):
    return make_heart(hurt=hurt, spacing_mm=SPACING, size=(71, 71))


def painted(labels, *, pool, wall, around=100.0):
    """An image of the same grey in all of a tissue, with a little noise."""
    values = np.full(len(INDEX), wall)
    values[[INDEX["background"], INDEX["lv_pool"], INDEX["rv_pool"]]] = around, pool, pool
    noise = np.random.default_rng(0).normal(0, 2, labels.array.shape)
    return Volume((values[labels.array] + noise).astype(np.float32), labels.grid)


def codes(study):
    return [flag.code for flag in study.flags]


def test_without_lge_infarct_and_what_follows_from_it_are_not_assessable(heart):
    study = quantify(heart, origin=MaskOrigin("m", sequences=("T2", "bSSFP"), by_model=True))
    assert study.unassessed == {"scar": "not assessable", "mvo": "not assessable"}
    for name in (
        "infarct_g", "mvo_g", "mvo_percent_infarct", "area_at_risk_ml", "normal_myocardium_g",
        "transmurality_extent_mean_percent", "num_infarcted_chords", "num_infarcted_segments",
    ):  # fmt: skip
        assert isnan(study.figures[name]), name
    assert study.figures["edema_g"] > 0
    assert study.figures["myocardium_g"] > 0
    assert all(isnan(each.figures.infarct_percent) for each in study.segments)
    assert all(isnan(each.infarct_ml) for each in study.slices)
    (told,) = (flag.message for flag in study.flags if flag.code == "not_assessable")
    assert told.startswith("No LGE image was given: infarct and no-reflow not assessable. The ")
    assert "no_infarct" not in codes(study)


def test_what_an_expert_drew_was_assessed_whatever_image_lies_beside_it(heart):
    drawn = quantify(heart, origin=MaskOrigin(sequences=("LGE",)))
    assert drawn.unassessed == {}
    assert drawn.figures["edema_g"] == quantify(heart).figures["edema_g"] > 0
    assert "not_assessable" not in codes(drawn)
    # Whoever drew scar saw LGE, and would have drawn no-reflow.
    on_cine = quantify(heart, origin=MaskOrigin(sequences=("bSSFP",)))
    assert on_cine.unassessed == {}
    assert on_cine.figures["mvo_g"] == 0


def test_a_tissue_that_an_expert_did_not_draw_needs_its_sequence(heart):
    dry = np.where(heart.array == INDEX["edema"], INDEX["normal_myocardium"], heart.array)
    study = quantify(
        LabelMap(dry.astype(np.uint8), heart.grid), origin=MaskOrigin(sequences=("LGE",))
    )
    assert study.unassessed == {"edema": "not assessable"}
    assert isnan(study.figures["edema_g"])
    assert study.figures["infarct_g"] > 0


def test_without_t2_a_model_s_edema_is_not_assessable_and_infarct_is(heart):
    study = quantify(heart, origin=MaskOrigin(sequences=("LGE",), by_model=True))
    assert study.unassessed == {"edema": "not assessable"}
    assert isnan(study.figures["edema_ml"])
    assert isnan(study.figures["area_at_risk_ml"])
    assert study.figures["infarct_ml"] > 0
    assert quantify(heart).unassessed == {}


def test_a_tissue_that_the_model_hardly_calls_is_not_assessed_where_it_called_none(heart):
    model = MaskOrigin("m", hardly_calls=("edema", "mvo"), sequences=("LGE", "T2"))
    study = quantify(heart, origin=model)
    assert study.unassessed == {"mvo": "not assessed"}
    assert isnan(study.figures["mvo_g"])
    assert isnan(study.figures["infarct_without_mvo_g"])
    assert study.figures["infarct_g"] > 0
    assert {"not_assessed", "hardly_called"} <= set(codes(study))


def test_a_tissue_that_neither_the_model_nor_the_layout_calls_is_not_said_to_be_seldom(make_heart):
    infarct = make_heart(hurt=lambda radius, angle, index: {"mvo": angle < 60}, spacing_mm=SPACING)
    model = MaskOrigin("m", hardly_calls=("edema", "mvo"), sequences=("LGE",), by_model=True)
    (told,) = [
        flag.message
        for flag in quantify(infarct, layout="emidec", origin=model).flags
        if flag.code == "hardly_called"
    ]
    assert "no-reflow" in told
    assert "edema" not in told


def test_remarks_come_first_and_flags_are_ranked_by_gravity(heart):
    origin = MaskOrigin("m", sequences=("LGE",), remarks=("An infarct of 4.23 ml was left out.",))
    study = quantify(heart, origin=origin, choices=Choices(salvage=True))
    ranks = [list(FLAGS).index(code) for code in codes(study)]
    assert ranks == sorted(ranks)
    assert "told_by_model" in codes(study)[:2]
    assert {"told_by_model", "not_assessable", "sequence_doubtful"} <= GRAVE
    assert "no_infarct" not in GRAVE


def test_an_image_that_looks_like_another_sequence_is_flagged_and_a_right_one_is_not(heart):
    lge, dark = painted(heart, pool=200, wall=30), painted(heart, pool=20, wall=120)
    assert contrast(lge, heart).cavity_over_wall > 0.5
    assert contrast(dark, heart).cavity_over_wall < 0
    right = codes(quantify(heart, images={"LGE": lge, "T2": dark}))
    assert not {"sequence_doubtful", "bright_blood_t2"}.intersection(right)
    assert "sequence_doubtful" in codes(quantify(heart, images={"LGE": dark}))
    assert "bright_blood_t2" in codes(quantify(heart, images={"T2": lge}))
    bright_wall = painted(heart, pool=200, wall=110, around=20)
    assert "sequence_doubtful" in codes(quantify(heart, images={"LGE": bright_wall}))
    told = next(
        flag.message
        for flag in quantify(heart, images={"LGE": dark}).flags
        if flag.code == "sequence_doubtful"
    )
    again = quantify(heart, images={"LGE": dark}, origin=MaskOrigin(remarks=(told,)))
    assert [flag.message for flag in again.flags].count(told) == 1


def test_a_signed_image_looks_the_same_as_a_magnitude_one(heart):
    lge = painted(heart, pool=200, wall=30)
    shifted = replace(lge, array=3 * lge.array - 300)
    assert contrast(shifted, heart).cavity_over_wall == pytest.approx(
        contrast(lge, heart).cavity_over_wall, abs=1e-4
    )


def test_a_segment_is_infarcted_from_a_share_and_a_row_of_voxels_on(heart):
    study = quantify(heart)
    number = study.figures["num_infarcted_segments"]
    touched = [each.figures for each in study.segments if each.figures.infarct_percent > 0]
    strict = quantify(heart, choices=Choices(infarcted_percent=50.0))
    assert 0 < strict.figures["num_infarcted_segments"] < number <= len(touched)
    assert "at least 50 %" in strict.conventions["infarcted_segment"]
    grid = Grid((9, 9, 9), (1.0, 1.0, 10.0), np.eye(4))
    # 10 voxels across the wall of 0.01 ml: a row is 0.1 ml of 10.5 ml.
    wall = replace(touched[0], myocardium_g=1.05 * 10, wall_thickness_radial_mm=10.0)
    assert is_infarcted(replace(wall, infarct_percent=1.0), grid, 1.0)
    assert not is_infarcted(replace(wall, infarct_percent=0.9), grid, 0.0)
    assert not is_infarcted(replace(wall, infarct_percent=0.0), grid, 0.0)


def test_a_mask_of_scar_alone_leaves_wall_and_shares_undefined(heart):
    only = np.where(heart.array == INDEX["scar"], heart.array, 0).astype(np.uint8)
    bright = Volume(only.astype(np.float32) + 1, heart.grid)
    study = quantify(LabelMap(only, heart.grid), image=bright)
    assert study.figures["infarct_g"] > 0
    assert (study.thresholds, study.grey_zones) == ((), ())
    assert isnan(study.figures["myocardium_g"])
    assert isnan(study.figures["infarct_percent_lv"])
    assert codes(study)[0] == "scar_only"


def test_an_interval_without_its_own_figure_is_explained():
    beside = Interval(15.2, 109.4, 0.9, "errors on 20 cases that the model had not seen")
    (flag,) = flags_of_intervals({"infarct_g": 7.9}, {}, {"infarct_g": beside})
    assert flag.code == "interval_excludes"
    assert "Infarct 7.9 g lies outside its interval, 15.2 to 109.4 g" in flag.message
    assert "too small" in flag.message
    assert not flags_of_intervals({"infarct_g": 20.0}, {}, {"infarct_g": beside})


def test_an_interval_holds_its_own_ends_and_without_numbers_everything():
    ends = Interval(2.0, 4.0, 0.9, "m")
    assert [excludes(ends, value) for value in (1.9, 2.0, 3.0, 4.0, 4.1)] == [1, 0, 0, 0, 1]
    assert not excludes(Interval(nan, nan, 0.9, "too few"), 3.0)


def test_a_figure_above_its_interval_may_be_too_large():
    below = {"mvo_g": Interval(1.0, 2.0, 0.9, "scatter of 5 folds")}
    (told,) = flags_of_intervals({"mvo_g": 2.5}, {}, below)
    assert told.message.startswith("No-reflow 2.5 g lies outside its interval, 1.0 to 2.0 g (sca")
    assert told.message.endswith("the one of their mean, which may be too large.")


@pytest.mark.parametrize(("high", "is_flagged"), [(14.0, False), (14.1, True)])
def test_folds_disagree_where_their_interval_is_wider_than_the_infarct(high, is_flagged):
    spread = {"infarct_g": Interval(4.0, high, 0.9, "scatter of 5 folds")}
    told = flags_of_intervals({"infarct_g": 10.0}, spread, {})
    assert [flag.code for flag in told] == ["folds_disagree"] * is_flagged
    if is_flagged:
        assert told[0].message.endswith(" the infarct: 4.0 to 14.1 g (scatter of 5 folds).")


@pytest.mark.parametrize(
    ("shape", "spacing_mm", "is_scan"),
    [
        ((40, 40, 30), (1.0, 2.0, 3.0), True),
        ((40, 40, 30), (1.0, 2.0, 3.1), False),
        ((40, 40, 29), (1.0, 2.0, 3.0), False),
        ((40, 40, 30), (1.0, 1.0, 10.0), False),
        ((30, 40, 9), (1.0, 2.0, 3.0), False),
    ],
)
def test_thirty_slices_up_to_one_and_a_half_pixels_thick_are_a_scan(shape, spacing_mm, is_scan):
    assert is_three_dimensional(Grid(shape, spacing_mm, np.eye(4))) == is_scan


def four_voxels(*tissues):
    """A mask of four voxels of 0.5 ml."""
    labels = np.array([INDEX[tissue] for tissue in tissues], dtype=np.uint8).reshape(4, 1, 1)
    return LabelMap(labels, Grid((4, 1, 1), (5.0, 10.0, 10.0), np.eye(4)))


def test_what_a_mask_calls_without_its_sequence_is_said_to_be_a_guess_with_its_volume():
    labels = four_voxels("scar", "mvo", "mvo", "edema")
    missing = {"scar": "not assessable", "mvo": "not assessable", "edema": "not assessable"}
    told = [flag.message for flag in flags_of_origin(MaskOrigin("m"), labels, missing)]
    assert told == [
        "No LGE image was given: infarct and no-reflow not assessable. The 1.50 ml that the mask "
        "calls so are a guess.",
        "No T2 image was given: edema not assessable. The 0.50 ml that the mask calls so are a "
        "guess.",
    ]
    (dry,) = flags_of_origin(
        MaskOrigin("m"), four_voxels(*["scar"] * 4), {"edema": "not assessable"}
    )
    assert dry.message == "No T2 image was given: edema not assessable."


def test_a_little_of_what_a_model_hardly_calls_is_told_and_none_is_not():
    model = MaskOrigin("m", hardly_calls=("edema", "mvo"))
    labels = four_voxels("mvo", "scar", "scar", "scar")
    (told,) = flags_of_origin(model, labels, {})
    assert told.message == "m hardly ever calls no-reflow; there may be more of it."
    (told,) = flags_of_origin(model, labels, {"mvo": "not assessed", "edema": "not assessed"})
    assert told.code == "not_assessed"
    assert told.message.startswith("m hardly ever calls no-reflow and edema: not assessed.")


def test_of_the_same_sentence_one_flag_is_kept():
    grave, mild, strange = Flag("no_heart", "x"), Flag("no_edema", "y"), Flag("later", "z")
    assert ranked(mild, grave, strange, mild) == (strange, grave, mild)


def test_a_threshold_that_calls_all_of_the_wall_infarct_is_flagged(heart):
    even = painted(heart, pool=110, wall=100)
    found, flags = measure_thresholds(even, heart, None, methods=("fwhm_max",), signed=False)
    assert found[0].infarct_percent_lv > 99
    assert [flag.code for flag in flags] == ["threshold_fills_wall"]


def test_a_wall_of_which_exactly_the_limit_is_called_infarct_is_flagged():
    figures = [
        ThresholdFigures(method, f"{method}: x", 9.0, None, 1.0, 9.0, percent, 0.5)
        for method, percent in (("otsu", _WHOLE_WALL), ("5sd", _WHOLE_WALL - 0.1))
    ]
    (told,) = _flags_of_full_walls(figures)
    assert told.message.startswith("otsu: at least 90 %")


def test_what_lies_beyond_the_window_does_not_count_and_what_lies_in_it_does(make_heart):
    """The window reaches two radii of 30 mm from the heart's centre, 30 voxels of 2 mm."""
    small = make_heart(spacing_mm=SPACING, size=(91, 91))
    image = painted(small, pool=200, wall=50).array
    beyond, within = image.copy(), image.copy()
    beyond[:10] = 5000
    within[45 - 28 : 45 - 22] = 5000
    seen, far, near = (
        contrast(Volume(each, small.grid), small) for each in (image, beyond, within)
    )
    assert far == seen
    assert near.cavity_over_wall < seen.cavity_over_wall / 2


def test_thin_slices_of_a_three_dimensional_scan_are_flagged(make_heart):
    scan = make_heart(inner_mm=(20.0,) * 30, spacing_mm=(2.0, 2.0, 2.0), size=(51, 51))
    assert "thin_slices" in codes(quantify(scan))


def test_what_every_case_has_is_said_once(heart):
    study = quantify(heart)
    first, second = (
        replace(study, case=case, flags=(Flag("no_edema", "None."), Flag("few_slices", case)))
        for case in ("a", "b")
    )
    assert common_flags([first, second]) == {"few_slices": FLAGS["few_slices"], "no_edema": "None."}
    assert common_flags([first]) == {}
    assert common_flags([first, replace(second, flags=())]) == {}

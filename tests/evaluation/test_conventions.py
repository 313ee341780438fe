import numpy as np
import pytest

from scarmap.errors import LabelError
from scarmap.evaluation.conventions import (
    CONVENTIONS,
    case3d,
    emidec_official,
    mfunet_slicewise,
    slicewise,
)
from scarmap.labels import INDEX, LAYOUTS
from scarmap.volume import Grid, LabelMap


def _labels(tissues, shape=(8, 6, 2), spacing=(2.0, 1.0, 10.0)):
    """Label map from tissue name to the index of its voxels."""
    array = np.zeros(shape, dtype=np.uint8)
    for tissue, where in tissues.items():
        array[where] = INDEX[tissue]
    return LabelMap(array, Grid(shape, spacing, np.diag([*spacing, 1.0])))


def _values(scores):
    return {(score.structure, score.metric): score.value for score in scores}


# Two slices. Slice 0: myocardium of 8 voxels, 2 of them scar. Slice 1: myocardium of 4 voxels, no
# scar.
TRUTH = _labels(
    {"normal_myocardium": np.s_[0:4, 0:2, 0], "scar": np.s_[0:2, 0, 0]}
    | {"edema": np.s_[0:2, 1, 0], "lv_pool": np.s_[6, 5, 0]}
)
TRUTH.array[0:4, 0, 1] = INDEX["normal_myocardium"]
# The scar is one voxel longer, the edema is missed.
PREDICTION = _labels(
    {"normal_myocardium": np.s_[0:4, 0:2, 0], "scar": np.s_[0:3, 0, 0], "lv_pool": np.s_[6, 5, 0]}
)
PREDICTION.array[0:4, 0, 1] = INDEX["normal_myocardium"]


def test_case3d_gives_the_hand_worked_values_for_scar():
    values = _values(case3d(PREDICTION, TRUTH, "myops2020"))
    assert values["scar", "dice"] == pytest.approx(4 / 5)
    assert values["scar", "jaccard"] == pytest.approx(2 / 3)
    assert values["scar", "hausdorff_mm"] == pytest.approx(2.0)
    assert values["scar", "assd_mm"] == pytest.approx(2.0 / 5)
    assert values["scar", "volume_ml"] == pytest.approx(0.06)
    assert values["scar", "volume_difference_ml"] == pytest.approx(0.02)
    assert values["scar", "volume_difference_ratio"] == pytest.approx(0.5)


def test_case3d_measures_nested_regions():
    values = _values(case3d(PREDICTION, TRUTH, "myops2020"))
    assert values["whole_myocardium", "dice"] == 1.0
    assert values["scar_and_edema", "dice"] == pytest.approx(2 * 2 / (3 + 4))
    assert values["lv_epicardium", "volume_ml"] == pytest.approx((8 + 4 + 1) * 0.02)


def test_case3d_scores_a_missed_structure_zero_and_its_distance_undefined():
    values = _values(case3d(PREDICTION, TRUTH, "myops2020"))
    assert values["edema", "dice"] == 0.0
    assert np.isnan(values["edema", "hausdorff95_mm"])
    assert values["edema", "volume_difference_ratio"] == -1.0


def test_case3d_leaves_overlap_undefined_where_the_truth_is_empty_but_not_volume():
    values = _values(case3d(TRUTH, _labels({}), "myops2020"))
    undefined = {
        metric
        for (structure, metric), value in values.items()
        if structure == "scar" and np.isnan(value)
    }
    assert undefined == {
        "dice", "jaccard", "hausdorff_mm", "hausdorff95_mm", "assd_mm", "volume_difference_ratio"
    }  # fmt: skip
    assert values["scar", "volume_difference_ml"] == pytest.approx(0.04)


@pytest.mark.parametrize("layout", LAYOUTS)
def test_case3d_covers_every_region_of_the_layout_with_every_metric(layout):
    scores = case3d(TRUTH, TRUTH, layout)
    assert {score.structure for score in scores} == set(LAYOUTS[layout])
    assert len(scores) == 8 * len(LAYOUTS[layout])


def test_slicewise_dice_counts_an_empty_slice_one():
    values = _values(mfunet_slicewise(PREDICTION, TRUTH, "myops2020"))
    assert values["scar", "dice"] == pytest.approx((4 / 5 + 1) / 2)
    assert values["edema", "dice"] == pytest.approx((0 + 1) / 2)


def test_slicewise_dice_counts_a_false_positive_on_an_empty_slice_zero():
    prediction = LabelMap(TRUTH.array.copy(), TRUTH.grid)
    prediction.array[7, 5, 1] = INDEX["scar"]
    values = _values(mfunet_slicewise(prediction, TRUTH, "myops2020"))
    assert values["scar", "dice"] == pytest.approx(0.5, abs=1e-9)


def test_slices_without_the_structure_do_not_count():
    values = _values(slicewise(PREDICTION, TRUTH, "myops2020"))
    assert values["scar", "dice"] == pytest.approx(4 / 5)
    assert values["edema", "dice"] == 0.0
    assert values["whole_myocardium", "dice"] == 1.0
    invented = LabelMap(PREDICTION.array.copy(), PREDICTION.grid)
    invented.array[7, 5, 1] = INDEX["scar"]
    assert _values(slicewise(invented, TRUTH, "myops2020"))["scar", "dice"] == pytest.approx(4 / 5)


def test_slices_weigh_the_same_whatever_their_size_and_a_structure_in_none_is_undefined():
    prediction = LabelMap(TRUTH.array.copy(), TRUTH.grid)
    prediction.array[..., 1] = 0
    values = _values(slicewise(prediction, TRUTH, "myops2020"))
    assert values["whole_myocardium", "dice"] == pytest.approx(
        (1 + 0) / 2
    )  # in 3D it would be 16 / 20
    assert np.isnan(values["rv_pool", "dice"])


def test_average_pathology_stacks_edema_and_scar_and_is_not_their_mean():
    values = _values(mfunet_slicewise(PREDICTION, TRUTH, "myops2020"))
    # Slice 0: 2 voxels shared in the scar channel, 0 in edema; 3 predicted, 4 true. Slice 1 is
    # empty.
    assert values["average_pathology", "dice"] == pytest.approx((2 * 2 / (3 + 4) + 1) / 2)
    assert values["average_pathology", "dice"] != pytest.approx(
        (values["scar", "dice"] + values["edema", "dice"]) / 2
    )


def test_average_pathology_does_not_match_scar_with_edema():
    swapped = LabelMap(TRUTH.array.copy(), TRUTH.grid)
    swapped.array[TRUTH.array == INDEX["scar"]] = INDEX["edema"]
    swapped.array[TRUTH.array == INDEX["edema"]] = INDEX["scar"]
    values = _values(mfunet_slicewise(swapped, TRUTH, "myops2020"))
    assert values["average_pathology", "dice"] == pytest.approx(0.5, abs=1e-9)
    assert values["scar_and_edema", "dice"] == pytest.approx(1.0)


@pytest.mark.parametrize(
    ("labelled", "is_stacked"),
    [("scar=1,edema=2", True), ("scar=1,mvo=2", True), ("edema=1,mvo=2", False), ("mvo=1", False)],
)
def test_average_pathology_needs_scar_and_another_one(labelled, is_stacked):
    values = _values(mfunet_slicewise(TRUTH, TRUTH, f"own:{labelled}"))
    assert (("average_pathology", "dice") in values) == is_stacked


EMIDEC_TRUTH = _labels(
    {"normal_myocardium": np.s_[0:5, 0:2, 0], "scar": np.s_[0:3, 0, 0], "mvo": np.s_[0, 0, 0]}
)
EMIDEC_PREDICTION = _labels({"normal_myocardium": np.s_[0:6, 0:2, 0], "scar": np.s_[0:2, 0, 0]})


def test_emidec_counts_mvo_as_infarct_and_divides_by_the_true_myocardium():
    values = _values(emidec_official(EMIDEC_PREDICTION, EMIDEC_TRUTH, "emidec"))
    assert values["whole_infarct", "dice"] == pytest.approx(2 * 2 / (2 + 3))
    assert values["whole_infarct", "volume_difference_ml"] == pytest.approx(0.02)
    assert values["whole_infarct", "volume_difference_ratio"] == pytest.approx(1 / 10)
    assert values["mvo", "dice"] == 0.0
    assert values["mvo", "volume_difference_ratio"] == pytest.approx(1 / 10)


def test_emidec_measures_the_myocardium_by_hausdorff_in_mm():
    values = _values(emidec_official(EMIDEC_PREDICTION, EMIDEC_TRUTH, "emidec"))
    assert values["whole_myocardium", "dice"] == pytest.approx(2 * 10 / 22)
    assert values["whole_myocardium", "hausdorff_mm"] == pytest.approx(2.0)
    assert ("whole_infarct", "hausdorff_mm") not in values


def test_emidec_as_scripted_counts_columns_by_the_slice_distance():
    """Moved by two columns of 1 mm in slices of 10 mm, a mask is 20 mm away for the script."""
    spacing_mm = (1.0, 2.0, 10.0)
    truth = _labels({"normal_myocardium": np.s_[1:4, 1:3, 0]}, spacing=spacing_mm)
    prediction = _labels({"normal_myocardium": np.s_[3:6, 1:3, 0]}, spacing=spacing_mm)
    measured = _values(emidec_official(prediction, truth, "emidec"))
    assert measured["whole_myocardium", "hausdorff_mm"] == pytest.approx(2.0)
    assert measured["whole_myocardium", "hausdorff_as_scripted_mm"] == pytest.approx(20.0)


def test_emidec_keeps_other_measures_of_the_myocardium_out():
    values = _values(emidec_official(EMIDEC_PREDICTION, EMIDEC_TRUTH, "emidec"))
    assert ("whole_myocardium", "volume_difference_ratio") not in values


def test_emidec_gives_one_for_two_empty_masks_and_zero_for_a_false_positive():
    healthy = _labels({"normal_myocardium": np.s_[0:5, 0:2, 0]})
    assert _values(emidec_official(healthy, healthy, "emidec"))["whole_infarct", "dice"] == 1.0
    assert _values(emidec_official(EMIDEC_TRUTH, healthy, "emidec"))["whole_infarct", "dice"] == 0.0


def test_emidec_leaves_the_ratio_undefined_without_true_myocardium():
    values = _values(emidec_official(EMIDEC_TRUTH, _labels({}), "emidec"))
    assert np.isnan(values["whole_infarct", "volume_difference_ratio"])
    assert np.isnan(values["whole_myocardium", "hausdorff_mm"])


def test_emidec_rules_apply_to_myops_without_mvo():
    values = _values(emidec_official(PREDICTION, TRUTH, "myops2020"))
    assert {structure for structure, _ in values} == {
        "whole_myocardium",
        "whole_infarct",
        "lv_pool",
    }
    assert values["whole_infarct", "dice"] == pytest.approx(4 / 5)


@pytest.mark.parametrize("convention", CONVENTIONS)
@pytest.mark.parametrize("layout", LAYOUTS)
def test_scores_carry_the_name_of_their_convention_and_occur_once(convention, layout):
    scores = CONVENTIONS[convention](TRUTH, TRUTH, layout)
    assert {score.convention for score in scores} == {convention}
    assert {type(score.value) for score in scores} == {float}
    assert len({(score.structure, score.metric) for score in scores}) == len(scores)


@pytest.mark.parametrize("convention", CONVENTIONS.values())
def test_an_unknown_layout_lists_the_known_ones(convention):
    with pytest.raises(LabelError, match="'emidec'"):
        convention(TRUTH, TRUTH, "emidek")


def test_where_scar_alone_is_drawn_the_wall_is_no_part_of_the_challenges_scores():
    measured = emidec_official(EMIDEC_PREDICTION, EMIDEC_TRUTH, "own:background=0,scar=3")
    assert {each.structure for each in measured} == {"whole_infarct"}
    values = {each.metric: each.value for each in measured}
    assert np.isnan(values["volume_difference_ratio"])
    assert values["volume_difference_ml"] > 0

from dataclasses import replace
from math import isnan, nan, pi

import numpy as np
import pytest

from scarmap.errors import DataError, GeometryError
from scarmap.labels import INDEX
from scarmap.quantification.dictionary import FIGURES, FLAGS
from scarmap.quantification.files import from_json, to_json
from scarmap.quantification.measures.flags import flags_of_salvage, pathology_apart
from scarmap.quantification.origin import MaskOrigin
from scarmap.quantification.study import Choices, conventions, quantify
from scarmap.quantification.thresholds.methods import METHODS
from scarmap.volume import Volume

TAPERED = (12.0, 14.0, 16.0, 18.0)


def _codes(study):
    return [flag.code for flag in study.flags]


def _scar(radius, angle, index):
    return {"edema": angle < 180, "scar": (angle < 90) & (radius < 25)}


def test_a_healthy_round_heart_has_the_figures_worked_out_on_paper(make_heart, oblique):
    study = quantify(make_heart(inner_mm=(20.0,) * 3, axes=oblique), case="p1")
    assert study.figures["myocardium_g"] == pytest.approx(
        pi * (30**2 - 20**2) * 30 / 1000 * 1.05, rel=0.02
    )
    assert study.figures["lv_pool_ml"] == pytest.approx(pi * 20**2 * 30 / 1000, rel=0.01)
    assert study.figures["infarct_g"] == study.figures["num_infarcted_segments"] == 0
    assert study.figures["num_chords"] == 300
    assert study.figures["num_segments"] == len(study.segments) == 16
    assert _codes(study) == ["no_infarct", "no_edema"]
    assert [each.ring for each in study.slices] == ["apical", "mid", "basal"]
    assert study.slices[0].centre_voxels == pytest.approx((60, 55))


def test_a_study_has_every_figure_of_the_dictionary_and_no_other(make_heart):
    study = quantify(make_heart(inner_mm=TAPERED, hurt=_scar))
    assert list(study.figures) == [figure.name for figure in FIGURES]
    assert to_json(from_json(to_json(study))) == to_json(study)
    assert set(_codes(study)) <= FLAGS.keys()


def test_what_is_measured_by_default(make_heart):
    labels = make_heart(inner_mm=TAPERED, hurt=_scar)
    half = np.where(labels.array == INDEX["scar"], 0.5, 0.0)
    study = quantify(labels, probabilities={"whole_infarct": np.stack([half, half])})
    assert (study.layout, study.tissues[0], len(study.tissues)) == ("", "lv_pool", len(INDEX) - 1)
    assert (study.conventions["sectors"], study.conventions["transmurality"]) == ("rigid", "extent")
    assert study.conventions["infarcted_segment"].startswith("at least 1 % of its mass")
    assert study.intervals["infarct_ml"].confidence == 0.9
    assert study.figures["mvo_percent_infarct"] == 0
    assert isnan(study.figures["myocardial_salvage_index"])
    by_mask = "edema and infarct of the mask"
    assert study.conventions["area_at_risk"] == by_mask
    assert conventions(Choices(), sectors="rigid")["area_at_risk"] == by_mask
    drawn = quantify(labels, layout="scarmap", area_at_risk_ml=9.0)
    assert (drawn.layout, drawn.conventions["area_at_risk"]) == ("scarmap", "given")


def test_without_a_right_ventricle_only_rotation_free_figures_are_given(make_heart):
    study = quantify(make_heart(inner_mm=TAPERED, right=False, hurt=_scar), layout="emidec")
    assert "no_rv_reference" in _codes(study)
    assert study.segments == ()
    assert isnan(study.reference.septum_deg)
    assert isnan(study.figures["num_infarcted_segments"])
    assert study.figures["num_segments"] == 0
    assert [ring.name for ring in study.rings] == ["basal", "mid", "apical"]
    assert study.figures["transmurality_extent_infarcted_mean_percent"] > 30
    assert all(isnan(study.figures[name]) for name in ("edema_g", "rv_pool_ml"))


def test_a_single_slice_is_flagged(make_heart):
    study = quantify(make_heart(inner_mm=(20.0,), hurt=_scar))
    assert {"single_slice", "few_slices"} <= set(_codes(study))
    assert [ring.name for ring in study.rings] == ["mid"]


def test_infarct_apart_from_the_wall_is_flagged_and_counts_for_masses(make_heart):
    labels = make_heart(inner_mm=TAPERED)
    labels.array[2:6, 2:7, 1] = INDEX["scar"]
    study = quantify(labels)
    (found,) = (flag for flag in study.flags if flag.code == "infarct_outside_wall")
    assert "Slice 2 (counted from 1)" in found.message
    assert "0.20 ml" in found.message
    assert study.figures["infarct_ml"] == pytest.approx(0.2)


def test_infarct_inside_the_cavity_or_alone_in_a_slice_is_apart_and_transmural_infarct_is_not(
    make_heart,
):
    labels = make_heart(inner_mm=TAPERED, hurt=lambda radius, angle, index: {"scar": angle < 90})
    plane = labels.array[..., 1]
    assert pathology_apart(plane) == 0
    plane[58:62, 53:57] = INDEX["mvo"]
    assert pathology_apart(plane) == 16
    alone = np.zeros_like(plane)
    alone[5:8, 5:8] = INDEX["edema"]
    assert pathology_apart(alone) == 9


def test_an_open_wall_counts_for_masses_and_not_for_rings(make_heart):
    labels = make_heart(inner_mm=TAPERED)
    before = quantify(labels)
    labels.array[60:, 53:58, 3] = 0
    study = quantify(labels)
    assert "open_ring" in _codes(study)
    assert study.slices[3].ring == ""
    lost = (before.slices[3].myocardium_ml - study.slices[3].myocardium_ml) * 1.05
    assert before.figures["myocardium_g"] - study.figures["myocardium_g"] == pytest.approx(lost)
    assert study.figures["num_closed_slices"] == 3
    assert study.figures["num_slices"] == 4


def test_a_mask_without_a_heart_is_flagged_and_not_an_error(make_heart):
    labels = make_heart(inner_mm=TAPERED)
    labels.array[:] = 0
    study = quantify(labels, layout="myops2020", reference_deg=10.0)
    assert "no_heart" in _codes(study)
    assert study.figures["myocardium_g"] == 0
    assert isnan(study.figures["infarct_percent_lv"])
    assert study.rings == study.segments == ()


def test_edema_smaller_than_the_infarct_is_flagged(make_heart):
    def hurt(radius, angle, index):
        return {"edema": angle < 100, "scar": angle < 90}

    assert "edema_smaller_than_infarct" in _codes(quantify(make_heart(inner_mm=TAPERED, hurt=hurt)))
    assert "edema_smaller_than_infarct" not in _codes(
        quantify(make_heart(inner_mm=TAPERED, hurt=_scar))
    )


def test_salvage_is_off_by_default_and_comes_with_the_caution(make_heart):
    labels = make_heart(inner_mm=TAPERED, hurt=_scar)
    assert isnan(quantify(labels).figures["myocardial_salvage_index"])
    asked = quantify(labels, choices=Choices(salvage=True))
    figures = asked.figures
    expected = figures["edema_ml"] / (figures["edema_ml"] + figures["infarct_ml"])
    assert figures["myocardial_salvage_index"] == pytest.approx(expected)
    assert "salvage_caution" in _codes(asked)
    smaller = quantify(
        labels, area_at_risk_ml=figures["infarct_ml"] / 2, choices=Choices(salvage=True)
    )
    assert smaller.figures["myocardial_salvage_index"] == pytest.approx(-1)
    assert "salvage_negative" in _codes(smaller)
    assert [flag.code for flag in flags_of_salvage(nan)] == ["salvage_caution", "salvage_undefined"]


def test_sectors_that_need_insertions_fall_back_and_say_so(make_heart):
    labels = make_heart(inner_mm=TAPERED, right=False)
    study = quantify(labels, reference_deg=200.0, choices=Choices(sectors="anatomical"))
    assert study.conventions["sectors"] == "rigid"
    assert "sectors_rigid" in _codes(study)


def test_thresholds_are_applied_to_the_image_inside_the_wall(make_heart):
    labels = make_heart(inner_mm=TAPERED, hurt=_scar)
    scar = labels.array == INDEX["scar"]
    noise = np.random.default_rng(0).normal(0, 3, labels.array.shape)
    image = Volume((100 + 400 * scar + noise).astype(np.float32), labels.grid)
    study = quantify(labels, image=image)
    assert [each.method for each in study.thresholds] == list(METHODS)
    found = {each.method: each for each in study.thresholds}
    assert found["5sd"].dice_with_mask == pytest.approx(1.0)
    assert found["5sd"].infarct_g == pytest.approx(study.figures["infarct_g"])
    assert found["5sd"].infarct_percent_lv == pytest.approx(study.figures["infarct_percent_lv"])
    assert found["otsu"].cutoff == pytest.approx(300, abs=200)
    assert found["otsu"].remote is None
    assert found["5sd"].remote.mean == pytest.approx(100, abs=1)
    given = quantify(labels, image=image, remote=scar, choices=Choices(methods=("2sd",)))
    assert given.thresholds[0].remote.mean == pytest.approx(500, abs=1)


def test_a_mask_whose_infarct_nobody_saw_is_not_divided_by_an_image(make_heart):
    labels = make_heart(inner_mm=(20.0,), hurt=_scar)
    image = Volume((100.0 + labels.array).astype(np.float32), labels.grid)
    guessed = MaskOrigin("m", sequences=("T2",), by_model=True)
    assert quantify(labels, image=image, origin=guessed).grey_zones == ()
    assert len(quantify(labels, image=image).grey_zones) == 3


def test_a_signed_image_and_a_missing_remote_are_flagged(make_heart):
    labels = make_heart(inner_mm=TAPERED, hurt=lambda radius, angle, index: {"scar": angle >= 0})
    study = quantify(
        labels, image=Volume(np.full(labels.array.shape, -1, dtype=np.float32), labels.grid)
    )
    assert {"signed_image", "no_remote"} <= set(_codes(study))
    assert all(isnan(each.infarct_ml) for each in study.thresholds)


def test_an_image_on_another_grid_is_an_error(make_heart):
    labels = make_heart(inner_mm=TAPERED)
    affine = labels.grid.affine.copy()
    affine[0, 3] += 5
    image = Volume(
        np.zeros(labels.array.shape, dtype=np.float32), replace(labels.grid, affine=affine)
    )
    with pytest.raises(GeometryError, match="different grids"):
        quantify(labels, image=image)


def test_folds_that_disagree_are_flagged_and_give_intervals(make_heart):
    labels = make_heart(inner_mm=TAPERED, hurt=_scar)
    scar = (labels.array == INDEX["scar"]).astype(np.float32)
    agreeing = quantify(labels, probabilities={"whole_infarct": np.stack([scar] * 4)})
    interval = agreeing.intervals["infarct_g"]
    assert (
        interval.low == pytest.approx(interval.high) == pytest.approx(agreeing.figures["infarct_g"])
    )
    assert "folds_disagree" not in _codes(agreeing)
    half = scar * (np.arange(4) < 2)
    assert "folds_disagree" in _codes(
        quantify(labels, probabilities={"whole_infarct": np.stack([scar, half, scar, half])})
    )


def test_an_undefined_figure_has_no_interval_and_one_from_levels_holds_its_figure(make_heart):
    labels = make_heart(inner_mm=(20.0,), hurt=_scar)
    unlikely = np.full(labels.array.shape, 0.1)
    guessed = MaskOrigin("m", sequences=("LGE",), by_model=True)
    study = quantify(
        labels, origin=guessed, probabilities={"whole_infarct": unlikely, "edema": unlikely}
    )
    assert list(study.intervals) == ["infarct_ml", "infarct_g", "infarct_percent_lv"]
    interval = study.intervals["infarct_ml"]
    assert (interval.low, interval.high) == (0, study.figures["infarct_ml"])


def test_no_reflow_without_the_scar_around_it_is_no_share_of_an_infarct(make_heart):
    labels = make_heart(inner_mm=(20.0,), hurt=lambda radius, angle, index: {"mvo": angle < 90})
    assert quantify(labels).figures["mvo_percent_infarct"] == 100
    figures = quantify(labels, origin=MaskOrigin("m", hardly_calls=("scar",))).figures
    assert figures["mvo_g"] > 0
    assert isnan(figures["infarct_g"])
    assert isnan(figures["mvo_percent_infarct"])


def test_the_window_around_the_heart_changes_nothing(make_heart):
    labels = make_heart(inner_mm=TAPERED, hurt=_scar, size=(181, 151))
    wide, narrow = quantify(labels), quantify(make_heart(inner_mm=TAPERED, hurt=_scar))
    assert wide.figures == pytest.approx(narrow.figures, nan_ok=True)
    assert wide.slices[0].centre_voxels == pytest.approx(
        np.add(narrow.slices[0].centre_voxels, (30, 20))
    )


def test_a_spacing_that_the_affine_does_not_share_is_flagged(make_heart):
    labels = make_heart(inner_mm=TAPERED)
    odd = replace(labels, grid=replace(labels.grid, affine=np.diag([1.0, 1, 1, 1])))
    assert "spacing_disagrees" in _codes(quantify(odd))
    assert quantify(odd).figures["myocardium_g"] == quantify(labels).figures["myocardium_g"]


@pytest.mark.parametrize(
    ("choice", "message"),
    [
        ({"sectors": "rigidd"}, "rigid"),
        ({"transmurality": "area_"}, "area"),
        ({"methods": ("5-sd",)}, "5sd"),
    ],
)
def test_an_unknown_choice_is_an_error_that_names_close_ones(choice, message):
    with pytest.raises(DataError, match=f"Did you mean '{message}'"):
        Choices(**choice)

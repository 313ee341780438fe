from dataclasses import replace

import pytest

from scarmap.datasets.mask_files import find_masks
from scarmap.errors import DataError
from scarmap.io.nifti import read_labels
from scarmap.io.scores import values_by_case
from scarmap.quantification.files import FILE, write_quantification
from scarmap.quantification.result import Interval
from scarmap.quantification.study import quantify
from scarmap.workflow.evaluate import evaluate


def measured(masks, out, intervals):
    """The masks measured, each with the same intervals, as `scarmap quantify` writes them."""
    for name, path in masks.items():
        study = quantify(read_labels(path, "emidec"), case=name, layout="emidec")
        made = {
            figure: Interval(study.figures[figure] + low, study.figures[figure] + high, 0.9, "test")
            for figure, (low, high) in intervals.items()
        }
        write_quantification(out / "studies" / name / FILE, replace(study, intervals=made))
    return out


def crps_of(evaluation, structure):
    return values_by_case(evaluation.rows, convention="myosaiq", structure=structure, metric="crps")


def test_volumes_with_their_intervals_are_scored_for_cavity_wall_infarct_and_no_reflow(
    emidec_phantom, tmp_path
):
    masks = find_masks(emidec_phantom)
    sharp = measured(masks, tmp_path / "sharp", {})
    wide = measured(masks, tmp_path / "wide", {"lv_pool_ml": (-20.0, 20.0)})
    exact = evaluate(emidec_phantom, emidec_phantom, intervals=sharp)
    for structure in ("lv_pool", "whole_myocardium", "whole_infarct", "mvo"):
        values = crps_of(exact, structure)
        assert values.keys() == masks.keys()
        # a volume between two whole millilitres is stepped over at the next one by both
        assert max(values.values()) == pytest.approx(0, abs=1e-9)
    blurred = crps_of(evaluate(emidec_phantom, emidec_phantom, intervals=wide), "lv_pool")
    assert all(0 < value < 0.01 for value in blurred.values())


def test_without_a_measured_study_nothing_can_be_scored(emidec_phantom, tmp_path):
    with pytest.raises(DataError, match="holds no measured study"):
        evaluate(emidec_phantom, emidec_phantom, intervals=tmp_path)

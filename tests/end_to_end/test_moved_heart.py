"""A trained network, not an oracle, finds hearts that lie far from the centre of their images."""

from dataclasses import replace

import numpy as np
import pytest

from scarmap.datasets.case_files import load_case
from scarmap.datasets.folder import find_cases
from scarmap.evaluation.overlap import dice
from scarmap.inference.segment import segment
from scarmap.labels import region_mask
from scarmap.phantom.cohort import write_cohort
from scarmap.recipes.trained import load_segmenter
from scarmap.systems.catalogue import choose
from scarmap.training.run.request import Request
from scarmap.training.run.train import make_fabric, train
from scarmap.training.stage.fit import Options

SETTINGS = {"schedule": "modern", "width": 8, "size": 96, "spacing_mm": 2.0}


@pytest.mark.slow
def test_a_heart_moved_by_a_third_of_the_field_of_view_is_segmented(tmp_path):
    write_cohort(
        tmp_path / "train", layout="myops2020", num_cases=40, seed=1, num_slices=4, in_plane=160
    )
    row = replace(choose("mfunet", SETTINGS).row, published={})
    run = train(
        Request(
            "mfunet",
            row,
            tmp_path / "train",
            tmp_path / "run",
            (0,),
            "cpu",
            Options(epochs_scale=0.2),
        )
    )
    segmenter = load_segmenter(run, make_fabric("cpu").device)
    found = []
    for name, shift_mm in (("centred", (0.0, 0.0)), ("moved", (110.0, 0.0))):
        write_cohort(
            tmp_path / name,
            layout="myops2020",
            num_cases=3,
            seed=3,
            num_slices=3,
            in_plane=160,
            shift_mm=shift_mm,
        )
        for files in find_cases(tmp_path / name):
            case = load_case(files, sequences=("LGE", "T2", "bSSFP"), labelled=True)
            masks = (
                region_mask(each, "lv_epicardium")
                for each in (segment(case, segmenter).labels.array, case.labels.array)
            )
            found.append(dice(*masks))
    assert np.mean(found[:3]) > 0.8
    assert np.mean(found[3:]) > 0.75

"""A short training on synthetic hearts finds edema in hearts that it has not seen."""

import numpy as np
import pytest

from scarmap.datasets.case_files import load_case
from scarmap.datasets.folder import find_cases
from scarmap.inference.segment import segment
from scarmap.labels import region_mask
from scarmap.phantom.cohort import write_cohort
from scarmap.recipes.trained import run_model
from scarmap.systems.catalogue import choose
from scarmap.training.run.request import Request
from scarmap.training.run.train import train
from scarmap.training.stage.fit import Options

COHORT = {
    "layout": "scarmap",
    "style": "myops2020",
    "num_slices": 4,
    "in_plane": 128,
    "normal": 0.2,
    "chronic": 0.1,
}
SETTINGS = {
    "start": None,
    "split": None,
    "any_scanner": True,
    "size": 64,
    "spacing_mm": 2.75,
    "views": 1,
    "pathology_threshold": 0.3,
    "infarct_threshold": 0.6,
}
LEAST = {"edema": 0.3, "whole_infarct": 0.4, "whole_myocardium": 0.7}
"""Asked by one test, as the workers of a parallel run would each train a network of their own."""


@pytest.fixture
def unseen(tmp_path):
    """What a network of 1,800 steps makes of phantoms of another seed: pairs of masks, found
    and true."""
    write_cohort(tmp_path / "seen", num_cases=60, seed=1, **COHORT)
    write_cohort(tmp_path / "unseen", num_cases=10, seed=2, **COHORT)
    options = Options(epochs_scale=36 / 120)
    run = train(
        Request(
            "scarmap",
            choose("scarmap", SETTINGS).row,
            tmp_path / "seen",
            tmp_path / "run",
            None,
            "cpu",
            options,
        )
    )
    segmenter = run_model(run, device="cpu").load()
    files = find_cases(tmp_path / "unseen")
    cases = [
        load_case(each, sequences=segmenter.preparation.sequences, labelled=True) for each in files
    ]
    return [(segment(case, segmenter).labels.array, case.labels.array) for case in cases]


@pytest.mark.slow
def test_a_short_training_on_phantoms_finds_it_in_unseen_ones(unseen):
    found = {region: mean_dice(unseen, region) for region in LEAST}
    assert all(found[region] > least for region, least in LEAST.items()), found


def mean_dice(pairs, region):
    """Over the hearts that have the region."""
    masks = [(region_mask(found, region), region_mask(true, region)) for found, true in pairs]
    dice = [
        2 * (found & true).sum() / (found.sum() + true.sum()) for found, true in masks if true.any()
    ]
    assert len(dice) > 5
    return np.mean(dice)

import json
from dataclasses import replace

import numpy as np
import pytest
import torch

from scarmap.datasets.folder import find_cases
from scarmap.inference.folder import segment_folder
from scarmap.inference.postprocess import slices_without_heart
from scarmap.inference.predict import Segmenter
from scarmap.io.nifti import read_labels
from scarmap.labels import INDEX
from scarmap.sampling.intensity import standardise
from scarmap.sampling.preparation import Preparation


@pytest.fixture
def blind():
    """A segmenter that never finds a left ventricle."""
    return Segmenter(
        Preparation(("LGE",), 128, standardise),
        "emidec",
        ("lv_epicardium",),
        lambda slices: torch.zeros_like(slices),
        lambda probabilities: np.zeros(probabilities.shape[1:], dtype=np.uint8),
        torch.device("cpu"),
        slices_without_heart,
    )


def test_flagged_cases_are_written_and_listed(emidec_phantom, blind, tmp_path):
    files = find_cases(emidec_phantom)[:2]
    outcome = segment_folder(files, blind, tmp_path)
    said = "No left ventricle was found in slices 1, 2, 3, 4, 5 of 5, so they hold no pathology."
    assert set(outcome.written) == {case.name for case in files}
    assert outcome.flagged == {case.name: (said,) for case in files}
    assert json.loads((tmp_path / "flags.json").read_text()) == {case.name: [said] for case in files}


def test_flags_of_an_earlier_call_do_not_stay(emidec_phantom, blind, tmp_path):
    files = find_cases(emidec_phantom)[:1]
    segment_folder(files, blind, tmp_path)
    segment_folder(files, replace(blind, check=None), tmp_path)
    assert not (tmp_path / "flags.json").exists()


@pytest.mark.parametrize(("trained", "expected"), [("scarmap", "emidec"), ("myops2020", "myops2020")])
def test_a_system_that_knows_every_tissue_writes_the_codes_of_the_data(
    emidec_phantom, blind, tmp_path, trained, expected
):
    def edema_everywhere(probabilities):
        return np.full(probabilities.shape[1:], INDEX["edema"], dtype=np.uint8)

    knowing = replace(blind, layout=trained, compose=edema_everywhere, check=None)
    (path,) = segment_folder(find_cases(emidec_phantom)[:1], knowing, tmp_path).written.values()
    found = read_labels(path, expected).array
    assert (found == INDEX["normal_myocardium" if expected == "emidec" else "edema"]).all()


def test_a_case_without_any_of_the_sequences_fails_and_one_with_some_does_not(plain_phantom, blind, tmp_path):
    files = find_cases(plain_phantom)
    any_of_two = Preparation(("T2", "bSSFP"), 128, standardise, optional=True)
    outcome = segment_folder(files, replace(blind, preparation=any_of_two), tmp_path)
    assert set(outcome.written) == {case.name for case in files}
    alone = segment_folder(files, replace(blind, preparation=replace(any_of_two, sequences=("T2",))), tmp_path)
    assert set(alone.failed) == {case.name for case in files if "T2" not in case.images}
    assert all("at least one of T2" in message for message in alone.failed.values())

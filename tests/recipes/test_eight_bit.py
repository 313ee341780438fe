from dataclasses import replace
from pathlib import Path
from shutil import copytree

import numpy as np
import pytest

import scarmap.systems.scarmap.builtin as builtin
from scarmap.datasets.case_files import load_case
from scarmap.datasets.folder import find_cases
from scarmap.errors import RunError
from scarmap.evaluation.reliability import EDGES, Reliability, write_reliability
from scarmap.inference.segment import segment
from scarmap.labels import region_mask
from scarmap.phantom.cohort import write_cohort
from scarmap.recipes import eight_bit
from scarmap.recipes.eight_bit import eight_bit_model
from scarmap.recipes.model_folder import folder_model, load_folder, read_record

BUILTIN = Path(builtin.WEIGHTS).parent


@pytest.fixture(scope="module")
def small(tmp_path_factory):
    """The built-in model in 8 bits, by the ranges that two hearts give."""
    folder = tmp_path_factory.mktemp("eight_bit") / "model"
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(eight_bit, "HEARTS", 2)
        eight_bit_model(BUILTIN, folder)
    return folder


def test_networks_are_a_quarter_of_the_size_and_nearly_what_they_were(small):
    sizes = [(folder / "fold_0.onnx").stat().st_size for folder in (small, BUILTIN)]
    assert sizes[0] < 0.3 * sizes[1]
    assert 0 < read_record(small)["difference_in_8_bits"] < 0.4


def test_masks_of_unseen_hearts_are_nearly_those_of_the_whole_model(small, tmp_path):
    write_cohort(tmp_path, layout="scarmap", num_cases=2, seed=11, num_slices=3, in_plane=128)
    ours, theirs = load_folder(small, "cpu", views=1), load_folder(BUILTIN, "cpu", views=1)
    for files in find_cases(tmp_path):
        case = load_case(files, sequences=theirs.preparation.sequences)
        masks = [segment(case, each).labels.array for each in (ours, theirs)]
        found, wanted = (region_mask(mask, "whole_myocardium") for mask in masks)
        assert 2 * np.count_nonzero(found & wanted) > 0.95 * (found.sum() + wanted.sum())


def test_it_is_another_model_to_a_manifest_and_its_card_says_so(small):
    assert folder_model(small).fingerprint != folder_model(BUILTIN).fingerprint
    assert "compute in 8 bits" in (small / "model_card.md").read_text(encoding="utf-8")


def test_a_model_in_8_bits_is_not_made_smaller_once_more(small, tmp_path):
    with pytest.raises(RunError, match="in 8 bits already"):
        eight_bit_model(small, tmp_path / "again")


def test_a_model_is_not_written_over_itself(tmp_path):
    copytree(BUILTIN, tmp_path / "model")
    with pytest.raises(RunError, match="is the model itself"):
        eight_bit_model(tmp_path / "model", tmp_path / "model")
    load_folder(tmp_path / "model", "cpu")


def test_counts_of_an_earlier_model_in_the_folder_calibrate_nothing(tmp_path, monkeypatch):
    monkeypatch.setattr(eight_bit, "HEARTS", 1)
    out = copytree(BUILTIN, tmp_path / "model")
    counts = np.ones(len(EDGES) + 1)
    write_reliability(out, 0, {"lv_pool": Reliability(counts, counts / 2, counts / 10)})
    eight_bit_model(BUILTIN, out)
    assert load_folder(BUILTIN, "cpu").calibrate is load_folder(out, "cpu").calibrate is None


def test_a_model_that_knows_more_sequences_than_its_data_had_sees_those(monkeypatch):
    monkeypatch.setattr(eight_bit, "HEARTS", 1)
    segmenter = replace(load_folder(BUILTIN, "cpu", views=1), layout="emidec")
    slices = eight_bit._synthetic_slices(segmenter)
    shown = dict(zip(segmenter.preparation.sequences, slices.any(axis=(0, 2, 3)), strict=True))
    assert shown == {"LGE": True, "T2": False, "bSSFP": False}


def test_a_folder_that_holds_something_else_is_left_alone(tmp_path):
    (tmp_path / "notes.txt").write_text("mine")
    with pytest.raises(RunError, match="is not empty and holds no model"):
        eight_bit_model(BUILTIN, tmp_path)

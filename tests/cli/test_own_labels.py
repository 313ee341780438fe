"""Every command on a data set with label codes of its own, declared in a few lines."""

import json

import pytest

from scarmap.datasets.folder import find_cases
from scarmap.datasets.mask_files import find_masks
from scarmap.io.nifti import read_labels, write_in_layout
from scarmap.io.run import RunFolder
from scarmap.labels import codes, declare

OWN = {"lv_pool": 7, "normal_myocardium": 8, "scar": 9}
SMALL = ("--set", "width=4", "--set", "size=48", "--set", "spacing_mm=3", "--smoke")


@pytest.fixture
def data(plain_phantom, tmp_path):
    """Plain folders whose labels hold three tissues in other codes."""
    for case in find_cases(plain_phantom, labelled=True):
        folder = tmp_path / "data" / case.name
        folder.mkdir(parents=True)
        for sequence, path in case.images.items():
            (folder / f"{sequence}.nii.gz").write_bytes(path.read_bytes())
        write_in_layout(folder / "labels.nii.gz", read_labels(case.labels, "scarmap"), declare(OWN))
    (tmp_path / "data" / "labels.json").write_text(json.dumps(OWN))
    return tmp_path / "data"


def test_own_codes_go_all_the_way(scarmap, data, tmp_path):
    run, masks = RunFolder(tmp_path / "run"), tmp_path / "masks"
    ended = scarmap("train", "--data", data, "--out", run.root, *SMALL)
    assert ended.code == 0, ended.err
    assert codes(run.read_record()["data"]["layout"]) == {"background": 0, **OWN}
    assert scarmap("predict", run.root, "--data", data, "--out", masks).code == 0
    for path in find_masks(masks).values():
        read_labels(path, declare(OWN))
    ended = scarmap("evaluate", masks, data, "--out", tmp_path / "scores")
    assert ended.code == 0, ended.err
    scores = json.loads((tmp_path / "scores" / "summary.json").read_text())["scores"]["case3d"]
    assert set(scores) >= {"lv_pool", "whole_myocardium", "scar"}
    assert "edema" not in scores
    assert scarmap("quantify", data, "--out", tmp_path / "figures").code == 0
    assert scarmap("report", run.root).code == 0


def test_a_label_set_that_is_spelt_wrong_is_explained(scarmap, data, tmp_path):
    (data / "labels.json").write_text('{"lv_pol": 1}')
    ended = scarmap("train", "--data", data, "--out", tmp_path / "run", *SMALL)
    assert ended.code == 2
    assert "labels.json names a tissue 'lv_pol'" in ended.err
    assert "Did you mean 'lv_pool'" in ended.err


@pytest.mark.parametrize("text", ["{", "[]", '{"scar": "two"}'])
def test_a_broken_label_set_is_told_as_such_and_not_as_an_unknown_layout(scarmap, data, text):
    (data / "labels.json").write_text(text)
    ended = scarmap("quantify", data, "--out", data.parent / "figures")
    assert ended.code == 2
    assert "labels.json" in ended.err
    assert "--layout" not in ended.err

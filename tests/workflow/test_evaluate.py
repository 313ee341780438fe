"""Masks whose codes are not those of the truth, scored by what they show."""

import json
import shutil

import numpy as np
import pytest

from scarmap.datasets.manifest import Entry, append_entry
from scarmap.datasets.mask_files import find_masks
from scarmap.errors import DataError
from scarmap.io.nifti import read_labels, write_in_layout, write_labels
from scarmap.io.run import RunFolder
from scarmap.labels import INDEX
from scarmap.workflow.adopt import adopt_masks
from scarmap.workflow.evaluate import evaluate

TISSUES = ("lv_pool", "normal_myocardium", "scar", "mvo")


@pytest.fixture
def masks(emidec_phantom, tmp_path):
    """Write the truth of EMIDEC as masks in another layout, with or without a manifest."""

    def write(layout, *, manifest=True):
        folder = tmp_path / f"masks_{layout}"
        for case, path in find_masks(emidec_phantom).items():
            write_in_layout(folder / f"{case}.nii.gz", read_labels(path, "emidec"), layout)
            if manifest:
                entry = Entry(case, f"{case}.nii.gz", {}, "a model", layout=layout)
                append_entry(folder / "manifest.jsonl", entry)
        return folder

    return write


@pytest.fixture
def plain(emidec_phantom, tmp_path):
    """The same patients as plain folders, whose truth has the codes of scarmap."""
    for case, path in find_masks(emidec_phantom).items():
        image = emidec_phantom / case / "Images" / f"{case}.nii.gz"
        (tmp_path / "plain" / case).mkdir(parents=True)
        shutil.copy(image, tmp_path / "plain" / case / "LGE.nii.gz")
        write_labels(
            tmp_path / "plain" / case / "labels.nii.gz", read_labels(path, "emidec"), "scarmap"
        )
    return tmp_path / "plain"


def dice(evaluation):
    return {
        row.value
        for row in evaluation.rows
        if (row.convention, row.metric) == ("case3d", "dice") and row.structure in TISSUES
        if not np.isnan(row.value)
    }


def test_masks_are_read_in_the_codes_of_their_manifest(masks, plain, emidec_phantom):
    assert dice(evaluate(masks("emidec"), plain)) == {1.0}
    assert dice(evaluate(masks("scarmap"), emidec_phantom)) == {1.0}
    assert dice(evaluate(masks("scarmap"), emidec_phantom, layout="emidec")) == {1.0}


def test_masks_that_are_a_data_set_are_read_in_its_codes(plain, emidec_phantom):
    assert dice(evaluate(plain, emidec_phantom)) == {1.0}


def test_masks_without_a_note_have_the_codes_of_the_truth(masks, emidec_phantom):
    assert dice(evaluate(masks("emidec", manifest=False), emidec_phantom)) == {1.0}


def test_edema_is_normal_wall_where_the_truth_labels_none(masks, emidec_phantom):
    folder = masks("scarmap")
    for path in folder.glob("*.nii.gz"):
        labels = read_labels(path, "scarmap")
        labels.array[labels.array == INDEX["normal_myocardium"]] = INDEX["edema"]
        write_labels(path, labels, "scarmap")
    assert dice(evaluate(folder, emidec_phantom)) == {1.0}


def test_single_masks_are_read_in_the_codes_of_their_manifest(masks, emidec_phantom):
    case, truth = next(iter(find_masks(emidec_phantom).items()))
    ours = masks("scarmap") / f"{case}.nii.gz"
    assert dice(evaluate(ours, truth, layout="emidec")) == {1.0}
    assert evaluate(ours, ours).layout == "scarmap"


def test_single_masks_of_which_nothing_tells_the_codes_are_refused(emidec_phantom):
    truth = next(iter(find_masks(emidec_phantom).values()))
    with pytest.raises(DataError, match=r"label layout of .* is not known"):
        evaluate(truth, truth)


@pytest.mark.parametrize("by", ["folder", "worklist"])
def test_masks_beside_a_run_are_kept_in_the_codes_of_its_data(masks, emidec_phantom, tmp_path, by):
    run, data = RunFolder(tmp_path / "run"), emidec_phantom
    cases = list(find_masks(emidec_phantom))
    if by == "worklist":
        data = tmp_path / "work.csv"
        lines = [f"{case},{path},emidec" for case, path in find_masks(emidec_phantom).items()]
        data.write_text("\n".join(["case,labels,layout", *lines]))
    run.write_record(
        {
            "recipe": {"name": "a model", "settings": {}},
            "data": {"folder": str(data), "layout": "emidec"},
            "folds": [{"training": [], "validation": cases}],
            "provenance": {},
            "state": {},
        }
    )
    adopted = adopt_masks(masks("scarmap"), run)
    summary = json.loads((adopted.evaluation / "summary.json").read_text(encoding="utf-8"))
    assert summary["scores"]["case3d"]["scar"]["dice"]["mean"] == 1.0
    kept = read_labels(adopted.predictions / f"{cases[0]}.nii.gz", "emidec").array
    truth = read_labels(find_masks(emidec_phantom)[cases[0]], "emidec").array
    np.testing.assert_array_equal(kept, truth)

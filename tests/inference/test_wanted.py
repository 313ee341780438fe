import os
import shutil
from dataclasses import replace

import pytest

from scarmap.datasets.case_files import CaseFiles
from scarmap.datasets.manifest import Entry, append_entry, look_at, now
from scarmap.inference.wanted import Wanted, fingerprint, split_done, why_again

WANTED = Wanted("model 1", ("LGE", "T2"))


@pytest.fixture
def files(tmp_path):
    """A case whose images are a few bytes."""
    paths = {
        sequence: tmp_path / "images" / f"p7_{sequence}.nii.gz"
        for sequence in ("LGE", "T2", "bSSFP")
    }
    (tmp_path / "images").mkdir()
    for sequence, path in paths.items():
        path.write_text(f"image {sequence}")
    return CaseFiles("p7", "myops2020", paths)


@pytest.fixture
def entry(files, tmp_path):
    """Its line, with its mask beside it."""
    (tmp_path / "p7.nii.gz").write_text("mask")
    images = {sequence: look_at(path) for sequence, path in WANTED.images(files).items()}
    return Entry(
        "p7", "p7.nii.gz", images, "model 1", flags=("No heart in slice 1.",), written=now()
    )


def test_a_case_is_done_when_model_images_and_mask_are_the_same(tmp_path, files, entry):
    assert why_again(entry, files, WANTED, tmp_path) is None
    assert why_again(replace(entry, probabilities=True), files, WANTED, tmp_path) is None


def test_a_copied_image_is_the_same_and_an_unused_one_does_not_count(tmp_path, files, entry):
    copies = shutil.copytree(tmp_path / "images", tmp_path / "copies")
    moved = {sequence: copies / path.name for sequence, path in files.images.items()}
    os.utime(moved["LGE"], ns=(5, 5))
    moved["bSSFP"].write_text("other")
    assert why_again(entry, replace(files, images=moved), WANTED, tmp_path) is None


@pytest.mark.parametrize(
    ("change", "reason"),
    [
        ({"mask": "gone.nii.gz"}, "its mask is gone"),
        ({"model": "model 0"}, "another model"),
        ({"scarmap": "0.0.1"}, "made by scarmap 0.0.1"),
        ({"images": {}}, "other images (LGE, T2)"),
    ],
)
def test_what_has_changed_is_the_reason_to_do_a_case_again(tmp_path, files, entry, change, reason):
    assert why_again(replace(entry, **change), files, WANTED, tmp_path) == reason


@pytest.mark.parametrize("content", ["other T2", "image t2"])
def test_changed_content_is_found_whatever_its_size(tmp_path, files, entry, content):
    files.images["T2"].write_text(content)
    assert why_again(entry, files, WANTED, tmp_path) == "other images (T2)"


def test_an_image_that_came_or_went_is_another_input(tmp_path, files, entry):
    without = replace(files, images={"LGE": files.images["LGE"]})
    assert why_again(entry, without, WANTED, tmp_path) == "other images (T2)"
    assert (
        why_again(entry, files, replace(WANTED, sequences=("LGE", "T2", "bSSFP")), tmp_path)
        == "other images (bSSFP)"
    )


def test_probabilities_that_are_missing_are_made(tmp_path, files, entry):
    wanted = replace(WANTED, probabilities=True)
    kept = replace(entry, probabilities=True)
    assert why_again(entry, files, wanted, tmp_path) == "without probabilities"
    assert why_again(kept, files, wanted, tmp_path) == "without probabilities"
    (tmp_path / "p7_probabilities.nii.gz").write_text("maps")
    assert why_again(kept, files, wanted, tmp_path) is None


def test_cases_are_split_into_done_and_to_do(tmp_path, files, entry):
    cases = [replace(files, name=name) for name in ("p7", "p8", "p9")]
    append_entry(tmp_path / "manifest.jsonl", entry)
    append_entry(tmp_path / "manifest.jsonl", replace(entry, case="p9", model="model 0"))
    done, todo, again = split_done(cases, WANTED, tmp_path)
    assert (done, [each.name for each in todo], again) == (
        {"p7": entry},
        ["p8", "p9"],
        {"p9": "another model"},
    )
    assert split_done(cases, WANTED, tmp_path / "nowhere") == ({}, cases, {})


def test_a_model_is_known_by_its_recipe_and_its_weights(tmp_path):
    first, second = tmp_path / "a", tmp_path / "b"
    first.write_text("weights")
    second.write_text("weights")
    known = fingerprint({"width": 8}, [first])
    assert fingerprint({"width": 8}, [second]) == known
    assert fingerprint({"a": 1, "b": 2}, []) == fingerprint({"b": 2, "a": 1}, [])
    second.write_text("Weights")
    others = [
        fingerprint({"width": 8}, [second]),
        fingerprint({"width": 4}, [first]),
        fingerprint({"width": 8}, []),
    ]
    assert len({known, *others}) == 4

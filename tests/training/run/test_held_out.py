"""A run whose recipe splits slices: what it holds out, writes and scores."""

import json
from dataclasses import replace
from functools import partial

import numpy as np
import pytest

from scarmap.datasets.folder import find_cases
from scarmap.datasets.split import slice_name
from scarmap.errors import DataError, RunError
from scarmap.io.nifti import read_labels
from scarmap.labels import region_mask
from scarmap.training.run import held_out
from scarmap.training.run.train import train

NOTES = [
    "Leaking split: slices of the same patient are on both sides. The scores overstate how well "
    "new patients are segmented.",
    "Split by slice: what is scored as a case is a single slice.",
]


@pytest.fixture
def slices(emidec_phantom):
    """Slice name to its case's files and its number, of the whole phantom."""
    return {
        slice_name(case.name, z): (case, z) for case in find_cases(emidec_phantom) for z in range(5)
    }


def scored(run, structure="lv_epicardium"):
    lines = (run.evaluation / "cases.csv").read_text().splitlines()
    return {
        line.split(",")[0]: float(line.split(",")[4])
        for line in lines
        if f",case3d,{structure},dice," in line
    }


def test_every_slice_is_segmented_and_scored_by_the_fold_that_held_it_out(
    emidec_phantom, request_for, by_slice, slices
):
    run = train(request_for(emidec_phantom, recipe=by_slice))
    folds = run.read_record()["folds"]
    assert [len(fold["validation"]) for fold in folds] == [10, 10]
    assert sorted(path.name for path in run.predictions.iterdir()) == sorted(
        f"{name}.nii.gz" for name in slices
    )
    scores = scored(run)
    assert set(scores) == set(slices)
    for name, (case, z) in slices.items():
        truth = region_mask(read_labels(case.labels, "emidec").array, "lv_epicardium")[..., z]
        found = region_mask(
            read_labels(run.predictions / f"{name}.nii.gz", "emidec").array, "lv_epicardium"
        )[..., 0]
        if truth.any():
            assert scores[name] == pytest.approx(
                2 * (truth & found).sum() / (truth.sum() + found.sum())
            )


def test_the_mask_of_a_slice_lies_where_the_slice_does(
    emidec_phantom, request_for, by_slice, slices
):
    run = train(request_for(emidec_phantom, folds=(1,), recipe=by_slice))
    held_out = run.read_record()["folds"][1]["validation"]
    assert sorted(path.name for path in run.predictions.iterdir()) == [
        f"{name}.nii.gz" for name in held_out
    ]
    for name in held_out:
        case, z = slices[name]
        truth, mask = (
            read_labels(case.labels, "emidec").grid,
            read_labels(run.predictions / f"{name}.nii.gz", "emidec"),
        )
        assert mask.grid.shape == (*truth.shape[:2], 1)
        np.testing.assert_allclose(mask.grid.spacing_mm, truth.spacing_mm, rtol=1e-6)
        corners = np.array([[0, 0, z, 1], [7, 0, z, 1], [0, 9, z, 1], [0, 0, z + 1, 1]])
        in_mask = corners - [0, 0, z, 0]
        np.testing.assert_allclose(
            in_mask @ mask.grid.affine.T, corners @ truth.affine.T, atol=1e-3
        )


def test_a_slice_is_segmented_in_its_whole_case(emidec_phantom, request_for, by_slice, slices):
    def whole_stack(probabilities):
        return np.full(probabilities.shape[1:], probabilities.shape[-1] == 5, dtype=np.uint8)

    def recipe():
        return replace(
            by_slice(),
            compose=whole_stack,
            check=lambda labels: (f"{labels.shape[2]} slices",),
            finish=lambda labels, grid: (
                labels,
                (f"decided on {labels.shape[2]} of {grid.shape[2]}",),
            ),
        )

    run = train(request_for(emidec_phantom, folds=(0,), recipe=recipe))
    held_out = run.read_record()["folds"][0]["validation"]
    for name in held_out:
        assert read_labels(run.predictions / f"{name}.nii.gz", "emidec").array.all()
    assert run.read_record()["flags"] == {
        name: ["1 slices", "In the whole case: decided on 5 of 5"] for name in held_out
    }


def test_record_and_scores_say_what_the_split_leaks(emidec_phantom, request_for, by_slice):
    run = train(request_for(emidec_phantom, folds=(0,), recipe=by_slice))
    record = run.read_record()
    summary = json.loads((run.evaluation / "summary.json").read_text())
    assert record["split"]["unit"] == record["recipe"]["details"]["unit"] == "slice"
    assert record["split"]["notes"] == summary["notes"] == NOTES


def test_a_split_that_validates_on_what_it_trained_on_says_so(
    emidec_phantom, request_for, by_slice, slices
):
    run = train(request_for(emidec_phantom, recipe=partial(by_slice, leaking=True)))
    summary = json.loads((run.evaluation / "summary.json").read_text())
    assert summary["cases"] == sorted(slices)
    assert summary["notes"][0].startswith("Leaking split: validation slices were trained on.")


def test_a_split_by_patient_has_nothing_to_say(emidec_phantom, request_for):
    run = train(request_for(emidec_phantom, folds=(0,)))
    assert run.read_record()["split"] == {"unit": "patient", "notes": [], "slices": {}}
    assert json.loads((run.evaluation / "summary.json").read_text())["notes"] == []


def test_other_folds_of_slices_can_be_added_to_a_run(emidec_phantom, request_for, by_slice, slices):
    train(request_for(emidec_phantom, folds=(0,), recipe=by_slice))
    again = train(request_for(emidec_phantom, recipe=by_slice, resume=True))
    whole = train(request_for(emidec_phantom, recipe=by_slice, out="whole"))
    assert len(scored(again)) == len(slices)
    for name in ("evaluation/cases.csv", "evaluation/summary.json"):
        assert (again.root / name).read_bytes() == (whole.root / name).read_bytes()


def test_a_run_by_slice_is_not_continued_by_patient(emidec_phantom, request_for, by_slice):
    train(request_for(emidec_phantom, folds=(0,), recipe=by_slice))
    with pytest.raises(RunError, match="was started with another unit of the split, so"):
        train(
            request_for(
                emidec_phantom,
                folds=(0,),
                resume=True,
                recipe=lambda: replace(by_slice(), unit="patient"),
            )
        )


def test_too_many_folds_for_the_slices_are_refused(emidec_phantom, request_for, by_slice):
    with pytest.raises(DataError, match=r"20 .* cannot be split into 21"):
        train(request_for(emidec_phantom, recipe=partial(by_slice, num_folds=21)))


@pytest.mark.parametrize("split", ["by patient", "by slice"])
def test_the_truth_is_never_handed_to_the_prediction(
    emidec_phantom, request_for, by_slice, monkeypatch, split
):
    seen, original = [], held_out.segment

    def looking(case, segmenter):
        seen.append((case.name, case.labels))
        return original(case, segmenter)

    monkeypatch.setattr(held_out, "segment", looking)
    run = train(
        request_for(emidec_phantom, **({"recipe": by_slice} if split == "by slice" else {}))
    )
    assert {name for name, _ in seen} == {case.name for case in find_cases(emidec_phantom)}
    assert all(labels is None for _, labels in seen)
    assert scored(run)  # for which the truth was there

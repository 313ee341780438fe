"""Records of an earlier version are still read; see `tests/records/README.md`."""

import csv
import hashlib
import json
import shutil
from pathlib import Path

import numpy as np
import pytest

from scarmap.io.files import write_json
from scarmap.io.nifti import read_labels
from scarmap.io.weights import read_weights
from scarmap.quantification.files import FILE, read_quantification
from scarmap.quantification.origin import GIVEN
from scarmap.systems.scarmap.builtin import about_builtin

ARCHIVE = Path(__file__).parents[1] / "records" / "former.zip"
CASCADE = (
    "train",
    "cascade",
    "--data",
    "myops",
    "--out",
    "cascade",
    "--fold",
    0,
    "--set",
    "schedule=modern",
)
CASCADE = (
    *CASCADE,
    "--epochs-scale",
    0.15,
    "--set",
    "denoiser=false",
    "--set",
    "width=1",
    "--resume",
)
SMALL = ("--set", "width=1", "--set", "size=64")
STOPPED = ("train", "anatomy-prior", "--data", "emidec", "--fold", 1, "--epochs-scale", 0.02)
STOPPED = (*STOPPED, "--set", "attention=false", "--set", "class_weights=none", *SMALL)
REPRODUCTION = ("reproduce", "anatomy-prior", "--data", "emidec", "--out", "reproduction")
REPRODUCTION = (
    *REPRODUCTION,
    "--rows",
    "baseline,attention",
    "--folds",
    0,
    "--epochs-scale",
    1e-9,
    *SMALL,
)
MODELS = {
    "a run": ("masks_of_run", "myops", "cascade"),
    "the built-in model": ("masks_of_builtin", "emidec"),
}


@pytest.fixture
def former(tmp_path, monkeypatch):
    """The folder of all that was recorded, and the working directory of the test."""
    shutil.unpack_archive(ARCHIVE, tmp_path)
    monkeypatch.chdir(tmp_path)
    return tmp_path


@pytest.fixture(params=MODELS)
def model(request):
    """Folder of masks, layout of the data, and the arguments of `predict`."""
    masks, data, *run = MODELS[request.param]
    if not run and about_builtin()["version"] != "2":
        pytest.skip("the built-in model is not that of the records any more")
    return masks, {"myops": "myops2020"}.get(data, data), ("predict", *run, "--data", data, "--out")


def digests(folder, pattern="*"):
    """Content of every file under a folder, locks left out."""
    files = sorted(
        path for path in folder.rglob(pattern) if path.is_file() and ".locks" not in path.parts
    )
    return {
        str(path.relative_to(folder)): hashlib.sha256(path.read_bytes()).hexdigest()
        for path in files
    }


def forget_steps(run, *steps):
    """The run as it was before it had done some steps of its first fold."""
    record = json.loads((run / "run.json").read_text(encoding="utf-8"))
    for step in steps:
        del record["state"][f"fold_0/{step}"]
        shutil.rmtree(run / "fold_0" / step, ignore_errors=True)
    write_json(run / "run.json", record)


def assert_same_weights(one, other):
    one, other = (read_weights(each / "weights.safetensors")[0] for each in (one, other))
    for name, tensor in one.items():  # another processor may round otherwise
        assert np.allclose(other[name], tensor, rtol=1e-3, atol=1e-4), name


def figures(folder):
    """Figures of each study; flags sorted, as their order says how grave they are found today."""
    paths = (folder / "studies").glob("*/*.json")
    studies = {path.parent.name: json.loads(path.read_text(encoding="utf-8")) for path in paths}
    for study in studies.values():
        study["flags"].sort(key=lambda flag: flag["code"])
    return studies


def table(path):
    """Rows of a table of studies by column; flags sorted."""
    with path.open(encoding="utf-8", newline="") as file:
        rows = list(csv.DictReader(file))
    return [{**row, "flags": sorted(row["flags"].split())} for row in rows]


def holds(study, before):
    """Whether everything that was known before is known, and the same."""
    if isinstance(before, dict):
        return study.keys() >= before.keys() and all(
            holds(study[name], value) for name, value in before.items()
        )
    return study == before


def test_a_finished_run_is_resumed_and_nothing_in_it_changes(former, scarmap):
    before = digests(former / "cascade")
    ended = scarmap(*CASCADE)
    assert ended.code == 0, ended.err
    assert digests(former / "cascade") == before


def test_a_trained_fold_is_predicted_again_from_the_weights_that_it_has(former, scarmap):
    run = former / "cascade"
    weights, masks = digests(run / "fold_0"), digests(run / "predictions")
    forget_steps(run, "predictions")
    shutil.rmtree(run / "predictions")
    ended = scarmap(*CASCADE)
    assert ended.code == 0, ended.err
    assert weights.items() <= digests(run / "fold_0").items()
    assert digests(run / "predictions").keys() == masks.keys()


@pytest.mark.slow
def test_a_stage_that_was_trained_before_is_the_start_of_those_that_are_missing(former, scarmap):
    stages = former / "cascade" / "fold_0"
    anatomy = digests(stages / "anatomy")
    shutil.copytree(stages / "pathology", former / "pathology")
    forget_steps(former / "cascade", "pathology", "predictions")
    ended = scarmap(*CASCADE)
    assert ended.code == 0, ended.err
    assert digests(stages / "anatomy") == anatomy
    assert_same_weights(stages / "pathology", former / "pathology")


def test_a_training_that_was_stopped_goes_on_from_its_checkpoint(former, scarmap):
    begun = (former / "interrupted" / "fold_1" / "segment" / "log.csv").read_text(encoding="utf-8")
    for ended in (
        scarmap(*STOPPED, "--out", "interrupted", "--resume"),
        scarmap(*STOPPED, "--out", "afresh"),
    ):
        assert ended.code == 0, ended.err
    resumed, afresh = (former / run / "fold_1" / "segment" for run in ("interrupted", "afresh"))
    log = (resumed / "log.csv").read_text(encoding="utf-8")
    assert log.startswith(begun)
    assert [line.split(",")[0] for line in log.splitlines()] == ["epoch", *map(str, range(8))]
    assert_same_weights(afresh, resumed)


def test_a_manifest_of_before_is_continued_and_a_mask_that_is_lost_is_made_again_as_it_was(
    former, scarmap, model
):
    masks, layout, command = model
    manifest = (former / masks / "manifest.jsonl").read_text(encoding="utf-8")
    lost = sorted((former / masks).glob("*.nii.gz"))[0]
    before = read_labels(lost.rename(former / lost.name), layout).array
    kept = digests(former / masks, "*.nii.gz")
    ended = scarmap(*command, masks)
    assert ended.code == 0, ended.err
    assert digests(former / masks, "*.nii.gz").items() > kept.items()
    added = (former / masks / "manifest.jsonl").read_text(encoding="utf-8").removeprefix(manifest)
    lines = [json.loads(line) for line in added.splitlines()]
    assert [line["mask"] for line in lines] == [lost.name]
    assert before.any()
    assert (
        read_labels(lost, layout).array != before
    ).mean() < 1e-3  # another processor may round otherwise


def test_a_reproduction_of_before_is_finished_without_training_anything_again(former, scarmap):
    before = {
        name: digests(former / "reproduction" / f"anatomy-prior-{name}")
        for name in ("baseline", "attention")
    }
    (former / "reproduction" / "anatomy-prior.md").unlink()
    ended = scarmap(*REPRODUCTION)
    assert ended.code == 0, ended.err
    for name, files in before.items():
        assert digests(former / "reproduction" / f"anatomy-prior-{name}") == files
        assert name in (former / "reproduction" / "anatomy-prior.md").read_text(encoding="utf-8")


def test_a_run_of_before_is_reported_alone_and_beside_another(former, scarmap):
    baseline, attention = (
        f"reproduction/anatomy-prior-{name}" for name in ("baseline", "attention")
    )
    for ended in (
        scarmap("report", "cascade"),
        scarmap("report", baseline, "--against", attention),
    ):
        assert ended.code == 0, ended.err
    page = (former / "cascade" / "report.html").read_text(encoding="utf-8")
    assert "Validation dice of stage" in page
    assert "anatomy-prior-attention" in (former / baseline / "report.html").read_text(
        encoding="utf-8"
    )


def test_a_cohort_of_before_is_measured_and_reported_with_the_same_figures(former, scarmap):
    ended = scarmap("quantify", "masks_of_builtin", "--layout", "emidec", "--out", "again")
    assert ended.code == 0, ended.err
    before = figures(former / "figures")
    assert len(before) == 5
    again = figures(former / "again")
    assert again.keys() == before.keys()
    for name, study in before.items():
        assert holds(again[name], study), name
        told = read_quantification(former / "figures" / "studies" / name / FILE)
        assert (told.case, told.origin) == (name, GIVEN)
    rows = table(former / "figures" / "cohort.csv")
    assert len(rows) == 5
    for now, then in zip(table(former / "again" / "cohort.csv"), rows, strict=True):
        assert holds(now, then)
    ended = scarmap(
        "report", "masks_of_builtin", "--data", "emidec", "--layout", "emidec", "--out", "pages"
    )
    assert ended.code == 0, ended.err
    assert (former / "pages" / "cohort.html").is_file()

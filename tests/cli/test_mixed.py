"""Every command on a folder of two data sets, with sequences missing."""

import json
from shutil import copytree

import pytest

from scarmap.datasets.folder import find_cases
from scarmap.io.nifti import read_labels
from scarmap.labels import MIXED
from scarmap.systems.catalogue import choose
from scarmap.training.run.request import Request
from scarmap.training.run.train import train
from scarmap.training.stage.fit import Options


@pytest.fixture(scope="module")
def mixed(myops_phantom, emidec_phantom, tmp_path_factory):
    """Folder of three MyoPS and two EMIDEC cases; two of the MyoPS cases lack a sequence."""
    folder = tmp_path_factory.mktemp("mixed")
    copytree(myops_phantom, folder / "myops")
    copytree(emidec_phantom, folder / "emidec")
    for case in (*find_cases(folder / "myops")[3:], *find_cases(folder / "emidec")[2:]):
        for path in (*case.images.values(), case.labels):
            path.unlink()
    for number, sequence in ((1, "T2"), (2, "LGE")):
        find_cases(folder / "myops")[number].images[sequence].unlink()
    return folder


@pytest.fixture(scope="module")
def run(mixed, tmp_path_factory):
    """A run of a narrow network, of every fold, one step each."""
    row = choose(
        "scarmap", {"width": 4, "start": None, "size": 48, "spacing_mm": 3.0, "views": 1}
    ).row
    options = Options(epochs_scale=1e-9, max_steps=1)
    return train(
        Request(
            "scarmap",
            row,
            mixed,
            tmp_path_factory.mktemp("mixed_run") / "run",
            None,
            "cpu",
            options,
        )
    )


def test_held_out_masks_are_written_and_scored_in_the_codes_of_their_own_data_set(run, mixed):
    record = run.read_record()
    assert (record["recipe"]["name"], record["data"]["layout"]) == ("scarmap", MIXED)
    cases = {case.name: case for case in find_cases(mixed)}
    for name, case in cases.items():
        read_labels(run.predictions / f"{name}.nii.gz", case.layout)
    summary = json.loads((run.evaluation / "summary.json").read_text())
    dice = summary["scores"]["case3d"]
    counted = {
        region: dice[region]["dice"]["n"] + dice[region]["dice"]["n_undefined"] for region in dice
    }
    assert summary["layout"] == MIXED
    assert counted["whole_myocardium"] == 5
    assert (counted["edema"], counted["rv_pool"], counted["mvo"]) == (3, 3, 2)


def test_its_masks_can_be_made_scored_and_measured(run, mixed, scarmap, tmp_path):
    masks = tmp_path / "masks"
    assert scarmap("predict", run.root, "--data", mixed, "--out", masks).code == 0
    ended = scarmap("evaluate", masks, mixed, "--out", tmp_path / "scores")
    assert ended.code == 0, ended.err
    assert len(json.loads((tmp_path / "scores" / "summary.json").read_text())["cases"]) == 5
    ended = scarmap(
        "quantify", masks, "--data", mixed, "--layout", "mixed", "--out", tmp_path / "measured"
    )
    assert ended.code == 0, ended.err
    lines = (tmp_path / "measured" / "cohort.csv").read_text().splitlines()
    assert len(lines) == 6
    assert {line.split(",")[1] for line in lines[1:]} == {"emidec", "myops2020"}


def test_its_report_shows_both(run, scarmap):
    ended = scarmap("report", run.root, "--studies")
    assert ended.code == 0, ended.err
    assert len(list((run.quantification / "studies").glob("*.html"))) == 5

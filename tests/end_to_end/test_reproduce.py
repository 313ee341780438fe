"""A reproduction that is killed twice, or spread over workers, ends with the tables of one that was
left alone."""

import os
import random
import signal
import subprocess
import sys
import time

import pytest

from scarmap.io.run import RunFolder
from scarmap.phantom.cohort import write_cohort

SMALL = ("schedule=modern", "size=96")
PAPERS = {
    "mfunet": ("max-only,side", (*SMALL, "width=2", "spacing_mm=2.0")),
    "cascade": ("anatomy,fusion-unet", ("schedule=modern", "width=2")),
    "linear-codec": (
        "unet,no-codec",
        (
            *SMALL,
            "width=2",
            "unetpp_width=2",
            "maskrcnn_backbone=resnet18",
            "maskrcnn_width=8",
            "maskrcnn_size=48",
        ),
    ),
    "anatomy-prior": ("baseline,attention", (*SMALL, "width=2")),
}
COMMAND = (sys.executable, "-c", "from scarmap.cli.main import main; main()", "reproduce")


@pytest.fixture(scope="module")
def cohort(tmp_path_factory):
    """Function of a layout to a folder of five small patients."""
    folders = {}

    def make(layout):
        if layout not in folders:
            folders[layout] = tmp_path_factory.mktemp(layout)
            write_cohort(
                folders[layout], layout=layout, num_cases=5, seed=30, num_slices=2, in_plane=96
            )
        return folders[layout]

    return make


def command(paper, data, out, *more):
    rows, changes = PAPERS[paper]
    settings = [word for change in changes for word in ("--set", change)]
    return [
        *COMMAND,
        *(paper, "--data", str(data), "--out", str(out), "--rows", rows, "--folds", "0,1"),
        *(*settings, "--epochs-scale", "0.03", "--device", "cpu", *more),
    ]


def start(words):
    return subprocess.Popen(
        words, env={**os.environ, "OMP_NUM_THREADS": "1"}, stderr=subprocess.PIPE, text=True
    )


def finish(words):
    with start(words) as child:
        told = child.communicate()[1]
    assert child.returncode == 0, told


def progress(out):
    """How much has been written: epochs, weights and masks."""
    epochs = sum(path.read_text().count("\n") - 1 for path in out.glob("*/fold_*/*/log.csv"))
    return epochs + sum(1 for name in ("weights.safetensors", "*.nii.gz") for _ in out.rglob(name))


def kill_after(words, out, *, written, seconds):
    """Start a reproduction and kill it some time after so much has been written; tells whether it
    was still at work."""
    with start(words) as child:
        while child.poll() is None and progress(out) < written:
            time.sleep(0.02)
        time.sleep(seconds)
        child.send_signal(signal.SIGKILL)
    return child.returncode == -signal.SIGKILL


def finished(out):
    """When the weights of each stage that is noted as done were written."""
    runs = {path.parent.name: RunFolder(path.parent) for path in out.glob("*/run.json")}
    steps = [
        (run, *step.split("/")) for run in runs.values() for step in run.read_record()["state"]
    ]
    files = [
        run.root / fold / stage / "weights.safetensors"
        for run, fold, stage in steps
        if stage != "predictions"
    ]
    return {file.relative_to(out): file.stat().st_mtime_ns for file in files}


def assert_same(paper, out, reference):
    tables = [
        (folder / f"{paper}.md").read_text(encoding="utf-8").partition("## How it was made")[0]
        for folder in (out, reference)
    ]
    assert tables[0] == tables[1]
    for pattern in ("*/evaluation/cases.csv", "*/fold_*/*/weights.safetensors"):
        names = sorted(path.relative_to(reference) for path in reference.glob(pattern))
        assert names == sorted(path.relative_to(out) for path in out.glob(pattern)) != []
        for name in names:
            assert (out / name).read_bytes() == (reference / name).read_bytes(), name


@pytest.mark.slow
@pytest.mark.parametrize("paper", PAPERS)
def test_killed_twice_at_random_moments_it_ends_with_the_tables_of_an_undisturbed_one(
    paper, cohort, tmp_path
):
    data = cohort("emidec" if paper == "anatomy-prior" else "myops2020")
    whole, killed = tmp_path / "whole", tmp_path / "killed"
    finish(command(paper, data, whole))
    everything = progress(whole)
    begun = 0
    for half in (1, 2):
        moment = {
            "written": random.randint(begun + 1, max(begun + 1, everything * half // 2 - 1)),
            "seconds": random.random(),
        }
        before = finished(killed)
        assert kill_after(command(paper, data, killed), killed, **moment), moment
        after = finished(killed)
        assert {file: after[file] for file in before} == before, moment
        begun = progress(killed)
    before = finished(killed)
    finish(command(paper, data, killed))
    after = finished(killed)
    assert {file: after[file] for file in before} == before
    assert len(after) == len(finished(whole))
    assert_same(paper, killed, whole)


@pytest.mark.slow
def test_two_workers_end_with_the_tables_of_one_process(cohort, tmp_path):
    pytest.importorskip("distributed")
    data, alone, spread = cohort("myops2020"), tmp_path / "alone", tmp_path / "spread"
    finish(command("cascade", data, alone))
    finish(command("cascade", data, spread, "--scheduler", "local", "--workers", "2"))
    assert_same("cascade", spread, alone)

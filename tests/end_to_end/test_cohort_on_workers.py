"""A cohort on several worker processes, one of which is killed."""

import json
import os
import signal
from collections import Counter

import nibabel
import numpy as np
import pytest

from scarmap.cluster.scheduler import open_scheduler
from scarmap.datasets.folder import find_cases
from scarmap.inference.cohort import segment_cohort
from scarmap.phantom.cohort import write_cohort
from scarmap.recipes.export import export_run
from scarmap.recipes.model_folder import folder_model
from scarmap.recipes.trained import run_model
from scarmap.systems.catalogue import choose
from scarmap.training.run.request import Request
from scarmap.training.run.train import train
from scarmap.training.stage.fit import Options

STUDIES, WORKERS = 200, 3
SETTINGS = {"width": 4, "size": 64, "spacing_mm": 4.0}


@pytest.fixture(scope="module")
def cohort(tmp_path_factory):
    """200 studies of two slices of 64 x 64 voxels."""
    folder = tmp_path_factory.mktemp("cohort")
    write_cohort(folder, layout="myops2020", num_cases=STUDIES, seed=7, num_slices=2, in_plane=64)
    return find_cases(folder)


@pytest.fixture(scope="module")
def trained(tmp_path_factory):
    """A narrow MFU-Net after a few steps."""
    folder = tmp_path_factory.mktemp("model")
    write_cohort(
        folder / "data", layout="myops2020", num_cases=6, seed=8, num_slices=2, in_plane=64
    )
    options = Options(epochs_scale=1e-9, max_steps=4)
    row = choose("mfunet", SETTINGS).row
    return train(Request("mfunet", row, folder / "data", folder / "run", (0,), "cpu", options))


@pytest.fixture(scope="module")
def model(trained):
    return run_model(trained, device="cpu")


@pytest.mark.slow
def test_a_cohort_is_segmented_once_and_alike_though_a_worker_is_killed(cohort, model, tmp_path):
    pytest.importorskip("distributed")
    alone = segment_cohort(cohort, model, tmp_path / "alone")
    ended = []
    with open_scheduler("local", workers=WORKERS) as scheduler:
        workers = set(scheduler.client.run(os.getpid).values())
        victim = min(workers)

        def kill_one(name):
            ended.append(name)
            if len(ended) == STUDIES // 5:
                os.kill(victim, signal.SIGKILL)

        shared = segment_cohort(
            cohort, model, tmp_path / "shared", scheduler=scheduler, on_case=kill_one
        )
        assert len(workers) == WORKERS
        scheduler.client.wait_for_workers(WORKERS)
        assert victim not in scheduler.client.run(os.getpid).values()

    names = sorted(case.name for case in cohort)
    assert len(names) == STUDIES
    assert sorted(ended) == sorted(shared.written) == sorted(alone.written) == names
    assert shared.failed == {}
    lines = (tmp_path / "shared" / "manifest.jsonl").read_text().splitlines()
    assert Counter(json.loads(line)["case"] for line in lines) == dict.fromkeys(names, 1)
    masks = sorted(
        path.name for path in (tmp_path / "shared").iterdir() if path.name.endswith(".nii.gz")
    )
    assert masks == [f"{name}.nii.gz" for name in names]
    for name in names:
        assert shared.written[name].read_bytes() == alone.written[name].read_bytes()
    assert (
        sum(np.asarray(nibabel.load(path).dataobj).any() for path in alone.written.values())
        > STUDIES / 2
    )


@pytest.mark.slow
def test_workers_segment_with_a_model_folder_as_one_process_does(cohort, trained, tmp_path):
    pytest.importorskip("distributed")
    export_run(trained, tmp_path / "model")
    model, some = folder_model(tmp_path / "model", device="cpu"), cohort[:20]
    alone = segment_cohort(some, model, tmp_path / "alone")
    with open_scheduler("local", workers=2) as scheduler:
        shared = segment_cohort(some, model, tmp_path / "shared", scheduler=scheduler)
    assert sorted(shared.written) == sorted(alone.written) == sorted(each.name for each in some)
    for name, mask in shared.written.items():
        assert mask.read_bytes() == alone.written[name].read_bytes()
    lines = (tmp_path / "shared" / "manifest.jsonl").read_text().splitlines()
    assert {json.loads(line)["model"] for line in lines} == {model.fingerprint}

"""A training that is killed and continued ends with the weights of one that was not."""

import csv
import os
import random
import signal
import subprocess
import sys
import time
from functools import partial

import pytest
import torch

from scarmap.recipes.recipe import Phase, Row
from scarmap.recipes.schedules import constant, tenfold
from scarmap.systems.mfunet.recipe import mfunet
from scarmap.training.run.request import Request
from scarmap.training.run.train import train
from scarmap.training.stage import fit as module
from scarmap.training.stage.fit import Options, fit

PHASES = (Phase(3, 0.05, tenfold, hold_out=1), Phase(5, 0.02, constant, patience=2))


class KilledError(Exception):
    """Stands for the end of the process."""


def die(monkeypatch, function, *, call, before):
    """Raise at the n-th call of a function of the loop, before or after what it does."""
    original, calls = getattr(module, function), []

    def dying(*arguments, **keywords):
        calls.append(function)
        if before and len(calls) == call:
            raise KilledError
        result = original(*arguments, **keywords)
        if not before and len(calls) == call:
            raise KilledError
        return result

    monkeypatch.setattr(module, function, dying)


def log_without_seconds(folder):
    with (folder / "log.csv").open(newline="") as file:
        return [
            {name: cell for name, cell in row.items() if name != "seconds"}
            for row in csv.DictReader(file)
        ]


def assert_same(folder, reference):
    for name in ("weights.safetensors", "weights.json"):
        assert (folder / name).read_bytes() == (reference / name).read_bytes()
    assert log_without_seconds(folder) == log_without_seconds(reference)


MOMENTS = [
    *[("train_epoch", call, before) for call in (1, 2, 4, 6) for before in (True, False)],
    *[("write_checkpoint", call, before) for call in (1, 3, 4, 5) for before in (True, False)],
    *[("write_weights", call, before) for call in (1, 2) for before in (True, False)],
    *[("_finish", 1, before) for before in (True, False)],
]


@pytest.mark.parametrize(("function", "call", "before"), MOMENTS)
def test_a_stage_killed_at_any_moment_continues_to_the_same_weights(
    training, stage, tmp_path, monkeypatch, function, call, before
):
    todo = stage(phases=PHASES)
    reference = training(todo, folder=tmp_path / "whole")
    fit(reference, {})
    with monkeypatch.context() as patch:
        die(patch, function, call=call, before=before)
        with pytest.raises(KilledError):
            fit(training(todo, folder=tmp_path / "killed"), {})
    fit(training(todo, folder=tmp_path / "killed", resume=True), {})
    assert_same(tmp_path / "killed", reference.folder)


def test_a_stage_killed_again_and_again_continues_to_the_same_weights(training, stage, tmp_path):
    def stop(row, planned):
        raise KilledError

    todo = stage(phases=PHASES, keep="last")
    fit(training(todo, folder=tmp_path / "whole"), {})
    epochs = len(log_without_seconds(tmp_path / "whole"))
    for _ in range(epochs):
        with pytest.raises(KilledError):
            fit(training(todo, folder=tmp_path / "killed", resume=True, on_epoch=stop), {})
    fit(training(todo, folder=tmp_path / "killed", resume=True, on_epoch=stop), {})
    assert_same(tmp_path / "killed", tmp_path / "whole")


def test_without_resume_a_checkpoint_is_not_looked_at(training, stage, tmp_path):
    fit(training(stage(), folder=tmp_path / "a"), {})
    seen = []
    fit(
        training(
            stage(), folder=tmp_path / "a", on_epoch=lambda row, planned: seen.append(row["epoch"])
        ),
        {},
    )
    assert seen == [0, 1, 2]
    assert len(log_without_seconds(tmp_path / "a")) == 3


@pytest.fixture
def one_thread():
    before = torch.get_num_threads()
    torch.set_num_threads(1)
    yield
    torch.set_num_threads(before)


def request(data, out, *, resume=False):
    small = partial(
        mfunet,
        schedule="modern",
        layout="emidec",
        sequences=("LGE",),
        width=4,
        folds="none",
        size=64,
    )
    options = Options(epochs_scale=0.25, max_steps=1, resume=resume)
    return Request("small", Row(small, paper=""), data, out, device="cpu", options=options)


CHILD = """
import sys
from pathlib import Path

import torch

from scarmap.systems.mfunet.recipe import mfunet
from scarmap.training.stage.fit import Options
from scarmap.recipes.recipe import Row
from scarmap.training.run.request import Request
from scarmap.training.run.train import train
from functools import partial

torch.set_num_threads(1)
how = {"schedule": "modern", "layout": "emidec", "sequences": ("LGE",), "folds": "none"}
small = partial(mfunet, **how, width=4, size=64)
options = Options(epochs_scale=0.25, max_steps=1)
data, out = map(Path, sys.argv[1:])
train(Request("small", Row(small, paper=""), data, out, device="cpu", options=options))
"""


def kill_after(command, log, *, epochs, seconds):
    """Start a training and kill it some time after its log has so many epochs."""
    with subprocess.Popen(command, env={**os.environ, "OMP_NUM_THREADS": "1"}) as child:
        while child.poll() is None and not (log.is_file() and log.read_text().count("\n") > epochs):
            time.sleep(0.005)
        time.sleep(seconds)
        child.send_signal(signal.SIGKILL)
    return child.returncode


def test_a_process_killed_at_a_random_moment_resumes_to_the_same_weights(
    emidec_phantom, tmp_path, one_thread
):
    whole, killed = tmp_path / "whole", tmp_path / "killed"
    moment = {"epochs": random.randint(1, 12), "seconds": random.uniform(0, 0.1)}
    command = [sys.executable, "-c", CHILD, str(emidec_phantom), str(killed)]
    ended = kill_after(command, killed / "fold_0" / "segment" / "log.csv", **moment)
    assert ended == -signal.SIGKILL, moment
    train(request(emidec_phantom, whole))
    train(request(emidec_phantom, killed, resume=True))
    assert len(log_without_seconds(whole / "fold_0" / "segment")) == 25
    assert_same(killed / "fold_0" / "segment", whole / "fold_0" / "segment")

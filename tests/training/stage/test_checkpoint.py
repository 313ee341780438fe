from pathlib import Path

import pytest
import torch
from torch import nn

from scarmap.errors import DataError, RunError
from scarmap.training.stage.checkpoint import (
    Progress,
    load_learner,
    load_optimizer,
    read_checkpoint,
    write_checkpoint,
)

CPU = torch.device("cpu")


def after(*scores, min_delta=0.005):
    progress = Progress()
    for score in scores:
        progress = progress.after_epoch(score, min_delta)
    return progress


def written(folder):
    model = nn.Linear(3, 2)
    optimizer = torch.optim.AdamW(model.parameters(), lr=0.1)
    model(torch.ones(1, 3)).sum().backward()
    optimizer.step()
    path = folder / "checkpoint.pt"
    write_checkpoint(path, after(0.4, 0.3), model.state_dict(), optimizer.state_dict())
    return path, model, optimizer


def test_the_best_epoch_is_the_first_of_the_highest_score():
    progress = after(0.2, 0.6, 0.6, 0.5)
    assert (progress.best_score, progress.best_epoch) == (0.6, 1)
    assert (progress.epoch, progress.phase_epoch) == (4, 4)


@pytest.mark.parametrize(
    ("scores", "stale"),
    [
        ((0.5,), 0),
        ((0.5, 0.504), 1),
        ((0.5, 0.506), 0),
        ((0.5, 0.503, 0.506), 0),
        ((0.5, 0.2, 0.3), 2),
    ],
)
def test_epochs_since_the_last_rise_that_counts(scores, stale):
    assert after(*scores).stale == stale


def test_a_small_rise_makes_the_best_without_resetting_the_patience():
    progress = after(0.5, 0.504)
    assert (progress.best_score, progress.best_epoch, progress.stale, progress.mark) == (
        0.504,
        1,
        1,
        0.5,
    )


def test_epochs_without_validation_keep_the_best_and_grow_stale():
    progress = after(0.5, None, None)
    assert (progress.best_score, progress.best_epoch, progress.stale, progress.epoch) == (
        0.5,
        0,
        2,
        3,
    )


def test_a_phase_starts_afresh_but_epochs_go_on():
    assert after(0.5, 0.4).next_phase() == Progress(epoch=2, phase=1)
    assert after(0.5, 0.4).next_phase().after_epoch(0.1, 0.005).best_epoch == 2


def test_a_checkpoint_round_trips(tmp_path):
    path, model, optimizer = written(tmp_path)
    progress, learner, state = read_checkpoint(path, CPU)
    assert progress == after(0.4, 0.3)
    assert all(torch.equal(learner[name], value) for name, value in model.state_dict().items())
    again = torch.optim.AdamW(nn.Linear(3, 2).parameters(), lr=9)
    again.load_state_dict(state)
    assert again.param_groups[0]["lr"] == 0.1
    for mine, theirs in zip(again.state.values(), optimizer.state.values(), strict=True):
        assert all(torch.equal(mine[name], theirs[name]) for name in theirs)


class Dangerous:
    def __reduce__(self):
        return print, ("executed",)


@pytest.mark.parametrize(
    "damage",
    [
        lambda path: path.write_bytes(path.read_bytes()[: path.stat().st_size // 2]),
        lambda path: path.write_bytes(b""),
        lambda path: path.write_text("not a checkpoint"),
        lambda path: torch.save({"learner": {}}, path),
        lambda path: torch.save({"progress": {"epochs": 1}, "learner": {}, "optimizer": {}}, path),
        lambda path: torch.save([1, 2], path),
        lambda path: torch.save(torch.ones(2), path),
        lambda path: torch.save(
            {"progress": vars(Progress()) | {"epoch": "x"}, "learner": {}, "optimizer": {}}, path
        ),
        lambda path: torch.save(
            {"progress": vars(Progress()), "learner": 5, "optimizer": {}}, path
        ),
        lambda path: torch.save({"progress": Dangerous()}, path),
    ],
    ids=[
        "cut",
        "empty",
        "text",
        "parts missing",
        "other fields",
        "a list",
        "a tensor",
        "no number",
        "no state",
        "code",
    ],
)
def test_a_damaged_checkpoint_is_named_and_never_executed(tmp_path, damage, capsys):
    path, _, _ = written(tmp_path)
    damage(path)
    with pytest.raises(RunError, match=r"checkpoint\.pt cannot be continued from") as caught:
        read_checkpoint(path, CPU)
    assert "\n" not in str(caught.value)
    assert "executed" not in capsys.readouterr().out


def test_a_write_that_fails_leaves_the_old_checkpoint(tmp_path):
    path, _, _ = written(tmp_path)
    with pytest.raises((AttributeError, TypeError, RuntimeError)):
        write_checkpoint(path, Progress(), {"weights": lambda: None}, {})
    assert read_checkpoint(path, CPU)[0] == after(0.4, 0.3)
    assert list(tmp_path.iterdir()) == [path]


@pytest.mark.parametrize(
    "state",
    [{}, {"weight": torch.ones(9, 9), "bias": torch.ones(2)}, {"weight": "x", "bias": 5}],
    ids=["empty", "another shape", "no tensors"],
)
def test_the_state_of_another_network_is_named(tmp_path, state):
    path = tmp_path / "checkpoint.pt"
    with pytest.raises(RunError, match=r"checkpoint\.pt cannot be continued from") as caught:
        load_learner(path, nn.Linear(3, 2), state)
    assert "\n" not in str(caught.value)


@pytest.mark.parametrize(
    "change",
    [
        lambda state: state.clear(),
        lambda state: state.update(param_groups=5),
        lambda state: state["param_groups"][0].update(betas=5),
        lambda state: state["param_groups"][0].pop("eps"),
        lambda state: state["state"][0].update(exp_avg=torch.ones(9)),
        lambda state: state["state"].update({0: 5}),
    ],
    ids=["empty", "no groups", "no pair", "a setting less", "another shape", "no state"],
)
def test_the_state_of_another_optimiser_is_named(tmp_path, change):
    path, model, _ = written(tmp_path)
    _, _, state = read_checkpoint(path, CPU)
    change(state)
    optimizer = torch.optim.AdamW(model.parameters(), lr=0.1)
    with pytest.raises(RunError, match=r"checkpoint\.pt cannot be continued from"):
        load_optimizer(path, optimizer, state)


@pytest.mark.skipif(not Path("/dev/full").exists(), reason="there is no device that is always full")
def test_a_full_disk_is_a_paragraph_that_names_the_checkpoint(tmp_path, monkeypatch):
    path = tmp_path / "checkpoint.pt"
    full = Path("/dev/full")
    monkeypatch.setattr(Path, "write_bytes", lambda _path, data: _to(full, data))
    with pytest.raises(DataError, match=r"checkpoint\.pt cannot be written .*disk is full"):
        write_checkpoint(path, Progress(), nn.Linear(300, 300).state_dict(), {})
    assert list(tmp_path.iterdir()) == []


def _to(device, data):
    with device.open("wb") as file:
        file.write(data)

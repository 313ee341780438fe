import pytest
import torch
from torch import nn

from scarmap.errors import RunError
from scarmap.training.stage.checkpoint import Progress, read_checkpoint, write_checkpoint

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
        lambda path: torch.save({"progress": Dangerous()}, path),
    ],
    ids=["cut", "empty", "text", "parts missing", "other fields", "a list", "code"],
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

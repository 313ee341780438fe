import csv
import shutil
from copy import deepcopy
from functools import partial

import pytest
import torch
from torch import nn

from scarmap.errors import RunError
from scarmap.io.weights import read_weights
from scarmap.recipes.recipe import Phase
from scarmap.recipes.schedules import constant
from scarmap.sampling.batch import Batch, tissue_shares
from scarmap.training.stage import fit as module
from scarmap.training.stage.epoch import epoch_generator
from scarmap.training.stage.fit import fit
from scarmap.training.stage.learner import build_learner


def log_of(training):
    with (training.folder / "log.csv").open(newline="") as file:
        return list(csv.DictReader(file))


def scores(*values):
    """A validation score that takes these values, one after another."""
    left = iter(values)
    return lambda model, bank, rows: {"scar": next(left)}


def remembering(seen):
    """A score of rising value that keeps the weights it was shown."""

    def score(model, bank, rows):
        seen.append({name: value.clone() for name, value in model.state_dict().items()})
        return {"scar": 0.9 if len(seen) == 2 else 0.1}

    return score


def same(first, second):
    return all(torch.equal(first[name], second[name]) for name in first)


def test_the_loss_falls_and_the_validation_dice_rises(training, stage):
    todo = training(stage(phases=(Phase(15, 0.1, constant),)))
    model = fit(todo, {})
    log = log_of(todo)
    assert [int(row["epoch"]) for row in log] == list(range(15))
    assert float(log[-1]["cross_entropy"]) < 0.5 * float(log[0]["cross_entropy"])
    assert float(log[-1]["validation_dice"]) > 0.9
    assert not model.training


def test_the_log_shows_every_part_and_their_sum(training, stage):
    todo = training(stage())
    fit(todo, {})
    for row in log_of(todo):
        assert float(row["loss"]) == pytest.approx(
            float(row["cross_entropy"]) + float(row["weight"])
        )
        assert float(row["validation_dice"]) == float(row["validation_dice_whole_infarct"])
        assert (row["phase"], row["learning_rate"]) == ("0", "0.05")


class Watching(nn.Module):
    """An objective that shows its batch's number, and in every other batch nothing."""

    def __init__(self):
        super().__init__()
        self.calls = 0

    def forward(self, model, batch):
        self.calls += 1
        number = torch.tensor(float(self.calls if self.calls % 2 else "nan"))
        return {"level": model(batch.images).square().mean()}, {
            "number": number,
            "never": number * torch.nan,
        }


def test_what_an_objective_monitors_is_logged_over_the_batches_that_define_it_and_not_minimised(
    training, stage
):
    todo = training(stage(objective=Watching, phases=(Phase(1, 0.05, constant),)))
    fit(todo, {})
    (row,) = log_of(todo)
    assert float(row["monitored_number"]) == 2.0  # three batches: 1, undefined, 3
    assert "monitored_never" not in row
    assert float(row["loss"]) == float(row["level"])


def test_soft_truth_reaches_the_objective(training, stage):
    seen = []

    class Look(nn.Module):
        def forward(self, model, batch):
            seen.append(batch.soft)
            return {"level": model(batch.images).square().mean()}

    def sampler(bank, rows, generator):
        batch = bank.window(rows[:2])
        yield Batch(batch.images, batch.labels, tissue_shares(batch))

    fit(training(stage(objective=Look, sampler=sampler, phases=(Phase(1, 0.05, constant),))), {})
    assert seen[0].shape == (2, 7, 16, 16)


def test_parameters_of_the_objective_are_trained(training, stage, monkeypatch):
    learners = []
    build = module.build_learner
    monkeypatch.setattr(
        module, "build_learner", lambda *a, **k: learners.append(build(*a, **k)) or learners[0]
    )
    fit(training(stage()), {})
    assert learners[0].objective.log_weight.item() != 0


def test_the_same_seed_trains_the_same_weights(training, stage, tmp_path):
    runs = (("first", 1), ("again", 1), ("other", 2))
    first, again, other = (
        fit(training(stage(), folder=tmp_path / name, seed=seed), {}).state_dict()
        for name, seed in runs
    )
    assert same(first, again)
    assert not same(first, other)


def test_training_does_not_depend_on_the_global_generator_and_leaves_it_alone(
    training, stage, tmp_path
):
    torch.manual_seed(1)
    first = fit(training(stage(), folder=tmp_path / "1"), {}).state_dict()
    torch.manual_seed(2)
    state = torch.get_rng_state()
    assert same(first, fit(training(stage(), folder=tmp_path / "2"), {}).state_dict())
    assert torch.equal(torch.get_rng_state(), state)


@pytest.mark.parametrize(("keep", "index"), [("best", 1), ("last", 3)])
def test_weights_of_the_best_or_of_the_last_epoch_are_kept(training, stage, keep, index):
    seen = []
    todo = training(stage(phases=(Phase(4, 0.05, constant),), score=remembering(seen), keep=keep))
    model = fit(todo, {})
    assert not same(seen[1], seen[3])
    assert same(seen[index], model.state_dict())
    stored, about = read_weights(todo.folder / "weights.safetensors")
    assert same(seen[index], stored)
    assert (about["kept"], about["best_epoch"], about["best_validation_dice"]) == (keep, 1, 0.9)
    assert (about["stage"], about["epochs"], about["model"]["width"]) == ("segment", 4, 2)


def test_steps_per_epoch_can_be_limited(training, stage):
    steps = []

    def sampler(bank, rows, generator):
        for step in range(5):
            steps.append(step)
            yield Batch(bank.images[rows], bank.labels[rows])

    fit(training(stage(phases=(Phase(2, 0.05, constant),), sampler=sampler), max_steps=2), {})
    assert steps == [0, 1, 0, 1]


def test_the_caller_hears_of_every_epoch_and_how_many_are_planned(training, stage):
    heard = []
    phases = (Phase(2, 0.05, constant), Phase(3, 0.05, constant))
    fit(
        training(
            stage(phases=phases),
            on_epoch=lambda row, planned: heard.append((row["epoch"], planned)),
        ),
        {},
    )
    assert heard == [(epoch, 5) for epoch in range(5)]


def test_a_stage_starts_from_the_earlier_ones_it_names(stage):
    def take_over(model, earlier):
        assert list(earlier) == ["first"]
        model.load_state_dict(earlier["first"].state_dict())

    first = stage().model()
    later = stage(inputs=("first",), initialise=take_over)
    learner = build_learner(later, {"first": first, "other": nn.Identity()}, seed=3)
    assert same(first.state_dict(), learner.model.state_dict())


@pytest.mark.parametrize(("clip", "low", "high"), [(None, 0.1, 10), (0.01, 0.001, 0.01 + 1e-6)])
def test_gradients_are_clipped_to_their_norm(training, stage, clip, low, high):
    before = stage().model()
    descent = partial(torch.optim.SGD, lr=1.0)
    keywords = {
        "model": lambda: deepcopy(before),
        "optimizer": descent,
        "gradient_clip": clip,
        "score": None,
    }
    after = fit(training(stage(phases=(Phase(1, 1.0, constant),), **keywords), max_steps=1), {})
    moved = [
        (new - old).detach().flatten()
        for new, old in zip(after.parameters(), before.parameters(), strict=True)
    ]
    assert low < float(torch.cat(moved).norm()) <= high


def test_epochs_draw_differently_and_alike_when_repeated():
    def draw(seeds, epoch):
        return torch.rand(3, generator=epoch_generator(seeds, epoch, torch.device("cpu"))).tolist()

    assert draw([1, 0, 5], 4) == draw([1, 0, 5], 4)
    drawn = [draw([1, 0, 5], 4), draw([1, 0, 5], 5), draw([1, 1, 5], 4), draw([2, 0, 5], 4)]
    assert len({tuple(each) for each in drawn}) == 4


@pytest.mark.parametrize("gradient_clip", [None, 1.0])
def test_a_loss_that_is_not_a_number_stops_the_training(training, stage, gradient_clip):
    class Broken(nn.Module):
        def forward(self, model, batch):
            return {
                "cross_entropy": model(batch.images).mean(),
                "other": model(batch.images).mean() * float("nan"),
            }

    todo = training(stage(objective=Broken, gradient_clip=gradient_clip))
    with pytest.raises(RunError, match=r"segment.*epoch 1.*other"):
        fit(todo, {})
    assert not (todo.folder / "checkpoint.pt").exists()


@pytest.mark.parametrize("keep", ["best", "last"])
def test_a_stage_that_is_never_validated_is_handed_over_in_evaluation_mode(training, stage, keep):
    model = fit(training(stage(score=None, keep=keep)), {})
    assert not any(each.training for each in model.modules())


def test_tensorboard_reads_every_epoch_once_after_a_resumed_training(training, stage, tmp_path):
    from tensorboard.backend.event_processing.event_accumulator import EventAccumulator

    fit(training(stage(phases=(Phase(2, 0.05, constant),))), {})
    fit(training(stage(phases=(Phase(3, 0.05, constant),)), resume=True), {})
    read = EventAccumulator(str(tmp_path / "segment" / "tensorboard")).Reload()
    assert [each.step for each in read.Scalars("loss")] == [0, 1, 2]


def test_an_output_that_is_removed_during_training_is_told(training, stage, tmp_path):
    def remove(_row, _planned):
        shutil.rmtree(tmp_path / "segment")

    with pytest.raises(RunError, match="segment was removed while"):
        fit(training(stage(), on_epoch=remove), {})


@pytest.mark.parametrize("learner", [{}, None])
def test_a_checkpoint_of_another_network_is_told(training, stage, tmp_path, learner):
    fit(training(stage(phases=(Phase(1, 0.05, constant),))), {})
    path = tmp_path / "segment" / "checkpoint.pt"
    state = torch.load(path, weights_only=True)
    state["progress"]["phase"] = 9 if learner is None else 0
    torch.save({**state, "learner": state["learner"] if learner is None else learner}, path)
    with pytest.raises(RunError, match=r"checkpoint\.pt"):
        fit(training(stage(), resume=True), {})

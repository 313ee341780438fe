import pytest
import torch
import torch.nn.functional as F
from torch import nn

from scarmap.labels import INDEX
from scarmap.sampling.batch import Batch, tissue_shares
from scarmap.systems.anatomy_prior.network import SegmentationNetwork
from scarmap.systems.anatomy_prior.objective import AnatomyPriorObjective

EMIDEC = ("background", "lv_pool", "normal_myocardium", "scar", "mvo")
CHANNEL = {INDEX[tissue]: channel for channel, tissue in enumerate(EMIDEC)}


class Says(nn.Module):
    """A network that gives the same logits whatever it sees."""

    def __init__(self, logits):
        super().__init__()
        self.logits = nn.Parameter(logits)

    def forward(self, images):
        return self.logits


def channels(labels):
    """Tissue indices as the network's channels."""
    return torch.stack(
        [torch.as_tensor([[CHANNEL[int(t)] for t in row] for row in each]) for each in labels]
    )


def logits_of(batch, seed=1):
    return torch.randn(len(batch.images), 5, 48, 48, generator=torch.Generator().manual_seed(seed))


def test_without_weights_and_penalty_it_is_cross_entropy(heart, batch):
    given = batch(heart(), heart(epicardium=14))
    model = Says(logits_of(given))
    parts = AnatomyPriorObjective(class_weights=None, penalty_weight=0)(model, given)
    assert set(parts) == {"cross_entropy"}
    torch.testing.assert_close(
        parts["cross_entropy"], F.cross_entropy(model.logits, channels(given.labels))
    )


def test_soft_truth_is_used_where_there_is_some(heart, batch):
    hard = batch(heart())
    half = (tissue_shares(hard) + tissue_shares(batch(torch.zeros_like(heart())))) / 2
    model, objective = (
        Says(logits_of(hard)),
        AnatomyPriorObjective(class_weights=None, penalty_weight=0, dice=True),
    )
    first, second = (
        objective(model, hard),
        objective(model, Batch(hard.images, hard.labels, tissue_shares(hard))),
    )
    torch.testing.assert_close(first, second)
    mixed = objective(model, Batch(hard.images, hard.labels, half))
    background = torch.zeros(1, 48, 48, dtype=torch.int64)
    expected = (first["cross_entropy"] + F.cross_entropy(model.logits, background)) / 2
    torch.testing.assert_close(mixed["cross_entropy"], expected)


def test_dice_is_the_mean_over_the_labels_without_background_by_hand(heart, batch):
    given = batch(heart(), heart(epicardium=14))
    model = Says(torch.zeros(2, 5, 48, 48))
    parts = AnatomyPriorObjective(class_weights=None, penalty_weight=0, dice=True)(model, given)
    pixels = given.labels.numel()
    true = [int((given.labels == INDEX[label]).sum()) for label in EMIDEC[1:]]
    # Every label has a probability of 1/5 in every pixel, and the batch counts as one image.
    overlaps = [2 * (count / 5) / (pixels / 5 + count) for count in true]
    assert parts["dice"].item() == pytest.approx(1 - sum(overlaps) / 4, rel=1e-5)


def test_weights_are_shown_for_labels_that_occur_and_undefined_for_others(heart, batch):
    healthy = heart()
    healthy[healthy >= INDEX["scar"]] = INDEX["normal_myocardium"]
    given = batch(heart(), healthy)
    objective = AnatomyPriorObjective(class_weights="inverse-frequency")
    parts, shown = objective(Says(logits_of(given)), given)
    assert set(parts) == {"cross_entropy", "neighbourhood"}
    assert set(shown) == {f"class_weight_{label}" for label in EMIDEC}
    assert shown["class_weight_mvo"] > shown["class_weight_scar"] > shown["class_weight_background"]
    _, of_healthy = objective(Says(logits_of(given)[1:]), batch(healthy))
    assert of_healthy["class_weight_scar"].isnan()


def test_each_image_is_weighed_on_its_own(heart, batch):
    given = batch(heart(), heart(epicardium=16, pool=3))
    objective, model = (
        AnatomyPriorObjective(class_weights="inverse-frequency"),
        Says(logits_of(given)),
    )
    both, _ = objective(model, given)
    alone = [
        objective(Says(model.logits[n : n + 1]), batch(given.labels[n]))[0]["cross_entropy"]
        for n in range(2)
    ]
    torch.testing.assert_close(both["cross_entropy"], sum(alone) / 2)


@pytest.mark.parametrize("class_weights", ["learned", "balanced", "softmax"])
def test_network_and_weight_generator_are_trained_together(heart, batch, class_weights):
    torch.manual_seed(0)
    given = batch(heart(), heart(epicardium=14))
    objective = AnatomyPriorObjective(class_weights=class_weights, dice=True)
    model = SegmentationNetwork(width=4)
    parts, shown = objective(model, given)
    sum(parts.values()).backward()
    assert all(
        p.grad is not None and p.grad.isfinite().all()
        for p in [*model.parameters(), *objective.parameters()]
    )
    assert not any(weight.requires_grad for weight in shown.values())


def test_the_penalty_is_of_nested_regions_and_has_its_coefficient(heart, batch):
    given = batch(heart())
    # Everywhere: background .5, pool 0, normal .2, scar .2, no-reflow .1.
    probabilities = torch.tensor([0.5, 1e-9, 0.2, 0.2, 0.1])
    model = Says(probabilities.log()[None, :, None, None].expand(1, 5, 48, 48).clone())
    parts = AnatomyPriorObjective(class_weights=None, penalty_weight=0.01)(model, given)
    expected = 0.01 * ((1 - 0.1 - 0.3) + (1 - 0.3 - 0.5))
    assert parts["neighbourhood"].item() == pytest.approx(expected, rel=1e-5)


def test_myops_has_its_own_labels_and_regions(heart, batch):
    labels = heart()
    labels[labels == INDEX["mvo"]] = INDEX["edema"]
    labels[0, 0] = INDEX["rv_pool"]
    objective = AnatomyPriorObjective(layout="myops2020", class_weights="inverse-frequency")
    model = Says(torch.zeros(1, 6, 48, 48))
    parts, shown = objective(model, batch(labels))
    # Six labels at 1/6 each: scar 1/6 in scar and edema 2/6 in the wall 3/6.
    assert parts["neighbourhood"].item() == pytest.approx(
        0.01 * ((1 - 1 / 6 - 2 / 6) + (1 - 2 / 6 - 3 / 6)), rel=1e-5
    )
    assert "class_weight_edema" in shown
    assert "class_weight_mvo" not in shown


class Scores(nn.Module):
    """A weight generator that gives the same scores whatever it sees."""

    def __init__(self, scores):
        super().__init__()
        self.scores = nn.Parameter(torch.tensor([scores]))

    def forward(self, images):
        return self.scores.expand(len(images), -1)


@pytest.mark.parametrize("class_weights", ["learned", "balanced", "softmax"])
def test_each_weighting_keeps_a_mean_of_its_own_at_one(heart, batch, class_weights):
    given = batch(heart())
    target = tissue_shares(given)[:, [INDEX[label] for label in EMIDEC]]
    objective = AnatomyPriorObjective(class_weights=class_weights)
    objective.generator = Scores([1.0, 0.0, -1.0, 0.5, 0.25])
    (weights,) = objective.weigh(given.images, target)
    means = {
        "learned": weights.log().mean().exp(),
        "balanced": (weights * target.mean((0, 2, 3))).sum(),
        "softmax": weights.mean(),
    }
    assert [name for name, mean in means.items() if abs(mean.item() - 1) < 1e-4] == [class_weights]


@pytest.mark.parametrize(
    ("class_weights", "sign"), [("learned", -1), ("balanced", 1), ("softmax", -1)]
)
def test_only_balanced_weights_leave_the_label_that_costs_least(heart, batch, class_weights, sign):
    given = batch(heart())
    logits = torch.zeros(1, 5, 48, 48)
    logits[:, 0] = 5  # the background is right and costs next to nothing
    objective = AnatomyPriorObjective(class_weights=class_weights, penalty_weight=0)
    objective.generator = Scores([0.0] * 5)
    parts, _ = objective(Says(logits), given)
    parts["cross_entropy"].backward()
    assert objective.generator.scores.grad[0, 0].sign() == sign

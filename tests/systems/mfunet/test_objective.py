import math

import pytest
import torch
from torch import nn

from scarmap.errors import LabelError, RecipeError
from scarmap.labels import INDEX, TISSUES
from scarmap.nn.losses import dice_cross_entropy
from scarmap.sampling.batch import Batch
from scarmap.systems.mfunet.network import Heads, MFUNet
from scarmap.systems.mfunet.objective import MFUNetObjective, softmax_targets


class Fixed(nn.Module):
    """Predicts the same whatever it is shown."""

    def __init__(self, *parts, auxiliary=()):
        super().__init__()
        self.heads = Heads(parts[0], parts[1:], auxiliary)

    def forward(self, images):
        return self.heads


def batch_of(*names):
    labels = torch.tensor([INDEX[name] for name in names], dtype=torch.uint8).view(1, 2, -1)
    return Batch(torch.zeros(1, 3, 2, labels.shape[2]), labels)


def even_heads(**keywords):
    return Fixed(
        torch.zeros(1, 4, 2, 2), torch.zeros(1, 2, 2, 2), torch.zeros(1, 2, 2, 2), **keywords
    )


FOUR = ("lv_pool", "scar", "edema", "background")


# Four pixels: the wall is scar and edema, one is cavity. Every head is undecided.
WALL = 1 - 0.5 / (0.5 + 0.3 * 0.5 + 0.7 * 1.5)
CAVITY = 1 - 0.25 / (0.25 + 0.3 * 0.75 + 0.7 * 0.75)
PATHOLOGY = 1 - 0.5 / (0.5 + 0.3 * 1.5 + 0.7 * 0.5)


@pytest.mark.parametrize(
    ("loss", "beta", "anatomy", "pathology"),
    [
        # three labels, of which the right ventricle is nowhere; three true pixels at 1 / 4
        (
            "paper",
            0.7,
            (WALL + CAVITY + 1, 3 * 0.75**2 * math.log(4)),
            (PATHOLOGY, 0.25 * math.log(2)),
        ),
        # sums over two rows, means over columns and labels
        (
            "released",
            0.3,
            (1 - 0.75 / (0.75 + 0.7 * 2.25 + 0.3 * 2.25), 2 / 4 * 0.75**2 * math.log(4)),
            (1 - 0.5 / (0.5 + 0.7 * 1.5 + 0.3 * 0.5), 2 / 2 * 0.25 * math.log(2)),
        ),
        # one pixel of smoothing on both sides; all four pixels count
        (
            "balanced",
            0.7,
            (
                1
                - (
                    1.5 / (0.5 + 0.3 * 0.5 + 0.7 * 1.5 + 1)
                    + 1.25 / (0.25 + 0.3 * 0.75 + 0.7 * 0.75 + 1)
                    + 1 / (0.3 * 1 + 1)
                )
                / 3,
                0.75**2 * math.log(4),
            ),
            (1 - 1.5 / (0.5 + 0.3 * 1.5 + 0.7 * 0.5 + 1), 0.25 * math.log(2)),
        ),
    ],
)
def test_losses_of_an_undecided_network_by_hand(loss, beta, anatomy, pathology):
    parts, _ = MFUNetObjective(loss=loss, beta=beta)(even_heads(), batch_of(*FOUR))
    expected = {"tversky_anatomy": anatomy[0], "focal_anatomy": anatomy[1]}
    for name, weight in (("scar", 3), ("edema", 5)):
        expected |= {f"tversky_{name}": weight * pathology[0]}
        expected |= {f"focal_{name}": weight * pathology[1]}
    assert {name: part.item() for name, part in parts.items()} == pytest.approx(expected, rel=1e-4)


def test_the_dice_loss_of_each_head_is_shown_and_not_minimised():
    parts, shown = MFUNetObjective()(even_heads(), batch_of(*FOUR))
    # 1 - 2 TP / (P + T): wall 2 * 0.5 / 3, cavity 2 * 0.25 / 2, no right ventricle 0
    anatomy = 1 - (1 / 3 + 0.5 / 2 + 0) / 3
    pathology = 1 - 1 / 3
    assert {name: value.item() for name, value in shown.items()} == pytest.approx(
        {
            "dice_loss_anatomy": anatomy,
            "dice_loss_scar": pathology,
            "dice_loss_edema": pathology,
        },
        rel=1e-4,
    )
    assert not set(parts) & set(shown)


def test_a_missed_pixel_counts_seven_tenths_unless_it_is_said_otherwise():
    parts, _ = MFUNetObjective(loss="paper")(even_heads(), batch_of(*FOUR))
    assert parts["tversky_scar"].item() == pytest.approx(3 * PATHOLOGY, rel=1e-4)


def test_it_adds_nothing_to_the_weights():
    assert not MFUNetObjective().state_dict()


def test_beta_weighs_false_negatives_by_hand():
    parts, _ = MFUNetObjective(loss="paper", beta=0.4)(even_heads(), batch_of(*FOUR))
    # Half of one true pixel is missed, and half of each of the three others is false.
    pathology_tversky = 1 - 0.5 / (0.5 + 0.6 * 1.5 + 0.4 * 0.5)
    assert parts["tversky_scar"].item() == pytest.approx(3 * pathology_tversky, rel=1e-4)
    assert parts["tversky_edema"].item() == pytest.approx(5 * pathology_tversky, rel=1e-4)


def test_gamma_is_the_exponent_of_the_focal_loss_by_hand():
    parts, _ = MFUNetObjective(loss="paper", gamma=1.0)(even_heads(), batch_of(*FOUR))
    assert parts["focal_anatomy"].item() == pytest.approx(3 * 0.75 * math.log(4), rel=1e-4)
    assert parts["focal_scar"].item() == pytest.approx(3 * 0.5 * math.log(2), rel=1e-4)
    plain, _ = MFUNetObjective(loss="paper", gamma=0.0)(even_heads(), batch_of(*FOUR))
    assert plain["focal_anatomy"].item() == pytest.approx(3 * math.log(4), rel=1e-4)


def test_a_right_prediction_costs_nothing():
    objective, batch = MFUNetObjective(loss="balanced"), batch_of(*FOUR)
    right = Fixed(*(40 * target for target in objective.head_targets(batch.labels)))
    assert sum(objective(right, batch)[0].values()).item() == pytest.approx(0, abs=1e-4)


def test_targets_are_the_whole_myocardium_the_pools_and_each_pathology_alone():
    batch = batch_of(*(tissue.name for tissue in TISSUES), "background")
    anatomy, scar, edema = (
        target[0].flatten(1) for target in MFUNetObjective().head_targets(batch.labels)
    )
    assert anatomy.argmax(dim=0).tolist() == [3, 1, 2, 0, 0, 0, 0, 3]
    assert all((target.sum(dim=0) == 1).all() for target in (anatomy, scar, edema))
    assert scar[0].tolist() == [0, 0, 0, 0, 0, 1, 0, 0]
    assert edema[0].tolist() == [0, 0, 0, 0, 1, 0, 0, 0]


def test_other_regions_can_be_asked_for():
    objective = MFUNetObjective(
        anatomy=("lv_epicardium",), pathologies=("scar_and_edema",), weights=(1, 2)
    )
    anatomy, pathology = objective.head_targets(batch_of(*FOUR).labels)
    assert anatomy[0, 0].flatten().tolist() == [1, 1, 1, 0]
    assert pathology[0, 0].flatten().tolist() == [0, 1, 1, 0]


def test_every_parameter_learns_through_the_objective():
    torch.manual_seed(0)
    network = MFUNet(width=4)
    nn.init.constant_(network.attention.attend.scale, 0.5)
    labels = torch.randint(len(TISSUES), (2, 32, 32)).to(torch.uint8)
    parts, _ = MFUNetObjective()(network, Batch(torch.randn(2, 3, 32, 32), labels))
    sum(parts.values()).backward()
    for name, parameter in network.named_parameters():
        assert parameter.grad.abs().max() > 0, name


def test_modern_loss_replaces_both_parts():
    objective, batch = MFUNetObjective(loss="dice-cross-entropy"), batch_of(*FOUR)
    generator = torch.Generator().manual_seed(0)
    logits = [torch.randn(1, channels, 2, 2, generator=generator) for channels in (4, 2, 2)]
    parts, _ = objective(Fixed(*logits), batch)
    assert list(parts) == [f"dice_cross_entropy_{name}" for name in ("anatomy", "scar", "edema")]
    scar = objective.head_targets(batch.labels)[1]
    torch.testing.assert_close(
        parts["dice_cross_entropy_scar"], 3 * dice_cross_entropy(logits[1], scar, background=-1)
    )


def test_focal_scale_touches_the_focal_losses_only():
    plain, _ = MFUNetObjective()(even_heads(), batch_of(*FOUR))
    scaled, _ = MFUNetObjective(focal_scale=72)(even_heads(), batch_of(*FOUR))
    ratios = {name: (scaled[name] / plain[name]).item() for name in plain}
    assert ratios == pytest.approx({name: 72 if name.startswith("focal") else 1 for name in plain})


def test_pathology_outside_the_predicted_myocardium_is_charged_by_hand():
    objective = MFUNetObjective(
        anatomy=("lv_pool", "whole_myocardium"), weights=(1, 3, 7), outside_penalty=0.5
    )
    wall = torch.tensor([0.0, 2.0, 0.0]).log1p().view(1, 3, 1, 1).expand(1, 3, 2, 2)  # 3/5
    scar, edema = (
        torch.tensor([odds, 1.0]).log().view(1, 2, 1, 1).expand(1, 2, 2, 2) for odds in (3.0, 0.25)
    )
    parts, _ = objective(Fixed(wall, scar, edema), batch_of(*FOUR))
    assert parts["outside_scar"].item() == pytest.approx(0.5 * 3 / 4 * 2 / 5)
    assert parts["outside_edema"].item() == pytest.approx(0.5 * 7 / 3 * 1 / 5 * 2 / 5)


def test_auxiliary_maps_are_charged_by_hand_and_must_exist():
    objective = MFUNetObjective(auxiliary_weight=0.2)
    maps = (torch.zeros(1, 4, 2, 2), torch.zeros(1, 2, 2, 2), torch.zeros(1, 2, 2, 2))
    parts, _ = objective(even_heads(auxiliary=maps), batch_of(*FOUR))
    assert parts["auxiliary_anatomy"].item() == pytest.approx(0.2 * math.log(4))
    assert parts["auxiliary_edema"].item() == pytest.approx(0.2 * math.log(2))
    with pytest.raises(RecipeError, match="attention_variant='released'"):
        objective(even_heads(), batch_of(*FOUR))


@pytest.mark.parametrize(
    ("keywords", "message"),
    [
        ({"loss": "tversky"}, "no loss 'tversky'"),
        ({"weights": (1.0, 2.0)}, "give 3"),
        ({"weights": (1.0, 0.0, 5.0), "outside_penalty": 0.5}, "must not be 0"),
        ({"anatomy": ("lv_pool", "rv_pool"), "outside_penalty": 0.5}, "whole_myocardium"),
        (
            {"anatomy": ("whole_myocardium", "lv_epicardium")},
            "contains normal_myocardium, edema, scar, mvo",
        ),
    ],
)
def test_keywords_that_do_not_fit_are_refused(keywords, message):
    with pytest.raises(RecipeError, match=message):
        MFUNetObjective(**keywords)


def test_unknown_regions_are_refused():
    with pytest.raises(LabelError, match="no region 'scars'"):
        softmax_targets(("scars",))

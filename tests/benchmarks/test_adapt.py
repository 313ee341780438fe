"""Adaptation without labels: what is asked of which voxels, and that no label is read."""

import math
from copy import deepcopy
from pathlib import Path

import pytest
import torch
from benchmarks.adapt import (
    FAR,
    SQUARES,
    Training,
    Unlabelled,
    against,
    changed_slices,
    continue_training,
    difference_from_mean,
    entropy_from_targets,
    follow,
    split,
    surest,
    table,
    teacher_shares,
    weighted,
)
from torch import nn

from scarmap.datasets.case_files import CaseFiles
from scarmap.io.files import write_json
from scarmap.io.scores import Score, write_scores
from scarmap.labels import INDEX, SEQUENCES, TISSUES
from scarmap.nn.views import average_views
from scarmap.sampling.bank import Bank
from scarmap.sampling.batch import Batch
from scarmap.systems.scarmap.recipe import scarmap

T = len(TISSUES)


def _one_hot(labels):
    return torch.nn.functional.one_hot(labels, T).movedim(-1, 1).float()


class _Pointwise(nn.Module):
    """Logits of each pixel from its own intensities."""

    def __init__(self):
        super().__init__()
        self.layer = nn.Conv2d(3, T, 1)
        self.register_buffer("seen", torch.tensor(0))

    def forward(self, images):
        return self.layer(images)


def test_a_patient_is_adapted_to_without_labels_or_scored_and_then_the_halves_change_places():
    files = [
        CaseFiles(name, "myops2020", {"LGE": Path(name)}, Path(f"{name}_gd")) for name in "abcde"
    ]
    adapted, scored = split(files, "even")
    assert [each.name for each in adapted] == ["a", "c", "e"]
    assert all(each.labels is None for each in adapted)
    assert scored == [files[1], files[3]]
    turned = split(files, "odd")
    assert [each.name for each in turned[0]] == ["b", "d"]
    assert [each.name for each in turned[1]] == ["a", "c", "e"]


def test_the_same_share_of_every_tissue_is_learned_from_however_rare_and_unsure_it_is():
    labels = torch.zeros(1, 4, 5, dtype=torch.int64)
    labels[0, 3, 1:] = INDEX["scar"]
    shares = 0.9 * _one_hot(labels) + 0.1 / T
    shares[0, INDEX["scar"], 3, 1:] = torch.tensor([0.2, 0.4, 0.3, 0.1])
    shares[0, 0].view(-1)[:16] = torch.linspace(0.5, 0.9, 16)
    asked = surest(shares, labels, kept=0.5)
    assert asked[0, INDEX["scar"], 3].tolist() == [0, 0, 1, 1, 0]
    assert asked[0, 0].view(-1)[:16].tolist() == [0] * 8 + [1] * 8
    assert asked.sum() == 10


def test_nothing_is_asked_where_the_teacher_did_not_look():
    labels = torch.zeros(1, 2, 2, dtype=torch.int64)
    shares = _one_hot(labels)
    shares[0, :, 0] = 0
    assert surest(shares, labels, kept=1.0)[0, 0].tolist() == [[0, 0], [1, 1]]


def test_the_wall_counts_more_than_what_is_far_from_it():
    labels = torch.tensor([[[INDEX["background"], INDEX["mvo"], INDEX["lv_pool"]]]])
    assert weighted(_one_hot(labels)).sum(1)[0, 0].tolist() == pytest.approx([FAR, 1, FAR])


def test_entropy_is_the_mean_over_what_is_asked_and_nothing_else():
    logits = torch.zeros(1, T, 1, 2, requires_grad=True)
    targets = torch.zeros(1, T, 1, 2)
    targets[0, 3, 0, 0] = 4.0
    moved = Batch(torch.zeros(1, 3, 1, 2), targets.argmax(1), targets)
    loss = entropy_from_targets(logits, moved, nn.Identity())
    assert loss.item() == pytest.approx(math.log(T))
    loss.backward()
    assert logits.grad[..., 1].abs().max() == 0


def test_a_network_that_agrees_with_the_mean_has_nothing_to_learn_from_views():
    torch.manual_seed(1)
    mean, images = _Pointwise().eval(), torch.rand(2, 3, 8, 8)
    moved = Batch(images, torch.zeros(2, 8, 8, dtype=torch.int64))
    assert difference_from_mean(mean(images), moved, mean).item() == pytest.approx(0, abs=1e-6)


def test_squares_are_summed_over_tissues_and_weighted_over_voxels():
    mean, images = _Pointwise().eval(), torch.zeros(1, 3, 2, 2)
    nn.init.zeros_(mean.layer.weight)
    nn.init.zeros_(mean.layer.bias)
    mean.layer.bias.data[INDEX["scar"]] = 100
    logits = torch.zeros(1, T, 2, 2)
    logits[:, 0] = 100
    moved = Batch(images, torch.zeros(1, 2, 2, dtype=torch.int64))
    assert difference_from_mean(logits, moved, mean).item() == pytest.approx(2 * SQUARES)


def test_the_running_mean_moves_and_counts_are_copied():
    mean, network = _Pointwise(), _Pointwise()
    for parameter in mean.parameters():
        nn.init.zeros_(parameter)
    for parameter in network.parameters():
        nn.init.ones_(parameter)
    network.seen.fill_(7)
    follow(mean, network, kept=0.75)
    assert mean.layer.weight.unique().tolist() == [0.25]
    assert mean.seen.item() == 7
    assert not mean.layer.weight.allclose(network.layer.weight)


def _bank(images):
    labels = torch.zeros(len(images), *images.shape[2:], dtype=torch.uint8)
    return Bank(images, labels, ("a",) * len(images), size=images.shape[-1] - 4)


def test_the_teacher_of_lge_alone_looks_at_four_views_and_leaves_the_margin_out():
    torch.manual_seed(1)
    network, images = _Pointwise().eval(), torch.rand(3, 3, 12, 12)
    images[:, 1:] = 0
    found = teacher_shares(network, _bank(images), sequences=SEQUENCES)
    window = images[..., 2:-2, 2:-2]
    expected = average_views(lambda part: network(part).softmax(1), window, views=4)
    assert torch.allclose(found[..., 2:-2, 2:-2], expected, atol=1e-6)
    assert found.sum().item() == pytest.approx(expected.sum().item(), rel=1e-5)


def test_the_teacher_of_three_sequences_averages_over_the_pairs_with_lge():
    torch.manual_seed(1)
    network, images = _Pointwise().eval(), torch.rand(1, 3, 6, 6)
    found = teacher_shares(network, _bank(images), sequences=("LGE", "T2", "bSSFP"))
    kept = torch.tensor([[1, 1, 1], [1, 0, 1], [1, 1, 0]])[:, :, None, None]
    expected = network(images[..., 2:-2, 2:-2] * kept).softmax(1).mean(0)
    assert torch.allclose(found[0, :, 2:-2, 2:-2], expected, atol=1e-6)


def test_changed_slices_keep_their_targets_and_lose_sequences_but_never_all():
    images = torch.rand(4, 3, 24, 24) + 0.1
    targets = _one_hot(torch.full((4, 24, 24), INDEX["scar"]))
    patients = Unlabelled(images, targets, size=16)
    counts = set()
    for moved, shown in changed_slices(patients, 6, torch.Generator().manual_seed(1)):
        assert shown.shape == (8, 3, 16, 16)
        assert torch.allclose(moved.soft[:, INDEX["scar"]], torch.ones(8, 16, 16), atol=1e-5)
        counts |= set((shown != 0).flatten(2).any(2).sum(1).tolist())
    assert counts == {1, 2, 3}


def _training(*, seed=1):
    recipe = scarmap(width=2, size=32, start=None, any_scanner=True, split=None)
    labels = torch.zeros(8, 40, 40, dtype=torch.uint8)
    labels[:, 8:16, 8:16] = INDEX["scar"]
    images = torch.rand(8, 3, 40, 40, generator=torch.Generator().manual_seed(5))
    phantoms = Bank(images, labels, ("a",) * 8, size=32)
    return Training(recipe, phantoms, steps=2, learning_rate=1e-2, seed=seed)


def _trained(network, lesson, **choices):
    mean = continue_training(deepcopy(network), _training(**choices), lesson)
    return torch.cat([each.flatten() for each in mean.parameters()])


def test_a_training_follows_its_seed_and_patients_change_it():
    torch.manual_seed(1)
    network = _training().recipe.stages[0].model()
    patients = Unlabelled(
        torch.rand(4, 3, 40, 40), _one_hot(torch.full((4, 40, 40), INDEX["edema"])), size=32
    )
    alone = _trained(network, None)
    assert torch.equal(alone, _trained(network, None))
    assert not torch.equal(alone, _trained(network, None, seed=2))
    for teach in (entropy_from_targets, difference_from_mean):
        assert not torch.equal(alone, _trained(network, (patients, teach)))


def test_the_table_tells_the_paired_difference_of_each_arm_over_both_halves(tmp_path):
    for half, cases in {"even": ("b", "d"), "odd": ("a", "c")}.items():
        for arm, dice in {"none": 0.5, "maps": 0.6}.items():
            folder = tmp_path / half / arm / "LGE" / "evaluation"
            folder.mkdir(parents=True)
            write_scores(
                folder / "cases.csv",
                [
                    Score(case, "case3d", structure, "dice", dice, "ratio")
                    for case in cases
                    for structure in ("whole_myocardium", "whole_infarct", "mvo")
                ],
            )
            counts = {"true_positive": 1, "false_negative": 0}
            counts |= {"true_negative": 0, "false_positive": 1}
            presence = {"whole_infarct": counts | {"sensitivity": 1.0, "specificity": 0.0}}
            write_json(
                folder / "summary.json",
                {
                    "layout": "emidec",
                    "notes": [],
                    "cases": list(cases),
                    "missing": [],
                    "extra": [],
                    "scores": {},
                    "presence": presence,
                },
            )
    lines = list(table(tmp_path, ("none", "maps"), data="emidec"))
    assert "| LGE | mvo | none | 4 | 0.500 |  |  |" in lines
    assert "| LGE | mvo | maps | 4 | 0.600 | +0.100 (+0.100 to +0.100) |  |" in lines
    assert lines[-1] == "LGE, maps: infarct found in 2 of 2, none in 0 of 2"


def test_a_difference_leaves_out_patients_without_the_structure():
    values, others = {"a": 0.5, "b": math.nan}, {"a": 0.25, "b": math.nan}
    assert against(values, others) == "+0.250 (+0.250 to +0.250)"

"""Mask R-CNN, trained from random weights, finds the scar of hearts that it has not seen."""

from dataclasses import replace
from functools import partial

import pytest
import torch
from torch.optim import AdamW

from scarmap.datasets.case_files import load_case
from scarmap.datasets.folder import find_cases
from scarmap.labels import TISSUES
from scarmap.nn.regions import region_masks
from scarmap.phantom.cohort import write_cohort
from scarmap.recipes.schedules import one_cycle
from scarmap.recipes.validation import region_dice
from scarmap.sampling.augment import Augmentation
from scarmap.sampling.bank import fill_bank
from scarmap.sampling.preparation import Preparation
from scarmap.sampling.samplers import full_slices
from scarmap.systems.linear_codec.codec import SEQUENCES
from scarmap.systems.linear_codec.inference import detection_map
from scarmap.systems.linear_codec.maskrcnn import MaskRCNN
from scarmap.systems.linear_codec.objective import MaskRCNNObjective
from scarmap.systems.linear_codec.stages import SCALED

EPOCHS = 8
AUGMENTATION = Augmentation(rotation_deg=20, flips=True, shift=0.05, scale=(0.85, 1.2))
ALL = tuple(range(len(SEQUENCES)))
SCAR = ("scar",)


SHOWN = {
    "background": (0.3, 0.3, 0.3),
    "lv_pool": (0.7, 0.1, 0.9),
    "rv_pool": (0.7, 0.1, 0.9),
    "normal_myocardium": (0.2, 0.4, 0.3),
    "edema": (0.3, 0.7, 0.3),
    "scar": (1.0, 0.6, 0.3),
    "mvo": (1.0, 0.6, 0.3),
}
NOISE = 0.15
"""How bright each tissue is in LGE, T2 and bSSFP, and the standard deviation of the noise: pictures
of true masks, harder than which the question of this test need not be. On the simulator's own
images, with their fat and their flow, the same training reaches a Dice of 0.36, two and a half
times as long a one 0.46."""


def hearts(folder, *, cases, seed):
    """Slices of true masks, drawn plainly, cut to the left ventricle: 72 pixels of 1.5 mm."""
    write_cohort(folder, layout="myops2020", num_cases=cases, seed=seed, num_slices=4, in_plane=160)
    loaded = [load_case(files, sequences=SEQUENCES, labelled=True) for files in find_cases(folder)]
    bank = fill_bank(loaded, Preparation(SEQUENCES, 128, SCALED, spacing_mm=1.5, margin=8))
    generator = torch.Generator().manual_seed(seed)
    drawn = torch.tensor([SHOWN[tissue.name] for tissue in TISSUES])[bank.labels.long()]
    noise = NOISE * torch.randn(bank.images.shape, generator=generator)
    images = (drawn.movedim(-1, 1) + noise).to(bank.images.dtype)
    # As a training on one layout sees them: what its labels call scar is scar, no-reflow or not.
    return replace(bank, images=images, size=72, label_of=None)


def train(network, bank):
    """640 steps of two slices, some five minutes on two cores."""
    objective = MaskRCNNObjective(region="scar", sequences=ALL)
    optimizer = AdamW(network.parameters(), weight_decay=0.01)
    generator = torch.Generator().manual_seed(2)
    rows = torch.arange(len(bank.cases))
    network.train()
    for epoch in range(EPOCHS):
        for group in optimizer.param_groups:
            group["lr"] = 1e-3 * one_cycle(epoch, EPOCHS, warm_up=0.1)
        for batch in full_slices(bank, rows, generator, batch_size=2, augmentation=AUGMENTATION):
            optimizer.zero_grad()
            torch.stack(list(objective(network, batch).values())).sum().backward()
            torch.nn.utils.clip_grad_norm_(network.parameters(), 5.0)
            optimizer.step()
    return network.eval()


@pytest.mark.slow
def test_scar_of_unseen_hearts_is_found_and_healthy_slices_stay_empty(tmp_path):
    torch.manual_seed(1)
    network = MaskRCNN(in_channels=len(ALL), size=128, backbone="resnet18", width=64)
    train(network, hearts(tmp_path / "train", cases=40, seed=1))
    unseen = hearts(tmp_path / "unseen", cases=12, seed=3)
    rows = torch.arange(len(unseen.cases))
    predict = partial(detection_map, sequences=ALL)
    with torch.inference_mode():
        dice = region_dice(network, unseen, rows, predict=predict, regions=SCAR)["scar"]
        window = unseen.window(rows)
        found = (
            torch.cat([predict(network, images) for images in window.images.split(8)]).flatten(1)
            > 0.5
        )
    scarred = region_masks(window.labels, SCAR).flatten(1).any(1)
    # Measured: Dice 0.73, 40 of 43 slices with scar found, none of 5 without. The whole myocardium,
    # taken from the truth, would reach 0.32, the best mask that is the same in every slice 0.17,
    # the truth's own boxes, filled, 0.65.
    assert dice > 0.65
    assert found[scarred].any(1).float().mean() > 0.85
    assert found[~scarred].any(1).sum() <= 1

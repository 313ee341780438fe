"""The training: one network, fed with whatever sequences a draw leaves in."""

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import replace
from functools import partial

import torch
from torch import Tensor, nn

from scarmap.labels import INDEX
from scarmap.recipes.recipe import Stage
from scarmap.recipes.schedules import modern_training
from scarmap.recipes.validation import region_dice
from scarmap.sampling.appearance import Appearance, change_appearance
from scarmap.sampling.augment import Augmentation, augment
from scarmap.sampling.bank import Bank
from scarmap.sampling.batch import Batch
from scarmap.sampling.intensity import scale_between
from scarmap.sampling.presence import draw_kept, present_sequences
from scarmap.sampling.samplers import shuffled_again
from scarmap.systems.scarmap.inference import probabilities
from scarmap.systems.scarmap.targets import FOUND

SCALED = partial(scale_between, low=1, high=98, by_slice=False)
"""Intensities of the volume, of which the 1st and 98th percentile become 0 and 1.

What is brighter than the 98th percentile is fat near a coil, seldom heart. The network standardises
what is left in its window. A constant volume becomes all zeros, which means missing.
"""

SPACE = Augmentation(
    rotation_deg=180, flips=True, shift=0.16, scale=(0.8, 1.25), elastic_px=1.3, stretch=1.35
)
"""Hearts of any orientation, off the middle by a sixth of the window, drawn out along rows or
columns by up to 1.8."""
LOOK = Appearance()
"""Images as they are: where they are of patients, redrawn contrast costs accuracy, see
benchmarks/recommended.md."""

ANY_SPACE = replace(SPACE, scale=(0.75, 1.7))
ANY_LOOK = Appearance(remap=0.6, blur_px=1.0, shading=0.25, noise=0.05, share=0.6)
"""What any scanner and any export may make of a heart, for a network that learns from synthetic
hearts."""

BATCH_SIZE = 16
BATCHES = 50
"""In an epoch, whatever the number of slices."""
EPOCHS = 120
ODDS = {"LGE": 2.0, "T2": 1.0, "bSSFP": 1.0}
"""LGE is what most studies of infarcts have, and often all they have."""

ANY_ODDS = {"LGE": 2.0, "T2": 2.0, "bSSFP": 1.0}
"""The same for synthetic hearts: T2 is left in three times out of four, because edema shows in it
alone."""

FOCUS = {"edema": 2, "mvo": 2}
"""Slices of a synthetic batch that are drawn among those that show a tissue; the others among all.

Choice: no-reflow is in one slice of ten, edema in three; four of ten slices still show no injury.
"""


def varied_slices(
    bank: Bank,
    rows: Tensor,
    generator: torch.Generator,
    *,
    batch_size: int,
    batches: int,
    augmentation: Augmentation,
    appearance: Appearance,
    odds: Sequence[float],
) -> Iterator[Batch]:
    """Slices in random order, moved, seen by another scanner, and without some sequences.

    Args:
        bank: All slices.
        rows: Slices to train on.
        generator: Source of randomness.
        batch_size: Slices in a batch.
        batches: Batches in an epoch.
        augmentation: How they are moved.
        appearance: How their contrast changes.
        odds: Odds of each sequence to be left in before the others.
    """
    for chosen in shuffled_again(rows, batch_size, batches, generator):
        yield _varied(
            bank, chosen, generator, augmentation=augmentation, appearance=appearance, odds=odds
        )


def focused_slices(
    bank: Bank,
    rows: Tensor,
    generator: torch.Generator,
    *,
    batch_size: int,
    batches: int,
    focus: Mapping[str, int],
    augmentation: Augmentation,
    appearance: Appearance,
    odds: Sequence[float],
) -> Iterator[Batch]:
    """The same as `varied_slices`, some slices of each batch drawn among those that show a tissue.

    Args:
        bank: All slices.
        rows: Slices to train on.
        generator: Source of randomness.
        batch_size: Slices in a batch.
        batches: Batches in an epoch.
        focus: Tissue to the number of slices of a batch that are drawn among those that show it;
            among all slices where none does.
        augmentation: How they are moved.
        appearance: How their contrast changes.
        odds: Odds of each sequence to be left in before the others.
    """
    streams = [shuffled_again(rows, batch_size - sum(focus.values()), batches, generator)]
    for tissue, count in focus.items():
        showing = rows[(bank.labels[rows] == INDEX[tissue]).flatten(1).any(1).to(rows.device)]
        streams.append(shuffled_again(showing if len(showing) else rows, count, batches, generator))
    for parts in zip(*streams, strict=True):
        yield _varied(
            bank,
            torch.cat(parts),
            generator,
            augmentation=augmentation,
            appearance=appearance,
            odds=odds,
        )


def _varied(
    bank: Bank,
    chosen: Tensor,
    generator: torch.Generator,
    *,
    augmentation: Augmentation,
    appearance: Appearance,
    odds: Sequence[float],
) -> Batch:
    batch = Batch(bank.images[chosen], bank.labels[chosen])
    label_of = None if bank.label_of is None else bank.label_of[chosen]
    present = present_sequences(batch.images)
    moved = augment(batch, augmentation, size=bank.size, generator=generator)
    images = change_appearance(moved.images, appearance, generator)
    kept = draw_kept(present, odds, generator)
    return replace(moved, images=images * kept[..., None, None], label_of=label_of)


def segmentation_stage(
    model: Callable[[], nn.Module],
    objective: Callable[[], nn.Module],
    *,
    sequences: Sequence[str],
    any_scanner: bool = False,
) -> Stage:
    """The only stage: AdamW on one cycle, 120 epochs of 50 batches of 16, the last epoch kept."""
    patients = partial(
        varied_slices,
        batch_size=BATCH_SIZE,
        batches=BATCHES,
        augmentation=SPACE,
        appearance=LOOK,
        odds=tuple(ODDS[sequence] for sequence in sequences),
    )
    synthetic = partial(
        focused_slices,
        batch_size=BATCH_SIZE,
        batches=BATCHES,
        focus=FOCUS,
        augmentation=ANY_SPACE,
        appearance=ANY_LOOK,
        odds=tuple(ANY_ODDS[sequence] for sequence in sequences),
    )
    return Stage(
        name="segment",
        model=model,
        objective=objective,
        sampler=synthetic if any_scanner else patients,
        score=partial(region_dice, predict=probabilities, regions=FOUND),
        **modern_training(epochs=EPOCHS),
    )

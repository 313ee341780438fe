"""MFU-Net's training: what is sampled, with which optimiser, for how long."""

from collections.abc import Callable, Mapping
from dataclasses import replace
from functools import partial

from torch import nn
from torch.optim import Adam

from scarmap.recipes.recipe import Phase, Stage
from scarmap.recipes.schedules import constant, modern_training, tenfold
from scarmap.recipes.validation import region_dice
from scarmap.sampling.augment import MODERN_AUGMENTATION, Augmentation
from scarmap.sampling.intensity import standardise
from scarmap.sampling.preparation import Preparation
from scarmap.sampling.samplers import Sampler, full_slices
from scarmap.systems.mfunet.encoding import Backbone, Fusion
from scarmap.systems.mfunet.inference import probabilities
from scarmap.systems.mfunet.intensity import scale_volume
from scarmap.systems.mfunet.network import MFUNet
from scarmap.systems.mfunet.pretraining import (
    Reconstruction,
    ReconstructionObjective,
    transfer_encoders,
)
from scarmap.systems.mfunet.resampling import dynamic_patches

_PUBLISHED_AUGMENTATION = Augmentation(rotation_deg=90, flips=True, shift=0.15)
"""From the released scripts of Tables 1 and 2: the paper names no augmentation but the patches."""


def published_preparation(
    sequences: tuple[str, ...], size: int, spacing_mm: float | None
) -> Preparation:
    """A window of the image's own pixels around its centre.

    Source: MFU-Net, section 4 ("cropped to 288 x 288").
    Differs: the released code's window lies at fixed indices; here it is the centre's, and training
        checks that no labelled pixel is lost.
    """
    return Preparation(sequences, size, scale_volume, spacing_mm)


def modern_preparation(
    sequences: tuple[str, ...], size: int, spacing_mm: float | None
) -> Preparation:
    """A window at one pixel size, standardised intensities, a margin for rotations to draw from."""
    # turned by 45 degrees, a window's corners reach a fifth of its side beyond its edges
    return Preparation(sequences, size, standardise, spacing_mm, margin=size // 6)


def published_stage(
    network: Callable[[], nn.Module],
    objective: Callable[[], nn.Module],
    *,
    resampling: bool,
    regions: tuple[str, ...],
) -> Stage:
    """Adam at 1e-4, decaying tenfold over 150 epochs; four full slices or their pixels in patches.

    Source: MFU-Net, sections 3.1 and 3.2 (288 pixels in batches of 4, 1e-4, "decayed
        exponentially"); optimiser, length, patience and augmentation from the released scripts of
        Tables 1 and 2.
    Differs: the text says that every network begins with MMSDNet's encoder; the scripts of the
        tables begin with random weights, and so does this. The paper names no augmentation beside
        its patches; without the code's rotations, flips and shifts there would be none here either.
        The best epoch by validation Dice is kept, whereas the code stores the best and the last and
        the table does not say which it shows. For the order of the folds see `contiguous_folds`.
    """
    budget = {"batch_size": 4, "augmentation": _PUBLISHED_AUGMENTATION}
    sampler: Sampler = partial(dynamic_patches if resampling else full_slices, **budget)  # type: ignore[arg-type]
    return Stage(
        name="segment",
        model=network,
        objective=objective,
        sampler=sampler,
        optimizer=Adam,
        phases=published_phases(),
        score=partial(region_dice, predict=probabilities, regions=regions),
    )


def alternating_stage(
    network: Callable[[], nn.Module],
    objective: Callable[[], nn.Module],
    *,
    resampling: bool,
    regions: tuple[str, ...],
) -> Stage:
    """The same in the phases of the alternative cross-validation; the last epoch is kept.

    Source: MFU-Net, section 3.2.
    Differs: as `published_stage`, but for the length and for the start, which the submission takes
        from the reconstruction; see `alternating_phases` for the phases. In which order the fifths
        are held out is not published; here as in `scarmap.contiguous_folds`, the last one first.
    """
    stage = published_stage(network, objective, resampling=resampling, regions=regions)
    return replace(stage, phases=alternating_phases(), keep="last")


def modern_stage(
    network: Callable[[], nn.Module],
    objective: Callable[[], nn.Module],
    *,
    resampling: bool,
    regions: tuple[str, ...],
) -> Stage:
    """What works today: AdamW on one cycle, strong augmentation, Dice and cross-entropy.

    With `resampling` patches run from two thirds of the window to all of it, and a third of them
    are centred on pathology: smaller patches lose the heart's outline, more of them overstate how
    common pathology is.
    """
    budget = {"batch_size": 4, "augmentation": MODERN_AUGMENTATION}
    patches = partial(dynamic_patches, smallest_share=2 / 3, share=0.33)
    sampler: Sampler = partial(patches if resampling else full_slices, **budget)  # type: ignore[arg-type]
    return Stage(
        name="segment",
        model=network,
        objective=objective,
        sampler=sampler,
        score=partial(region_dice, predict=probabilities, regions=regions),
        **modern_training(epochs=100),
    )


STAGES = {"published": published_stage, "alternating": alternating_stage, "modern": modern_stage}
"""The recipe's `schedule` to what makes its stage."""


def pretraining_stage(*, sequences: int, width: int, fusion: Fusion, backbone: Backbone) -> Stage:
    """Reconstruction of the training fold's images, without labels.

    Source: MFU-Net, section 4 ("weights from the MMSDNet encoder"); length and learning rate from
        the released scripts.
    Differs: the published text does not describe the network; see `Reconstruction`.
    """
    return Stage(
        name="reconstruct",
        model=partial(
            Reconstruction, sequences=sequences, width=width, fusion=fusion, backbone=backbone
        ),
        objective=ReconstructionObjective,
        sampler=partial(full_slices, batch_size=4, augmentation=_PUBLISHED_AUGMENTATION),
        optimizer=Adam,
        phases=(Phase(50, 1e-4, constant),),
        keep="last",
    )


def start_from_reconstruction(model: nn.Module, earlier: Mapping[str, nn.Module]) -> None:
    """Take encoders and bottleneck over from the reconstruction stage."""
    source, target = earlier["reconstruct"], model
    assert isinstance(source, Reconstruction)
    assert isinstance(target, MFUNet)
    transfer_encoders(source, target)


def published_phases() -> tuple[Phase, ...]:
    """One phase of 150 epochs with early stopping, as the runs of Tables 1 and 2.

    Source: MFU-Net, released scripts of the tables.
    Differs: the rise that resets the patience is of the mean validation Dice; the released code
        watches a validation loss whose background channel is wrong.
    """
    return (Phase(150, 1e-4, tenfold, patience=55),)


def alternating_phases() -> tuple[Phase, ...]:
    """Five phases, each validated on another fifth, then a fine-tuning on all cases.

    From the second phase on the network has already trained on the fifth that validates it, so the
    early stopping watches figures that are too good.

    Source: MFU-Net, section 3.2, for epochs and learning rates; the patience is from the released
        scripts.
    Differs: the released scripts train 25/20/15/10/10 and 5 epochs; the paper's lengths are used
        here.
    """
    lengths = (50, 40, 30, 20, 15)
    rates = (1e-4, 9e-5, 8e-5, 6e-5, 5e-5)
    patience = (25, 15, 10, 5, 5)
    phases = [
        Phase(epochs, rate, tenfold, patience=stale, hold_out=fifth)
        for fifth, (epochs, rate, stale) in enumerate(zip(lengths, rates, patience, strict=True))
    ]
    return (*phases, Phase(10, 4e-5, tenfold))

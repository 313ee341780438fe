"""MFU-Net's training: what is sampled, with which optimiser, for how long."""

from collections.abc import Callable, Mapping
from dataclasses import replace
from functools import partial

from torch import nn
from torch.optim import Adam

from scarmap.sampling.augment import MODERN_AUGMENTATION, Augmentation
from scarmap.sampling.intensity import standardise
from scarmap.sampling.preparation import Preparation
from scarmap.sampling.samplers import Sampler, full_slices
from scarmap.systems.mfunet.inference import probabilities
from scarmap.systems.mfunet.intensity import scale_volume
from scarmap.systems.mfunet.network import MFUNet
from scarmap.systems.mfunet.pretraining import Reconstruction, ReconstructionObjective, transfer_encoders
from scarmap.systems.mfunet.resampling import dynamic_patches
from scarmap.systems.mfunet.schedule import alternating_phases, published_phases
from scarmap.training.modern import modern_training
from scarmap.training.recipe import Phase, Stage
from scarmap.training.schedules import constant
from scarmap.training.score import region_dice

PUBLISHED_AUGMENTATION = Augmentation(rotation_deg=90, flips=True, shift=0.15)


def published_preparation(sequences: tuple[str, ...], size: int, spacing_mm: float | None) -> Preparation:
    """A window of the image's own pixels around its centre.

    Source: MFU-Net, section 4 ("cropped to 288 x 288").
    Differs: the released code's window lies at fixed indices; here it is the centre's, and training checks that no
        labelled pixel is lost.
    """
    return Preparation(sequences, size, scale_volume, spacing_mm)


def modern_preparation(sequences: tuple[str, ...], size: int, spacing_mm: float | None) -> Preparation:
    """A window at one pixel size for all patients, standardised intensities, a margin for rotations to draw from."""
    return Preparation(sequences, size, standardise, spacing_mm, margin=size // 6)


def published_stage(
    network: Callable[[], nn.Module], objective: Callable[[], nn.Module], *, resampling: bool, regions: tuple[str, ...]
) -> Stage:
    """Adam at 1e-4 decaying tenfold over 150 epochs with early stopping; four full slices or their pixels in patches.

    Source: MFU-Net, section 3; augmentation and length from the released scripts of Tables 1 and 2.
    """
    budget = {"batch_size": 4, "augmentation": PUBLISHED_AUGMENTATION}
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
    network: Callable[[], nn.Module], objective: Callable[[], nn.Module], *, resampling: bool, regions: tuple[str, ...]
) -> Stage:
    """The same in the phases of the alternative cross-validation; the network of the last epoch is kept.

    Source: MFU-Net, section 3.2.
    """
    stage = published_stage(network, objective, resampling=resampling, regions=regions)
    return replace(stage, phases=alternating_phases(), keep="last")


def modern_stage(
    network: Callable[[], nn.Module], objective: Callable[[], nn.Module], *, resampling: bool, regions: tuple[str, ...]
) -> Stage:
    """AdamW on one cycle, strong augmentation, Dice and cross-entropy, the last epoch kept: what works today.

    With `resampling` patches run from two thirds of the window to all of it, and a third of them are centred on
    pathology: smaller patches lose the heart's outline, more of them overstate how common pathology is.
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


def pretraining_stage(*, sequences: int, width: int, fusion: str, backbone: str) -> Stage:
    """Reconstruction of the training fold's images, without labels.

    Source: MFU-Net, section 4 ("weights from the MMSDNet encoder"); length and learning rate from the released
        scripts.
    Differs: the published text does not describe the network; see `Reconstruction`.
    """
    return Stage(
        name="reconstruct",
        model=partial(Reconstruction, sequences=sequences, width=width, fusion=fusion, backbone=backbone),  # type: ignore[arg-type]
        objective=ReconstructionObjective,
        sampler=partial(full_slices, batch_size=4, augmentation=PUBLISHED_AUGMENTATION),
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

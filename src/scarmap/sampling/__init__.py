"""From cases to batches on the training device.

Here, and nowhere else, (X, Y, Z) becomes (B, S, H, W). `preparation` and `intensity` turn a case
into slices, `bank` holds the slices of all cases, `samplers` draws batches of them, and `augment`
and `appearance` change the batches. `presence` says which sequences a slice has.
"""

from typing import TYPE_CHECKING

from scarmap.lazy import attach

if TYPE_CHECKING:
    from scarmap.sampling.appearance import Appearance, change_appearance
    from scarmap.sampling.augment import MODERN_AUGMENTATION, UNIT_AUGMENTATION, Augmentation
    from scarmap.sampling.bank import Bank, fill_bank
    from scarmap.sampling.batch import Batch, tissue_shares
    from scarmap.sampling.intensity import scale_between, standardise
    from scarmap.sampling.preparation import Preparation, prepare
    from scarmap.sampling.presence import present_sequences
    from scarmap.sampling.samplers import Sampler, full_slices, shuffled

__all__ = [
    "MODERN_AUGMENTATION",
    "UNIT_AUGMENTATION",
    "Appearance",
    "Augmentation",
    "Bank",
    "Batch",
    "Preparation",
    "Sampler",
    "change_appearance",
    "fill_bank",
    "full_slices",
    "prepare",
    "present_sequences",
    "scale_between",
    "shuffled",
    "standardise",
    "tissue_shares",
]

if not TYPE_CHECKING:
    __getattr__, __dir__ = attach(__name__)

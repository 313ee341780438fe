"""How long MFU-Net trains, in which phases, at which learning rates."""

from scarmap.training.recipe import Phase
from scarmap.training.schedules import tenfold


def published_phases() -> tuple[Phase, ...]:
    """One phase of 150 epochs with early stopping, as the runs of Tables 1 and 2.

    Source: MFU-Net, released scripts of the tables.
    Differs: the rise that resets the patience is of the mean validation Dice; the released code watches a
        validation loss whose background channel is wrong.
    """
    return (Phase(150, 1e-4, tenfold, patience=55),)


def alternating_phases() -> tuple[Phase, ...]:
    """Alternative cross-validation: five phases, each validated on another fifth, then a fine-tuning on all cases.

    From the second phase on the network has already trained on the fifth that validates it, so the early stopping
    watches figures that are too good.

    Source: MFU-Net, section 3.2, for epochs and learning rates; the patience is from the released scripts.
    Differs: the released scripts train 25/20/15/10/10 and 5 epochs; the paper's lengths are used here.
    """
    lengths = (50, 40, 30, 20, 15)
    rates = (1e-4, 9e-5, 8e-5, 6e-5, 5e-5)
    patience = (25, 15, 10, 5, 5)
    phases = [
        Phase(epochs, rate, tenfold, patience=stale, hold_out=fifth)
        for fifth, (epochs, rate, stale) in enumerate(zip(lengths, rates, patience, strict=True))
    ]
    return (*phases, Phase(10, 4e-5, tenfold))

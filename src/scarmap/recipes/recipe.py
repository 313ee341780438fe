"""What a recipe is: all that turns a folder of labelled cases into a segmenter, as plain values.

A recipe is made by a function whose keywords are the factors that its paper varies and whose
defaults are the published system; an ablation row is a `functools.partial` of it. This module and
the functions' signatures need no torch, so listing and comparing recipes is instant.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Literal, TypeAlias

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray
    from torch import Tensor, nn
    from torch.optim import Optimizer

    from scarmap.datasets.folds import Fold
    from scarmap.datasets.split import Unit
    from scarmap.inference.ensemble import Maps, Predict
    from scarmap.io.illustrations import Illustration
    from scarmap.labels import LabelArray
    from scarmap.sampling.bank import Bank
    from scarmap.sampling.preparation import Preparation
    from scarmap.sampling.samplers import Sampler
    from scarmap.volume import Grid


Losses: TypeAlias = "dict[str, Tensor] | tuple[dict[str, Tensor], dict[str, Tensor]]"
"""What an objective returns: the parts of the loss by name, or a pair of these and of what is
logged beside them and not minimised, such as learned weights; NaN where a batch leaves such a
quantity undefined."""


@dataclass(frozen=True)
class Phase:
    """A stretch of training with one optimiser and one split.

    Attributes:
        epochs: Longest duration.
        learning_rate: Peak learning rate.
        decay: Factor on it, given the epoch (from 0) and the number of epochs of the phase.
        patience: Stop when the validation Dice has not risen by `min_delta` for so many epochs;
            None never stops.
        min_delta: Smallest rise that counts.
        hold_out: None trains and validates on the fold's own split; k validates on fold k of
            `contiguous_folds` of the fold's training cases (or slices) and trains on the other four
            fifths, as MFU-Net's alternative cross-validation does.
    """

    epochs: int
    learning_rate: float
    decay: Callable[[int, int], float]
    patience: int | None = None
    min_delta: float = 0.005
    hold_out: int | None = None


@dataclass(frozen=True)
class Stage:
    """One network and how it is trained.

    Attributes:
        name: Names its folder in a run.
        model: Builds the network, freshly initialised.
        objective: Builds the objective, an `nn.Module` called as `objective(model, batch)`; the sum
            of the returned parts is minimised, each part is logged. Its own parameters are trained
            too. What it shows beside the loss it returns as the second of a pair, see `Losses`.
        sampler: Yields the batches of an epoch; it may change patch and batch size each step.
        optimizer: Builds the optimiser from the parameters; the learning rate is set by the phases.
        phases: In order; the optimiser starts afresh in each.
        score: Validation scores by name, each a Dice between 0 and 1: `score(model, bank, rows)`.
            Their mean decides which epoch is best. None where a stage has no such score.
        score_every: Epochs between validations; the last epoch of a phase is always validated.
        keep: Which weights are kept, those of the best epoch or of the last one.
        inputs: Earlier stages that this one starts from.
        initialise: Copies what this stage takes over from the trained models of `inputs`.
        gradient_clip: Largest norm of the gradient; None does not clip.
    """

    name: str
    model: Callable[[], nn.Module]
    objective: Callable[[], nn.Module]
    sampler: Sampler
    optimizer: Callable[[Iterable[nn.Parameter]], Optimizer]
    phases: tuple[Phase, ...]
    score: Callable[[nn.Module, Bank, Tensor], dict[str, float]] | None = None
    score_every: int = 1
    keep: Literal["best", "last"] = "best"
    inputs: tuple[str, ...] = ()
    initialise: Callable[[nn.Module, Mapping[str, nn.Module]], None] | None = None
    gradient_clip: float | None = None


@dataclass(frozen=True)
class Recipe:
    """A whole system.

    Attributes:
        system: Folder under `scarmap.systems`.
        layout: Label layout that it is trained on and that its masks are written in.
        preparation: How a case becomes slices; its `sequences` are the recipe's inputs.
        folds: Splits the names of the labelled cases, or of their slices.
        stages: Trained in order.
        regions: What each probability map of `assemble` shows, names in `scarmap.labels.REGIONS`.
            Regions may nest.
        assemble: The system's inference: trained stages and slices (Z, S, H, W) to probabilities
            (Z, K, H, W).
        compose: Probabilities (K, X, Y, Z) on the case's grid to tissue indices (X, Y, Z),
            post-processing included.
        finish: Last decision on a case's mask, for which its voxels' size must be known, from
            tissue indices (X, Y, Z) and their grid; returns the mask and what a reader must be told
            about it, one sentence each.
        refine: What becomes of the maps of `assemble` before they leave the slices: maps
            (Z, K, H, W), slices (Z, S, H, W) and an inference with one view to maps; see
            `scarmap.inference.segment.Segmenter`. It needs no torch.
        unit: What `folds` splits. "slice" is for reproducing a table of a paper that split slices;
            every output of such a run says what it leaks.
        illustrate: Pictures of the system's inner life, from trained stages, the bank and the rows
            to show.
        check: What a reader of a mask must be told, one sentence each, from tissue indices (X, Y,
            Z).
        sources: Where each constant comes from, by its name or by stage and name.
    """

    system: str
    layout: str
    preparation: Preparation
    folds: Callable[[Sequence[str]], tuple[Fold, ...]]
    stages: tuple[Stage, ...]
    regions: tuple[str, ...]
    assemble: Callable[[Mapping[str, nn.Module], Tensor], Tensor]
    compose: Callable[[NDArray[np.float32]], LabelArray]
    finish: Callable[[LabelArray, Grid], tuple[LabelArray, tuple[str, ...]]] | None = None
    unit: Unit = "patient"
    illustrate: Callable[[Mapping[str, nn.Module], Bank, Tensor], list[Illustration]] | None = None
    check: Callable[[LabelArray], tuple[str, ...]] | None = None
    sources: Mapping[str, str] = field(default_factory=dict)
    refine: Callable[[Maps, Maps, Predict], Maps] | None = field(
        default=None, metadata={"later": True}
    )


@dataclass(frozen=True)
class Row:
    """A named recipe and the table row that it reproduces.

    Attributes:
        recipe: Makes the recipe.
        paper: Short name of the paper.
        table: Table of the paper, or "" for a recipe that no table shows.
        published: Structure to Dice in percent, mean and standard deviation.
        convention: Convention under which the published figures come closest to being comparable.
        note: What a reader of the table must know.
        also_published: Other metrics, named as in `cases.csv`, to structure to mean and standard
            deviation: ratios in percent, distances in mm, volumes in ml.
        also_tables: Further tables of the paper that repeat the row, to compare their others with.
    """

    recipe: Callable[..., Recipe]
    paper: str
    table: str = ""
    published: Mapping[str, tuple[float, float]] = field(default_factory=dict)
    convention: str = "case3d"
    note: str = ""
    also_published: Mapping[str, Mapping[str, tuple[float, float]]] = field(default_factory=dict)
    also_tables: tuple[str, ...] = ()

    @property
    def tables(self) -> tuple[str, ...]:
        """Every table that shows the row, its own first; none for a recipe that no table shows."""
        return tuple(filter(None, (self.table, *self.also_tables)))

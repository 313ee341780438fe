"""The recommended system as a recipe.

Torch is imported when a recipe is built, not when this module is, so that listing recipes is
instant.
"""

from dataclasses import replace
from functools import partial
from typing import Literal

from scarmap.datasets.folds import no_folds, seeded_folds
from scarmap.labels import SEQUENCES
from scarmap.recipes.recipe import Recipe, Row
from scarmap.recipes.settings import check_choices, check_sequences
from scarmap.systems.scarmap.choices import check_ranges, check_start, decisions
from scarmap.systems.scarmap.targets import FOUND


def scarmap(
    *,
    width: int = 16,
    size: int = 128,
    spacing_mm: float = 1.5,
    views: Literal[1, 4, 8] = 4,
    sequences: tuple[str, ...] = SEQUENCES,
    split: Literal["patients"] | None = "patients",
    start: Literal["builtin"] | None = "builtin",
    any_scanner: bool = False,
    residual: bool = False,
    subsets: bool = False,
    pathology_threshold: float = 0.5,
    infarct_threshold: float | None = None,
    no_reflow_threshold: float | None = None,
    smallest_infarct_percent: float = 2.25,
    smallest_no_reflow_percent: float = 0.25,
) -> Recipe:
    """One light U-Net for any subset of LGE, T2 and bSSFP, trained first on simulated hearts.

    The built-in model is this network, trained on synthetic hearts alone. What was tried beside it,
    and what it is worth, stands in benchmarks/recommended.md.

    Args:
        width: Channels at full resolution.
        size: Side of the window in pixels, a multiple of 16.
        spacing_mm: Pixel size to work at.
        views: 1 to look at a slice as it is, 4 for the mean over its quarter turns, 8 over those of
            the mirrored slice as well.
        sequences: Those that a case may have; each case needs one of them.
        split: "patients" for five seeded folds, None to train on every case.
        start: "builtin" to train the built-in model further, None to begin with random weights.
        any_scanner: Redraw contrast, sharpness, shading, noise and size by as much as scanners and
            exports differ, draw slices with edema and no-reflow more often, and learn edema as a
            region of its own: for training on synthetic hearts, which know no scanner and have
            every label. On patients, the images as they are teach more.
        residual: Residual blocks instead of plain ones.
        subsets: Average the shares of pathology over subsets of the sequences, see `ask_subsets`;
            for a case with several sequences this takes up to twice the time.
        pathology_threshold: Share of the wall's probability from which on a pixel is injured; one
            half takes the likelier.
        infarct_threshold: Share of the injured one's from which on it is infarcted; None takes
            `pathology_threshold`.
        no_reflow_threshold: The same of no-reflow within the infarct.
        smallest_infarct_percent: A connected part of an infarct that is a smaller share of the wall
            is left out of a mask; a patient whose infarct has no larger part has none.
        smallest_no_reflow_percent: The same of no-reflow, where the infarct around it takes its
            place.

    Raises:
        RecipeError: A keyword has an unknown or impossible value.
    """
    check_choices(scarmap, dict(locals()), title="The recipe scarmap")
    check_sequences(sequences, title="The recipe scarmap")
    check_start(start, width=width, residual=residual)
    check_ranges(
        width=width,
        size=size,
        spacing_mm=spacing_mm,
        thresholds={
            "pathology": pathology_threshold,
            "infarct": infarct_threshold,
            "no_reflow": no_reflow_threshold,
        },
        smallest_percent={
            "infarct": smallest_infarct_percent,
            "no_reflow": smallest_no_reflow_percent,
        },
    )
    from scarmap.inference.postprocess import slices_without_heart
    from scarmap.sampling.preparation import Preparation
    from scarmap.systems.scarmap import illustrate, inference, postprocess, stages
    from scarmap.systems.scarmap.builtin import about_builtin, take_builtin
    from scarmap.systems.scarmap.network import AnySequenceNetwork, ResidualNetwork
    from scarmap.systems.scarmap.objective import EdemaObjective, TissueObjective
    from scarmap.systems.scarmap.stages import SCALED
    from scarmap.systems.scarmap.subsets import ask_subsets

    stage = stages.segmentation_stage(
        partial(
            ResidualNetwork if residual else AnySequenceNetwork,
            sequences=len(sequences),
            width=width,
        ),
        EdemaObjective if any_scanner else TissueObjective,
        sequences=sequences,
        any_scanner=any_scanner,
    )
    if start == "builtin":
        given = partial(take_builtin, version=about_builtin()["version"], sequences=sequences)
        stage = replace(stage, initialise=given)
    return Recipe(
        system="scarmap",
        layout="scarmap",
        preparation=Preparation(
            sequences,
            size,
            SCALED,
            spacing_mm,
            margin=size // 4,
            optional=True,
            around_heart=True,
        ),
        folds=seeded_folds if split else no_folds,
        stages=(stage,),
        regions=FOUND,
        assemble=partial(inference.assemble, views=views),
        compose=partial(
            postprocess.compose,
            threshold=decisions(pathology_threshold, infarct_threshold, no_reflow_threshold),
        ),
        finish=partial(
            postprocess.decide_presence,
            smallest_infarct_percent=smallest_infarct_percent,
            smallest_no_reflow_percent=smallest_no_reflow_percent,
        ),
        refine=partial(ask_subsets, sequences=sequences) if subsets else None,
        illustrate=partial(illustrate.illustrate, sequences=sequences, sampler=stage.sampler),
        check=slices_without_heart,
        sources=SOURCES,
    )


SOURCES = {
    "width, size, spacing_mm": (
        "choice: under 2 million weights, a window of 192 mm, a study in seconds on a CPU"
    ),
    "intensity": "choice: percentiles 1 and 98 of a volume, then mean and deviation of the window",
    "sampler: ranges": "measured: gentler than for synthetic hearts, see benchmarks/recommended.md",
    "sampler: odds": (
        "choice: LGE twice as often as T2 and bSSFP; on synthetic hearts T2 as often as LGE"
    ),
    "sampler: focus": "choice: on synthetic hearts, four slices of a batch show edema or no-reflow",
    "subsets": "measured: 6 points of infarct on synthetic hearts, see benchmarks/builtin.md",
    "residual": "measured: 3 points more of scar in a screening, see benchmarks/recommended.md",
    "optimizer, learning rate, batch size": "choice: AdamW, one cycle to 2e-3, 16",
    "sampler: batches; epochs": (
        "measured: accuracy still rises at 6,000 steps, see benchmarks/recommended.md"
    ),
    "start": "measured: the largest gain of all, see benchmarks/recommended.md",
    "pathology_threshold": (
        "measured: on patients the likelier is right; the built-in model takes 0.3"
    ),
    "smallest_infarct_percent, smallest_no_reflow_percent": (
        "measured out of fold on EMIDEC: best balance of sensitivity and specificity, see "
        "benchmarks/recommended.md"
    ),
}
RECIPES: dict[str, Row] = {
    "scarmap": Row(
        partial(scarmap), paper="", note="Not a published system; also the built-in model's."
    ),
}

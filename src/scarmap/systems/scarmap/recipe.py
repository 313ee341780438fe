"""The recommended system as a recipe.

Torch is imported when a recipe is built, not when this module is, so that listing recipes is instant.
"""

from dataclasses import replace
from functools import partial
from typing import Literal

from scarmap.datasets.case_files import SEQUENCES
from scarmap.datasets.folds import no_folds, seeded_folds
from scarmap.systems.scarmap.choices import check_ranges, check_sequences, check_start
from scarmap.systems.scarmap.targets import FOUND
from scarmap.training.check import check_choices
from scarmap.training.recipe import Recipe, Row


def scarmap(
    *,
    width: int = 16,
    size: int = 112,
    spacing_mm: float = 1.6,
    views: Literal[1, 8] = 8,
    sequences: tuple[str, ...] = SEQUENCES,
    split: Literal["patients"] | None = "patients",
    start: Literal["builtin"] | None = None,
    pathology_threshold: float = 0.3,
    smallest_infarct_ml: float = 2.0,
) -> Recipe:
    """One light U-Net for any subset of LGE, T2 and bSSFP, trained to see through contrast, resolution and posture.

    The built-in model is this network, trained on synthetic hearts alone.

    Args:
        width: Channels at full resolution.
        size: Side of the window in pixels, a multiple of 16.
        spacing_mm: Pixel size to work at.
        views: 1 to look at a slice as it is, 8 for the mean over its mirrored and turned views.
        sequences: Those that a case may have; each case needs one of them.
        split: "patients" for five seeded folds, None to train on every case.
        start: "builtin" to train the built-in model further, None to begin with random weights.
        pathology_threshold: Share of the wall's probability from which on a pixel is injured, of the injured one's from
            which on it is infarcted, and so on; one half takes the likelier, which in sequences that show little is
            nearly always the healthy one.
        smallest_infarct_ml: A smaller connected part of an infarct is left out of a mask.

    Raises:
        RecipeError: A keyword has an unknown or impossible value.
    """
    check_choices(scarmap, dict(locals()), title="The recipe scarmap")
    check_sequences(sequences)
    check_start(start, width=width, sequences=sequences)
    check_ranges(
        width=width,
        size=size,
        spacing_mm=spacing_mm,
        pathology_threshold=pathology_threshold,
        smallest_infarct_ml=smallest_infarct_ml,
    )
    from scarmap.inference.postprocess import leave_out_small, slices_without_heart
    from scarmap.sampling.preparation import Preparation
    from scarmap.systems.scarmap import illustrate, inference, stages
    from scarmap.systems.scarmap.builtin import about_builtin, take_builtin
    from scarmap.systems.scarmap.intensity import scale_percentiles
    from scarmap.systems.scarmap.network import AnySequenceNetwork
    from scarmap.systems.scarmap.objective import TissueObjective

    stage = stages.segmentation_stage(
        partial(AnySequenceNetwork, sequences=len(sequences), width=width),
        TissueObjective,
        sequences=sequences,
    )
    if start == "builtin":
        stage = replace(stage, initialise=partial(take_builtin, version=about_builtin()["version"]))
    return Recipe(
        system="scarmap",
        layout="scarmap",
        preparation=Preparation(
            sequences,
            size,
            scale_percentiles,
            spacing_mm,
            margin=size // 4,
            optional=True,
            around_heart=True,
        ),
        folds=seeded_folds if split else no_folds,
        stages=(stage,),
        regions=FOUND,
        assemble=partial(inference.assemble, views=views),
        compose=partial(inference.compose, threshold=pathology_threshold),
        finish=partial(
            leave_out_small,
            region="whole_infarct",
            around="edema",
            smallest_ml=smallest_infarct_ml,
            by_part=True,
        ),
        illustrate=partial(illustrate.illustrate, sequences=sequences, sampler=stage.sampler),
        check=slices_without_heart,
        sources=SOURCES,
    )


SOURCES = {
    "width, size, spacing_mm": "choice: under 2 million weights, a window of 179 mm, a study in seconds on a CPU",
    "intensity": "choice: percentiles 1 and 98 of a volume, then mean and deviation of the window",
    "sampler: ranges": "choice: what real series differ by, and more, see docs/scarmap.md",
    "sampler: odds": "choice: LGE twice as often as T2 and bSSFP",
    "optimizer, learning rate, batch size, epochs": "choice: AdamW, one cycle to 2e-3, 8, 100",
    "pathology_threshold": "choice: 0.3, on synthetic studies: Dice is best where less than the likelier is called",
    "smallest_infarct_ml": "choice: 2 ml, on synthetic studies with and without an infarct",
}
RECIPES: dict[str, Row] = {
    "scarmap": Row(partial(scarmap), paper="", note="Not a published system; also the built-in model's."),
}

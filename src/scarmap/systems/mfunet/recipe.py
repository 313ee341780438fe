"""MFU-Net as a recipe, and every row of the paper's tables.

Torch is imported when a recipe is built, not when this module is, so that listing recipes is
instant.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from functools import partial
from typing import TYPE_CHECKING, Any, Literal

from scarmap.datasets.folds import contiguous_folds, no_folds, seeded_folds
from scarmap.recipes.recipe import Recipe, Row, Stage
from scarmap.recipes.settings import check_choices, check_sequences
from scarmap.systems.mfunet.choices import check_auxiliary, check_ranges, head_losses
from scarmap.systems.mfunet.sources import SOURCES

if TYPE_CHECKING:
    from scarmap.sampling.preparation import Preparation


@dataclass(frozen=True)
class Targets:
    """What a layout lets MFU-Net learn, and the window that holds its hearts.

    Attributes:
        anatomy: Regions of the anatomy head.
        pathologies: Region of each pathology head.
        size: Side of the published window in pixels.
        modern_size: Side of the modern schedule's window.
        modern_spacing_mm: Pixel size that the modern schedule works at; None keeps the images' own.
    """

    anatomy: tuple[str, ...]
    pathologies: tuple[str, ...]
    size: int
    modern_size: int
    modern_spacing_mm: float | None


_TARGETS: Mapping[str, Targets] = {
    "myops2020": Targets(
        ("whole_myocardium", "lv_pool", "rv_pool"), ("scar", "edema"), 288, 192, 1.0
    ),
    "emidec": Targets(("whole_myocardium", "lv_pool"), ("whole_infarct", "mvo"), 192, 128, None),
}


def mfunet(
    *,
    fusion: Literal["max", "concatenation"] = "max",
    attention: bool = True,
    resampling: bool = True,
    backbone: Literal["residual", "dilation", "side", "plain"] = "residual",
    width: int = 64,
    schedule: Literal["published", "alternating", "modern"] = "published",
    pretraining: bool = False,
    folds: Literal["five", "seeded", "none"] = "five",
    postprocessing: Literal["cross-validation", "challenge"] = "cross-validation",
    sequences: tuple[str, ...] = ("LGE", "T2", "bSSFP"),
    layout: Literal["myops2020", "emidec"] = "myops2020",
    size: int | None = None,
    spacing_mm: float | None = None,
    attention_variant: Literal["paper", "figure", "released"] = "paper",
    loss: Literal["paper", "released", "balanced", "dice-cross-entropy"] | None = None,
    weights: tuple[float, float, float] | None = None,
    beta: float | None = None,
    focal_scale: float = 1.0,
    outside_penalty: float = 0.0,
    auxiliary_weight: float = 0.0,
) -> Recipe:
    """Max-Fusion U-Net.

    Source: Jiang et al., "Max-Fusion U-Net for Multi-Modal Pathology Segmentation with Attention
        and Dynamic Resampling", MyoPS 2020. The defaults are row 1 of Table 1.
    Differs: the losses, see `loss`; then each part's own docstring, and `Recipe.sources` for every
        constant.
        `backbone="plain"`, `loss="released"`, `attention_variant="released"`, `outside_penalty=0.5`
        and `auxiliary_weight=0.2` come close to the released code.

    Args:
        fusion: Table 1's "max": whether the maximum over sequences joins the concatenated skips.
        attention: Table 1's "attention": spatial attention after the decoder.
        resampling: Table 1's "resample": patches of dynamic size instead of full slices.
        backbone: Table 2's backbone.
        width: Channels at full resolution; 16 trains on a laptop.
        schedule: "published" trains as for Tables 1 and 2, "alternating" as for Table 3 (phased
            cross-validation, then fine-tuning on all), "modern" the same network with what works
            today, see `modern_stage`.
        pretraining: Pre-train encoders and bottleneck by reconstruction, as the paper's text says;
            the released scripts of the tables do not.
        folds: "five" as the paper splits MyoPS, "seeded" for five random folds, "none" to train on
            every case.
        postprocessing: The clean-up of the cross-validation or of the challenge submission.
        sequences: Any subset, in the order of the encoders.
        layout: Labels to learn; "emidec" has an infarct head (no-reflow included) and a no-reflow
            head.
        size: Side of the window in pixels, a multiple of 16; None takes the schedule's own for the
            layout.
        spacing_mm: Pixel size to work at; None takes the schedule's own, which as published is the
            images'.
        attention_variant: "paper" as the text has it, "figure" as Fig. 4 draws it, which is
            something else, "released" for the released code's.
        loss: How the losses are read, see `losses`: "balanced", the reading nearest to the text
            that learns to leave healthy pixels alone; "paper" as printed, which does not;
            "released" as the code has them. None takes the schedule's own, "balanced" as published
            and "dice-cross-entropy" for the modern one.
        weights: Loss weights of anatomy and the two pathologies; None takes the loss's own: 1, 3, 5
            as published (4. Experiments; the weight of edema is printed as a second one of
            anatomy), 1, 3, 7 as released, 1, 1, 1 for Dice and cross-entropy.
        beta: Weight of false negatives in the Tversky loss; None takes the loss's own, 0.7, or 0.3
            as released.
        focal_scale: Factor on the focal losses.
        outside_penalty: Weight of pathology outside the predicted wall (released code only).
        auxiliary_weight: Weight of the cross-entropy on the attention's maps (released attention
            only).

    Raises:
        RecipeError: A keyword has an unknown value.
    """
    check_choices(mfunet, dict(locals()), title="MFU-Net")
    check_sequences(sequences, title="MFU-Net")
    positive = (*(weights or ()), focal_scale, outside_penalty, auxiliary_weight)
    check_ranges(width=width, size=size, spacing_mm=spacing_mm, beta=beta, positive=positive)
    check_auxiliary(auxiliary_weight, attention=attention, attention_variant=attention_variant)
    from scarmap.systems.mfunet import illustrate, inference, postprocess, stages
    from scarmap.systems.mfunet.network import MFUNet
    from scarmap.systems.mfunet.objective import MFUNetObjective

    targets = _TARGETS[layout]
    regions = (*targets.anatomy, *targets.pathologies)
    architecture: dict[str, Any] = {
        "sequences": len(sequences),
        "width": width,
        "fusion": fusion,
        "backbone": backbone,
    }
    network = partial(
        MFUNet,
        **architecture,
        anatomy=len(targets.anatomy) + 1,
        pathologies=len(targets.pathologies),
        attention=attention,
        attention_variant=attention_variant,
    )
    objective = partial(
        MFUNetObjective,
        anatomy=targets.anatomy,
        pathologies=targets.pathologies,
        **head_losses(schedule, loss, weights, beta),
        focal_scale=focal_scale,
        outside_penalty=outside_penalty,
        auxiliary_weight=auxiliary_weight,
    )
    make_stage = stages.STAGES[schedule]
    segment = make_stage(network, objective, resampling=resampling, regions=regions)
    compose = {
        "challenge": postprocess.compose_challenge,
        "cross-validation": postprocess.compose_cross_validation,
    }[postprocessing]
    return Recipe(
        system="mfunet",
        layout=layout,
        preparation=_preparation(schedule, sequences, targets, size=size, spacing_mm=spacing_mm),
        folds={"five": contiguous_folds, "seeded": seeded_folds, "none": no_folds}[folds],
        stages=_pretrained(segment, architecture) if pretraining else (segment,),
        regions=regions,
        assemble=partial(inference.assemble, views=8 if schedule == "modern" else 1),
        compose=partial(compose, regions=regions),
        illustrate=partial(illustrate.illustrate, sequences=sequences, regions=regions),
        sources=SOURCES,
    )


def _preparation(
    schedule: str,
    sequences: tuple[str, ...],
    targets: Targets,
    *,
    size: int | None,
    spacing_mm: float | None,
) -> "Preparation":
    from scarmap.systems.mfunet import stages

    if schedule != "modern":
        return stages.published_preparation(sequences, size or targets.size, spacing_mm)
    spacing_mm = spacing_mm or targets.modern_spacing_mm
    return stages.modern_preparation(sequences, size or targets.modern_size, spacing_mm)


def _pretrained(segment: Stage, architecture: dict[str, Any]) -> tuple[Stage, ...]:
    from scarmap.systems.mfunet import stages

    reconstruct = stages.pretraining_stage(**architecture)
    start = stages.start_from_reconstruction
    return reconstruct, replace(segment, inputs=(reconstruct.name,), initialise=start)


_COLUMNS = ("whole_myocardium", "lv_pool", "rv_pool", "scar", "edema", "average_pathology")


def _table_row(
    recipe: Callable[..., Recipe], table: str, published: str, also_tables: tuple[str, ...] = ()
) -> Row:
    """A row of Table 1 or 2: the six columns as "mean sd" pairs in percent."""
    numbers = [float(number) for number in published.split()]
    pairs = zip(numbers[::2], numbers[1::2], strict=True)
    return Row(
        recipe,
        "mfunet",
        table,
        dict(zip(_COLUMNS, pairs, strict=True)),
        "mfunet_slicewise",
        _FIVE_FOLD,
        also_tables=also_tables,
    )


_FIVE_FOLD = (
    "Five-fold cross-validation on the 25 training cases. 'average_pathology' is one Dice over the "
    "stacked scar and edema masks, as the released code computes it, not the mean of the two "
    "columns."
)
_TEST_SET = (
    "Measured by the organisers on 20 test cases whose labels are not public; "
    "not reproducible here."
)
_PLAIN = partial(mfunet, fusion="concatenation", attention=False, resampling=False)
_SUBMISSION = partial(
    mfunet, schedule="alternating", pretraining=True, folds="none", postprocessing="challenge"
)

RECIPES: dict[str, Row] = {
    "mfunet": _table_row(
        partial(mfunet),
        "1",
        "84.3 7.9 87.5 7.1 78.5 14.2 53.0 20.5 28.7 13.9 44.9 13.9",
        also_tables=("2",),
    ),
    "mfunet/no-max": _table_row(
        partial(mfunet, fusion="concatenation"),
        "1",
        "85.2 8.1 86.8 10.6 78.7 14.0 52.1 20.4 29.4 12.4 42.9 14.0",
    ),
    "mfunet/no-attention": _table_row(
        partial(mfunet, attention=False),
        "1",
        "84.2 6.9 86.9 7.5 76.7 13.7 46.1 21.1 28.1 14.3 41.0 14.1",
    ),
    "mfunet/no-resampling": _table_row(
        partial(mfunet, resampling=False),
        "1",
        "84.5 5.3 87.1 6.4 74.9 18.7 49.4 20.4 29.4 17.9 42.8 15.5",
    ),
    "mfunet/resampling-only": _table_row(
        partial(_PLAIN, resampling=True),
        "1",
        "81.1 7.8 84.2 8.0 67.2 17.2 50.2 17.8 19.3 13.0 37.5 16.8",
    ),
    "mfunet/attention-only": _table_row(
        partial(_PLAIN, attention=True),
        "1",
        "85.2 4.1 86.1 9.4 75.7 18.6 52.6 19.4 28.7 17.1 43.6 15.4",
    ),
    "mfunet/max-only": _table_row(
        partial(_PLAIN, fusion="max"),
        "1",
        "82.3 7.9 82.3 8.9 68.2 16.5 48.0 25.4 22.8 15.9 36.1 18.5",
    ),
    "mfunet/concatenation-only": _table_row(
        _PLAIN, "1", "81.6 6.5 84.1 8.0 67.5 15.5 42.8 21.7 20.6 16.6 34.8 17.7"
    ),
    "mfunet/dilation": _table_row(
        partial(mfunet, backbone="dilation"),
        "2",
        "80.5 4.3 85.3 6.3 44.3 33.8 55.1 18.7 23.1 13.9 43.7 14.0",
    ),
    "mfunet/side": _table_row(
        partial(mfunet, backbone="side"),
        "2",
        "76.3 10.3 65.0 18.6 40.5 39.4 52.1 21.1 29.7 11.8 45.0 16.0",
    ),
    "mfunet/submission-dilation": Row(
        partial(_SUBMISSION, backbone="dilation"),
        "mfunet",
        "3",
        {"scar": (58.4, 26.3), "scar_and_edema": (61.4, 17.8)},
        "case3d",
        _TEST_SET,
    ),
    "mfunet/submission-side": Row(
        partial(_SUBMISSION, backbone="side"),
        "mfunet",
        "3",
        {"scar": (57.0, 28.7), "scar_and_edema": (60.3, 18.1)},
        "case3d",
        _TEST_SET,
    ),
}

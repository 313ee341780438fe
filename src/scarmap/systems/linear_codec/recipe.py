"""The linear codec as a recipe, and every row of the paper's table.

Torch is imported when a recipe is built, not when this module is, so that listing recipes is
instant.
"""

from collections.abc import Callable, Mapping, Sequence
from functools import partial
from typing import Any, Literal

from scarmap.datasets.folds import Fold, contiguous_folds, no_folds, seeded_folds
from scarmap.errors import RecipeError, suggest
from scarmap.recipes.recipe import Recipe, Row
from scarmap.recipes.settings import check_settings

NETWORKS = ("unet", "mask-rcnn", "unetpp")
_COPIES = 40
_LEAKY_COPIES = 32
"""Copies of each slice that are trained on: all, or the first 80 % of the unshuffled set."""

_OWN_SPACING_MM = 0.75
"""Pixel size, about, of the images that the published window and warp are made for."""

_WARP_PX = 5.0
_MARGIN = 8
"""Pixels beyond the window for warps to draw from."""


def linear_codec(
    *,
    codec: bool = True,
    members: tuple[str, ...] = ("unet", "mask-rcnn", "unetpp"),
    swap_lge_t2: bool = False,
    width: int = 16,
    unetpp_width: int | None = None,
    maskrcnn_size: int | None = None,
    maskrcnn_width: int | None = None,
    maskrcnn_backbone: Literal["resnet50", "resnet18"] = "resnet50",
    schedule: Literal["published", "modern"] = "published",
    augmentation: Literal["on-the-fly", "published-set", "strong"] = "on-the-fly",
    leaky_split: bool = False,
    folds: Literal["five", "seeded", "none"] = "five",
    size: int = 256,
    spacing_mm: float | None = None,
) -> Recipe:
    """Linear encoder and decoder around one network per problem, three networks for the pathology.

    Source: Zhang, Noga and Punithakumar, "Fully Automated Deep Learning Based Segmentation of
        Normal, Infarcted and Edema Regions from Multiple Cardiac MRI Sequences", MyoPS 2020. The
        defaults are the last row of Table 1.
    Differs: see each part's own docstring, and `Recipe.sources` for every constant.

    Args:
        codec: Whether problems are encoded and decoded; without, each tissue is learned on all
            three sequences.
        members: Networks whose maps are averaged for the pathology; the anatomy is the U-Net's
            alone.
        swap_lge_t2: Show T2 to the networks of edema and scar together and LGE to those of scar,
            which is what each sequence is acquired for; as published it is the other way round.
        width: Channels of the U-Nets at full resolution; 8 trains on two cores.
        unetpp_width: Channels of U-Net++ at full resolution; None takes twice `width`, as
            published.
        maskrcnn_size: Side in pixels at which Mask R-CNN works; None takes the window's.
        maskrcnn_width: Channels of Mask R-CNN's pyramid; None takes 16 times `width`, as published.
        maskrcnn_backbone: Residual network below Mask R-CNN.
        schedule: "published", or "modern" with what works today, see `stages.modernised`.
        augmentation: "on-the-fly" draws anew what "published-set" draws once, 40 copies of each
            slice an epoch; "strong" is what the other systems' modern schedules draw, each slice
            once an epoch, with predictions averaged over eight views.
        leaky_split: Train and validate on the same patients, as the published split does, on 32
            copies of each slice; its scores say nothing about new patients. Under "modern", on the
            fly, one copy is drawn an epoch.
        folds: "five" as the other systems split MyoPS, "seeded" for five random folds, "none" to
            train on every case.
        size: Side of the window in pixels, a multiple of 32.
        spacing_mm: Pixel size to work at; None keeps the images' own, as published, and takes the
            median of the training cases for images that differ by over 10 %. 128 pixels of 1.5 mm
            show the same at a quarter of the cost.

    Raises:
        RecipeError: A keyword has an unknown value, or two do not go together.
    """
    check_settings(linear_codec, dict(locals()))
    _check_members(members)
    # width 0 stays 0 in every network, so that the check finds it
    unetpp_width, maskrcnn_width = unetpp_width or 2 * width, maskrcnn_width or 16 * width
    maskrcnn_size = size if maskrcnn_size is None else maskrcnn_size
    narrowest = min(width, unetpp_width // 2, maskrcnn_width)
    _check_sizes(narrowest, size=size, maskrcnn_size=maskrcnn_size, spacing_mm=spacing_mm)
    _check_split(leaky_split=leaky_split, folds=folds, augmentation=augmentation)
    _check_codec(codec=codec, swap_lge_t2=swap_lge_t2)
    from scarmap.inference.postprocess import slices_without_heart
    from scarmap.sampling.preparation import Preparation
    from scarmap.systems.linear_codec import illustrate, inference, maskrcnn, postprocess, stages
    from scarmap.systems.linear_codec.codec import SEQUENCES, class_problems, coded_problems
    from scarmap.systems.linear_codec.stages import SCALED

    problems, compose = class_problems(), postprocess.compose_classes
    if codec:
        problems, compose = coded_problems(swap_lge_t2=swap_lge_t2), postprocess.compose_coded
    # turned by any angle, a window needs a wider margin, and turned views are worth averaging
    margin, views = (size // 6, 8) if augmentation == "strong" else (_MARGIN, 1)
    copies, split = (_LEAKY_COPIES, same_cases) if leaky_split else (_COPIES, _FOLDS[folds])
    regions = tuple(problem.region for problem in problems)
    detector = {"size": maskrcnn_size, "width": maskrcnn_width, "backbone": maskrcnn_backbone}
    training = stages.Training(
        schedule=schedule,
        augmentation=augmentation,
        copies=copies,
        warp_px=_warp_px(spacing_mm),
    )
    seen: dict[str, Any] = {"problems": problems, "members": members}
    return Recipe(
        system="linear_codec",
        layout="myops2020",
        preparation=Preparation(SEQUENCES, size, SCALED, spacing_mm, margin=margin),
        folds=split,
        stages=stages.all_stages(
            **seen,
            widths=stages.Widths(width, unetpp_width, detector),
            training=training,
        ),
        regions=regions,
        assemble=partial(inference.assemble, **seen, views=views),
        compose=partial(compose, regions=regions),
        illustrate=partial(
            illustrate.illustrate, **seen, compose=partial(compose, regions=regions)
        ),
        check=slices_without_heart,
        sources={**SOURCES, **maskrcnn.SOURCES},
    )


def _warp_px(spacing_mm: float | None) -> float:
    return _WARP_PX if spacing_mm is None else _WARP_PX * _OWN_SPACING_MM / spacing_mm


def same_cases(cases: Sequence[str]) -> tuple[Fold, ...]:
    """One fold that trains and validates on the same cases.

    Source: linear codec, released code: the first 80 % of (version, patient, slice), not shuffled,
        are trained on, so that the versions that are validated are warps of the same slices.
    Differs: the slices themselves are validated, not versions 32 to 39 of them.

    Args:
        cases: Case names in any order.
    """
    names = tuple(sorted(cases))
    return (Fold(names, names),)


_FOLDS = {"five": contiguous_folds, "seeded": seeded_folds, "none": no_folds}


def _check_members(members: tuple[str, ...]) -> None:
    """Raise RecipeError unless some of the three networks are named, each once."""
    for member in members:
        if member not in NETWORKS:
            raise RecipeError(
                f"The linear codec's members cannot be {member!r}. {suggest(member, NETWORKS)}"
            )
    if not members or len(set(members)) < len(members):
        raise RecipeError(
            f"The linear codec's members are {members!r}; name at least one, each once: "
            "members=unet,mask-rcnn,unetpp."
        )


def _check_sizes(
    narrowest: int, *, size: int, maskrcnn_size: int, spacing_mm: float | None
) -> None:
    """Raise RecipeError for numbers that no network or window can have."""
    if narrowest < 1:
        raise RecipeError(
            "The linear codec's width and maskrcnn_width must be 1 or more and unetpp_width 2 or "
            "more; width is 16 as published, 8 on two cores."
        )
    if size < 32 or size % 32:
        raise RecipeError(
            f"The linear codec's size is {size}; the window's side must be a multiple of 32."
        )
    if maskrcnn_size < 32:
        raise RecipeError(
            f"The linear codec's maskrcnn_size is {maskrcnn_size}; it must be 32 pixels or more."
        )
    if spacing_mm is not None and not 0.1 <= spacing_mm <= 10:
        raise RecipeError(
            f"The linear codec's spacing_mm is {spacing_mm:g}; a pixel has between 0.1 and 10 mm."
        )


def _check_codec(*, codec: bool, swap_lge_t2: bool) -> None:
    """Raise RecipeError where sequences are to be swapped that nothing assigns."""
    if swap_lge_t2 and not codec:
        raise RecipeError(
            "swap_lge_t2 swaps the sequences that the encoder gives to the problems, and "
            "codec=False has no encoder: every network sees all three sequences. Leave one out."
        )


def _check_split(*, leaky_split: bool, folds: str, augmentation: str) -> None:
    """Raise RecipeError for two splits at once, or a split of copies where there are none."""
    if leaky_split and augmentation == "strong":
        raise RecipeError(
            "leaky_split trains on 32 of the 40 copies of each slice, and augmentation='strong' "
            "makes no copies. Use augmentation=published-set, or leave leaky_split out."
        )
    if leaky_split and folds != "five":
        raise RecipeError(
            f"leaky_split trains and validates on all patients at once, and folds={folds!r} splits "
            "them. Leave one out."
        )


SOURCES = {
    "codec": "paper, Table 1, and section 2.3",
    "members": "paper, section 2.4",
    "schedule": "published: paper, section 3.2; modern: choice",
    "swap_lge_t2": "paper, section 2.3, and released code: LGE for edema and scar, T2 for scar",
    "size": "paper, section 2.1: 256 x 256",
    "spacing_mm": (
        "paper, section 2.1: the images' own; choice: the median where one differs by over 10 %"
    ),
    "intensity": "paper, section 2.2: percentiles 5 and 95 of a slice; clipping: released code",
    "augmentation: nodes, warp_px": (
        "paper, section 2.1: 8 x 8 nodes, 5 pixels; scaled with spacing_mm: choice"
    ),
    "augmentation: copies": (
        "paper, section 2.1: 20 versions, each again turned; released code: one is the original; "
        "drawn anew in every epoch: choice, published-set keeps them"
    ),
    "width": "paper, Fig. 2: 16 to 128 channels",
    "unetpp_width": "released code: 32, twice the U-Net's",
    "maskrcnn_backbone": "paper, section 2.4: ResNet50",
    "maskrcnn_size": "choice: the window's; the released code enlarges to 1024",
    "maskrcnn_width": "Matterport's default: 256",
    "learning rates, batch sizes": (
        "paper, section 2.4: Adam at 1e-5, 8 slices; Mask R-CNN: Adam at 1e-3, 2 slices"
    ),
    "epochs": "paper, section 3.2: 500, the best of the validation kept",
    "mask-rcnn: steps of an epoch, gradient_clip": "released code: 100, 5",
    "loss": "paper, section 2.4: negative Dice; one pixel of smoothing: released code",
    "threshold": "paper, sections 2.4 and 2.6: one half",
    "post-processing": "paper, section 2.5; which holes are filled: released code",
    "order of writing": "released code: LV pool, RV pool, normal myocardium, edema, scar",
    "folds, leaky_split": "choice: by patient; leaky_split is the released code's split",
    "modern: learning rates, epochs, batch size": "choice",
}
_NOTE = (
    "Measured by the organisers on 20 test cases whose labels are not public. "
    "Columns: scar, and scar and edema as one."
)


def _table_row(
    recipe: Callable[..., Recipe],
    dice: Mapping[str, tuple[float, float]],
    jaccard: Mapping[str, tuple[float, float]],
    note: str = "",
) -> Row:
    """A row of Table 1."""
    return Row(recipe, "linear-codec", "1", dice, "case3d", _NOTE + note, {"jaccard": jaccard})


_UNCODED = (
    " What this row learns is thinly described: here each tissue by itself, seen on all three "
    "sequences."
)
RECIPES: dict[str, Row] = {
    "linear-codec/unet": _table_row(
        partial(linear_codec, codec=False, members=("unet",)),
        {"scar": (36.2, 23.2), "scar_and_edema": (43.2, 16.0)},
        {"scar": (24.5, 18.1), "scar_and_edema": (28.8, 13.1)},
        _UNCODED,
    ),
    "linear-codec/no-codec": _table_row(
        partial(linear_codec, codec=False),
        {"scar": (38.5, 24.3), "scar_and_edema": (54.2, 17.1)},
        {"scar": (26.5, 18.9), "scar_and_edema": (38.9, 15.0)},
        _UNCODED,
    ),
    "linear-codec": _table_row(
        partial(linear_codec),
        {"scar": (46.8, 26.8), "scar_and_edema": (55.7, 18.3)},
        {"scar": (34.2, 22.2), "scar_and_edema": (40.5, 16.3)},
    ),
}

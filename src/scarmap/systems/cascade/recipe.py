"""The cascade as a recipe, and every row of the paper's tables.

Torch is imported when a recipe is built, not when this module is, so that listing recipes is
instant.
"""

from functools import partial
from typing import Any, Literal

from scarmap.datasets.folds import contiguous_folds, no_folds, seeded_folds
from scarmap.errors import RecipeError
from scarmap.recipes.recipe import Recipe, Row, Stage
from scarmap.recipes.settings import check_choices

_SEQUENCES = ("bSSFP", "LGE", "T2")
_SIZE = 128
_MARGIN = 21
"""Pixels beyond the window for rotations to draw from."""


def cascade(
    *,
    denoiser: bool = True,
    gate: Literal["segmentation", "denoised"] = "segmentation",
    fusion: Literal["channel-attention", "sum-product-max", "concatenation"] = "channel-attention",
    anatomy: Literal["assn", "unet-bssfp"] = "assn",
    pathology: Literal["prsn", "unet-edema", "unet-scar", "fusion-unet"] | None = "prsn",
    output: Literal["main", "T2", "LGE"] = "main",
    width: int = 32,
    schedule: Literal["published", "modern"] = "published",
    folds: Literal["five", "seeded", "none"] = "five",
    beta: float = 0.2,
    weights: tuple[float, float, float] = (0.3, 0.5, 0.5),
    spacing_mm: float = 1.5,
    code: int = 256,
) -> Recipe:
    """Anatomy network with a denoising auto-encoder (ASSN, DAE), then a pathology network (PRSN).

    Source: Zhang et al., "Multi-Modality Pathology Segmentation Framework: Application to Cardiac
        Magnetic Resonance Images", MyoPS 2020: ASSN, DAE and PRSN. The defaults are the last row of
        Table 2.
    Differs: see each part's own docstring, and `Recipe.sources` for every constant.

    Args:
        denoiser: Table 1's DAE: whether the auto-encoder takes part in the anatomy network's loss.
        gate: Whose output ends the candidate images, the anatomy network's or the auto-encoder's.
        fusion: The main branch's fusion blocks; "sum-product-max" is Table 2's MFB.
        anatomy: The anatomy network, or Table 1's U-Net on bSSFP alone.
        pathology: The pathology network, or one of Table 2's single U-Nets; None trains the anatomy
            only (Table 1).
        output: Which of the pathology network's outputs is written; does not change the training.
        width: Channels at full resolution; 16 trains on two cores in an evening.
        schedule: "published", or "modern" with what works today, see `stages.training`.
        folds: "five" as the other systems split MyoPS, "seeded" for five random folds, "none" to
            train on every case.
        beta: Weight of the Dice loss of the auto-encoder's reconstruction.
        weights: Weights of the losses of bSSFP, LGE and T2 beside the main branch's.
        spacing_mm: Pixel size to work at; the window has 128 pixels.
        code: Numbers that the auto-encoder reduces a mask to.

    Raises:
        RecipeError: A keyword has an unknown value, or two do not go together.
    """
    check_choices(cascade, dict(locals()), title="The cascade")
    _check_combination(denoiser=denoiser, gate=gate, pathology=pathology, output=output)
    _check_ranges(width=width, spacing_mm=spacing_mm, beta=beta, weights=weights, code=code)
    from scarmap.inference.postprocess import slices_without_heart
    from scarmap.sampling.preparation import Preparation
    from scarmap.systems.cascade import corruption, illustrate, inference, postprocess, stages
    from scarmap.systems.cascade.pathology import NESTED
    from scarmap.systems.cascade.stages import SCALED

    block: dict[str, Any] = {"width": width, "fusion": fusion, "weights": weights, "gate": gate}
    shape = stages.denoiser_stage(size=_SIZE, code=code, schedule=schedule) if denoiser else None
    trained = _anatomy_stages(anatomy, width, beta, schedule, shape)
    regions: tuple[str, ...] = ("lv_epicardium",)
    written: str | None = None
    if pathology is not None:
        trained.append(stages.pathology_stage(pathology, **block, schedule=schedule))
        written = output if pathology == "prsn" else stages.SINGLES[pathology][1]
        regions = (*regions, *NESTED[written])
    alone = pathology is None and anatomy == "unet-bssfp"
    sequences = _SEQUENCES[:1] if alone else _SEQUENCES
    return Recipe(
        system="cascade",
        layout="myops2020",
        preparation=Preparation(sequences, _SIZE, SCALED, spacing_mm, margin=_MARGIN),
        folds={"five": contiguous_folds, "seeded": seeded_folds, "none": no_folds}[folds],
        stages=tuple(trained),
        regions=regions,
        assemble=partial(
            inference.assemble, output=written, gate=gate, views=8 if schedule == "modern" else 1
        ),
        compose=partial(postprocess.compose, regions=regions),
        illustrate=partial(illustrate.illustrate, sequences=sequences, gate=gate),
        check=slices_without_heart,
        sources={**SOURCES, **corruption.SOURCES},
    )


def _anatomy_stages(
    anatomy: str, width: int, beta: float, schedule: str, denoiser: Stage | None
) -> list[Stage]:
    """The anatomy network, after the auto-encoder where there is one."""
    from scarmap.systems.cascade import stages

    seen = (0,) if anatomy == "unet-bssfp" else (0, 1, 2)
    weight = beta if denoiser else 0.0
    network = stages.anatomy_stage(sequences=seen, width=width, beta=weight, schedule=schedule)
    return [denoiser, network] if denoiser else [network]


def _check_combination(*, denoiser: bool, gate: str, pathology: str | None, output: str) -> None:
    """Raise RecipeError where two keywords do not go together."""
    if gate == "denoised" and not denoiser:
        raise RecipeError(
            "gate='denoised' needs the auto-encoder. Set denoiser=True, or gate='segmentation'."
        )
    if output != "main" and pathology != "prsn":
        raise RecipeError(
            f"output={output!r} is a side output of pathology='prsn', and pathology is "
            f"{pathology!r}, which has one output only. Leave output out."
        )


def _check_ranges(
    *, width: int, spacing_mm: float, beta: float, weights: tuple[float, ...], code: int
) -> None:
    """Raise RecipeError where a number is out of its range."""
    if code < 1:
        raise RecipeError(f"The cascade's code is {code}; it must be 1 or more, 256 by default.")
    if width < 1 or spacing_mm <= 0:
        raise RecipeError(
            f"The cascade's width and spacing_mm must be positive; they are {width} and "
            f"{spacing_mm}."
        )
    if beta < 0 or len(weights) != 3 or min(weights) < 0:
        raise RecipeError(
            f"The cascade's beta and its three weights must not be negative; they are {beta} and "
            f"{weights}."
        )


SOURCES = {
    "denoiser, anatomy": "paper, Table 1",
    "pathology, fusion, output": "paper, Table 2",
    "gate": "paper, section 2.1, Eq. 2 to 4; denoised: the prose beside them",
    "schedule": "published: the paper's, as far as it goes; modern: choice",
    "size": "paper, section 3.2: 128 x 128",
    "spacing_mm": (
        "choice: 256 pixels of the data set's 0.75 mm around the image's centre, resized to 128"
    ),
    "intensity": "choice: the paper is silent",
    "beta": "paper, section 3.2: 0.2",
    "weights": "paper, section 3.2: bSSFP 0.3, LGE 0.5, T2 0.5",
    "optimizer": "paper, section 3.2: Adam; modern: choice",
    "learning rates, batch size, epochs": "choice: the paper is silent",
    "augmentation": "loader of the group's later released code; modern: choice",
    "width": "choice: the paper is silent",
    "denoiser: layers": "choice: four strided convolutions of 16 to 128 channels, and back",
    "code": "choice: 256 numbers; the paper says 'lower-dimension'",
    "anatomy: threshold of the gate": "choice: one half",
    "pathology: training gates": (
        "choice: half gold masks grown by up to 3 pixels either way, half the network's"
    ),
    "pathology: targets": (
        "paper, Fig. 3; edema on T2 includes scar, normal myocardium on LGE includes edema: choice"
    ),
    "pathology: reduction": "choice: 4, as in the group's later released code",
    "folds": "choice: the paper draws 20 training and 5 validation cases at random",
}
_TABLE_1 = (
    "LV epicardial region: blood pool, wall and pathology together. Published on 5 validation "
    "cases drawn from the 25; the Hausdorff distance's kind is not stated, here it is the largest "
    "3D distance of a case in mm. The masks of this row hold the region as blood pool; only "
    "lv_epicardium means anything."
)
_TABLE_2 = "Measured by the organisers on 20 test cases whose labels are not public. "
_PATHOLOGY = _TABLE_2 + "Columns: scar, and scar and edema together."
_SCAR = _TABLE_2 + "Column: scar. Edema counts as normal myocardium."
_EDEMA = (
    _TABLE_2
    + "Column 'edema', printed so for the networks on T2 alone. The text says that scar and scar + "
    "edema were evaluated, so the figure stands beside scar_and_edema; whether it is that, or "
    "edema alone, is not certain. This network learns both together; the mask writes them as edema."
)


def _anatomy_row(recipe: Any, dice: tuple[float, float], hausdorff_mm: tuple[float, float]) -> Row:
    """A row of Table 1."""
    region = "lv_epicardium"
    return Row(
        recipe,
        "cascade",
        "1",
        {region: dice},
        "case3d",
        _TABLE_1,
        {"hausdorff_mm": {region: hausdorff_mm}},
    )


def _pathology_row(recipe: Any, note: str, **published: tuple[float, float]) -> Row:
    """A row of Table 2."""
    return Row(recipe, "cascade", "2", published, "case3d", note)


_ANATOMY = partial(cascade, pathology=None)

RECIPES: dict[str, Row] = {
    "cascade/unet-bssfp": _anatomy_row(
        partial(_ANATOMY, anatomy="unet-bssfp", denoiser=False), (93.77, 2.55), (10.72, 9.02)
    ),
    "cascade/anatomy-no-denoiser": _anatomy_row(
        partial(_ANATOMY, denoiser=False), (96.21, 3.28), (8.25, 9.06)
    ),
    "cascade/anatomy": _anatomy_row(_ANATOMY, (96.99, 1.49), (3.04, 0.76)),
    "cascade/unet-edema": _pathology_row(
        partial(cascade, pathology="unet-edema"), _EDEMA, scar_and_edema=(61.42, 11.86)
    ),
    "cascade/unet-scar": _pathology_row(
        partial(cascade, pathology="unet-scar"), _SCAR, scar=(56.38, 23.36)
    ),
    "cascade/branch-t2": _pathology_row(
        partial(cascade, output="T2"), _EDEMA, scar_and_edema=(64.37, 11.25)
    ),
    "cascade/branch-lge": _pathology_row(
        partial(cascade, output="LGE"), _SCAR, scar=(55.65, 24.97)
    ),
    "cascade/fusion-unet": _pathology_row(
        partial(cascade, pathology="fusion-unet"),
        _PATHOLOGY,
        scar=(57.50, 23.09),
        scar_and_edema=(66.61, 12.79),
    ),
    "cascade/sum-product-max": _pathology_row(
        partial(cascade, fusion="sum-product-max"),
        _PATHOLOGY,
        scar=(59.56, 25.18),
        scar_and_edema=(68.59, 12.33),
    ),
    "cascade": _pathology_row(
        partial(cascade), _PATHOLOGY, scar=(64.09, 25.96), scar_and_edema=(70.24, 12.98)
    ),
}

"""The anatomy prior as a recipe, and every row of the paper's table.

Torch is imported when a recipe is built, not when this module is, so that listing recipes is
instant.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from functools import partial
from typing import TYPE_CHECKING, Literal

from scarmap.datasets.folds import Fold, no_folds, seeded_folds
from scarmap.recipes.recipe import Recipe, Row
from scarmap.recipes.settings import check_choices, check_sequences
from scarmap.systems.anatomy_prior.choices import PENALTY_WEIGHT, check_penalty, check_ranges

if TYPE_CHECKING:
    from scarmap.sampling.preparation import Preparation


@dataclass(frozen=True)
class Window:
    """What is looked at in a layout's images.

    Attributes:
        sequences: All that the layout has.
        size: Side of the published schedule's window in pixels.
        modern_size: Side of the modern schedule's window.
        modern_spacing_mm: Pixel size that the modern schedule works at; None keeps the images' own.
    """

    sequences: tuple[str, ...]
    size: int
    modern_size: int
    modern_spacing_mm: float | None


_WINDOWS: Mapping[str, Window] = {
    "emidec": Window(("LGE",), 192, 128, None),
    "myops2020": Window(("LGE", "T2", "bSSFP"), 288, 192, 1.0),
}
_SMALLEST_INFARCT_ML = 2.0
"""A choice for the modern schedule: a network finds some infarct in healthy patients too."""


def anatomy_prior(
    *,
    attention: bool = True,
    class_weights: Literal["learned", "balanced", "softmax", "inverse-frequency"]
    | None = "learned",
    penalty: bool = True,
    mixup: bool = True,
    width: int = 32,
    schedule: Literal["published", "modern"] = "published",
    split: Literal["patients", "slices", "none"] = "patients",
    layout: Literal["emidec", "myops2020"] = "emidec",
    sequences: tuple[str, ...] = (),
    size: int | None = None,
    spacing_mm: float | None = None,
    penalty_weight: float = PENALTY_WEIGHT,
    literal_penalty: bool = False,
    smallest_infarct_ml: float | None = None,
) -> Recipe:
    """Attention U-Net with pathology mix-up, learned label weights and a neighbourhood penalty.

    Source: Zhou et al., "Anatomy Prior Based U-net for Pathology Segmentation with Attention",
        STACOM 2020 (EMIDEC). The defaults are the row "attention+AWCE+penalty" of Table 1.
    Differs: see each part's own docstring, and `Recipe.sources` for every constant.

    Args:
        attention: Table 1's "attention": a gate on every block.
        class_weights: Table 1's "AWCE" is "learned"; "balanced" gives more to the labels that cost
            more, see `equalising_weights`; None is plain cross-entropy, the others are to compare
            with.
        penalty: Table 1's "penalty".
        mixup: Pathology mix-up; on in every row, as the paper has no row without.
        width: Channels at full resolution; 12 to 16 on two cores.
        schedule: "published", or "modern" with what works today, see `stages.training`.
        split: "patients" for five seeded folds of patients, "slices" for ten of slices as the paper
            split them, where validation slices have neighbours of the same patient in training,
            "none" to train on every case.
        layout: Labels to learn; "myops2020" has edema and a right ventricle in the place of
            no-reflow.
        sequences: Any of those that the layout has; none named stands for all.
        size: Side of the window in pixels, a multiple of 16; None takes the schedule's own for the
            layout.
        spacing_mm: Pixel size to work at; None takes the schedule's own for the layout.
        penalty_weight: Coefficient of the neighbourhood penalty.
        literal_penalty: Keep the penalty's printed formula.
        smallest_infarct_ml: A smaller infarct is left out of a mask; None takes the schedule's own:
            0 as published, 2 ml for the modern one.

    Raises:
        RecipeError: A keyword has an unknown value, or two do not go together.
    """
    check_choices(anatomy_prior, dict(locals()), title="The anatomy prior")
    check_sequences(sequences, title="The anatomy prior", optional=True)
    check_penalty(penalty=penalty, penalty_weight=penalty_weight, literal_penalty=literal_penalty)
    check_ranges(
        width=width,
        size=size,
        spacing_mm=spacing_mm,
        penalty_weight=penalty_weight,
        smallest_infarct_ml=smallest_infarct_ml,
    )
    from scarmap.inference.postprocess import slices_without_heart
    from scarmap.systems.anatomy_prior import illustrate, inference, postprocess, stages
    from scarmap.systems.anatomy_prior.network import SegmentationNetwork
    from scarmap.systems.anatomy_prior.objective import AnatomyPriorObjective
    from scarmap.systems.anatomy_prior.targets import TARGETS, label_names

    modern = schedule == "modern"
    turns = (
        modern and stages.AUGMENTATION[layout].flips
    )  # views that training never showed help none
    regions = TARGETS[layout].regions
    sequences = sequences or _WINDOWS[layout].sequences
    network = partial(
        SegmentationNetwork,
        sequences=len(sequences),
        labels=len(label_names(layout)),
        attention=attention,
        width=width,
    )
    objective = partial(
        AnatomyPriorObjective,
        layout=layout,
        sequences=len(sequences),
        class_weights=class_weights,
        penalty_weight=penalty_weight if penalty else 0.0,
        literal_penalty=literal_penalty,
        dice=modern,
    )
    if smallest_infarct_ml is None:
        smallest_infarct_ml = _SMALLEST_INFARCT_ML if modern else 0.0
    return Recipe(
        system="anatomy_prior",
        layout=layout,
        preparation=_preparation(_WINDOWS[layout], schedule, sequences, size, spacing_mm),
        folds=_FOLDS[split],
        unit="slice" if split == "slices" else "patient",
        stages=(
            stages.segmentation_stage(
                network, objective, layout=layout, regions=regions, schedule=schedule, mixup=mixup
            ),
        ),
        regions=regions,
        assemble=partial(
            inference.assemble, layout=layout, regions=regions, views=8 if turns else 1
        ),
        compose=partial(postprocess.compose, layout=layout, largest_part=modern),
        finish=partial(
            postprocess.leave_out_small_infarct, layout=layout, smallest_ml=smallest_infarct_ml
        ),
        illustrate=partial(illustrate.illustrate, layout=layout, sequences=sequences),
        check=slices_without_heart,
        sources=SOURCES,
    )


def _preparation(
    window: Window,
    schedule: str,
    sequences: tuple[str, ...],
    size: int | None,
    spacing_mm: float | None,
) -> "Preparation":
    from scarmap.sampling.intensity import standardise
    from scarmap.sampling.preparation import Preparation
    from scarmap.systems.anatomy_prior.stages import SCALED

    if schedule == "published":
        return Preparation(sequences, size or window.size, SCALED, spacing_mm)
    side = size or window.modern_size
    spacing_mm = spacing_mm or window.modern_spacing_mm
    # turned by 45 degrees, a window's corners reach a fifth of its side beyond its edges
    return Preparation(sequences, side, standardise, spacing_mm, margin=side // 6)


_FOLDS: Mapping[str, Callable[[Sequence[str]], tuple[Fold, ...]]] = {
    "patients": seeded_folds,
    "slices": partial(seeded_folds, num_folds=10),
    "none": no_folds,
}
SOURCES = {
    "attention, class_weights, penalty": "paper, Table 1",
    "mixup": "paper, section 2; on in every row: choice, as the table has no row without",
    "schedule": "published: paper, section 3; modern: choice",
    "layout, sequences": "paper, section 3: EMIDEC, LGE; myops2020: choice",
    "penalty_weight": "paper, section 3: 0.01",
    "literal_penalty": "choice: off, as the printed formula pays for overlap",
    "optimizer, learning rates, batch size, epochs": (
        "paper, section 3: Adam, 1e-2 to 1e-6, 16, 400; modern: choice"
    ),
    "learning rate's decay": "choice: exponential, epoch by epoch",
    "split": (
        "choice: patients; the paper trained on 639 slices and validated on 69; a tenth of the 708 "
        "(split='slices') is 71"
    ),
    "size": "choice: the paper is silent; training checks that no label is cut off",
    "spacing_mm": (
        "choice: the images' own, the median of the training cases for images that differ by over "
        "10 %"
    ),
    "intensity": "choice: percentiles 1 and 99 of a volume become 0 and 1; modern: standardised",
    "width": "choice: the paper is silent",
    "attention: convolutions": "choice: 3x3 with batch normalisation and ReLU, then 1x1",
    "mixup: share": "choice: half of the slices",
    "mixup: largest height difference": "choice: 0.1 of the heart's length",
    "class_weights: bound": "choice: 2 tanh, so that two labels' weights differ by exp(4) at most",
    "class_weights: constraint": (
        "choice: a geometric mean of one; balanced: a pixel's mean of one, maximised; the paper "
        "has none"
    ),
    "class_weights: layers": "paper, section 2: six convolutions; widths: choice",
    "penalty: support, epsilon": "choice: 0.05 and 0.01; the paper says 'a small given number'",
    "smallest_infarct_ml": "choice: 2 ml in the modern schedule; not part of the paper",
}
_NOTE = (
    "Published over 69 validation slices that share patients with the training slices; whether "
    "'Myo' and 'Inf' are single labels or unions is not stated. They stand beside the single "
    "labels here, as the paper calls its unions 'whole'; the unions are whole_myocardium and "
    "whole_infarct, the averages over slices are in `slicewise`."
)
_COLUMNS = ("lv_pool", "normal_myocardium", "scar", "mvo")


def _table_row(recipe: Callable[..., Recipe], published: str) -> Row:
    """A row of Table 1: the four columns as "mean sd" pairs in percent."""
    numbers = [float(number) for number in published.split()]
    pairs = zip(numbers[::2], numbers[1::2], strict=True)
    return Row(
        recipe, "anatomy-prior", "1", dict(zip(_COLUMNS, pairs, strict=True)), "case3d", _NOTE
    )


_PLAIN = partial(anatomy_prior, class_weights=None, penalty=False)

RECIPES: dict[str, Row] = {
    "anatomy-prior/baseline": _table_row(
        partial(_PLAIN, attention=False), "95.5 0.9 87.1 4.5 62.2 8.0 24.6 10.2"
    ),
    "anatomy-prior/attention": _table_row(_PLAIN, "96.2 0.9 90.0 3.3 71.8 6.7 35.4 13.0"),
    "anatomy-prior/no-penalty": _table_row(
        partial(anatomy_prior, penalty=False), "97.1 1.4 92.6 2.9 76.9 8.2 53.5 15.3"
    ),
    "anatomy-prior": _table_row(partial(anatomy_prior), "97.0 0.7 91.6 2.9 74.7 8.2 53.8 14.3"),
}

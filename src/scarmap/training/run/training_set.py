"""What a training works on: the labelled cases of a folder, their split and their slices."""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from statistics import median

from scarmap.datasets.case_files import CaseFiles, load_case
from scarmap.datasets.folder import find_cases
from scarmap.datasets.split import Split, split_cases
from scarmap.errors import RecipeError
from scarmap.labels import common_layout
from scarmap.recipes.describe import describe
from scarmap.recipes.recipe import Recipe
from scarmap.sampling.bank import Bank, fill_bank
from scarmap.sampling.preparation import Preparation
from scarmap.volume import Case

_ANY = "scarmap"
"""Layout of a recipe that knows every tissue, and so learns from whatever a data set labels."""


@dataclass(frozen=True)
class Material:
    """The data of a training.

    Attributes:
        files: Where the cases are.
        cases: The labelled cases, read; without their images where no fold holds a case out, since
            those of a large cohort fill the memory and nothing looks at them again.
        split: Their folds.
        bank: All of their slices, prepared; on the CPU unless moved.
        layout: Label layout of the masks to write: the recipe's, or where that learns any, what the
            cases have in common, see `scarmap.labels.common_layout`.
    """

    files: Sequence[CaseFiles]
    cases: Sequence[Case]
    split: Split
    bank: Bank
    layout: str


def gather(data: Path, recipe: Recipe) -> Material:
    """Read, split and prepare what a recipe trains on.

    Raises:
        DataError: There are no labelled cases, too few, or a file is damaged.
        RecipeError: They are of another layout than the recipe's, or its folds hold other names.
    """
    files = _labelled_cases(data, recipe)
    cases: list[Case] = []
    if recipe.preparation.spacing_mm is None or _holds_out(files, recipe):
        cases += _read(files, recipe)
        split = _split(cases, recipe)
        bank = fill_bank(cases, at_one_pixel_size(recipe.preparation, cases))
    else:
        bank = fill_bank(_stripped_behind(_read(files, recipe), cases), recipe.preparation)
        split = _split(cases, recipe)
    if recipe.layout != _ANY:
        return Material(files, cases, split, replace(bank, label_of=None), recipe.layout)
    return Material(files, cases, split, bank, common_layout(case.layout for case in cases))


def _read(files: Sequence[CaseFiles], recipe: Recipe) -> Iterator[Case]:
    sequences, optional = recipe.preparation.sequences, recipe.preparation.optional
    for each in files:
        yield load_case(each, sequences=sequences, labelled=True, optional=optional)


def _split(cases: Sequence[Case], recipe: Recipe) -> Split:
    return split_cases(
        {case.name: case.grid.shape[2] for case in cases}, recipe.folds, unit=recipe.unit
    )


def _stripped_behind(cases: Iterable[Case], kept: list[Case]) -> Iterator[Case]:
    """Cases as they are, one after the other; what is kept of each is its labels."""
    for case in cases:
        yield case
        kept.append(replace(case, images={}))


def _holds_out(files: Sequence[CaseFiles], recipe: Recipe) -> bool:
    if recipe.unit != "patient":
        return True
    return any(fold.validation for fold in recipe.folds([each.name for each in files]))


def gather_once(data: Path, recipe: Recipe) -> Material:
    """As `gather`, but keep the latest data in memory for the next training on the same data.

    Raises:
        DataError: As `gather`.
        RecipeError: As `gather`.
    """
    files = _labelled_cases(data, recipe)
    paths = [path for each in files for path in (*each.images.values(), each.labels) if path]
    stamps = [(str(path), path.stat().st_size, path.stat().st_mtime_ns) for path in paths]
    known = repr(
        (stamps, [describe(each) for each in (recipe.preparation, recipe.folds, recipe.unit)])
    )
    if known not in _LATEST:
        _LATEST.clear()
        _LATEST[known] = gather(data, recipe)
    return _LATEST[known]


_LATEST: dict[str, Material] = {}


def _labelled_cases(data: Path, recipe: Recipe) -> list[CaseFiles]:
    """Labelled cases of a folder, checked against the recipe's layout.

    Raises:
        DataError: There are none.
        RecipeError: They are of another layout.
    """
    files = find_cases(data, labelled=True)
    other = next((each for each in files if recipe.layout not in (_ANY, each.layout)), None)
    if other is not None:
        raise RecipeError(
            f"{data} is labelled in layout {other.layout!r}, but the recipe learns "
            f"{recipe.layout!r}. Point --data at such a data set, or, where the recipe has these "
            f"settings, add --set layout={other.layout} --set sequences={','.join(other.images)}."
        )
    return files


def at_one_pixel_size(preparation: Preparation, cases: Sequence[Case]) -> Preparation:
    """The preparation, at the median pixel size of the cases where it names none."""
    return replace(preparation, spacing_mm=preparation.spacing_mm or median_spacing_mm(cases))


def median_spacing_mm(cases: Sequence[Case]) -> float:
    """Median in-plane pixel size of some cases."""
    return median(case.grid.spacing_mm[0] for case in cases)

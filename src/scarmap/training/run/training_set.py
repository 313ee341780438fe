"""What a training works on: the labelled cases of a folder, their split and their slices."""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

from scarmap.datasets.case_files import CaseFiles, load_case
from scarmap.datasets.split import Split, split_cases
from scarmap.labels import common_layout
from scarmap.recipes.describe import describe
from scarmap.recipes.recipe import Recipe
from scarmap.sampling.bank import Bank, fill_bank
from scarmap.sampling.preparation import Preparation
from scarmap.training.run.labelled import ANY, Labelled, labelled_cases, median_spacing_mm
from scarmap.volume import Case


@dataclass(frozen=True)
class Material(Labelled):
    """The data of a training.

    Attributes:
        bank: All slices of the cases, prepared; on the CPU unless moved.
    """

    bank: Bank


def gather(data: Path, recipe: Recipe) -> Material:
    """Read, split and prepare what a recipe trains on.

    Raises:
        DataError: There are no labelled cases, too few, or a file is damaged.
        RecipeError: They are of another layout than the recipe's, or its folds hold other names.
    """
    files = labelled_cases(data, recipe.layout)
    cases: list[Case] = []
    if recipe.preparation.spacing_mm is None or _holds_out(files, recipe):
        cases += _read(files, recipe)
        split = _split(cases, files, recipe)
        bank = fill_bank(cases, at_one_pixel_size(recipe.preparation, cases))
    else:
        bank = fill_bank(_stripped_behind(_read(files, recipe), cases), recipe.preparation)
        split = _split(cases, files, recipe)
    if recipe.layout != ANY:
        return Material(files, cases, split, recipe.layout, replace(bank, label_of=None))
    layout = common_layout(case.layout for case in cases)
    return Material(files, cases, split, layout, bank)


def _read(files: Sequence[CaseFiles], recipe: Recipe) -> Iterator[Case]:
    sequences, optional = recipe.preparation.sequences, recipe.preparation.optional
    for each in files:
        yield load_case(each, sequences=sequences, labelled=True, optional=optional)


def _split(cases: Sequence[Case], files: Sequence[CaseFiles], recipe: Recipe) -> Split:
    depths = {case.name: case.grid.shape[2] for case in cases}
    patients = {each.name: each.patient for each in files}
    return split_cases(depths, recipe.folds, unit=recipe.unit, patients=patients)


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
    files = labelled_cases(data, recipe.layout)
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


def at_one_pixel_size(preparation: Preparation, cases: Sequence[Case]) -> Preparation:
    """The preparation, at the median pixel size of the cases where it names none."""
    return replace(preparation, spacing_mm=preparation.spacing_mm or median_spacing_mm(cases))

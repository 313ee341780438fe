"""The labelled cases of a folder and their split; needs no torch."""

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from statistics import median

from scarmap.datasets.case_files import CaseFiles
from scarmap.datasets.folder import find_cases
from scarmap.datasets.split import Split
from scarmap.errors import RecipeError
from scarmap.volume import Case

ANY = "scarmap"
"""Layout of a recipe that knows every tissue, and so learns from whatever a data set labels."""


@dataclass(frozen=True)
class Labelled:
    """Labelled cases.

    Attributes:
        files: Where the cases are.
        cases: The labelled cases, read; without their images where no fold holds a case out, since
            those of a large cohort fill the memory and nothing looks at them again.
        split: Their folds.
        layout: Label layout of the masks to write: the recipe's, or where that learns any, what the
            cases have in common, see `scarmap.labels.common_layout`.
    """

    files: Sequence[CaseFiles]
    cases: Sequence[Case]
    split: Split
    layout: str


def labelled_cases(data: Path, layout: str) -> list[CaseFiles]:
    """Labelled cases of a folder, checked against a recipe's layout.

    Raises:
        DataError: There are none.
        RecipeError: They are of another layout.
    """
    files = find_cases(data, labelled=True)
    other = next((each for each in files if layout not in (ANY, each.layout)), None)
    if other is not None:
        raise RecipeError(
            f"{data} is labelled in layout {other.layout!r}, but the recipe learns "
            f"{layout!r}. Point --data at such a data set, or, where the recipe has these "
            f"settings, add --set layout={other.layout} --set sequences={','.join(other.images)}."
        )
    return files


def median_spacing_mm(cases: Sequence[Case]) -> float:
    """Median in-plane pixel size of some cases."""
    return median(case.grid.spacing_mm[0] for case in cases)

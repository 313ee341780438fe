"""Scores of cases, as `cases.csv` holds them: one line per number, an undefined one as `nan`."""

from collections.abc import Iterable, Mapping
from dataclasses import astuple, dataclass, fields
from math import isinf
from pathlib import Path

from scarmap.errors import DataError
from scarmap.io.files import read_rows, write_csv
from scarmap.io.record import is_file_name


@dataclass(frozen=True)
class Score:
    """One line of `cases.csv`.

    Attributes:
        case: The case that was scored.
        convention: A name in `scarmap.evaluation.conventions.CONVENTIONS`.
        structure: A name in `scarmap.labels.REGIONS`, or "average_pathology".
        metric: For instance "dice".
        value: The number; NaN where the convention leaves it undefined.
        unit: "ratio", "mm" or "ml".
    """

    case: str
    convention: str
    structure: str
    metric: str
    value: float
    unit: str


_COLUMNS = tuple(field.name for field in fields(Score))


def write_scores(path: Path, scores: Iterable[Score]) -> None:
    """Write `cases.csv`."""
    write_csv(path, [_COLUMNS, *map(astuple, scores)])


def read_scores(path: Path) -> list[Score]:
    """Read `cases.csv`; an empty value reads as NaN, too.

    Raises:
        DataError: The file is missing, lacks a column, or holds a value that is not a number.
    """
    if not path.is_file():
        raise DataError(f"{path} does not exist. Run `scarmap evaluate` to make it.")
    lines = read_rows(path)
    try:
        return [_score(line) for line in lines]
    except (KeyError, TypeError, ValueError) as problem:
        raise DataError(
            f"{path} is not a table of scores ({problem!r}); expected the columns "
            f"{', '.join(_COLUMNS)}. Run `scarmap evaluate` again."
        ) from None


def _score(line: Mapping[str, str]) -> Score:
    case, value = line["case"], float(line["value"] or "nan")
    if not is_file_name(case):
        raise ValueError(f"{case!r} is no name of a case")
    if isinf(value):
        raise ValueError(f"the value {value} of {case}")
    return Score(case, line["convention"], line["structure"], line["metric"], value, line["unit"])


def values_by_case(
    scores: Iterable[Score], *, convention: str, structure: str, metric: str
) -> dict[str, float]:
    """One number of every case; NaN where it is undefined."""
    wanted = (convention, structure, metric)
    return {
        score.case: score.value
        for score in scores
        if (score.convention, score.structure, score.metric) == wanted
    }

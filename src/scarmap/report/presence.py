"""Whether pathology was found where it is and where it is not, as a table of the page."""

from collections.abc import Sequence
from dataclasses import dataclass

from scarmap.evaluation.table import Row, infarcted_cases, presence
from scarmap.report.display import region_colour, region_title
from scarmap.report.tables import ScoreTable, score_tables


@dataclass(frozen=True)
class PresenceLine:
    """One structure; `cells` stand under the columns of `COLUMNS`."""

    title: str
    colour: str
    cells: tuple[str, ...]


COLUMNS = (
    "has it, found",
    "has it, missed",
    "has none, none found",
    "has none, invented",
    "sensitivity",
    "specificity",
)


def presence_lines(rows: Sequence[Row]) -> list[PresenceLine]:
    """Count cases for each pathology, as `scarmap.evaluation.table.presence` does.

    Args:
        rows: Scores of all cases.

    Returns:
        A line per pathology; none where nothing was scored.
    """
    lines = []
    for structure, counts in presence(rows).items():
        numbers = (counts.true_positive, counts.false_negative, counts.true_negative, counts.false_positive)
        shares = (_share(counts.sensitivity), _share(counts.specificity))
        cells = (*(str(number) for number in numbers), *shares)
        lines.append(PresenceLine(region_title(structure), region_colour(structure), cells))
    return lines


def infarcted_tables(rows: Sequence[Row]) -> list[ScoreTable]:
    """The score tables once more over the cases with an infarct; none where these are all cases or none is.

    Args:
        rows: Scores of all cases.
    """
    infarcted = set(infarcted_cases(rows))
    if not infarcted or infarcted == {row.case for row in rows}:
        return []
    return score_tables([row for row in rows if row.case in infarcted])


def _share(value: float | None) -> str:
    return "–" if value is None else f"{value:.0%}"

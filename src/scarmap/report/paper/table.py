"""The table of a paper from run folders: published scores beside measured ones, as text."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from scarmap.datasets.split import notes, recorded_split
from scarmap.errors import RunError
from scarmap.evaluation.table import read_summary
from scarmap.io.published import Published, published_decimals, published_text
from scarmap.io.run import RunFolder
from scarmap.report.drawing.heart import region_title
from scarmap.report.run.scores import METRICS, published_scores

COLUMNS: Mapping[str, tuple[str, ...]] = {
    "myops2020": (
        "whole_myocardium",
        "lv_pool",
        "rv_pool",
        "scar",
        "edema",
        "average_pathology",
        "scar_and_edema",
    ),
    "emidec": ("lv_pool", "normal_myocardium", "whole_myocardium", "scar", "whole_infarct", "mvo"),
}
"""What the table of any run of a layout shows."""

CONVENTIONS: Mapping[str, tuple[str, ...]] = {
    "myops2020": ("mfunet_slicewise", "case3d"),
    "emidec": ("case3d", "slicewise", "emidec_official"),
}
"""Conventions of the measured lines of any run of a layout."""

_INFARCTED = "emidec_official"
"""Convention that is shown once more over the patients with an infarct, as it counts an empty case
as a full score."""

_DICE = "dice"


@dataclass(frozen=True)
class PaperRow:
    """One row of a paper's table, and the run that measured it.

    Attributes:
        recipe: What describes the row, as `run.json` holds it under "recipe".
        run: Its run folder; None where nothing was trained.
    """

    recipe: Mapping[str, Any]
    run: RunFolder | None = None

    @property
    def scored(self) -> bool:
        """Whether its run has scores."""
        return self.run is not None and (self.run.evaluation / "summary.json").is_file()


@dataclass(frozen=True)
class Line:
    """Scores of one row from one source.

    Attributes:
        name: The recipe, or the run folder that was measured.
        source: Where they are from: published, or measured under a convention.
        cells: Under the table's columns; ratios in percent, distances in mm, volumes in ml; ""
            where there is none.
        notes: What a reader of these scores must be told, one sentence each.
        published: Whether they are the paper's.
    """

    name: str
    source: str
    cells: tuple[str, ...]
    notes: tuple[str, ...] = ()
    published: bool = False


@dataclass(frozen=True)
class PaperTable:
    """Published and measured lines; a column is a structure, or structure:metric."""

    columns: tuple[str, ...]
    lines: tuple[Line, ...]

    @property
    def titles(self) -> tuple[str, ...]:
        """The columns named for people."""
        return tuple(map(_column_title, self.columns))


def row_of_run(run: RunFolder) -> PaperRow:
    """Make a row of a run: its record describes the recipe.

    Raises:
        RunError: This is no run folder.
    """
    return PaperRow(run.read_record()["recipe"], run)


def paper_table(
    rows: Sequence[PaperRow],
    *,
    columns: Sequence[str],
    conventions: Sequence[str],
    as_printed: bool = False,
) -> PaperTable:
    """Make the table: each row's published line, once per recipe, then one for each convention.

    A row that was not scored has the published line only, which says so.

    Args:
        rows: The rows, all of one label layout.
        columns: Structure, or structure:metric; without a metric it is Dice.
        conventions: Conventions of the measured lines.
        as_printed: Show of each row only what the paper prints of it; a row may not look for the
            rest.

    Raises:
        RunError: A run was not scored under one of the conventions.
        DataError: The scores of a run are damaged.
    """
    lines: list[Line] = []
    named = set()
    for row in rows:
        published = _published_line(row, columns)
        if published is not None and published.name not in named:
            named.add(published.name)
            lines.append(published)
        if row.run is not None and row.scored:
            shown = printed(row) if as_printed else columns
            lines += _measured_lines(row.run, columns, conventions, shown)
    return PaperTable(tuple(columns), tuple(lines))


def _published_line(row: PaperRow, columns: Sequence[str]) -> Line | None:
    published = published_scores(row.recipe)
    if not published:
        return None
    cells = tuple(_published_cell(published, column) for column in columns)
    source = f"published, table {row.recipe.get('table')}"
    if not row.scored:
        source += "; not measured"
    return Line(str(row.recipe.get("name")), source, cells, published=True)


def _measured_lines(
    run: RunFolder, columns: Sequence[str], conventions: Sequence[str], shown: Sequence[str]
) -> list[Line]:
    """Make a line for each convention; columns that are not to be shown stay empty."""
    split_notes = notes(recorded_split(run.read_record()))
    lines = []
    for source, scores in _scores_of_run(run, conventions):
        cells = [_measured_cell(scores, each) if each in shown else "" for each in columns]
        lines.append(Line(run.root.name, source, tuple(cells), split_notes))
    return lines


def published_columns(rows: Sequence[PaperRow]) -> tuple[str, ...]:
    """Columns that the rows' paper prints, in its order: Dice first, then its other metrics."""
    found = [column for row in rows for column in printed(row)]
    return tuple(sorted(dict.fromkeys(found), key=lambda column: ":" in column))


def printed(row: PaperRow) -> tuple[str, ...]:
    """Columns that the paper prints of one row."""
    columns = []
    for metric, structures in published_scores(row.recipe).items():
        ending = "" if metric == _DICE else f":{metric}"
        columns += [f"{structure}{ending}" for structure in structures]
    return tuple(columns)


def _scores_of_run(
    run: RunFolder, conventions: Sequence[str]
) -> list[tuple[str, Mapping[str, Any]]]:
    """Title and scores of each measured line of a run.

    Raises:
        RunError: It was not scored under one of the conventions.
        DataError: Its scores are damaged or missing.
    """
    summary = read_summary(run.evaluation / "summary.json")
    unknown = sorted(set(conventions) - set(summary["scores"]))
    if unknown:
        raise RunError(
            f"{run.root} was not scored under {', '.join(unknown)}; it has "
            f"{', '.join(summary['scores'])}. Score it again with `scarmap evaluate`, or name "
            "other conventions."
        )
    lines = [(f"measured, {name}", summary["scores"][name]) for name in conventions]
    infarcted = summary.get("infarcted", {})
    if _INFARCTED in conventions and len(infarcted.get("cases", ())) < len(summary["cases"]):
        scores = infarcted["scores"].get(_INFARCTED, {})
        lines.append((f"measured, {_INFARCTED}, patients with an infarct", scores))
    return lines


def _column_title(column: str) -> str:
    """Name a column for people.

    >>> _column_title("scar"), _column_title("lv_epicardium:hausdorff_mm")
    ('scar', 'LV epicardium, Hausdorff, mm')
    """
    structure, _, metric = column.partition(":")
    return f"{region_title(structure)}, {METRICS[metric][0]}" if metric else region_title(structure)


def _published_cell(published: Published, column: str) -> str:
    structure, _, metric = column.partition(":")
    by_structure = published.get(metric or _DICE, {})
    if structure not in by_structure:
        return ""
    return published_text(by_structure[structure], published_decimals(by_structure))


def _measured_cell(scores: Mapping[str, Any], column: str) -> str:
    structure, _, metric = column.partition(":")
    score = scores.get(structure, {}).get(metric or _DICE)
    if score is None or score["mean"] is None:
        return ""
    scale = 100 if score["unit"] == "ratio" else 1
    spread = "" if score["sd"] is None else f" ± {scale * score['sd']:.1f}"
    return f"{scale * score['mean']:.1f}{spread}"


def markdown(table: PaperTable) -> list[str]:
    """Write the lines of the table in Markdown."""
    heads = [("row", "figures", *table.columns), ("---", "---", *["---:"] * len(table.columns))]
    lines = [(f"`{line.name}`", _source_and_notes(line), *line.cells) for line in table.lines]
    return [markdown_line(cells) for cells in (*heads, *lines)]


def _source_and_notes(line: Line) -> str:
    return " ".join([line.source, *(f"**{note}**" for note in line.notes)])


def markdown_line(cells: Sequence[str]) -> str:
    """Write one line of a Markdown table."""
    return f"| {' | '.join(cells)} |"

"""The table of a paper from run folders: published figures beside measured ones, as plain text cells."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from scarmap.datasets.split import notes, recorded_split
from scarmap.errors import RunError
from scarmap.evaluation.table import read_summary
from scarmap.io.run import RunFolder
from scarmap.report.drawing.heart import region_title
from scarmap.report.run.scores import METRICS, Published, published_scores, published_text

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

INFARCTED = "emidec_official"
"""Convention that is shown once more over the patients with an infarct, as it counts an empty case
as a full score."""

DICE = "dice"


@dataclass(frozen=True)
class Entry:
    """One row of a paper and what was measured of it.

    Attributes:
        recipe: What describes the row, as `run.json` holds it under "recipe".
        run: Its run folder; None where nothing was trained.
    """

    recipe: Mapping[str, Any]
    run: RunFolder | None = None

    @property
    def scored(self) -> bool:
        """Whether there are scores of it."""
        return self.run is not None and (self.run.evaluation / "summary.json").is_file()


@dataclass(frozen=True)
class Line:
    """Figures of one row from one source.

    Attributes:
        name: The recipe, or the run folder that was measured.
        figures: Where they are from: published, or measured under a convention.
        cells: Under the table's columns; ratios in percent, distances in mm, volumes in ml; ""
            where there is none.
        notes: What a reader of these figures must be told, one sentence each.
        published: Whether they are the paper's.
    """

    name: str
    figures: str
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
        """The columns for people."""
        return tuple(column_title(column) for column in self.columns)


def run_entry(run: RunFolder) -> Entry:
    """A run as a row: what its record says about its recipe.

    Raises:
        RunError: This is no run folder.
    """
    return Entry(run.read_record()["recipe"], run)


def paper_table(
    entries: Sequence[Entry],
    *,
    columns: Sequence[str],
    conventions: Sequence[str],
    as_printed: bool = False,
) -> PaperTable:
    """Make the table: for each row what was published, once per recipe, then a line for each convention measured.

    Of a row that was not scored there are the published figures only, which say so.

    Args:
        entries: The rows, all of one label layout.
        columns: Structure, or structure:metric; without a metric it is Dice.
        conventions: Conventions of the measured lines.
        as_printed: Show of each row only what the paper prints of it; a row may not look for the
            rest.

    Raises:
        RunError: A run was not scored under one of the conventions.
        DataError: The scores of a run are damaged.
    """
    lines: list[Line] = []
    for entry in entries:
        name, published = str(entry.recipe.get("name")), published_scores(entry.recipe)
        if published and name not in [line.name for line in lines if line.published]:
            cells = tuple(published_cell(published, column) for column in columns)
            figures = f"published, table {entry.recipe.get('table')}" + (
                "" if entry.scored else "; not measured"
            )
            lines.append(Line(name, figures, cells, published=True))
        if entry.run is not None and entry.scored:
            shown = printed(entry) if as_printed else columns
            lines += measured_lines(
                entry.run, [each if each in shown else "" for each in columns], conventions
            )
    return PaperTable(tuple(columns), tuple(lines))


def measured_lines(
    run: RunFolder, columns: Sequence[str], conventions: Sequence[str]
) -> list[Line]:
    """A line for each convention that a run was measured under; a column "" is left empty."""
    told = notes(recorded_split(run.read_record()))
    return [
        Line(
            run.root.name, figures, tuple(measured_cell(scores, column) for column in columns), told
        )
        for figures, scores in measured(run, conventions)
    ]


def published_columns(entries: Sequence[Entry]) -> tuple[str, ...]:
    """What the rows' paper prints, in its order: structures by their Dice, then by its other metrics."""
    found = [column for entry in entries for column in printed(entry)]
    return tuple(sorted(dict.fromkeys(found), key=lambda column: ":" in column))


def printed(entry: Entry) -> tuple[str, ...]:
    """The columns that the paper prints of one row."""
    return tuple(
        structure if metric == DICE else f"{structure}:{metric}"
        for metric, structures in published_scores(entry.recipe).items()
        for structure in structures
    )


def measured(run: RunFolder, conventions: Sequence[str]) -> list[tuple[str, Mapping[str, Any]]]:
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
    lines = [
        (f"measured, {convention}", summary["scores"][convention]) for convention in conventions
    ]
    infarcted = summary.get("infarcted", {})
    if INFARCTED in conventions and len(infarcted.get("cases", ())) < len(summary["cases"]):
        lines.append(
            (
                f"measured, {INFARCTED}, patients with an infarct",
                infarcted["scores"].get(INFARCTED, {}),
            )
        )
    return lines


def column_title(column: str) -> str:
    """A column for people.

    >>> column_title("scar"), column_title("lv_epicardium:hausdorff_mm")
    ('scar', 'LV epicardium, Hausdorff, mm')
    """
    structure, _, metric = column.partition(":")
    return f"{region_title(structure)}, {METRICS[metric][0]}" if metric else region_title(structure)


def published_cell(published: Published, column: str) -> str:
    """A published figure, given those of every metric; empty where there is none."""
    structure, _, metric = column.partition(":")
    figures = published.get(metric or DICE, {})
    return published_text(figures[structure]) if structure in figures else ""


def measured_cell(scores: Mapping[str, Any], column: str) -> str:
    """A measured figure, given the scores of a convention; empty where there is none."""
    structure, _, metric = column.partition(":")
    figures = scores.get(structure, {}).get(metric or DICE)
    if figures is None or figures["mean"] is None:
        return ""
    scale = 100 if figures["unit"] == "ratio" else 1
    spread = "" if figures["sd"] is None else f" ± {scale * figures['sd']:.1f}"
    return f"{scale * figures['mean']:.1f}{spread}"


def markdown(table: PaperTable) -> list[str]:
    """Lines of the table in Markdown."""
    heads = [("row", "figures", *table.columns), ("---", "---", *["---:"] * len(table.columns))]
    lines = [
        (
            f"`{line.name}`",
            " ".join([line.figures, *(f"**{note}**" for note in line.notes)]),
            *line.cells,
        )
        for line in table.lines
    ]
    return [markdown_line(cells) for cells in (*heads, *lines)]


def markdown_line(cells: Sequence[str]) -> str:
    """One line of a Markdown table."""
    return f"| {' | '.join(cells)} |"

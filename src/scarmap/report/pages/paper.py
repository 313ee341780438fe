"""The result of `scarmap reproduce`: published beside measured, as Markdown and as a page."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from math import fsum
from pathlib import Path
from typing import Any

from scarmap.errors import DataError, RunError
from scarmap.io.files import replacing
from scarmap.io.run import RunFolder
from scarmap.report.comparison.compare import Comparison, compare_runs
from scarmap.report.comparison.pictures import run_box_pictures, side_by_side_picture
from scarmap.report.comparison.tables import PairedTable, paired_table, shared_text
from scarmap.report.html import Picture, write_page
from scarmap.report.paper.origin import Origin, Settings, duration, run_origin, taken_over, told
from scarmap.report.paper.table import (
    PaperRow,
    PaperTable,
    markdown,
    markdown_line,
    paper_table,
    printed,
    published_columns,
)
from scarmap.report.run.facts import folds_text, warnings
from scarmap.report.run.scores import CONVENTIONS

_OURS = ("case3d",)
"""Conventions that every table shows after the paper's own."""

_UNITS = "Mean ± standard deviation over cases; ratios in percent, distances in mm, volumes in ml."

_OFFICIAL: Mapping[str, tuple[str, ...]] = {"emidec": ("emidec_official",)}
"""Conventions of the challenge that a layout belongs to."""


@dataclass(frozen=True)
class Reproduced:
    """A paper and what was measured of it.

    Attributes:
        paper: Its short name, which is that of its whole system, too: the row that the others are
            compared with.
        tables: Number of a table to its rows, in the paper's order, trained or not.
        layout: Label layout of all rows.
        command: What was asked for.
    """

    paper: str
    tables: Mapping[str, Sequence[PaperRow]]
    layout: str
    command: str


@dataclass(frozen=True)
class Section:
    """One table of the paper.

    Attributes:
        title: "Table 1".
        table: Published and measured scores.
        notes: What a reader of the rows' scores must know.
        reference: Folder of the run that the others are compared with.
        paired: Convention's title to the differences from it.
        comparison: The runs side by side; None where fewer than two were measured.
        structures: Label of each run to what it is compared by.
        problem: Why they cannot be compared.
    """

    title: str
    table: PaperTable
    notes: tuple[str, ...]
    reference: str = ""
    paired: Mapping[str, PairedTable] | None = None
    comparison: Comparison | None = None
    structures: Mapping[str, Sequence[str]] | None = None
    problem: str = ""


def _sections(reproduced: Reproduced) -> list[Section]:
    """Make the paper's tables, with statistics between the rows that were measured."""
    return [_section(number, rows, reproduced) for number, rows in reproduced.tables.items()]


def _section(number: str, rows: Sequence[PaperRow], reproduced: Reproduced) -> Section:
    own = [str(row.recipe.get("published_convention") or "case3d") for row in rows]
    conventions = tuple(dict.fromkeys([*own, *_OURS, *_OFFICIAL.get(reproduced.layout, ())]))
    table = paper_table(
        rows, columns=published_columns(rows), conventions=conventions, as_printed=True
    )
    made = Section(f"Table {number}", table, (*_meanings(conventions), *_row_notes(rows)))
    measured = [row for row in rows if row.scored]
    if len(measured) < 2:
        return made
    ordered = _whole_system_first(measured, reproduced.paper)
    return _with_statistics(made, ordered, tuple(dict.fromkeys([*own, *_OURS])))


def _with_statistics(
    made: Section, rows: Sequence[PaperRow], conventions: Sequence[str]
) -> Section:
    runs = [row.run for row in rows if row.run]
    try:
        comparison = compare_runs(runs)
    except (RunError, DataError) as problem:
        return replace(made, problem=str(problem))
    structures = _structures_of(rows, comparison)
    paired = {
        CONVENTIONS[name][0]: paired_table(comparison, structures=structures, convention=name)
        for name in conventions
    }
    return replace(
        made,
        reference=runs[0].root.name,
        paired=paired,
        comparison=comparison,
        structures=structures,
    )


def _whole_system_first(rows: Sequence[PaperRow], paper: str) -> list[PaperRow]:
    """Begin with the row that the others are compared with, the last one where it is missing."""
    whole = [row for row in rows if row.recipe["name"] == paper] or rows[-1:]
    return [*whole[:1], *(row for row in rows if row is not whole[0])]


def _structures_of(rows: Sequence[PaperRow], comparison: Comparison) -> dict[str, tuple[str, ...]]:
    """Structures whose Dice the paper prints of a run's row and of the first one, by its label."""
    dice = [[column for column in printed(row) if ":" not in column] for row in rows]
    found = {}
    for contender, own in zip(comparison.contenders, dice, strict=True):
        found[contender.label] = tuple(name for name in own if name in dice[0])
    return found


def _meanings(conventions: Sequence[str]) -> list[str]:
    known = [(convention, *CONVENTIONS[convention]) for convention in conventions]
    return [f"{convention}: {title}. {explanation}" for convention, title, explanation in known]


def _row_notes(rows: Sequence[PaperRow]) -> list[str]:
    """Gather the recipes' notes, each once, with the rows that it is about unless that is all."""
    said: dict[str, list[str]] = {}
    for row in rows:
        if row.recipe.get("note"):
            said.setdefault(str(row.recipe["note"]), []).append(str(row.recipe["name"]))
    notes = []
    for text, names in said.items():
        notes.append(text if len(names) == len(rows) else f"{', '.join(names)}: {text}")
    return notes


def write_tables(out: Path, reproduced: Reproduced, own: Settings) -> Path:
    """Write the tables in Markdown.

    Args:
        out: Folder of the reproduction.
        reproduced: The paper and its runs.
        own: Settings of the recipes by name, to tell which of the runs' were changed.

    Returns:
        The file, `<paper>.md`.
    """
    origins = _run_origins(reproduced, own)
    lines = [f"# {reproduced.paper}: published beside measured", "", _UNITS, ""]
    lines += [f"- **{caution}**" for caution in _cautions(reproduced, origins)]
    for section in _sections(reproduced):
        lines += _markdown_of_section(section)
    lines += ["", "## How it was made", "", f"`{reproduced.command}`", "", _total(origins), ""]
    path = out / f"{reproduced.paper}.md"
    with replacing(path) as temporary:
        temporary.write_text("\n".join([*lines, *map(told, origins), ""]), encoding="utf-8")
    return path


def _markdown_of_section(section: Section) -> list[str]:
    lines = ["", f"## {section.title}", "", *markdown(section.table), ""]
    lines += [f"- {note}" for note in section.notes]
    for convention, paired in (section.paired or {}).items():
        lines += ["", f"### {convention}: differences from `{section.reference}`", ""]
        lines += [paired.explanation, "", *_markdown_of_pairs(paired)]
    if section.problem:
        lines += ["", section.problem]
    return lines


def _markdown_of_pairs(table: PairedTable) -> list[str]:
    if not table.lines:
        return []
    rules = ["---", "---", *["---:"] * (len(table.columns) - 2)]
    return [markdown_line(cells) for cells in (table.columns, rules, *table.lines)]


def write_comparison(out: Path, reproduced: Reproduced, own: Settings) -> Path:
    """Write the page, one file with its pictures inside.

    Args:
        out: Folder of the reproduction.
        reproduced: The paper and its runs.
        own: Settings of the recipes by name.

    Returns:
        The file, `<paper>.html`.
    """
    origins = _run_origins(reproduced, own)
    return write_page(
        out / f"{reproduced.paper}.html",
        "reproduction.html",
        paper=reproduced.paper,
        command=reproduced.command,
        units=_UNITS,
        warnings=_cautions(reproduced, origins),
        sections=[(each, _pictures(each)) for each in _sections(reproduced)],
        origins=[
            {"origin": each, "time": duration(each.seconds), "taken": taken_over(each)}
            for each in origins
        ],
        total=_total(origins),
    )


def _pictures(section: Section) -> dict[str, Any]:
    """Draw box plots of a table's structures, and slices of its runs beside each other."""
    comparison = section.comparison
    if comparison is None:
        return {"shared": "", "boxes": [], "slices": None}
    metrics = ["dice"]
    if any(column.endswith(":jaccard") for column in section.table.columns):
        metrics.append("jaccard")
    boxes = run_box_pictures(comparison, structures=section.structures, metrics=metrics)
    slices: Picture = side_by_side_picture(comparison)
    return {"shared": shared_text(comparison), "boxes": boxes, "slices": slices}


def _runs_by_name(reproduced: Reproduced) -> dict[str, RunFolder]:
    rows = [row for table in reproduced.tables.values() for row in table]
    return {row.run.root.name: row.run for row in rows if row.run}


def _run_origins(reproduced: Reproduced, own: Settings) -> list[Origin]:
    return [run_origin(run, own) for run in _runs_by_name(reproduced).values()]


def _cautions(reproduced: Reproduced, origins: Sequence[Origin]) -> list[str]:
    """Say what limits the scores: leaks, changed settings, shorter training, missing folds."""
    runs = _runs_by_name(reproduced)
    said: dict[str, list[str]] = {}
    for origin in origins:
        for caution in _cautions_of(runs[origin.name], origin):
            said.setdefault(caution, []).append(origin.name)
    cautions = []
    for text, names in said.items():
        cautions.append(text if len(names) == len(runs) else f"{text} ({', '.join(names)})")
    return cautions


def _cautions_of(run: RunFolder, origin: Origin) -> list[str]:
    record = run.read_record()
    found = warnings(record)
    if origin.changed:
        found.append(f"Not the paper's settings: {', '.join(origin.changed)}.")
    folds = folds_text(record)
    if " of " in folds or folds == "none":
        found.append(f"Trained so far: folds {folds}.")
    return found


def _total(origins: Sequence[Origin]) -> str:
    if not origins:
        return "Nothing is trained yet."
    hardware = list(dict.fromkeys(name for origin in origins for name in origin.hardware))
    seconds = fsum(origin.seconds for origin in origins)
    return f"Training in all: {duration(seconds)} on {' and '.join(hardware)}."

"""The result of `scarmap reproduce`: a paper's tables beside what was measured, as Markdown and as a page."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from math import fsum
from pathlib import Path
from typing import Any

from scarmap.errors import DataError, RunError
from scarmap.io.files import replacing
from scarmap.report.comparison.compare import Comparison, compare_runs
from scarmap.report.comparison.pictures import run_box_pictures, side_by_side_picture
from scarmap.report.comparison.tables import PairedTable, paired_table, shared_text
from scarmap.report.html import Picture, write_page
from scarmap.report.paper.origin import Origin, Settings, duration, run_origin, taken_over, told
from scarmap.report.paper.table import (
    Entry,
    PaperTable,
    markdown,
    markdown_line,
    paper_table,
    printed,
    published_columns,
)
from scarmap.report.run.facts import folds_text, warnings
from scarmap.report.run.scores import CONVENTIONS

OURS = ("case3d",)
"""Conventions that every table shows after the paper's own."""

UNITS = "Mean ± standard deviation over cases; ratios in percent, distances in mm, volumes in ml."

OFFICIAL: Mapping[str, tuple[str, ...]] = {"emidec": ("emidec_official",)}
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
    tables: Mapping[str, Sequence[Entry]]
    layout: str
    command: str


@dataclass(frozen=True)
class Section:
    """One table of the paper.

    Attributes:
        title: "Table 1".
        table: Published and measured figures.
        notes: What the rows' figures need beside them.
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


def sections(reproduced: Reproduced) -> list[Section]:
    """Make the paper's tables, with statistics between the rows that were measured."""
    return [section(number, entries, reproduced) for number, entries in reproduced.tables.items()]


def section(number: str, entries: Sequence[Entry], reproduced: Reproduced) -> Section:
    """Make one table.

    Args:
        number: Its number in the paper.
        entries: Its rows.
        reproduced: The paper.
    """
    own = [str(entry.recipe.get("published_convention") or "case3d") for entry in entries]
    conventions = tuple(dict.fromkeys([*own, *OURS, *OFFICIAL.get(reproduced.layout, ())]))
    table = paper_table(
        entries, columns=published_columns(entries), conventions=conventions, as_printed=True
    )
    notes = row_notes(entries)
    made = Section(f"Table {number}", table, (*conventions_told(conventions), *notes))
    runs = [entry for entry in entries if entry.scored]
    if len(runs) < 2:
        return made
    first = next((entry for entry in runs if entry.recipe["name"] == reproduced.paper), runs[-1])
    ordered = [
        entry.run
        for entry in (first, *(entry for entry in runs if entry is not first))
        if entry.run
    ]
    try:
        comparison = compare_runs(ordered)
    except (RunError, DataError) as problem:
        return Section(made.title, table, made.notes, problem=str(problem))
    structures = structures_of(
        [first, *(entry for entry in runs if entry is not first)], comparison
    )
    paired = {
        CONVENTIONS[convention][0]: paired_table(
            comparison, structures=structures, convention=convention
        )
        for convention in dict.fromkeys([*own, *OURS])
    }
    return Section(
        made.title, table, made.notes, ordered[0].root.name, paired, comparison, structures
    )


def structures_of(entries: Sequence[Entry], comparison: Comparison) -> dict[str, tuple[str, ...]]:
    """Label of each run to the structures whose Dice the paper prints of its row and of the first one."""
    dice = [[column for column in printed(entry) if ":" not in column] for entry in entries]
    labels = [each.label for each in comparison.contenders]
    return {
        label: tuple(name for name in own if name in dice[0])
        for label, own in zip(labels, dice, strict=True)
    }


def conventions_told(conventions: Sequence[str]) -> list[str]:
    """What each convention of the measured lines means."""
    known = [(convention, *CONVENTIONS[convention]) for convention in conventions]
    return [f"{convention}: {title}. {explanation}" for convention, title, explanation in known]


def row_notes(entries: Sequence[Entry]) -> tuple[str, ...]:
    """What a reader of the rows' figures must know, each once, with the rows that it is about unless that is all."""
    said: dict[str, list[str]] = {}
    for entry in entries:
        if entry.recipe.get("note"):
            said.setdefault(str(entry.recipe["note"]), []).append(str(entry.recipe["name"]))
    return tuple(
        text if len(names) == len(entries) else f"{', '.join(names)}: {text}"
        for text, names in said.items()
    )


def write_tables(out: Path, reproduced: Reproduced, own: Settings) -> Path:
    """Write the tables in Markdown.

    Args:
        out: Folder of the reproduction.
        reproduced: The paper and its runs.
        own: Settings of the recipes by name, to tell which of the runs' were changed.

    Returns:
        The file, `<paper>.md`.
    """
    origins = list(run_origins(reproduced, own))
    lines = [
        f"# {reproduced.paper}: published beside measured",
        "",
        UNITS,
        "",
        *_list(cautions(reproduced, origins)),
    ]
    for each in sections(reproduced):
        lines += [
            "",
            f"## {each.title}",
            "",
            *markdown(each.table),
            "",
            *(f"- {note}" for note in each.notes),
        ]
        for convention, paired in (each.paired or {}).items():
            lines += [
                "",
                f"### {convention}: differences from `{each.reference}`",
                "",
                paired.explanation,
                "",
            ]
            lines += _markdown_of(paired)
        lines += ["", each.problem] * bool(each.problem)
    lines += ["", "## How it was made", "", f"`{reproduced.command}`", "", total(origins), ""]
    path = out / f"{reproduced.paper}.md"
    with replacing(path) as temporary:
        temporary.write_text("\n".join([*lines, *map(told, origins), ""]), encoding="utf-8")
    return path


def write_comparison(out: Path, reproduced: Reproduced, own: Settings) -> Path:
    """Write the page; it carries its pictures inside itself.

    Args:
        out: Folder of the reproduction.
        reproduced: The paper and its runs.
        own: Settings of the recipes by name.

    Returns:
        The file, `<paper>.html`.
    """
    origins = list(run_origins(reproduced, own))
    return write_page(
        out / f"{reproduced.paper}.html",
        "reproduction.html",
        paper=reproduced.paper,
        command=reproduced.command,
        units=UNITS,
        warnings=cautions(reproduced, origins),
        sections=[(each, pictures(each)) for each in sections(reproduced)],
        origins=[
            {"origin": each, "time": duration(each.seconds), "taken": taken_over(each)}
            for each in origins
        ],
        total=total(origins),
    )


def pictures(made: Section) -> dict[str, Any]:
    """Box plots of a table's structures, and slices of its runs beside each other."""
    comparison = made.comparison
    if comparison is None:
        return {"shared": "", "boxes": [], "slices": None}
    metrics = [
        "dice",
        *["jaccard"] * any(column.endswith(":jaccard") for column in made.table.columns),
    ]
    boxes = run_box_pictures(comparison, structures=made.structures, metrics=metrics)
    slices: Picture = side_by_side_picture(comparison)
    return {"shared": shared_text(comparison), "boxes": boxes, "slices": slices}


def run_origins(reproduced: Reproduced, own: Settings) -> list[Origin]:
    """How each run was made, each once."""
    runs = {
        entry.run.root: entry.run
        for entries in reproduced.tables.values()
        for entry in entries
        if entry.run
    }
    return [run_origin(run, own) for run in runs.values()]


def cautions(reproduced: Reproduced, origins: Sequence[Origin]) -> list[str]:
    """What limits the meaning of the measured figures: leaks, changed settings, shorter training, missing folds."""
    said: dict[str, list[str]] = {}
    runs = {
        entry.run.root.name: entry.run
        for each in reproduced.tables.values()
        for entry in each
        if entry.run
    }
    by_name = {origin.name: origin for origin in origins}
    for name, run in runs.items():
        record = run.read_record()
        found = list(warnings(record))
        changes = by_name[name].changed
        found += [f"Not the paper's settings: {', '.join(changes)}."] * bool(changes)
        folds = folds_text(record)
        found += [f"Trained so far: folds {folds}."] * (" of " in folds or folds == "none")
        for each in found:
            said.setdefault(each, []).append(name)
    return [
        text if len(names) == len(runs) else f"{text} ({', '.join(names)})"
        for text, names in said.items()
    ]


def total(origins: Sequence[Origin]) -> str:
    """Say how long all trainings took together."""
    if not origins:
        return "Nothing is trained yet."
    hardware = list(dict.fromkeys(name for origin in origins for name in origin.hardware))
    seconds = fsum(origin.seconds for origin in origins)
    return f"Training in all: {duration(seconds)} on {' and '.join(hardware)}."


def _list(sentences: Sequence[str]) -> list[str]:
    return [f"- **{sentence}**" for sentence in sentences]


def _markdown_of(table: PairedTable) -> list[str]:
    if not table.lines:
        return []
    rules = ["---", "---", *["---:"] * (len(table.columns) - 2)]
    return [markdown_line(cells) for cells in (table.columns, rules, *table.lines)]

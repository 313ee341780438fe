"""Turn run folders into the Markdown table of a paper: published figures beside measured ones.

::

    python benchmarks/table_of_runs.py runs/mfunet runs/mfunet-modern > table.md
    python benchmarks/table_of_runs.py runs/cascade-anatomy --columns lv_epicardium lv_epicardium:hausdorff_mm \
        --conventions case3d

The runs of one table are of one label layout. Every number comes from the run folders (`run.json`,
`evaluation/summary.json`), so a table can be made again.
"""

import argparse
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from scarmap.datasets.split import notes, recorded_split
from scarmap.evaluation.table import read_summary
from scarmap.io.run import RunFolder
from scarmap.systems.catalogue import RECIPES
from scarmap.training.describe import freeze, settings

COLUMNS = {
    "myops2020": ("whole_myocardium", "lv_pool", "rv_pool", "scar", "edema", "average_pathology", "scar_and_edema"),
    "emidec": ("lv_pool", "normal_myocardium", "whole_myocardium", "scar", "whole_infarct", "mvo"),
}
CONVENTIONS = {"myops2020": ("mfunet_slicewise", "case3d"), "emidec": ("case3d", "slicewise", "emidec_official")}
INFARCTED = "emidec_official"
"""Convention that is shown once more over the patients with an infarct, as it counts an empty case as a full score."""

DICE = "dice"


def main() -> None:
    """Print the table and, below it, how each row was made."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("runs", nargs="+", type=Path, help="run folders")
    parser.add_argument("--columns", nargs="+", help="structure, or structure:metric; by default the layout's")
    parser.add_argument("--conventions", nargs="+", help="conventions of the measured lines; by default the layout's")
    asked = parser.parse_args()
    runs = [RunFolder(path) for path in asked.runs]
    lines = table(runs, columns=asked.columns, conventions=asked.conventions)
    print("\n".join([*lines, "", *(line for run in runs for line in origin(run))]))


def table(
    runs: Sequence[RunFolder], *, columns: Sequence[str] | None = None, conventions: Sequence[str] | None = None
) -> list[str]:
    """Lines of the table: for each run the published row, once per recipe, then each convention measured.

    Dice and other ratios are in percent, distances in mm.
    """
    layout = runs[0].read_record()["data"].get("layout", "myops2020")
    columns, conventions = columns or COLUMNS[layout], conventions or CONVENTIONS[layout]
    lines = [row("row", "figures", columns), row("---", "---", ["---:"] * len(columns))]
    printed = set()
    for run in runs:
        record = run.read_record()
        recipe, told = record["recipe"], [f"**{note}**" for note in notes(recorded_split(record))]
        published, name = {DICE: recipe["published"], **recipe.get("also_published", {})}, recipe["name"]
        if recipe["published"] and name not in printed:
            cells = [published_cell(published, column) for column in columns]
            lines.append(row(f"`{name}`", f"published, table {recipe['table']}", cells))
            printed.add(name)
        for figures, scores in measured(run, conventions):
            cells = [measured_cell(scores, column) for column in columns]
            lines.append(row(f"`{run.root.name}`", " ".join([figures, *told]), cells))
    return lines


def measured(run: RunFolder, conventions: Sequence[str]) -> list[tuple[str, Mapping[str, Any]]]:
    """Title and scores of each measured line of a run."""
    summary = read_summary(run.evaluation / "summary.json")
    unknown = sorted(set(conventions) - set(summary["scores"]))
    if unknown:
        raise SystemExit(
            f"{run.root} was not scored under {', '.join(unknown)}; it has {', '.join(summary['scores'])}. Score it "
            f"again with `scarmap evaluate`, or name others with --conventions."
        )
    lines = [(f"measured, {convention}", summary["scores"][convention]) for convention in conventions]
    infarcted = summary.get("infarcted", {})
    if INFARCTED in conventions and len(infarcted.get("cases", ())) < len(summary["cases"]):
        lines.append((f"measured, {INFARCTED}, patients with an infarct", infarcted["scores"].get(INFARCTED, {})))
    return lines


def published_cell(published: Mapping[str, Mapping[str, tuple[float, float]]], column: str) -> str:
    """A published figure, given those of every metric; empty where there is none."""
    structure, _, metric = column.partition(":")
    figures = published.get(metric or DICE, {})
    return spread(*figures[structure], scale=1) if structure in figures else ""


def measured_cell(scores: Mapping[str, Any], column: str) -> str:
    """A measured figure, given the scores of a convention; empty where there is none."""
    structure, _, metric = column.partition(":")
    figures = scores.get(structure, {}).get(metric or DICE)
    if figures is None or figures["mean"] is None:
        return ""
    return spread(figures["mean"], figures["sd"], scale=100 if figures["unit"] == "ratio" else 1)


def spread(mean: float, sd: float | None, *, scale: float) -> str:
    """Mean and standard deviation."""
    return f"{scale * mean:.1f}" + ("" if sd is None else f" ± {scale * sd:.1f}")


def row(first: str, second: str, rest: Sequence[str]) -> str:
    """One line of a Markdown table."""
    return f"| {' | '.join([first, second, *rest])} |"


def origin(run: RunFolder) -> list[str]:
    """How a run was made: cases, command, hardware, commit, time."""
    record = run.read_record()
    provenance, summary = record["provenance"], read_summary(run.evaluation / "summary.json")
    split = recorded_split(record)
    scored = f"{len(summary['cases'])} of {len(split.slices) or record['data']['num_cases']}"
    scored += " slices scored" if split.slices else " cases scored"
    how = " ".join(notes(split)) or "each by a fold that did not train on it"
    seconds = sum(float(line["seconds"]) for log in run.logs().values() for line in log)
    epochs = sum(len(log) for log in run.logs().values())
    return [
        f"- `{run.root.name}`: {scored} ({how}); {changed(record['recipe'])}epochs x {provenance['epochs_scale']:g} "
        f"({epochs} epochs, {seconds / 60:.0f} minutes of training in all); {provenance['hardware']}; "
        f"commit {provenance['commit']}; seed {provenance['seed']}.",
    ]


def changed(recipe: Mapping[str, Any]) -> str:
    """The settings of a run that are not those of the recipe's name, each as `--set` takes it."""
    named = settings(RECIPES[recipe["name"]].recipe) if recipe["name"] in RECIPES else {}
    found = {key: value for key, value in recipe["settings"].items() if freeze(value) != freeze(named.get(key))}
    return "".join(f"{key}={spelled(value)}, " for key, value in found.items())


def spelled(value: Any) -> str:
    """A setting's value in one word."""
    return ",".join(map(str, value)) if isinstance(value, list | tuple) else str(value)


if __name__ == "__main__":
    main()

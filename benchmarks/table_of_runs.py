"""Turn run folders into the Markdown table of a paper: published figures beside measured ones.

::

    python benchmarks/table_of_runs.py runs/mfunet runs/mfunet-modern > table.md

The runs of one table are of one label layout. Every number comes from the run folders (`run.json`,
`evaluation/summary.json`), so a table can be made again.
"""

import argparse
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from scarmap.datasets.split import notes, recorded_split
from scarmap.evaluation.table import read_summary
from scarmap.io.run import RunFolder

STRUCTURES = {
    "myops2020": ("whole_myocardium", "lv_pool", "rv_pool", "scar", "edema", "average_pathology", "scar_and_edema"),
    "emidec": ("lv_pool", "normal_myocardium", "whole_myocardium", "scar", "whole_infarct", "mvo"),
}
CONVENTIONS = {"myops2020": ("mfunet_slicewise", "case3d"), "emidec": ("case3d", "slicewise", "emidec_official")}


def main() -> None:
    """Print the table and, below it, how each row was made."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("runs", nargs="+", type=Path, help="run folders")
    runs = [RunFolder(path) for path in parser.parse_args().runs]
    print("\n".join([*table(runs), "", *(line for run in runs for line in origin(run))]))


def table(runs: Sequence[RunFolder]) -> list[str]:
    """Lines of the table: for each run the published row, once per recipe, then each convention measured."""
    layout = runs[0].read_record()["data"].get("layout", "myops2020")
    structures = STRUCTURES[layout]
    lines = [row("row", "figures", structures), row("---", "---", ["---:"] * len(structures))]
    printed = set()
    for run in runs:
        record = run.read_record()
        recipe, told = record["recipe"], [f"**{note}**" for note in notes(recorded_split(record))]
        published, name = recipe["published"], recipe["name"]
        if published and name not in printed:
            cells = [spread(*published[each], scale=1) if each in published else "" for each in structures]
            lines.append(row(f"`{name}`", f"published, table {recipe['table']}", cells))
            printed.add(name)
        summary = read_summary(run.evaluation / "summary.json")
        measured = [(f"measured, {each}", summary["scores"][each]) for each in CONVENTIONS[layout]]
        if layout == "emidec":
            infarcted = summary["infarcted"]["scores"].get("emidec_official", {})
            measured.append(("measured, emidec_official, patients with an infarct", infarcted))
        for figures, scores in measured:
            lines.append(row(f"`{run.root.name}`", " ".join([figures, *told]), cells_of(scores, structures)))
    return lines


def cells_of(scores: dict[str, Any], structures: Sequence[str]) -> list[str]:
    """Dice of each structure in percent under one convention."""
    dice = [scores.get(structure, {}).get("dice") for structure in structures]
    return [
        "" if each is None or each["mean"] is None else spread(each["mean"], each["sd"], scale=100) for each in dice
    ]


def spread(mean: float, sd: float | None, *, scale: float) -> str:
    """Mean and standard deviation in percent."""
    return f"{scale * mean:.1f}" + ("" if sd is None else f" ± {scale * sd:.1f}")


def row(first: str, second: str, rest: Sequence[str]) -> str:
    """One line of a Markdown table."""
    return f"| {' | '.join([first, second, *rest])} |"


def origin(run: RunFolder) -> list[str]:
    """How a run was made: cases, command, hardware, commit, time."""
    record = run.read_record()
    provenance, summary = record["provenance"], read_summary(run.evaluation / "summary.json")
    changed = {key: value for key, value in record["recipe"]["settings"].items() if key in ("width", "schedule")}
    split = recorded_split(record)
    scored = f"{len(summary['cases'])} of {len(split.slices) or record['data']['num_cases']}"
    scored += " slices scored" if split.slices else " cases scored"
    how = " ".join(notes(split)) or "each by a fold that did not train on it"
    seconds = sum(float(line["seconds"]) for log in run.logs().values() for line in log)
    epochs = sum(len(log) for log in run.logs().values())
    return [
        f"- `{run.root.name}`: {scored} ({how}); settings {changed}, epochs x {provenance['epochs_scale']:g} "
        f"({epochs} epochs, {seconds / 60:.0f} minutes of training in all); {provenance['hardware']}; "
        f"commit {provenance['commit']}; seed {provenance['seed']}.",
    ]


if __name__ == "__main__":
    main()

"""`scarmap evaluate`: score masks against the truth."""

from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from scarmap.cli.options import LAYOUTS_OFFERED, completes
from scarmap.cli.progress import case_progress
from scarmap.errors import DataError, suggest

if TYPE_CHECKING:
    from rich.table import Table

    from scarmap.evaluation.presence import Presence


def evaluate(
    predictions: Annotated[
        Path,
        typer.Argument(
            metavar="PRED_DIR", help="Masks to judge: <case>.nii.gz, or a data set's own layout."
        ),
    ],
    truths: Annotated[
        Path,
        typer.Argument(metavar="TRUTH_DIR", help="Masks to judge by, with the same case names."),
    ],
    out: Annotated[
        Path, typer.Option("--out", "-o", help="Folder for cases.csv and summary.json.")
    ],
    layout: Annotated[
        str | None,
        typer.Option(
            help="Label layout of the truth, and of masks without a manifest; not needed where the "
            "truth is a data set in its own layout.",
            autocompletion=LAYOUTS_OFFERED,
        ),
    ] = None,
    convention: Annotated[
        str,
        typer.Option(
            help="Of the printed table: case3d, mfunet_slicewise, slicewise or emidec_official.",
            autocompletion=completes("case3d", "mfunet_slicewise", "slicewise", "emidec_official"),
        ),
    ] = "case3d",
    intervals: Annotated[
        Path | None,
        typer.Option(
            metavar="MEASURED",
            help="What `scarmap quantify PRED_DIR` wrote: scores its volumes with their intervals "
            "(CRPS, as MYOSAIQ does).",
        ),
    ] = None,
) -> None:
    """Print Dice, HD95, volume difference and presence; write every convention side by side."""
    from rich.console import Console

    from scarmap.evaluation.conventions import CONVENTIONS
    from scarmap.evaluation.presence import presence
    from scarmap.evaluation.table import summarise
    from scarmap.workflow.evaluate import evaluate as score

    if convention not in CONVENTIONS:
        raise DataError(
            f"There is no convention {convention!r}. {suggest(convention, CONVENTIONS)}"
        )
    with case_progress("scoring") as on_case:
        evaluation = score(
            predictions, truths, layout=layout, out=out, intervals=intervals, on_case=on_case
        )
    console = Console()
    console.print(_table(summarise(evaluation.rows)[convention], convention))
    groups = sorted(set(evaluation.groups.values()))
    if groups:
        by_group = {name: summarise(evaluation.of_group(name)) for name in groups}
        console.print(_group_table(by_group, convention))
    if intervals is not None:
        console.print(_volume_table(summarise(evaluation.rows).get("myosaiq", {})))
    found = presence(evaluation.rows)
    if found:
        console.print(_presence_table(found))
    typer.echo(
        f"Every case and convention: {out / 'cases.csv'}\nMeans over cases: {out / 'summary.json'}"
    )
    for note in evaluation.notes:
        typer.echo(note)


_COLUMNS = {
    "dice": "Dice",
    "hausdorff95_mm": "HD95 (mm)",
    "hausdorff_mm": "HD (mm)",
    "volume_difference_ml": "volume difference (ml)",
}
"""Metrics that are printed, where a convention has them; HD only where it has no HD95."""


def _table(structures: Mapping[str, Mapping[str, Mapping[str, Any]]], convention: str) -> "Table":
    from rich.table import Table

    shown = _shown(structures)
    table = Table(
        title=f"Mean ± sd over cases, {convention}",
        caption="n: cases that define the Dice, of all. A volume difference is that of the mask "
        "minus the truth, or its size in emidec_official.",
    )
    table.add_column("structure")
    for title in (*(_COLUMNS[metric] for metric in shown), "n"):
        table.add_column(title, justify="right")
    for structure, metrics in structures.items():
        dice = metrics["dice"]
        values = [_mean(metrics.get(metric), metric) for metric in shown]
        table.add_row(structure, *values, f"{dice['n']} of {dice['n'] + dice['n_undefined']}")
    return table


def _group_table(by_group: Mapping[str, Mapping[str, Any]], convention: str) -> "Table":
    """Dice of each group, such as a centre; a group with no score of a structure has none."""
    from rich.table import Table

    groups = {name: scores.get(convention, {}) for name, scores in by_group.items()}
    structures = dict.fromkeys(name for scores in groups.values() for name in scores)
    table = Table(title=f"Dice by group, {convention}")
    table.add_column("structure")
    for name in groups:
        table.add_column(name, justify="right")
    for structure in structures:
        dice = [scores.get(structure, {}).get("dice") for scores in groups.values()]
        table.add_row(structure, *(_mean(each, "dice") for each in dice))
    return table


def _volume_table(structures: Mapping[str, Mapping[str, Mapping[str, Any]]]) -> "Table":
    from rich.table import Table

    table = Table(title="CRPS of the volumes with their intervals, 0 is best")
    table.add_column("structure")
    for title in ("CRPS", "cases"):
        table.add_column(title, justify="right")
    for structure, metrics in structures.items():
        mean, count = metrics["crps"]["mean"], metrics["crps"]["n"]
        table.add_row(structure, "–" if mean is None else f"{mean:.4f}", str(count))
    return table


def _shown(structures: Mapping[str, Mapping[str, Any]]) -> list[str]:
    """Metrics that get a column, in the order of the columns."""
    known = {metric for metrics in structures.values() for metric in metrics}
    shown = [metric for metric in _COLUMNS if metric in known]
    if "hausdorff95_mm" in shown and "hausdorff_mm" in shown:
        shown.remove("hausdorff_mm")
    return shown


def _mean(value: Mapping[str, Any] | None, metric: str) -> str:
    if value is None or value["mean"] is None:
        return "–"
    places = 3 if metric == "dice" else 1
    spread = "" if value["sd"] is None else f" ± {value['sd']:.{places}f}"
    return f"{value['mean']:.{places}f}{spread}"


def _presence_table(found: "Mapping[str, Presence]") -> "Table":
    from rich.table import Table

    table = Table(title="Cases that have it, and those where it was found")
    for title in ("structure", "sensitivity", "specificity", "have it", "have none"):
        table.add_column(title, justify="left" if title == "structure" else "right")
    for structure, counts in found.items():
        ill = counts.true_positive + counts.false_negative
        well = counts.true_negative + counts.false_positive
        rates = [
            "–" if rate is None else f"{rate:.2f}"
            for rate in (counts.sensitivity, counts.specificity)
        ]
        table.add_row(structure, *rates, str(ill), str(well))
    return table

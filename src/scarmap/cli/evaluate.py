"""`scarmap evaluate`: score masks against the truth."""

from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

if TYPE_CHECKING:
    from rich.table import Table

    from scarmap.datasets.split import Split


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
    out: Annotated[Path, typer.Option(help="Folder for cases.csv and summary.json.")],
    layout: Annotated[
        str | None,
        typer.Option(
            help="Label layout of both folders; not needed where the truth is a data set in its "
            "own layout."
        ),
    ] = None,
) -> None:
    """Score masks against the truth under every convention, side by side."""
    from rich.console import Console

    from scarmap.datasets.masks import find_masks, layouts_of
    from scarmap.datasets.split import notes, true_parts
    from scarmap.evaluation.table import evaluate_folder, summarise, write_evaluation
    from scarmap.io.nifti import read_labels

    layouts = layouts_of(truths, layout=layout)
    split, masks, true = _split_of_run(predictions), find_masks(predictions), find_masks(truths)
    if split and split.slices:
        of_case = dict.fromkeys(true, layouts) if isinstance(layouts, str) else layouts
        true_slices = true_parts(
            split, {case: read_labels(path, of_case[case]) for case, path in true.items()}
        )
        of_slice = {name: of_case[split.patient(name)] for name in true_slices}
        evaluation = evaluate_folder(masks, true_slices, of_slice, notes=notes(split))
    else:
        evaluation = evaluate_folder(masks, true, layouts, notes=notes(split) if split else ())
    cases_file, summary_file = write_evaluation(out, evaluation)
    console = Console()
    console.print(_table(summarise(evaluation.rows)["case3d"]))
    typer.echo(f"Every case and convention: {cases_file}\nMeans over cases: {summary_file}")
    for note in evaluation.notes:
        typer.echo(note)


def _split_of_run(predictions: Path) -> "Split | None":
    """The split that held-out masks were made under; None for masks that belong to no run."""
    from scarmap.datasets.split import recorded_split
    from scarmap.io.run import RunFolder

    run = RunFolder(predictions.resolve().parent)
    ours = run.record_file.is_file() and predictions.resolve() == run.predictions
    return recorded_split(run.read_record()) if ours else None


def _table(structures: dict[str, dict[str, dict[str, Any]]]) -> "Table":
    from rich.table import Table

    table = Table(title="Dice, 3D per case (case3d)")
    for column in ("structure", "mean ± sd", "median", "n", "undefined"):
        table.add_column(column, justify="left" if column == "structure" else "right")
    for structure, metrics in structures.items():
        dice = metrics["dice"]
        spread = "–" if dice["mean"] is None else f"{dice['mean']:.3f}"
        spread += "" if dice["sd"] is None else f" ± {dice['sd']:.3f}"
        median = "–" if dice["median"] is None else f"{dice['median']:.3f}"
        table.add_row(structure, spread, median, str(dice["n"]), str(dice["n_undefined"]))
    return table

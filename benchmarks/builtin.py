"""Measure the built-in model on real cases that it has never seen, and write the table of its card.

::

    python benchmarks/builtin.py --myops DIR --emidec DIR

The table replaces what stands between two comments in `docs/model_card.md`, which is then copied to
where the weights are, so that the card travels with them. Masks and scores are kept in `--out`.
`--run RUN` measures a run of the recipe instead, `--views N` that many views of each slice, and
both leave the card alone; `--phantoms DIR` measures on a cohort of `scarmap phantom` as well, of
another seed than the training's.
"""

import argparse
import time
from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from shutil import copyfile, rmtree
from typing import Any

import torch

from scarmap.datasets.case_files import CaseFiles
from scarmap.datasets.folder import find_cases
from scarmap.evaluation.table import evaluate_folder, read_summary, write_evaluation
from scarmap.inference.cohort import Model, segment_cohort
from scarmap.io.run import RunFolder
from scarmap.recipes.trained import run_model
from scarmap.report.drawing.heart import region_title
from scarmap.systems.scarmap.builtin import WEIGHTS, about_builtin, builtin_model, load_builtin
from scarmap.training.run.provenance import hardware

CARD = Path(__file__).parents[1] / "docs" / "model_card.md"
BEGIN, END = "<!-- measured: begin -->", "<!-- measured: end -->"
STRUCTURES = (
    "lv_pool",
    "rv_pool",
    "whole_myocardium",
    "scar",
    "whole_infarct",
    "scar_and_edema",
    "edema",
    "mvo",
)
EACH_WAY = (("LGE",), ("T2",), ("LGE", "T2", "bSSFP"))
SUBSETS = {"phantoms": EACH_WAY, "myops": EACH_WAY, "emidec": (("LGE",),)}
TITLES = {"phantoms": "unseen phantoms", "myops": "MyoPS 2020", "emidec": "EMIDEC"}


@dataclass(frozen=True)
class Measured:
    """Scores of one data set with one subset of its sequences.

    Attributes:
        data: "phantoms", "myops" or "emidec".
        sequences: Those that the model was given.
        summary: Content of `summary.json`.
        seconds: Time per case, reading and writing included.
    """

    data: str
    sequences: tuple[str, ...]
    summary: dict[str, Any]
    seconds: float


def main() -> None:
    """Measure, print, and write the card."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--myops", type=Path, required=True, help="training set of MyoPS 2020")
    parser.add_argument("--emidec", type=Path, required=True, help="labelled cases of EMIDEC")
    parser.add_argument(
        "--phantoms", type=Path, help="a cohort of `scarmap phantom` that was not trained on"
    )
    parser.add_argument(
        "--out", type=Path, default=Path("runs/builtin"), help="folder for masks and scores"
    )
    parser.add_argument(
        "--run", type=Path, help="a run of the recipe in the place of the built-in model"
    )
    parser.add_argument(
        "--views", type=int, help="views of each slice in the place of the model's own number"
    )
    parser.add_argument("--every", type=int, default=1, help="measure every n-th case only")
    asked = parser.parse_args()
    model = (
        run_model(RunFolder(asked.run), device="cpu") if asked.run else builtin_model(device="cpu")
    )
    segmenter = load_builtin("cpu", views=asked.views) if asked.views else model.load()
    resident = replace(model, load=lambda: segmenter)
    results = []
    for data, folder in (
        ("phantoms", asked.phantoms),
        ("myops", asked.myops),
        ("emidec", asked.emidec),
    ):
        if folder is None:
            continue
        files = find_cases(folder, labelled=True)[:: asked.every]
        for sequences in SUBSETS[data]:
            results.append(measure(resident, files, data=data, sequences=sequences, out=asked.out))
            print(line(results[-1]), flush=True)
    print(table(results))
    if asked.run is None and asked.views is None and asked.every == 1:
        write_card(f"Version {about_builtin()['version']}. {table(results)}")


def measure(
    model: Model, files: Sequence[CaseFiles], *, data: str, sequences: tuple[str, ...], out: Path
) -> Measured:
    """Segment cases from some of their sequences and score the masks, 3D per case."""
    folder = out / f"{data}-{'-'.join(sequences)}"
    given = [
        replace(each, images={name: each.images[name] for name in sequences}) for each in files
    ]
    rmtree(folder, ignore_errors=True)
    began = time.perf_counter()
    outcome = segment_cohort(given, model, folder)
    seconds = (time.perf_counter() - began) / len(files)
    if outcome.failed:
        raise SystemExit("\n".join(outcome.failed.values()))
    truths = {each.name: each.labels for each in files if each.labels is not None}
    evaluation = evaluate_folder(outcome.written, truths, files[0].layout)
    _, summary = write_evaluation(folder / "evaluation", evaluation)
    return Measured(data, sequences, read_summary(summary), seconds)


def line(measured: Measured) -> str:
    """One row of the table: mean Dice over the cases that have the structure."""
    scores = measured.summary["scores"]["case3d"]
    cells = []
    for structure in STRUCTURES:
        dice = scores.get(structure, {}).get("dice", {"mean": None})
        cells.append(
            ""
            if dice["mean"] is None
            else f"{dice['mean']:.2f} ({dice['median']:.2f}, {dice['n']})"
        )
    sequences = "all three" if len(measured.sequences) == 3 else " and ".join(measured.sequences)
    return (
        f"| {TITLES[measured.data]} | {sequences} | {' | '.join(cells)} | {measured.seconds:.1f} |"
    )


def presence_text(measured: Measured) -> str:
    """In how many patients with and without an infarct one was found."""
    counts = measured.summary["presence"]["whole_infarct"]
    with_infarct = counts["true_positive"] + counts["false_negative"]
    without = counts["true_negative"] + counts["false_positive"]
    title = f"{TITLES[measured.data]}, {' and '.join(measured.sequences)}"
    return (
        f"{title}: an infarct was found in {counts['true_positive']} of {with_infarct} patients "
        f"with one (sensitivity {counts['sensitivity']:.2f}), and none in "
        f"{counts['true_negative']} of {without} patients without (specificity "
        f"{counts['specificity']:.2f}); one voxel counts as found."
    )


def table(results: Sequence[Measured]) -> str:
    """The card's section."""
    header = [
        "data",
        "given",
        *(region_title(structure) for structure in STRUCTURES),
        "seconds per case",
    ]
    lines = [
        f"| {' | '.join(header)} |",
        f"|---|---|{'---:|' * (len(header) - 2)}",
        *map(line, results),
    ]
    notes = [presence_text(each) for each in results if "whole_infarct" in each.summary["presence"]]
    return "\n".join(
        [
            "Dice, convention `case3d`: mean (median, number of cases that have the structure).",
            f"{hardware(torch.device('cpu'))}.",
            "",
            *lines,
            "",
            *notes,
        ]
    )


def write_card(text: str) -> None:
    """Put the section between the card's comments."""
    card = CARD.read_text(encoding="utf-8")
    head, rest = card.split(BEGIN)
    tail = rest.split(END)[1]
    CARD.write_text(f"{head}{BEGIN}\n\n{text}\n\n{END}{tail}", encoding="utf-8")
    copyfile(CARD, WEIGHTS.with_name("model_card.md"))


if __name__ == "__main__":
    main()

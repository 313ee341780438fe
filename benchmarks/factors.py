"""What each part of MFU-Net is worth, from all eight rows of Table 1 at once.

::

    scarmap reproduce mfunet --data MYOPS --out runs
    python benchmarks/factors.py runs

The rows are every combination of three parts: the maximum over sequences, the attention, the
resampling. So the worth of a part is, case by case, the mean of the four rows that have it less the
mean of the four that do not: each row serves three comparisons, and no single training decides one.
Given in points of Dice, with 95 % bootstrap intervals over cases, beside the same of the published
means.
"""

import argparse
from collections.abc import Iterable, Mapping
from pathlib import Path
from statistics import fmean

import numpy as np

from scarmap.cli.reproduce import folder_of
from scarmap.evaluation.paired import compare
from scarmap.io.run import RunFolder
from scarmap.io.scores import Score, read_scores, values_by_case
from scarmap.recipes.describe import settings
from scarmap.systems.catalogue import RECIPES, rows_of

FACTORS = ("fusion", "attention", "resampling")
PRESENT = {"max", True}
ROWS = tuple(rows_of("mfunet", tables=("1",)))
COLUMNS = ("whole_myocardium", "scar", "edema", "average_pathology")


def main() -> None:
    """Print a Markdown table, a line for each part and structure."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("runs", type=Path, help="folder of the run folders of `reproduce`")
    parser.add_argument("--convention", default="mfunet_slicewise", help="the paper's by default")
    asked = parser.parse_args()
    scores = {row: scores_of(asked.runs, row) for row in ROWS}
    print("| part | structure | cases | points of Dice | published |\n|---|---|---:|---|---:|")
    for column in COLUMNS:
        wanted = {"convention": asked.convention, "structure": column, "metric": "dice"}
        dice = {row: values_by_case(found, **wanted) for row, found in scores.items()}
        if not all(dice.values()):
            continue  # the convention does not have it
        published = {row: {"all": RECIPES[row].published[column][0] / 100} for row in ROWS}
        for factor in FACTORS:
            chosen = {row: has(row, factor) for row in ROWS}
            print(line(factor, column, worth(dice, chosen), worth(published, chosen)))


def has(row: str, factor: str) -> bool:
    """Whether a row of Table 1 has a part."""
    return settings(RECIPES[row].recipe)[factor] in PRESENT


def scores_of(runs: Path, row: str) -> list[Score]:
    """Scores of a row, from where `reproduce` keeps it."""
    return read_scores(RunFolder(runs / folder_of(row)).evaluation / "cases.csv")


Sides = tuple[dict[str, float], dict[str, float]]


def worth(dice: Mapping[str, Mapping[str, float]], chosen: Mapping[str, bool]) -> Sides:
    """Case to mean over the rows with a part, and over those without.

    Args:
        dice: Row to case to Dice.
        chosen: Row to whether it has the part.
    """
    cases = sorted(set.intersection(*(set(each) for each in dice.values())))
    with_part = [dice[row] for row in dice if chosen[row]]
    without = [dice[row] for row in dice if not chosen[row]]
    return means(with_part, cases), means(without, cases)


def means(rows: Iterable[Mapping[str, float]], cases: Iterable[str]) -> dict[str, float]:
    """Case to its mean over rows; NaN where one of them is."""
    several = list(rows)
    return {case: fmean(row[case] for row in several) for case in cases}


def line(factor: str, column: str, measured: Sides, published: Sides) -> str:
    """A line of the table."""
    found = compare(*measured, generator=np.random.default_rng(1))
    mean, low, high = (100 * value for value in (found.mean_difference, found.low, found.high))
    paper = 100 * (published[0]["all"] - published[1]["all"])
    return (
        f"| {factor} | {column} | {found.num_cases} | {mean:+.1f} ({low:+.1f} to {high:+.1f}) "
        f"| {paper:+.1f} |"
    )


if __name__ == "__main__":
    main()

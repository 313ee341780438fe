"""Seconds of a training step and of a predicted slice for every network of a recipe.

::

    python benchmarks/network_time.py linear-codec --set width=8 --set size=128 --set spacing_mm=1.5

Networks that differ only in what they learn are timed once. Slices are of synthetic hearts, weights
are random.
"""

import argparse
import statistics
import tempfile
import time
from pathlib import Path

import torch
from network_size import networks

from scarmap.datasets.case_files import load_case
from scarmap.datasets.folder import find_cases
from scarmap.phantom.cohort import write_cohort
from scarmap.recipes.recipe import Recipe, Stage
from scarmap.recipes.settings import parse_setting
from scarmap.sampling.bank import Bank, fill_bank
from scarmap.systems.catalogue import choose
from scarmap.training.run.provenance import commit, hardware
from scarmap.training.stage.learner import Learner


def main() -> None:
    """Print a Markdown table."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("recipe", help="name of a recipe whose stages need no other")
    parser.add_argument(
        "--set", action="append", default=[], dest="settings", metavar="KEY=VALUE", help="a setting"
    )
    parser.add_argument("--steps", type=int, default=8, help="steps per network")
    asked = parser.parse_args()
    recipe = choose(asked.recipe, dict(parse_setting(text) for text in asked.settings)).build()
    print(f"{hardware(torch.device('cpu'))}; torch {torch.__version__}; commit {commit()}\n")
    print(
        "| Network | Slices in a step | Seconds per step | Seconds per predicted slice "
        "|\n|---|---:|---:|---:|"
    )
    with tempfile.TemporaryDirectory() as folder:
        bank = load_bank(Path(folder), recipe)
        for stage in (alike[0] for alike in networks(recipe)):
            slices, step = step_seconds(stage, bank, steps=asked.steps)
            print(f"| {stage.name} | {slices} | {step:.2f} | {slice_seconds(stage, bank):.3f} |")


def load_bank(folder: Path, recipe: Recipe) -> Bank:
    """Slices of synthetic hearts."""
    write_cohort(folder, layout=recipe.layout, num_cases=4, seed=1)
    sequences = recipe.preparation.sequences
    cases = [load_case(files, sequences=sequences, labelled=True) for files in find_cases(folder)]
    return fill_bank(cases, recipe.preparation)


def step_seconds(stage: Stage, bank: Bank, *, steps: int) -> tuple[int, float]:
    """Slices in a training step, and its median time; the first step warms up."""
    learner = Learner(stage.model(), stage.objective()).train()
    optimizer = stage.optimizer(learner.parameters())
    generator, rows = torch.Generator().manual_seed(1), torch.arange(len(bank.cases))
    seconds: list[float] = []
    slices = 0
    while len(seconds) <= steps:
        for batch in stage.sampler(bank, rows, generator):
            slices, began = len(batch.images), time.perf_counter()
            optimizer.zero_grad()
            torch.stack(list(learner(type(batch), **vars(batch))[0].values())).sum().backward()
            optimizer.step()
            seconds.append(time.perf_counter() - began)
    return slices, statistics.median(seconds[1:])


@torch.inference_mode()
def slice_seconds(stage: Stage, bank: Bank) -> float:
    """Time of validation per slice."""
    assert stage.score is not None
    model, rows = stage.model().eval(), torch.arange(len(bank.cases))
    stage.score(model, bank, rows[:2])
    began = time.perf_counter()
    stage.score(model, bank, rows)
    return (time.perf_counter() - began) / len(rows)


if __name__ == "__main__":
    main()

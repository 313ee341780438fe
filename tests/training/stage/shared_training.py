"""Train two stages for 20 steps, by one process or, under torchrun, by two. Not a test by itself.

The first stage is MFU-Net with dynamic patches. The second one is the anatomy prior's with mix-up:
soft truth, a Dice loss of the whole batch, learned label weights, five slices a batch, validated;
it can be stopped and resumed half-way.

All is computed in float64. In float32 the order of sums alone changes the weights: one process that
is shown the same batches with their rows in another order ends up to 8e-3 away in a weight and 4e-2
in a running mean after these 20 steps, as far as two processes do. For AdamW divides each gradient
by its size plus 1e-8, so that gradients which are zero but for rounding (1e-8 in float32, 1e-17 in
float64) move weights by whole steps. In float64 two processes end 1e-13 away from one.
"""

import sys
from dataclasses import replace
from functools import partial
from pathlib import Path

import torch
from lightning_fabric.plugins.precision import DoublePrecision

from scarmap.datasets.folds import Fold
from scarmap.labels import INDEX
from scarmap.recipes.recipe import Phase
from scarmap.recipes.schedules import constant
from scarmap.sampling.bank import Bank
from scarmap.systems.catalogue import choose
from scarmap.training.stage.fit import Options, StageTraining, fit
from scarmap.training.stage.processes import make_fabric

SIZE, STEPS, CASES = 48, 20, tuple("abcdef")
SETTINGS = {
    "mfunet": {"width": 4, "size": SIZE},
    "anatomy-prior": {"width": 4, "size": SIZE, "schedule": "modern"},
}


def make_bank(sequences):
    """Two slices of each of six cases: noise, brighter in a round heart with a scar."""
    generator = torch.Generator().manual_seed(3)
    rows, columns = torch.meshgrid(
        torch.arange(SIZE + 16.0), torch.arange(SIZE + 16.0), indexing="ij"
    )
    labels = torch.zeros(2 * len(CASES), SIZE + 16, SIZE + 16, dtype=torch.uint8)
    for number, image in enumerate(labels):
        radius = ((rows - 30 - number / 3).square() + (columns - 32).square()).sqrt()
        image[radius < 14] = INDEX["normal_myocardium"]
        image[(radius < 14) & (rows < 26)] = INDEX["scar"]
        image[radius < 8] = INDEX["lv_pool"]
    images = 0.3 * torch.rand(len(labels), sequences, *labels.shape[1:], generator=generator)
    return Bank(
        images + labels[:, None] / 6, labels, tuple(name for name in CASES for _ in range(2)), SIZE
    )


def doubled(make):
    """A network or an objective in float64 from the start, so that a checkpoint loses no digit."""
    return make().double()


def in_double(score, model, bank, rows):
    """A stage's score, of images as precise as the network."""
    return score(model, replace(bank, images=bank.images.double()), rows)


def train(out, *, stop_at):
    """Train both stages; logs and weights go below `out`, for MFU-Net in a folder per process."""
    fabric = make_fabric("cpu")
    fabric._precision = fabric.strategy.precision = DoublePrecision()
    fabric.launch()
    fold = Fold(CASES[:5], CASES[5:])
    for name, settings in SETTINGS.items():
        recipe = choose(name, settings).build()
        stage = recipe.stages[-1]
        stage = replace(
            stage,
            model=partial(doubled, stage.model),
            objective=partial(doubled, stage.objective),
        )
        bank = make_bank(len(recipe.preparation.sequences))
        if name == "mfunet":
            stage, folder = (
                replace(stage, score=None, keep="last"),
                out / name / str(fabric.global_rank),
            )
        else:
            stage = replace(
                stage,
                sampler=partial(stage.sampler, batch_size=5),
                score=partial(in_double, stage.score),
                score_every=10,
            )
            folder = out / name
        for steps in dict.fromkeys((stop_at if name != "mfunet" else STEPS, STEPS)):
            phases = (Phase(steps, 1e-3, constant),)
            options = Options(max_steps=1, resume=steps == STEPS)
            fit(
                StageTraining(
                    replace(stage, phases=phases), bank, fold, 0, folder, fabric, options
                ),
                {},
            )


if __name__ == "__main__":
    train(Path(sys.argv[1]), stop_at=int(sys.argv[2]))

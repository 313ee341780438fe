"""A system small enough to train in a blink: a 3 x 3 convolution that learns to see bright
squares."""

from dataclasses import replace
from functools import partial

import pytest
import torch
from torch import nn
from torch.nn import functional as F

from scarmap.datasets.folds import Fold, contiguous_folds, no_folds, seeded_folds
from scarmap.io.illustrations import Illustration, Panel
from scarmap.labels import INDEX, REGIONS
from scarmap.recipes.recipe import Phase, Recipe, Row, Stage
from scarmap.recipes.schedules import constant
from scarmap.recipes.validation import region_dice
from scarmap.sampling.augment import Augmentation
from scarmap.sampling.bank import Bank
from scarmap.sampling.intensity import standardise
from scarmap.sampling.preparation import Preparation
from scarmap.sampling.samplers import full_slices
from scarmap.training.run.request import Request
from scarmap.training.stage.fit import Options, StageTraining
from scarmap.training.stage.processes import make_fabric

SIZE = 16
CASES = tuple("abcdefgh")


class Tiny(nn.Module):
    """Images (B, S, H, W) to logits (B, 1, H, W)."""

    def __init__(self, *, width=2, sequences=1):
        super().__init__()
        self.first = nn.Conv2d(sequences, width, 3, padding=1)
        self.normalise = nn.BatchNorm2d(width)
        self.last = nn.Conv2d(width, 1, 1)

    def forward(self, images):
        return self.last(torch.relu(self.normalise(self.first(images))))


class Objective(nn.Module):
    """Cross-entropy with a learned weight and a regulariser of it."""

    def __init__(self, *, region="whole_infarct"):
        super().__init__()
        self.log_weight = nn.Parameter(torch.zeros(()))
        self.tissues = [INDEX[tissue] for tissue in REGIONS[region]]

    def forward(self, model, batch):
        truth = torch.isin(
            batch.labels, torch.tensor(self.tissues, device=batch.labels.device)
        ).float()
        loss = F.binary_cross_entropy_with_logits(model(batch.images)[:, 0], truth)
        return {"cross_entropy": loss * self.log_weight.exp(), "weight": -self.log_weight * 0.5}


def found(model, images):
    return torch.sigmoid(model(images))


def tiny_stage(*, region="whole_infarct", width=2, sequences=1, **keywords):
    """A stage of one phase of three epochs; keywords replace its attributes."""
    defaults = {
        "name": "segment",
        "model": partial(Tiny, width=width, sequences=sequences),
        "objective": partial(Objective, region=region),
        "sampler": partial(full_slices, batch_size=4, augmentation=Augmentation(flips=True)),
        "optimizer": torch.optim.Adam,
        "phases": (Phase(3, 0.05, constant),),
        "score": partial(region_dice, predict=found, regions=(region,)),
    }
    return Stage(**{**defaults, **keywords})


def assemble(stages, slices):
    return found(stages["segment"], slices)


def compose(probabilities):
    return (probabilities[0] > 0.5).astype("uint8") * INDEX["scar"]


def picture(stages, bank, rows):
    image = bank.images[rows[0], 0].cpu().numpy()
    return [
        Illustration(
            "1-first-row", "First row", bank.cases[int(rows[0])], ((Panel("image", image),),)
        )
    ]


def tiny_recipe(*, width=2, layout="emidec", num_folds=2, sequences=("LGE",)):
    """A whole system that learns the left ventricle."""
    stage = tiny_stage(region="lv_epicardium", width=width, sequences=len(sequences))
    return Recipe(
        system="tiny",
        layout=layout,
        preparation=Preparation(sequences, 128, standardise),
        folds=partial(contiguous_folds, num_folds=num_folds),
        stages=(stage,),
        regions=("lv_epicardium",),
        assemble=assemble,
        compose=compose,
        illustrate=picture,
    )


def every_slice_twice(names):
    """Trains on every name and validates on it."""
    return (Fold(tuple(names), tuple(names)),)


def tiny_recipe_by_slice(*, num_folds=2, leaking=False, **keywords):
    """The same with random slices held out, or with all of them trained on and validated."""
    folds = every_slice_twice if leaking else partial(seeded_folds, num_folds=num_folds)
    return replace(tiny_recipe(**keywords), unit="slice", folds=folds)


def tiny_recipe_on_all(**keywords):
    """The same without held-out cases."""
    return replace(tiny_recipe(**keywords), folds=no_folds)


def tiny_recipe_of_two_stages(**keywords):
    """The same with a stage before the one that predicts."""
    recipe = tiny_recipe(**keywords)
    return replace(recipe, stages=(replace(recipe.stages[0], name="first"), *recipe.stages))


@pytest.fixture
def all_cases():
    """The tiny recipe without held-out cases."""
    return tiny_recipe_on_all


@pytest.fixture(scope="session")
def by_slice():
    """The tiny recipe with slices held out."""
    return tiny_recipe_by_slice


@pytest.fixture(scope="session")
def of_two_stages():
    """The tiny recipe with two stages."""
    return tiny_recipe_of_two_stages


@pytest.fixture
def stage():
    """Function of what to change to a tiny stage."""
    return tiny_stage


@pytest.fixture(scope="session")
def row():
    """The tiny recipe as a row without published figures."""
    return Row(tiny_recipe, paper="")


@pytest.fixture
def bank():
    """Two slices of 16 x 16 pixels of each of eight cases; a noisy square is brighter and labelled
    scar."""
    generator = torch.Generator().manual_seed(5)
    num = 2 * len(CASES)
    images = torch.rand(num, 1, SIZE, SIZE, generator=generator)
    labels = torch.zeros(num, SIZE, SIZE, dtype=torch.uint8)
    labels[:, 4:11, 5:12] = INDEX["scar"]
    images[:, 0][labels > 0] += 1
    names = tuple(name for name in CASES for _ in range(2))
    return Bank(images, labels, names, SIZE)


@pytest.fixture
def training(bank, tmp_path):
    """Function of a stage and options to a training: six cases train, the last two validate."""

    def make(stage, *, folder=None, fold=None, **options):
        fold = fold or Fold(CASES[:6], CASES[6:])
        return StageTraining(
            stage,
            bank,
            fold,
            0,
            folder or tmp_path / "segment",
            make_fabric("cpu"),
            Options(**options),
        )

    return make


@pytest.fixture
def request_for(row, tmp_path):
    """Function of a data folder and what to change to a short training of the tiny recipe."""

    def make(
        data,
        *,
        folds=None,
        out="run",
        recipe=row.recipe,
        **how,
    ):
        options = Options(**{"epochs_scale": 0.3, "max_steps": 1, **how})
        return Request(
            "tiny", replace(row, recipe=recipe), data, tmp_path / out, folds, "cpu", options
        )

    return make

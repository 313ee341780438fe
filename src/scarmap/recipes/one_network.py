"""The networks of several folds as one network, their weights averaged. Needs torch.

Source: Wortsman et al., Model soups, ICML 2022, section 2: the uniform soup of networks that were
trained further from the same weights.
Differs: the members are folds of one training, so that each has seen other cases; the statistics of
batch normalisation are averaged as well, because a run folder holds no images to take them from
anew.
"""

from collections.abc import Mapping, Sequence
from copy import deepcopy

import torch
from torch import Tensor, nn

from scarmap.errors import RunError
from scarmap.recipes.recipe import Recipe, Stage

_SEEDS = (0, 1)
"""Two starts of a stage: equal where they do not depend on chance."""


def average_folds(folds: Sequence[Mapping[str, nn.Module]]) -> dict[str, nn.Module]:
    """One model of each stage, its weights the mean over the folds.

    Args:
        folds: Trained models of each fold by stage; they stay as they are.
    """
    found = {}
    for name, first in folds[0].items():
        model = deepcopy(first)
        model.load_state_dict(average_weights([each[name].state_dict() for each in folds]))
        found[name] = model
    return found


def average_weights(folds: Sequence[Mapping[str, Tensor]]) -> dict[str, Tensor]:
    """Mean of tensors of the same names, summed in float64; what counts is the first one's.

    Variances of batch normalisation are averaged as weights are. The variance of a mixture, which
    adds that of the means, is for values that come from one fold or another; what arrives at the
    averaged network's normalisation is, to first order, the mean of what arrives at the folds'.
    """
    found = {}
    for name, first in folds[0].items():
        if first.is_floating_point():
            mean = torch.stack([each[name].double() for each in folds]).mean(dim=0)
            found[name] = mean.to(first.dtype)
        else:
            found[name] = first.clone()
    return found


def check_same_start(recipe: Recipe) -> None:
    """Refuse to average folds that did not begin from the same weights.

    Raises:
        RunError: A stage began with random weights, or from another stage of its own fold.
    """
    for stage in recipe.stages:
        if stage.inputs:
            began = f"from what its own fold's {' and '.join(stage.inputs)} had learnt"
        elif not _starts_alike(stage):
            began = "with random weights of its own"
        else:
            continue
        raise RunError(
            f"The folds of this run cannot become one network: in each, the stage {stage.name} "
            f"began {began}, and networks that learnt from different beginnings number their "
            "features differently, so that the mean of their weights has no meaning. Export "
            "without --one-network, or train from common weights: scarmap train scarmap --set "
            "start=builtin."
        )


def _starts_alike(stage: Stage) -> bool:
    """Whether a stage without inputs has the same weights before training whatever the seed."""
    one, other = (_start(stage, seed) for seed in _SEEDS)
    return all(torch.equal(one[name], other[name]) for name in one)


def _start(stage: Stage, seed: int) -> dict[str, Tensor]:
    with torch.random.fork_rng(devices=[]):
        torch.default_generator.manual_seed(seed)
        model = stage.model()
    if stage.initialise is not None:
        stage.initialise(model, {})
    return model.state_dict()

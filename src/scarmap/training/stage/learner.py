"""A stage's model together with its objective, freshly initialised."""

from collections.abc import Mapping

import torch
from torch import Tensor, nn

from scarmap.recipes.recipe import Losses, Stage
from scarmap.sampling.batch import Batch


class Learner(nn.Module):
    """A model with its objective, so that wrappers for several devices see all parameters."""

    def __init__(self, model: nn.Module, objective: nn.Module) -> None:
        super().__init__()
        self.model = model
        self.objective = objective

    def forward(
        self, batch_type: type[Batch], **tensors: Tensor | None
    ) -> tuple[dict[str, Tensor], dict[str, Tensor]]:
        """Parts of the loss of one batch, and what is monitored beside them.

        Args:
            batch_type: The batch's class; wrappers for several devices pass tensors only.
            tensors: The batch's fields.
        """
        given: Losses = self.objective(self.model, batch_type(**tensors))  # type: ignore[arg-type]
        return given if isinstance(given, tuple) else (given, {})


def build_learner(stage: Stage, earlier: Mapping[str, nn.Module], *, seed: int) -> Learner:
    """Initialise a stage's model and objective from a seed; global generators stay as they are."""
    with torch.random.fork_rng(devices=[]):
        torch.default_generator.manual_seed(seed)
        learner = Learner(stage.model(), stage.objective())
    if stage.initialise is not None:
        stage.initialise(learner.model, {name: earlier[name] for name in stage.inputs})
    return learner

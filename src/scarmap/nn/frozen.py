"""Networks of earlier stages that a later one looks at and never changes."""

from collections.abc import Callable, Mapping
from copy import deepcopy

from torch import Tensor, nn

from scarmap.errors import RunError


class Frozen(nn.Module):
    """Holds trained networks beside a model that is being trained.

    They follow the model from device to device, and nothing else: they have no trained parameters,
    stay in evaluation mode whatever the model is put in, and are not part of its weights, because
    their own stage has written them. A model that was read from its weights therefore holds none.
    Gradients pass through them to what they are given.
    """

    def __init__(self) -> None:
        super().__init__()
        self.networks: dict[str, nn.Module] = {}

    def take(self, networks: Mapping[str, nn.Module]) -> None:
        """Copy trained networks, by the name of their stage."""
        self.networks = {
            name: deepcopy(network).eval().requires_grad_(False)
            for name, network in networks.items()
        }

    def __getitem__(self, name: str) -> nn.Module:
        """The network of a stage.

        Raises:
            RunError: None was taken.
        """
        if name not in self.networks:
            raise RunError(
                f"The network of stage {name!r} was not handed over to the stage that needs it. "
                "Name it in the stage's `inputs`, and take it in its `initialise`."
            )
        return self.networks[name]

    def _apply(self, fn: Callable[[Tensor], Tensor], recurse: bool = True) -> "Frozen":
        for network in self.networks.values():
            network._apply(fn)  # type: ignore[no-untyped-call]
        applied: Frozen = super()._apply(fn, recurse)  # type: ignore[no-untyped-call]
        return applied

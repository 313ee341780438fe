"""One batch on several processes, such that the training is that of one process.

Every process draws the same whole batch, runs the network on rows of its own, and is given the
output of all rows. So each of them computes the same losses of the whole batch, whatever they are:
a Dice loss that takes the batch as one image, learned weights, randomness inside an objective,
shares of unequal size. What one process has to know of the others' rows is a network's output,
which is small, and the statistics of batch normalisation.

What an objective runs besides calling the model, other networks for instance, it runs on the whole
batch in every process: the training is the same, and only not faster by as much.
"""

from typing import Any

import torch
import torch.distributed
from lightning_fabric import Fabric
from lightning_utilities.core.apply_func import apply_to_collection
from torch import Tensor, nn

from scarmap.errors import RunError


def share_rows(model: nn.Module, fabric: Fabric) -> nn.Module:
    """Let a network in training mode work on a share of each batch; one process has all of it.

    Args:
        model: The network; every tensor that it is given or returns has the batch as its first
            axis.
        fabric: The processes.

    Returns:
        The network, with batch normalisation over the whole batch.
    """
    if fabric.world_size == 1:
        return model
    rank, processes = fabric.global_rank, fabric.world_size
    model = _normalise_over_whole_batch(model, cuda=fabric.device.type == "cuda")

    def take(module: nn.Module, given: tuple[Any, ...]) -> tuple[Any, ...]:
        if not module.training:
            return given
        module.shares = shares(len(given[0]), processes)  # type: ignore[assignment]
        own = slice(sum(module.shares[:rank]), sum(module.shares[: rank + 1]))  # type: ignore[index]
        return tuple(each[own] for each in given)

    def join(module: nn.Module, given: tuple[Any, ...], found: Any) -> Any:  # noqa: ARG001
        if not module.training:
            return found
        return apply_to_collection(found, Tensor, whole, module.shares, rank)

    model.register_forward_pre_hook(take)
    model.register_forward_hook(join)
    return model


def _normalise_over_whole_batch(model: nn.Module, *, cuda: bool) -> nn.Module:
    if cuda:
        return nn.SyncBatchNorm.convert_sync_batchnorm(model)  # type: ignore[no-untyped-call, no-any-return]
    for module in model.modules():
        if type(module) is nn.BatchNorm2d:
            module.__class__ = _WholeBatchNorm2d
    return model


def shares(rows: int, processes: int) -> list[int]:
    """How many neighbouring rows each process works on; they differ by one at most.

    Raises:
        RunError: There are fewer rows than processes.

    >>> shares(5, 2)
    [3, 2]
    """
    if rows < processes:
        raise RunError(
            f"A batch of {rows} slices cannot be shared by {processes} processes. Use {rows} "
            "devices at most, or a larger batch where the recipe has that setting."
        )
    return [rows // processes + (rank < rows % processes) for rank in range(processes)]


def whole(own: Tensor, counts: list[int], rank: int) -> Tensor:
    """Rows of all processes, (B, ...), from those of one, (b, ...)."""
    assert len(own) == counts[rank], f"an output of {len(own)} rows from {counts[rank]}"
    gathered: Tensor = _Gather.apply(own, counts, rank)
    return gathered


class _Gather(torch.autograd.Function):
    """Joins rows.

    The gradient of own rows is scaled up, because DDP takes the mean over processes of what must be
    summed here.
    """

    @staticmethod
    def forward(ctx: Any, own: Tensor, counts: list[int], rank: int) -> Tensor:
        ctx.counts, ctx.rank = counts, rank
        padded = own.new_zeros(max(counts), *own.shape[1:])
        padded[: len(own)] = own
        parts = [torch.empty_like(padded) for _ in counts]
        torch.distributed.all_gather(parts, padded)
        return torch.cat([part[:count] for part, count in zip(parts, counts, strict=True)])

    @staticmethod
    def backward(ctx: Any, *gradients: Tensor) -> tuple[Tensor, None, None]:
        start = sum(ctx.counts[: ctx.rank])
        return gradients[0][start : start + ctx.counts[ctx.rank]] * len(ctx.counts), None, None


class _Sum(torch.autograd.Function):
    """Adds up a tensor over all processes, and in the backward pass its gradient."""

    @staticmethod
    def forward(ctx: Any, own: Tensor) -> Tensor:  # noqa: ARG004
        total = own.clone()
        torch.distributed.all_reduce(total)
        return total

    @staticmethod
    def backward(ctx: Any, *gradients: Tensor) -> Tensor:  # noqa: ARG004
        total = gradients[0].clone()
        torch.distributed.all_reduce(total)
        return total


class _WholeBatchNorm2d(nn.BatchNorm2d):
    """Batch normalisation over the rows of all processes, for the CPU, where torch has none."""

    def forward(self, images: Tensor) -> Tensor:
        """(B, C, H, W) to the same shape; in evaluation mode as ever."""
        if not self.training:
            return super().forward(images)
        axes = (0, 2, 3)
        ones = images.new_full((1,), images.numel() / images.shape[1])
        sums: Tensor = _Sum.apply(torch.cat([images.sum(axes), ones]))
        mean = (sums[:-1] / sums[-1])[:, None, None]
        variance: Tensor = _Sum.apply((images - mean).square().sum(axes)) / sums[-1]
        self._remember(mean[:, 0, 0], variance * sums[-1] / (sums[-1] - 1))
        normal = (images - mean) / torch.sqrt(variance + self.eps)[:, None, None]
        return normal * self.weight[:, None, None] + self.bias[:, None, None]

    @torch.no_grad()
    def _remember(self, mean: Tensor, variance: Tensor) -> None:
        assert self.momentum is not None
        assert self.running_mean is not None
        assert self.running_var is not None
        assert self.num_batches_tracked is not None
        self.num_batches_tracked.add_(1)
        self.running_mean.lerp_(mean, self.momentum)
        self.running_var.lerp_(variance, self.momentum)

"""What a network is fed."""

from dataclasses import dataclass

from torch import Tensor


@dataclass(frozen=True)
class Batch:
    """Slices with their truth, on the training device.

    Attributes:
        images: (B, S, H, W), float32, in the recipe's intensity range, S in the recipe's order of sequences.
        labels: (B, H, W), uint8, indices into `scarmap.labels.TISSUES`.
    """

    images: Tensor
    labels: Tensor

    def share(self, rank: int, world_size: int) -> "Batch":
        """The rows that one of several processes works on; all of them when there is one process."""
        if world_size == 1:
            return self
        return Batch(self.images[rank::world_size], self.labels[rank::world_size])


def centre_window(batch: Batch, size: int) -> Batch:
    """The middle of each slice, a square of side `size`."""
    top = (batch.images.shape[-2] - size) // 2
    left = (batch.images.shape[-1] - size) // 2
    window = (..., slice(top, top + size), slice(left, left + size))
    return Batch(batch.images[window], batch.labels[window])

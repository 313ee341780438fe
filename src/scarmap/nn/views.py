"""A network's answer averaged over mirrored and turned views of a slice.

`scarmap.inference.ensemble` does the same without torch.
"""

from collections.abc import Callable
from typing import TypeVar

from torch import Tensor

Predict = Callable[[Tensor], Tensor]
"""Slices (Z, S, H, W) to probabilities (Z, K, H, W)."""

_Assemble = TypeVar("_Assemble", bound=Callable[..., Tensor])
_MARK = "views_of_the_whole"


def average_views(predict: Predict, slices: Tensor, *, views: int) -> Tensor:
    """Mean probabilities over views of each slice.

    Args:
        predict: Segments slices.
        slices: (Z, S, H, W), square if there is more than one view.
        views: 1 for the slices as they are, 4 for their quarter turns, 8 for those of the mirrored
            slices as well.

    Returns:
        (Z, K, H, W), in the original orientation.
    """
    if views == 1:
        return predict(slices)
    total = _seen_as(predict, slices, turns=0, mirrored=False)
    for number in range(1, views):
        total = total + _seen_as(predict, slices, turns=number % 4, mirrored=number >= 4)
    return total / views


def _seen_as(predict: Predict, slices: Tensor, *, turns: int, mirrored: bool) -> Tensor:
    view = _turned(slices.flip(-1) if mirrored else slices, turns)
    back = _turned(predict(view.contiguous()), -turns)
    return back.flip(-1) if mirrored else back


def _turned(images: Tensor, turns: int) -> Tensor:
    """Quarter turns of (B, C, H, W), as `torch.rot90`, which cannot be exported."""
    match turns % 4:
        case 1:
            return images.transpose(-2, -1).flip(-2)
        case 2:
            return images.flip((-2, -1))
        case 3:
            return images.flip(-2).transpose(-2, -1)
        case _:
            return images


def views_of_the_whole(assemble: _Assemble) -> _Assemble:
    """Mark an inference whose `views` are those of the whole system.

    Its answer with several views is the mean of as many answers with one. So one view is exported,
    and the others are looked at outside. An inference that decides something between its networks,
    as the cascade does, is not of this kind.
    """
    setattr(assemble, _MARK, True)
    return assemble


def has_views_of_the_whole(assemble: Callable[..., Tensor]) -> bool:
    """Whether an inference was marked so."""
    return bool(getattr(assemble, _MARK, False))

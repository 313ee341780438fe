"""The neighbourhood penalty: what is part of something else should touch it."""

from collections.abc import Sequence
from itertools import pairwise

import torch
import torch.nn.functional as F
from torch import Tensor

_SUPPORT = 0.05
"""Probability from which on a region reaches a pixel. A choice: a softmax is never 0."""
_CLOSE = 0.01
"""Epsilon of the paper, "a small given number"; its value is a choice."""


def neighbourhood_penalty(inner: Tensor, outer: Tensor, *, literal: bool = False) -> Tensor:
    """Probability that is missing where two nested regions both reach and neither is certain.

    Source: anatomy prior, section 2, Eq. 4, and the condition a * b < 1 - epsilon before it.
    Differs: a softmax is never 0, so the printed indicators a > 0 and b > 0 hold everywhere: the
        printed term is almost 1 on all background, which drives every pixel towards infarct, and
        negative where the regions overlap. Chosen: support begins at 0.05, epsilon is 0.01, and 1 -
        a - b is not taken below 0.

    Args:
        inner: (B, H, W), probability of the region inside, 0 to 1.
        outer: (B, H, W), probability of the region that contains it.
        literal: Keep the printed formula.

    Returns:
        Scalar; at least 0 unless literal.

    >>> certain, doubtful = torch.tensor([[[1.0, 0.0]]]), torch.tensor([[[0.3, 0.0]]])
    >>> [round(neighbourhood_penalty(each, each).item(), 4) for each in (certain, doubtful)]
    [0.0, 0.2]
    """
    apart = inner * outer < 1 - _CLOSE
    missing = 1 - inner - outer
    if literal:
        return ((inner > 0) & (outer > 0) & apart).to(missing).mul(missing).mean()
    reached = (inner > _SUPPORT) & (outer > _SUPPORT) & apart
    return (reached * F.relu(missing)).mean()


def nested_penalty(regions: Sequence[Tensor], *, literal: bool = False) -> Tensor:
    """Sum of the penalties between each region and the next larger one.

    Source: anatomy prior, section 2, Eq. 5: no-reflow in the whole infarct, the whole infarct in
        the whole myocardium.
    Differs: nothing; the equation writes one symbol for the infarct in two ways.

    Args:
        regions: Probabilities (B, H, W), from the innermost region to the outermost.
        literal: Keep the printed formula.
    """
    return torch.stack(
        [neighbourhood_penalty(*pair, literal=literal) for pair in pairwise(regions)]
    ).sum()

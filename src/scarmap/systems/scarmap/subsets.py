"""The network asked again about fewer of a case's sequences, and its answers averaged.

A network that knows every subset of the sequences makes other mistakes on each of them. Late
enhancement hides the wall where a bright scar touches bright blood, which T2 and bSSFP see; and
bSSFP, which hardly shows pathology, distracts from it. Needs no torch.
"""

from collections.abc import Iterator

import numpy as np
from numpy.typing import NDArray

from scarmap.inference.ensemble import Maps, Predict
from scarmap.systems.scarmap.targets import FOUND

_WALL, _INJURY, _INFARCT, _NO_REFLOW = (
    FOUND.index(name) for name in ("whole_myocardium", "scar_and_edema", "whole_infarct", "mvo")
)
_SMALLEST = 1e-6
"""Where the outer region is less likely than this, nothing lies in it."""

Names = tuple[str, ...]


def ask_subsets(maps: Maps, slices: Maps, predict: Predict, *, sequences: Names) -> Maps:
    """Take the wall and the shares of pathology from several subsets of a case's sequences.

    Cavities and wall are the mean of the answers from all sequences and from T2 with bSSFP. The
    injured share of the wall and the infarcted share of the injury are those of the mean answer
    from all sequences, from LGE with T2, and from LGE alone. The share without reflow stays that of
    all sequences. Sets that a case cannot give are left out, so a case of one sequence stays as it
    is.

    Args:
        maps: (Z, K, H, W) of `FOUND`, from all sequences.
        slices: (Z, S, H, W), zero where a sequence is missing.
        predict: Slices to maps of the same kind.
        sequences: Names of the S sequences.

    Returns:
        (Z, K, H, W).

    Source: chosen on synthetic hearts, see benchmarks/builtin.md.
    """
    present = tuple(name for k, name in enumerate(sequences) if slices[:, k].any())
    for_wall, for_pathology = smaller_sets(present)
    if not for_pathology:
        return maps

    def answers(sets: list[Names]) -> Iterator[Maps]:
        return (predict(_only(slices, kept, sequences)) for kept in sets)

    found, seen = (_mean([maps, *answers(sets)]) for sets in (for_wall, for_pathology))
    found[:, _INJURY] = share(seen, _INJURY, _WALL) * found[:, _WALL]
    found[:, _INFARCT] = share(seen, _INFARCT, _INJURY) * found[:, _INJURY]
    found[:, _NO_REFLOW] = share(maps, _NO_REFLOW, _INFARCT) * found[:, _INFARCT]
    return found


def smaller_sets(present: Names) -> tuple[list[Names], list[Names]]:
    """The smaller sets that are asked for the wall, and those that are asked for pathology.

    >>> smaller_sets(("LGE", "T2", "bSSFP"))
    ([('T2', 'bSSFP')], [('LGE', 'T2'), ('LGE',)])
    >>> smaller_sets(("LGE", "T2")), smaller_sets(("T2", "bSSFP"))
    (([], [('LGE',)]), ([], []))
    """
    if "LGE" not in present:
        return [], []
    without_lge = tuple(name for name in present if name != "LGE")
    without_bssfp = tuple(name for name in present if name != "bSSFP")
    for_pathology = [kept for kept in (without_bssfp, ("LGE",)) if kept != present]
    return [without_lge] if len(without_lge) > 1 else [], list(dict.fromkeys(for_pathology))


def share(maps: Maps, inner: int, outer: int) -> NDArray[np.float32]:
    """How much of an outer region's probability an inner one has, (Z, H, W), from 0 to 1."""
    found: NDArray[np.float32] = np.clip(
        maps[:, inner] / np.maximum(maps[:, outer], np.float32(_SMALLEST)), 0, 1
    )
    return found


def _only(slices: Maps, kept: Names, sequences: Names) -> Maps:
    there = np.array([name in kept for name in sequences], dtype=np.float32)
    return slices * there[:, None, None]


def _mean(answers: list[Maps]) -> Maps:
    total: Maps = np.mean(answers, axis=0, dtype=np.float32)
    return total

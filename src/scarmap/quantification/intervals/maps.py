"""Probability maps from files: averaged ones of one prediction, or one file per fold."""

from collections.abc import Sequence
from pathlib import Path

import numpy as np

from scarmap.errors import DataError
from scarmap.io.nifti import read_maps
from scarmap.io.record import read_record
from scarmap.quantification.intervals.from_probabilities import Probabilities
from scarmap.volume import Grid, check_same_grid

_SUFFIX = "_probabilities"


def maps_beside(folder: Path, case: str) -> Path | None:
    """File with the probabilities of a case, as `scarmap predict` names it; None without one."""
    path = folder / f"{case}{_SUFFIX}.nii.gz"
    return path if path.is_file() else None


def read_probabilities(paths: Sequence[Path], grid: Grid) -> dict[str, Probabilities]:
    """Read the probability maps of one case.

    Args:
        paths: One file of averaged maps, or one per fold; beside each a JSON of the same name with
            its regions.
        grid: Where the mask lies.

    Returns:
        Region to (X, Y, Z) from one file, to (K, X, Y, Z) from K files.

    Raises:
        DataError: A file is missing or damaged, or the files hold different regions.
        GeometryError: Maps and mask lie on different grids.
    """
    if not paths:
        return {}
    first, *others = (_read_one(path, grid) for path in paths)
    if not others:
        return first
    for path, maps in zip(paths[1:], others, strict=True):
        if maps.keys() != first.keys():
            raise DataError(
                f"{path} holds probabilities of {', '.join(maps)}, and {paths[0]} of "
                f"{', '.join(first)}. Folds must be of one recipe."
            )
    return {region: np.stack([maps[region] for maps in (first, *others)]) for region in first}


def _read_one(path: Path, grid: Grid) -> dict[str, Probabilities]:
    maps, placed = read_maps(path)
    check_same_grid(grid, placed, what=f"the mask {grid.source} and the probabilities {path}")
    named = path.with_name(path.name.removesuffix(".gz").removesuffix(".nii") + ".json")
    regions = read_record(named, {"regions": [str]}, error=DataError)["regions"]
    if len(regions) != maps.shape[-1]:
        raise DataError(
            f"{path} holds {maps.shape[-1]} maps and {named} names {len(regions)} regions. Predict "
            "this case again with --save-probabilities."
        )
    return {str(region): maps[..., index] for index, region in enumerate(regions)}

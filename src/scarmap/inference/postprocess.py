"""From probabilities to masks, and their clean-up, shared by several systems."""

from collections.abc import Mapping, Sequence
from itertools import pairwise

import numpy as np
from numpy.typing import NDArray
from scipy import ndimage

from scarmap.labels import INDEX, LabelArray, MaskArray, region_mask
from scarmap.volume import Grid


def largest_component_per_slice(mask: MaskArray) -> MaskArray:
    """Keep the largest connected part of each slice (8-neighbourhood); empty slices stay empty.

    Args:
        mask: (X, Y, Z).
    """
    kept = np.zeros_like(mask)
    for z in range(mask.shape[2]):
        kept[..., z] = largest_component(mask[..., z])
    return kept


def _box_of(mask: MaskArray) -> tuple[slice, ...]:
    """The smallest box that holds a mask of any dimension; an empty one where nothing is set.

    >>> _box_of(np.array([[False, False, False], [False, True, True]]))
    (slice(1, 2, None), slice(1, 3, None))
    """
    return tuple(_extent(mask, axis) for axis in range(mask.ndim))


def _extent(mask: MaskArray, axis: int) -> slice:
    others = tuple(other for other in range(mask.ndim) if other != axis)
    found = np.flatnonzero(mask.any(axis=others))
    return slice(int(found[0]), int(found[-1]) + 1) if len(found) else slice(0, 0)


def largest_component(mask: MaskArray) -> MaskArray:
    """Keep the largest connected part of a mask of any dimension, diagonal neighbours connected."""
    box = _box_of(mask)
    parts, count = ndimage.label(mask[box], structure=np.ones((3,) * mask.ndim))
    if not count:
        return mask
    sizes = np.bincount(parts.ravel())
    sizes[0] = 0
    largest = np.zeros_like(mask)
    largest[box] = parts == sizes.argmax()
    return largest


def fill_holes_per_slice(mask: MaskArray) -> MaskArray:
    """Fill what each slice's mask encloses.

    Args:
        mask: (X, Y, Z).
    """
    filled = np.zeros_like(mask)
    for z in range(mask.shape[2]):
        filled[..., z] = ndimage.binary_fill_holes(mask[..., z])
    return filled


def compose_nested(
    probabilities: Mapping[str, NDArray[np.float32]],
    *,
    pools: Sequence[str],
    nested: Mapping[str, str],
    threshold: float | Mapping[str, float] = 0.5,
) -> LabelArray:
    """Decide from the outside in: wall, blood pool or background, then pathology in the wall.

    Each step takes the likelier side. To take the likeliest single label instead would lose an
    infarct whose probability is divided between scar and no-reflow.

    Args:
        probabilities: Region to its map (X, Y, Z).
        pools: Regions beside the wall, each of one tissue of its name.
        nested: Regions from the outermost to the innermost, each with the tissue that it holds
            outside the next one.
        threshold: A pixel of a region is in the next one above this share of the region's
            probability: one half takes the likelier side, less finds more and errs more. A mapping
            has a share for each inner region.

    Returns:
        (X, Y, Z), tissue indices.
    """
    outermost = next(iter(nested))
    outer_maps = [probabilities[region] for region in (*pools, outermost)]
    # n maps and the background sum to 1: where each map is below 1 / (n + 1), the background wins.
    # The bound is a little lower, so that rounding cannot cut off a pixel.
    found = np.max(outer_maps, axis=0) >= 1 / (len(outer_maps) + 2)
    box = _box_of(found)
    labels = np.full(found.shape, INDEX["background"], dtype=np.uint8)
    labels[box] = _compose_box(
        {name: maps[box] for name, maps in probabilities.items()}, pools, nested, threshold
    )
    return labels


def _compose_box(
    probabilities: Mapping[str, NDArray[np.float32]],
    pools: Sequence[str],
    nested: Mapping[str, str],
    threshold: float | Mapping[str, float],
) -> LabelArray:
    outermost, tissue = next(iter(nested.items()))
    first = {**{pool: probabilities[pool] for pool in pools}, tissue: probabilities[outermost]}
    background = 1 - sum(first.values())
    likeliest = np.stack([background, *first.values()]).argmax(0)
    indices = np.array([INDEX["background"], *(INDEX[name] for name in first)], dtype=np.uint8)
    labels: LabelArray = indices[likeliest]
    inside = labels == INDEX[tissue]
    for (outer, _), (inner, name) in pairwise(nested.items()):
        share = threshold[inner] if isinstance(threshold, Mapping) else threshold
        inside = inside & (probabilities[inner] > share * probabilities[outer])
        labels[inside] = INDEX[name]
    return labels


def keep_largest(labels: LabelArray, region: str = "lv_epicardium") -> LabelArray:
    """Keep only the largest connected part of a region; its other parts become background.

    Args:
        labels: (X, Y, Z), tissue indices.
        region: Name in `scarmap.labels.REGIONS`.
    """
    mask = region_mask(labels, region)
    return np.where(mask & ~largest_component(mask), INDEX["background"], labels).astype(np.uint8)


def leave_out_small(
    labels: LabelArray, grid: Grid, *, region: str, around: str, smallest_ml: float
) -> tuple[LabelArray, tuple[str, ...]]:
    """Take an infarct that is smaller than a volume for noise, and remove it.

    Args:
        labels: (X, Y, Z), tissue indices.
        grid: The case's grid.
        region: The infarct.
        around: Tissue that it lies in, which takes its place; edema only where more edema than
            normal myocardium was seen around a part, else normal myocardium.
        smallest_ml: Smallest volume of an infarct.

    Returns:
        The labels, and a sentence where an infarct was left out.
    """
    infarct = region_mask(labels, region)
    volume_ml = np.count_nonzero(infarct) * grid.voxel_ml
    if not 0 < volume_ml < smallest_ml:
        return labels, ()
    wall = np.count_nonzero(region_mask(labels, "whole_myocardium"))
    told = (
        f"An infarct of {volume_ml:.2f} ml, {100 * np.count_nonzero(infarct) / wall:.1f} % of the "
        f"wall, was left out, as one below {smallest_ml:g} ml is taken for noise."
    )
    return _without(labels, infarct, around), (told,)


_NAMES = {"whole_infarct": ("An infarct", "the infarct"), "mvo": ("No-reflow", "no-reflow")}
"""How a sentence about a region begins, and what it calls the rest of the region."""

_TOUCHING = np.ones((3, 3, 3), dtype=bool)
"""Neighbours in a volume, diagonal ones included."""


def leave_out_small_parts(
    labels: LabelArray, grid: Grid, *, region: str, around: str, smallest_percent: float
) -> tuple[LabelArray, tuple[str, ...]]:
    """Take connected parts of pathology that are small beside the wall for noise, and remove them.

    Args:
        labels: (X, Y, Z), tissue indices.
        grid: The case's grid.
        region: The pathology, a key of `_NAMES`.
        around: Tissue that it lies in, which takes its place; edema only where more edema than
            normal myocardium was seen around a part, else normal myocardium.
        smallest_percent: Smallest volume of a part, in percent of the whole wall; diagonal
            neighbours are connected.

    Returns:
        The labels, and a sentence where nothing of what was found is left, or where the parts that
        were left out are together as large as one that would have stayed.
    """
    found = region_mask(labels, region)
    wall = np.count_nonzero(region_mask(labels, "whole_myocardium"))
    parts, _ = ndimage.label(found, structure=_TOUCHING)
    small = np.bincount(parts.ravel()) * 100 < smallest_percent * wall
    small[0] = False
    gone: MaskArray = small[parts]
    count = np.count_nonzero(gone)
    if not count:
        return labels, ()
    cleared = _without(labels, gone, around)
    remains = count < np.count_nonzero(found)
    if remains and 100 * count < smallest_percent * wall:
        return cleared, ()
    size = f"{count * grid.voxel_ml:.2f} ml, {100 * count / wall:.1f} % of the wall,"
    whole, rest = _NAMES[region]
    told = (
        f"{f'Of {rest} {size} were' if remains else f'{whole} of {size} was'} left out, as parts "
        f"below {smallest_percent:g} % are taken for noise."
    )
    return cleared, (told,)


def _without(labels: LabelArray, gone: MaskArray, around: str) -> LabelArray:
    """Give connected parts of a mask the tissue that they lie in."""
    cleared = labels.copy()
    parts, _ = ndimage.label(gone, structure=_TOUCHING)
    for number, place in enumerate(ndimage.find_objects(parts), start=1):
        near = tuple(slice(max(axis.start - 1, 0), axis.stop + 1) for axis in place)
        part = parts[near] == number
        cleared[near][part] = INDEX[_tissue_around(labels[near], part, around)]
    return cleared


def _tissue_around(labels: LabelArray, part: MaskArray, around: str) -> str:
    """Edema where more of it than of normal myocardium touches a part, else normal myocardium."""
    if around != "edema":
        return around
    touching = labels[ndimage.binary_dilation(part, _TOUCHING)]
    edema, normal = (
        np.count_nonzero(touching == INDEX[tissue]) for tissue in ("edema", "normal_myocardium")
    )
    return "edema" if edema > normal else "normal_myocardium"


def slices_without_heart(labels: LabelArray) -> tuple[str, ...]:
    """Tell in which slices of a mask no left ventricle was found, for `Recipe.check`.

    Args:
        labels: (X, Y, Z), tissue indices.

    Returns:
        One sentence with the slices counted from 1, or nothing.

    >>> slices_without_heart(np.zeros((2, 2, 3), dtype=np.uint8))
    ('No left ventricle was found in slices 1, 2, 3 of 3, so they hold no pathology.',)
    """
    empty = np.flatnonzero(~region_mask(labels, "lv_epicardium").any(axis=(0, 1)))
    if not len(empty):
        return ()
    numbers = ", ".join(str(z + 1) for z in empty)
    slices, they = ("slice", "it holds") if len(empty) == 1 else ("slices", "they hold")
    return (
        f"No left ventricle was found in {slices} {numbers} of {labels.shape[2]}, so {they} no "
        "pathology.",
    )

"""What a reader of the figures must know: flags found in a mask, its geometry and its figures."""

from collections.abc import Collection, Mapping, Sequence
from math import isnan

import numpy as np
from scipy import ndimage

from scarmap.labels import INDEX, LabelArray, MaskArray, region_mask
from scarmap.quantification.dictionary import FLAGS
from scarmap.quantification.measures.sizes import PARTS
from scarmap.quantification.result import Flag, Reference
from scarmap.quantification.stack.wall_slices import WallSlice
from scarmap.volume import Grid, LabelMap

_FEWEST_RINGS = 3
"""One each for basal, mid and apical."""

_EIGHT = np.ones((3, 3), dtype=bool)
"""Neighbours in the plane, diagonal ones included."""


def flag(code: str, message: str = "") -> Flag:
    """A flag with its usual sentence, or one about this study."""
    return Flag(code, message or FLAGS[code])


def flags_of_stack(labels: LabelMap, slices: Sequence[WallSlice]) -> list[Flag]:
    """Flags about the slices and where things lie in them.

    Args:
        labels: The segmentation.
        slices: Its slices that show wall.
    """
    if not slices:
        return [flag("no_heart")]
    if is_scar_only(labels.array, slices):
        return [flag("scar_only")]
    return [*_flags_of_rings(slices), *_flags_of_pathology(labels)]


def flags_of_sectors(wanted: str, used: str) -> list[Flag]:
    """Whether other sectors were asked for than the mask allows."""
    return [flag("sectors_rigid")] if used != wanted else []


def flags_of_reference(reference: Reference, *, disputed: bool) -> list[Flag]:
    """Flags about how the stack lies in the heart.

    Args:
        reference: What was found.
        disputed: Whether cavity and affine disagree about the base.
    """
    flags = [flag("no_rv_reference")] if reference.source == "none" else []
    if reference.source != "none" and reference.sense_source == "assumed":
        flags.append(flag("sense_assumed"))
    if reference.base_source == "assumed":
        flags.append(flag("base_assumed"))
    if disputed:
        flags.append(flag("base_disputed"))
    return flags


def flags_of_figures(figures: Mapping[str, float], tissues: Collection[str]) -> list[Flag]:
    """Flags about infarct and edema.

    Args:
        figures: What `scarmap.quantification.measures.sizes.sizes` found.
        tissues: Tissues that the layout labels.
    """
    flags = []
    if figures["infarct_ml"] == 0:
        flags.append(flag("no_infarct"))
    if "edema" in tissues and figures["edema_ml"] == 0:
        flags.append(flag("no_edema"))
    elif "edema" in tissues and figures["edema_ml"] < figures["infarct_ml"]:
        flags.append(flag("edema_smaller_than_infarct"))
    return flags


def flags_of_salvage(salvage: float) -> list[Flag]:
    """The consensus' caution, and whether the index is undefined or negative."""
    flags = [flag("salvage_caution")]
    if isnan(salvage):
        flags.append(flag("salvage_undefined"))
    elif salvage < 0:
        flags.append(flag("salvage_negative"))
    return flags


def is_scar_only(labels: LabelArray, slices: Sequence[WallSlice]) -> bool:
    """Whether a mask holds pathology without the wall that it lies in.

    Args:
        labels: (X, Y, Z), tissue indices.
        slices: Its slices that show wall, healthy or not.
    """
    if region_mask(labels, "normal_myocardium").any() or any(each.closed for each in slices):
        return False
    return bool(region_mask(labels, "whole_myocardium").any())


def flags_of_grid(grid: Grid) -> list[Flag]:
    """Whether the affine states other voxel sizes than the header's pixdim."""
    lengths = np.linalg.norm(grid.affine[:3, :3], axis=0)
    return [] if np.allclose(lengths, grid.spacing_mm, rtol=1e-2) else [flag("spacing_disagrees")]


def pathology_apart(labels: LabelArray) -> int:
    """Voxels of edema, scar and no-reflow in one slice that lie apart from the wall.

    These belong to a piece of the wall's mask that holds no normal myocardium and is not the
    largest piece, and that either lies inside the cavity or does not touch it. In a slice without
    normal myocardium and cavity all count.

    Args:
        labels: (X, Y), tissue indices.
    """
    wall, pool = region_mask(labels, "whole_myocardium"), region_mask(labels, "lv_pool")
    injured = np.isin(labels, [INDEX[name] for name in PARTS["area_at_risk"]])
    if not injured.any():
        return 0
    if not pool.any() and not region_mask(labels, "normal_myocardium").any():
        return int(np.count_nonzero(injured))
    pieces, _ = ndimage.label(wall, _EIGHT)
    largest = int(np.argmax(np.bincount(pieces[wall])))
    whole = set(np.unique(pieces[wall & ~injured])) | {largest}
    suspects = set(np.unique(pieces[wall])) - whole
    apart = [piece for piece in suspects if _away(pieces == piece, pool)]
    return int(np.count_nonzero(np.isin(pieces, apart)))


def _flags_of_rings(slices: Sequence[WallSlice]) -> list[Flag]:
    flags = []
    num_closed = sum(each.closed for each in slices)
    if len(slices) == 1:
        flags.append(flag("single_slice"))
    if num_closed < _FEWEST_RINGS:
        flags.append(flag("few_slices", f"{FLAGS['few_slices'][:-1]}: {num_closed} closed."))
    opened = [each.index for each in slices if each.has_cavity and not each.closed]
    if opened:
        consequence = "they count for masses, not for rings and segments."
        flags.append(
            flag("open_ring", f"{_numbered(opened)}: the wall does not close; {consequence}")
        )
    return flags


def _flags_of_pathology(labels: LabelMap) -> list[Flag]:
    voxels = [pathology_apart(plane) for plane in np.moveaxis(labels.array, 2, 0)]
    apart = np.flatnonzero(voxels).tolist()
    if not apart:
        return []
    volume_ml = sum(voxels) * labels.grid.voxel_ml
    message = (
        f"{_numbered(apart)}: edema, scar or no-reflow apart from the wall, {volume_ml:.2f} ml; "
        "it counts for masses."
    )
    return [flag("infarct_outside_wall", message)]


def _away(piece: MaskArray, pool: MaskArray) -> bool:
    touches = bool((ndimage.binary_dilation(piece, _EIGHT) & pool).any())
    return not touches or bool(ndimage.binary_fill_holes(pool)[piece].all())


def _numbered(indices: Sequence[int]) -> str:
    numbers = ", ".join(str(index + 1) for index in indices)
    return f"Slice{'s' if len(indices) > 1 else ''} {numbers} (counted from 1)"

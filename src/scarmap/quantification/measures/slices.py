"""What is measured in each slice on its own."""

from collections.abc import Collection
from math import nan

from scarmap.labels import region_mask
from scarmap.quantification.measures.sizes import volume_ml
from scarmap.quantification.result import SliceFigures
from scarmap.quantification.stack.placement import Placement
from scarmap.quantification.stack.wall_slices import WallSlice
from scarmap.quantification.stack.window import Window
from scarmap.volume import LabelMap


def measure_slices(
    heart: LabelMap, window: Window, placement: Placement, tissues: Collection[str]
) -> tuple[SliceFigures, ...]:
    """Volumes, centre and septum of every slice.

    Args:
        heart: The part of the mask that holds the heart.
        window: Where that part lies in the whole plane.
        placement: How the stack lies in the heart.
        tissues: Tissues that the layout labels; volumes of others are NaN.
    """
    showing = {each.index: each for each in placement.slices}
    indices = range(heart.array.shape[2])
    rings = placement.names
    return tuple(
        _slice_figures(heart, index, rings.get(index, ""), showing.get(index), window, tissues)
        for index in indices
    )


def _slice_figures(
    heart: LabelMap,
    index: int,
    ring: str,
    showing: WallSlice | None,
    window: Window,
    tissues: Collection[str],
) -> SliceFigures:
    plane, grid = heart.array[..., index], heart.grid
    centre, septum_deg = (nan, nan), nan
    if showing:
        centre = showing.centre[0] + window[0].start, showing.centre[1] + window[1].start
    if showing and showing.septum:
        septum_deg = showing.septum.middle_deg
    infarct_ml = volume_ml(region_mask(plane, "whole_infarct"), grid)
    return SliceFigures(
        index=index,
        ring=ring,
        closed=showing is not None and showing.closed,
        centre_voxels=centre,
        septum_deg=septum_deg,
        lv_pool_ml=volume_ml(region_mask(plane, "lv_pool"), grid),
        myocardium_ml=volume_ml(region_mask(plane, "whole_myocardium"), grid),
        infarct_ml=infarct_ml if "scar" in tissues else nan,
        edema_ml=volume_ml(region_mask(plane, "edema"), grid) if "edema" in tissues else nan,
        mvo_ml=volume_ml(region_mask(plane, "mvo"), grid) if "mvo" in tissues else nan,
    )

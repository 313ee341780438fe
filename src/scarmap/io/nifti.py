"""Read and write NIfTI. A mask is always written with the grid and header of its image."""

import logging
import math
import zlib
from dataclasses import replace
from functools import cache
from pathlib import Path
from typing import Any

import nibabel
import numpy as np
from nibabel.affines import voxel_sizes
from nibabel.filebasedimages import ImageFileError
from nibabel.spatialimages import HeaderDataError
from numpy.typing import NDArray

from scarmap.errors import DataError, GeometryError
from scarmap.io.coding import decode, encode, merge
from scarmap.io.files import replacing
from scarmap.io.formats import explain_dicom, is_dicom, load_image
from scarmap.io.gate import check_voxel_size, placement
from scarmap.volume import Grid, LabelMap, Volume

logger = logging.getLogger(__name__)

_DAMAGED = (
    *(OSError, EOFError, ValueError, OverflowError, MemoryError, zlib.error),
    *(ImageFileError, HeaderDataError),
)
"""What nibabel and zlib raise about a damaged file; `DataError` is none of them."""


def read_image(path: Path) -> Volume:
    """Read one image.

    Args:
        path: A NIfTI file holding one stack of slices; a single slice may be stored as two axes.

    Raises:
        DataError: The file is missing, damaged, empty, has a time axis, holds NaN or infinite
            voxels, or the same value everywhere.
        GeometryError: Its slices lie on another axis than the third.
    """
    header, array = _read(path)
    image = array.astype(np.float32)
    if not np.isfinite(image).all():
        share = 100 * float(1 - np.isfinite(image).mean())
        raise DataError(
            f"{path} holds NaN or infinite voxels ({share:.2g} % of them), so no intensity "
            "statistic of it means anything. Export the series again, or replace those voxels if "
            "you know what they stand for."
        )
    if image.size > 1 and image.min() == image.max():
        raise DataError(
            f"{path} holds the value {image.flat[0]:g} in every voxel, so it shows nothing. Export "
            "the series again."
        )
    return Volume(image, _grid(header, path, image.shape))


def read_labels(path: Path, layout: str) -> LabelMap:
    """Read one mask.

    Args:
        path: A NIfTI file with the values of `layout`.
        layout: Label layout, for instance "myops2020".

    Raises:
        DataError: The file is missing, damaged, empty or has a time axis.
        GeometryError: Its slices lie on another axis than the third.
        LabelError: It holds values that the layout does not define.
    """
    header, array = _read(path)
    return LabelMap(encode(array, layout, where=str(path)), _grid(header, path, array.shape))


def write_labels(path: Path, labels: LabelMap, layout: str) -> None:
    """Write a mask in the values of a layout, with the header of the image it belongs to.

    Args:
        path: Target; written under a temporary name and renamed.
        labels: The mask; its grid's `source` lends the header, its affine serves where there is no
            source.
        layout: Label layout.
    """
    _write(path, decode(labels.array, layout), labels.grid)


def write_in_layout(path: Path, labels: LabelMap, layout: str) -> None:
    """Write a mask in the values of a layout, tissues that it does not label merged into others."""
    write_labels(path, replace(labels, array=merge(labels.array, layout)), layout)


def write_image(path: Path, array: NDArray[Any], grid: Grid) -> None:
    """Write an image or a stack of probability maps, float32.

    Args:
        path: Target; written under a temporary name and renamed.
        array: (X, Y, Z) or (X, Y, Z, K).
        grid: Where it lies; its `source` lends the header.
    """
    _write(path, array.astype(np.float32), grid)


def read_maps(path: Path) -> tuple[NDArray[np.float32], Grid]:
    """Read what `write_image` wrote of several maps, such as probabilities.

    Args:
        path: A NIfTI file of shape (X, Y, Z, K).

    Returns:
        (X, Y, Z, K), and where the maps lie.

    Raises:
        DataError: The file is missing, damaged or of another shape.
    """
    header, array = _load(path)
    if array.ndim != 4:
        raise DataError(
            f"{path} has the shape {array.shape}; expected maps (X, Y, Z, K), one per region, as "
            "`scarmap predict --save-probabilities` writes them."
        )
    return array.astype(np.float32), _grid(header, path, array.shape)


def _read(path: Path) -> tuple[Any, NDArray[Any]]:
    header, array = _load(path)
    stack = array.shape[:3] + (1,) * (3 - array.ndim)
    if array.ndim < 2 or array.size != math.prod(stack):
        raise DataError(
            f"{path} has the shape {array.shape}; expected one stack of slices (X, Y, Z). Split a "
            "time series or a multi-channel file into single volumes first."
        )
    return header, array.reshape(stack)


def _load(path: Path) -> tuple[Any, NDArray[Any]]:
    if is_dicom(path):
        raise DataError(explain_dicom(path))
    if not path.is_file():
        raise DataError(f"{path} does not exist or is not a file.")
    try:
        image = load_image(path)
        array = np.asanyarray(image.dataobj)
    except _DAMAGED as problem:
        reason = " ".join(str(problem).split())
        raise DataError(
            f"{path} cannot be read as NIfTI ({reason}). The file is damaged or cut short, or it "
            "is something else under this name: copy or export it again."
        ) from None
    if array.dtype.kind not in "iuf":
        raise DataError(
            f"{path} holds colour or complex voxels ({array.dtype}); expected one number per "
            "voxel. Export the magnitude image, or a mask with one whole number per voxel."
        )
    return image.header, array


def _grid(header: Any, path: Path, shape: tuple[int, ...]) -> Grid:
    spacing = [float(value) for value in header.get_zooms()[:3]]
    if len(spacing) == 3:
        _check_slice_axis(spacing, path)
    else:  # The header of a file of two axes states the thickness all the same.
        spacing.append(abs(float(header["pixdim"][3])))
        check_voxel_size(spacing, path)
    affine = placement(header, path)
    if not np.allclose(voxel_sizes(affine), spacing, rtol=1e-2):
        _warn_once(
            "Voxel sizes in pixdim and in the affine disagree (EMIDEC files do this); pixdim is "
            "used, and masks are written back with the header unchanged. First seen in this "
            "session; not repeated."
        )
    return Grid((shape[0], shape[1], shape[2]), (spacing[0], spacing[1], spacing[2]), affine, path)


_SLICES_ELSEWHERE = 2.0
"""Voxels this many times longer along another axis than along the third are slices along it."""


def _check_slice_axis(spacing: list[float], path: Path) -> None:
    longest = int(np.argmax(spacing))
    if spacing[longest] < _SLICES_ELSEWHERE * spacing[2]:
        return
    stated = " × ".join(f"{size:.3g}" for size in spacing)
    raise GeometryError(
        f"{path} has voxels of {stated} mm, so its slices lie along axis {longest + 1}; they must "
        "lie along the third. Reorder its axes, or export the short-axis stack itself."
    )


@cache
def _warn_once(message: str) -> None:
    logger.warning(message)


def _write(path: Path, array: NDArray[Any], grid: Grid) -> None:
    header = None
    shape: tuple[int, ...] = array.shape
    if grid.source is not None:
        header = load_image(grid.source).header.copy()
        if array.ndim == 3:
            shape = tuple(header.get_data_shape())
        header.set_data_dtype(array.dtype)
        header["scl_slope"], header["scl_inter"] = np.nan, np.nan
        header["cal_min"], header["cal_max"] = 0, 0
    affine = grid.affine if header is None else None
    image = nibabel.Nifti1Image(array.reshape(shape), affine, header)
    if header is None:
        image.header.set_zooms(grid.spacing_mm + (1.0,) * (array.ndim - 3))
    with replacing(path) as temporary:
        nibabel.save(image, temporary)

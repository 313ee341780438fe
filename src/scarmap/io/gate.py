"""What an image's header must hold before one of its voxels is read.

A header is a few hundred bytes that anyone may have written: a damaged one can announce more voxels
than there is memory for, or sizes with which every figure is wrong by a factor of a thousand. So
each field that scarmap uses is checked on the bytes of the file, before nibabel mends any of them.
"""

import gzip
import math
import os
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import nibabel
import numpy as np
from nibabel.spatialimages import HeaderDataError
from numpy.typing import NDArray

from scarmap.errors import DataError

MOST_VOXELS = 2**26
"""Largest image that is read: 67 million voxels, three times a whole-heart scan of 0.6 mm."""
LIMIT = "SCARMAP_MAX_VOXELS"
"""Environment variable that sets another limit."""
VOXEL_MM = (0.05, 100.0)
"""Smallest and largest plausible voxel along any axis."""
THICKEST_MM = 50.0
"""Thickest plausible slice."""
_FARTHEST_MM = 1e5
"""Farthest plausible place of the first voxel; a scanner's room ends at a few metres."""
_FLATTEST = 1e-3
"""Smallest volume that three axes of length one may span; those of an image span nearly one."""
_HEADER_BYTES = nibabel.Nifti2Header.sizeof_hdr
"""Length of the longer of both NIfTI headers."""
_TOO_MANY_BYTES = 2**20 + 1
"""So many after the voxels are another file's; fewer may follow: some programs append a comment."""
_UNITS = {1: "metres", 3: "micrometres"}


def most_voxels() -> int:
    """Largest number of voxels that is read.

    Raises:
        DataError: The environment variable is no positive whole number.
    """
    said = os.environ.get(LIMIT)
    if said is None:
        return MOST_VOXELS
    if not said.isdecimal() or not int(said):
        raise DataError(f"{LIMIT} is {said!r}; it must be a whole number of voxels.")
    return int(said)


def check_voxels(shape: Sequence[int], path: Path) -> None:
    """Refuse an image with an axis of no length, or with more voxels than a study can have.

    Raises:
        DataError: It is so.
    """
    if min(shape, default=0) < 1:
        raise DataError(
            f"{path} has the shape {tuple(shape)}, so it holds no voxel. Export it again."
        )
    if math.prod(shape) > most_voxels():
        raise DataError(
            f"{path} announces {tuple(shape)} voxels, more than the {most_voxels():,} that are "
            f"read. Its header is damaged, or it is no study of a heart; if it is one, set "
            f"{LIMIT} to a larger number."
        )


def check_voxel_size(sizes_mm: Sequence[float], path: Path, *, field: str = "pixdim") -> None:
    """Refuse voxels that no scan of a heart has.

    Args:
        sizes_mm: Along each axis, the distance of slices last.
        path: For the message.
        field: Where the sizes stand in the header.

    Raises:
        DataError: A size is not a number, or not plausible.
    """
    least, most = VOXEL_MM
    stated = " x ".join(f"{size:.4g}" for size in sizes_mm)
    if not all(least <= size <= most for size in sizes_mm):
        raise DataError(
            f"{path} states voxels of {stated} mm in {field}; each side must lie between {least:g} "
            f"and {most:g} mm, or every volume of it would be wrong. Export it again, or repair "
            f"{field}."
        )
    if len(sizes_mm) > 2 and sizes_mm[2] > THICKEST_MM:
        raise DataError(
            f"{path} states slices {sizes_mm[2]:.4g} mm apart in {field}; more than "
            f"{THICKEST_MM:g} mm is no stack of slices. Export it again, or repair {field}."
        )


def placement(header: Any, path: Path) -> NDArray[np.float64]:
    """Where an image lies, by the matrix that nibabel takes: the one that a code calls valid.

    Args:
        header: As nibabel has it, mended where it mends codes.
        path: For the message.

    Returns:
        (4, 4), voxel to millimetre.

    Raises:
        DataError: It is not finite, flat, or lies nowhere near a scanner.
    """
    affine = np.asarray(header.get_best_affine(), dtype=np.float64)
    check_placement(affine, path)
    return affine


def check_placement(affine: NDArray[np.float64], path: Path) -> None:
    """Refuse an affine with which two images could not be compared.

    Args:
        affine: (4, 4), voxel to millimetre.
        path: For the message.

    Raises:
        DataError: It is not finite, flat, or lies nowhere near a scanner.
    """
    axes, corner = affine[:3, :3], affine[:3, 3]
    if not _is_plausible(axes, corner):
        raise DataError(
            f"{path} says where it lies by the matrix {_in_one_line(axes)} and the corner "
            f"{_in_one_line(corner)}, which is not finite, flat, or far from any scanner. "
            "Export it again, or repair srow_x, srow_y and srow_z (the quaternion and its offset "
            "where sform_code is 0)."
        )


def _is_plausible(axes: NDArray[np.float64], corner: NDArray[np.float64]) -> bool:
    """Whether all numbers are finite, and as those of an image; a NaN is below no limit."""
    least, most = VOXEL_MM
    lengths = np.linalg.norm(axes, axis=0)
    near = np.abs(corner).max() <= _FARTHEST_MM and all(least <= each <= most for each in lengths)
    return bool(near and abs(np.linalg.det(axes / lengths)) > _FLATTEST)


def _in_one_line(numbers: NDArray[np.float64]) -> str:
    return " ".join(np.array2string(numbers, precision=3).split())


def read_nifti(path: Path) -> Any:
    """A NIfTI file as nibabel has it, every field that is used checked, and its checksum.

    Args:
        path: `.nii` or `.nii.gz`.

    Raises:
        DataError: A field of the header is not plausible, or does not fit the file's size.
        OSError: It cannot be read, or its checksum is wrong.
        EOFError: It is cut short.
        ValueError: It is no NIfTI file.
    """
    if not path.name.lower().endswith(".gz"):
        with path.open("rb") as file:
            ends = _check_header(file.read(_HEADER_BYTES), path)
        _check_length(path.stat().st_size, ends, path)
        return nibabel.load(path)
    with gzip.open(path, "rb") as file:
        start = file.read(_HEADER_BYTES)
        ends = _check_header(start, path)
        file.seek(0)
        content = file.read(ends)
        _check_length(len(content), ends, path)
        # The checksum is compared at the end of the stream, so it is read to there.
        if len(file.read(_TOO_MANY_BYTES)) == _TOO_MANY_BYTES:
            raise DataError(
                f"{path} goes on after the voxels that its header announces. The header is "
                "damaged, or this is another kind of file: export it again."
            )
    return _header_class(start).image.from_bytes(content)


class _Kind:
    def __init__(self, header: Any, image: Any) -> None:
        self.header, self.image = header, image


def _header_class(start: bytes) -> _Kind:
    """NIfTI-1 or NIfTI-2, by the length that the header says it has.

    Raises:
        ValueError: Neither.
    """
    lengths = {int.from_bytes(start[:4], order) for order in ("little", "big")}
    if 348 in lengths and start[344:347] == b"n+1":
        return _Kind(nibabel.Nifti1Header, nibabel.Nifti1Image)
    if 540 in lengths and start[4:7] == b"n+2":
        return _Kind(nibabel.Nifti2Header, nibabel.Nifti2Image)
    raise ValueError("it does not begin like a NIfTI file")


def _check_header(start: bytes, path: Path) -> int:
    """Check a header; where the voxels end, in bytes from the file's beginning."""
    kind = _header_class(start).header
    header = kind(start[: kind.sizeof_hdr], check=False)
    fields = header.structarr
    axes = int(fields["dim"][0])
    if not 1 <= axes <= 7:
        raise DataError(f"{path} states {axes} axes in dim[0]; expected 2 to 4. Export it again.")
    shape = [int(length) for length in fields["dim"][1 : axes + 1]]
    check_voxels(shape, path)
    _check_units(int(fields["xyzt_units"]), path)
    spatial = min(axes, 3)
    check_voxel_size([abs(float(size)) for size in fields["pixdim"][1 : spatial + 1]], path)
    _check_scaling(fields, path)
    offset = float(fields["vox_offset"])
    first = kind.single_vox_offset
    if not first <= offset <= 2**31:
        raise DataError(
            f"{path} states {offset:g} in vox_offset, where its voxels begin; expected {first} or "
            "a little more. Export it again."
        )
    return int(offset) + math.prod(shape) * _bytes_each(header, path)


def _bytes_each(header: Any, path: Path) -> int:
    try:
        return int(header.get_data_dtype().itemsize)
    except (HeaderDataError, KeyError):
        raise DataError(
            f"{path} states the unknown number type {int(header['datatype'])} in datatype. Export "
            "it again, as whole numbers or as float32."
        ) from None


def _check_units(code: int, path: Path) -> None:
    unit = _UNITS.get(code & 7)
    if unit is not None:
        raise DataError(
            f"{path} states its sizes in {unit} (xyzt_units); scarmap reads millimetres. Export it "
            "in millimetres, or set xyzt_units to 2 if they are millimetres."
        )


def _check_scaling(fields: Any, path: Path) -> None:
    for name in ("scl_slope", "scl_inter"):
        value = float(fields[name])
        if math.isinf(value):
            raise DataError(f"{path} states {value:g} in {name}, so no voxel of it means anything.")


def _check_length(there: int, ends: int, path: Path) -> None:
    if there < ends:
        raise DataError(
            f"{path} is cut short: it holds {there:,} of the {ends:,} bytes that its header "
            "announces. Copy or export it again."
        )

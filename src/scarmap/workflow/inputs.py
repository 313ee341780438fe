"""What a user may give for an image or a mask, and the study that it becomes."""

from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any, TypeAlias

import numpy as np
from numpy.typing import NDArray

from scarmap.datasets.case_files import CaseFiles, load_case
from scarmap.datasets.folder import case_of_image
from scarmap.datasets.masks import one_study
from scarmap.errors import DataError
from scarmap.io.coding import encode
from scarmap.io.nifti import read_image, read_labels
from scarmap.labels import SEQUENCES
from scarmap.volume import Case, Grid, LabelMap, Volume, check_same_grid

PathLike: TypeAlias = str | Path
Spacing: TypeAlias = tuple[float, float, float]
"""Distance between voxel centres along (X, Y, Z) in millimetres."""
Image: TypeAlias = PathLike | Volume | NDArray[Any]
"""A file, an image in memory, or an array (X, Y, Z), which needs a spacing."""
Mask: TypeAlias = PathLike | LabelMap | NDArray[Any]
"""A file, a mask in memory, or an array (X, Y, Z) of codes, which needs a spacing."""

NO_NAME = "study"


def given_images(lge: Image | None, t2: Image | None, bssfp: Image | None) -> dict[str, Image]:
    """Sequence to image, of those that were given.

    Raises:
        DataError: None was given.
    """
    images = {
        sequence: image
        for sequence, image in zip(SEQUENCES, (lge, t2, bssfp), strict=True)
        if image is not None
    }
    if not images:
        raise DataError("No image was given. Give at least one of lge, t2 and bssfp.")
    return images


def files_of_study(
    images: Mapping[str, PathLike], *, name: str = "", layout: str | None = None
) -> CaseFiles:
    """The study of single files, named and labelled as its folder would name and label it.

    Args:
        images: Sequence to file, at least one.
        name: Name of the study; that of its first file where it is empty.
        layout: Label layout for its mask.

    Raises:
        LabelError: A `labels.json` above the first file declares no label set.
    """
    paths = {sequence: Path(path) for sequence, path in images.items()}
    own, of_folder = case_of_image(next(iter(paths.values())))
    return CaseFiles(name or own, layout or of_folder, paths)


def study_of(
    images: Mapping[str, Image],
    *,
    spacing_mm: Spacing | None = None,
    name: str = "",
    layout: str | None = None,
) -> Case:
    """A study from files, from images in memory, from arrays, or from a mixture of these.

    Args:
        images: Sequence to image, at least one.
        spacing_mm: Of the arrays.
        name: Name of the study.
        layout: Label layout for its mask.

    Raises:
        DataError: An array is no stack of finite numbers, or has no spacing; a file is damaged.
        GeometryError: The images lie on different grids.
    """
    paths = {name: image for name, image in images.items() if isinstance(image, str | Path)}
    if len(paths) == len(images):
        return load_case(
            files_of_study(paths, name=name, layout=layout), sequences=list(paths), optional=True
        )
    volumes = {sequence: as_volume(image, spacing_mm) for sequence, image in images.items()}
    first = next(iter(volumes))
    for sequence, volume in volumes.items():
        check_same_grid(
            volumes[first].grid, volume.grid, what=f"The {first} and the {sequence} image"
        )
    return Case(name or NO_NAME, layout or "scarmap", volumes)


def as_volume(image: Image, spacing_mm: Spacing | None = None) -> Volume:
    """An image in memory.

    Raises:
        DataError: It is no stack of finite numbers, or an array without a spacing.

    >>> as_volume(np.zeros((4, 3)), spacing_mm=(1.5, 1.5, 8)).grid.shape
    (4, 3, 1)
    """
    if isinstance(image, Volume):
        return image
    if isinstance(image, str | Path):
        return read_image(Path(image))
    array = _stack(image).astype(np.float32)
    if not np.isfinite(array).all():
        raise DataError("The array holds NaN or infinite values. Replace them, or leave it out.")
    return Volume(array, _grid(array, spacing_mm))


def as_labels(mask: Mask, *, layout: str | None, spacing_mm: Spacing | None = None) -> LabelMap:
    """A mask in memory.

    Args:
        mask: A file, a mask, or an array of codes.
        layout: Label layout of a file or an array; of an array "scarmap" where it is None, of a
            file what the manifest beside it says.
        spacing_mm: Of an array.

    Raises:
        DataError: Its layout or its spacing is not known, or the file is damaged.
        LabelError: It holds codes that its layout does not define.
    """
    if isinstance(mask, LabelMap):
        return mask
    if isinstance(mask, str | Path):
        return read_labels(Path(mask), one_study(Path(mask), layout=layout, images={}).layout)
    array = _stack(mask)
    return LabelMap(encode(array, layout or "scarmap", where="The array"), _grid(array, spacing_mm))


def only(case: Case, sequences: tuple[str, ...], *, optional: bool) -> Case:
    """The same case with the sequences that a model looks at, in its order.

    Raises:
        DataError: One that it needs is missing.
    """
    images = {name: case.images[name] for name in sequences if name in case.images}
    if len(images) < (1 if optional else len(sequences)):
        needed = ", ".join(sequences)
        raise DataError(
            f"Case {case.name} has {', '.join(case.images)}, and the model needs "
            f"{f'at least one of {needed}' if optional else needed}. Give what is missing, or take "
            "a model trained without it."
        )
    return replace(case, images=images)


def _stack(array: NDArray[Any]) -> NDArray[Any]:
    array = np.asarray(array)
    array = array[..., None] if array.ndim == 2 else array
    if array.ndim != 3 or 0 in array.shape or array.dtype.kind not in "iufb":
        raise DataError(
            f"An array has the shape {array.shape} and the type {array.dtype}; expected numbers of "
            "a stack of slices, (X, Y, Z), the slices along the third axis."
        )
    return array


def _grid(array: NDArray[Any], spacing_mm: Spacing | None) -> Grid:
    if spacing_mm is None:
        raise DataError(
            "An array says nothing about the size of its voxels. Give spacing_mm=(x, y, z), the "
            "distances between voxel centres in millimetres."
        )
    x, y, z = (float(each) for each in spacing_mm)
    if not min(x, y, z) > 0:
        raise DataError(f"The spacing {spacing_mm} mm is impossible; every axis must be positive.")
    width, height, depth = array.shape
    return Grid((width, height, depth), (x, y, z), np.diag([x, y, z, 1.0]))

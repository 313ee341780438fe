"""Formats of images besides NIfTI: NRRD and MetaImage, read with SimpleITK where it is installed.

Masks are always written as NIfTI. DICOM is recognised, so that an error can say what to do.
"""

from collections.abc import Iterable
from itertools import islice
from pathlib import Path
from shlex import quote
from typing import Any

import nibabel
import numpy as np

from scarmap.errors import DataError
from scarmap.io.gate import check_placement, check_voxel_size, check_voxels, read_nifti

NIFTI = (".nii.gz", ".nii")
OTHERS = (".nrrd", ".nhdr", ".mha", ".mhd")
"""What SimpleITK reads."""
ENDINGS = (*NIFTI, *OTHERS)

_LOOKED_AT = 200
"""Files of a folder among which one DICOM file tells; a study has a few thousand, nested."""
_PREAMBLE = 128
"""Bytes of a DICOM file before the letters that mark it."""


def has_image_ending(path: Path) -> bool:
    """Whether a file is named like an image; hidden files are leftovers of other systems."""
    return path.name.lower().endswith(ENDINGS) and not path.name.startswith(".")


def without_ending(path: Path) -> str:
    """Name of an image or a mask without the ending of its format.

    >>> without_ending(Path("p7_LGE.nii.gz")), without_ending(Path("p7.mha"))
    ('p7_LGE', 'p7')
    """
    found = [ending for ending in ENDINGS if path.name.lower().endswith(ending)]
    return path.name[: -len(found[0])] if found else path.name


def by_name(paths: Iterable[Path]) -> dict[str, Path]:
    """Images or masks by their name without its ending.

    Raises:
        DataError: Two of them share a name, such as `a.nii` and `a.nii.gz`: nobody can tell which
            one is meant.
    """
    found: dict[str, Path] = {}
    for path in paths:
        name = without_ending(path)
        if name in found:
            raise DataError(
                f"{found[name]} and {path} have the same name and may differ. Remove one of them."
            )
        found[name] = path
    return found


def load_image(path: Path) -> Any:
    """An image as nibabel has it, whatever its format.

    Args:
        path: NIfTI, NRRD or MetaImage.

    Raises:
        DataError: Its format needs SimpleITK, which is not installed; or its header announces what
            no image of a heart is, see `scarmap.io.gate`.
        OSError: It cannot be read, or its checksum is wrong.
        ValueError: It is damaged.
    """
    return _load_itk(path) if path.name.lower().endswith(OTHERS) else read_nifti(path)


def _load_itk(path: Path) -> Any:
    try:
        import SimpleITK
    except ImportError:
        raise DataError(
            f"{path} is not NIfTI, and SimpleITK, which reads {path.suffix} files, is not "
            "installed. Install it: pip install SimpleITK. Or save the image as NIfTI."
        ) from None
    reader = SimpleITK.ImageFileReader()
    reader.SetFileName(str(path))
    try:
        reader.ReadImageInformation()
        check_voxels(reader.GetSize(), path)
        image = reader.Execute()
    except RuntimeError as problem:
        raise ValueError(str(problem).splitlines()[-1]) from None
    if image.GetNumberOfComponentsPerPixel() > 1:
        raise ValueError("it has several numbers per voxel")
    axes = image.GetDimension()
    affine = np.eye(4)
    direction = np.reshape(image.GetDirection(), (axes, axes))
    affine[:axes, :axes] = direction * np.asarray(image.GetSpacing())
    affine[:axes, 3] = image.GetOrigin()
    check_voxel_size(image.GetSpacing()[:3], path, field="its spacing")
    check_placement(affine, path)
    array = SimpleITK.GetArrayFromImage(image).T
    if array.dtype.name in ("int64", "uint64"):
        array = array.astype(np.int32)
    affine[:2] = -affine[:2]  # ITK points to the left and to the back, NIfTI to the right and front
    return nibabel.Nifti1Image(array, affine)


def is_dicom(path: Path) -> bool:
    """Whether a file is DICOM, or a folder holds a file that is, at any depth."""
    if path.is_dir():
        files = (each for each in path.rglob("*") if each.is_file())
        return any(map(is_dicom, islice(files, _LOOKED_AT)))
    if not path.is_file():
        return False
    with path.open("rb") as file:
        return file.read(_PREAMBLE + 4)[_PREAMBLE:] == b"DICM"


def explain_dicom(path: Path) -> str:
    """One paragraph about DICOM where NIfTI is expected, with the lines to type.

    >>> "scarmap import 'scan 1' --out cases" in explain_dicom(Path("scan 1/IM0001"))
    True
    """
    what = "holds DICOM files" if path.is_dir() else "is a DICOM file"
    folder = quote(str(path if path.is_dir() else path.parent))
    return (
        f"{path} {what}; expected NIfTI, one file for each stack of slices. From one patient's "
        f"study to a page: scarmap study {folder} --out results. To NIfTI, of one patient or many: "
        f"scarmap import {folder} --out cases, then --data cases. To see which series would be "
        f"taken: scarmap dicom {folder}."
    )

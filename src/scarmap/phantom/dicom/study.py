"""Write whole synthetic studies as DICOM, with the truth beside them."""

from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import numpy as np

from scarmap.errors import DataError, suggest
from scarmap.io.files import replacing, write_json
from scarmap.io.nifti import write_labels
from scarmap.phantom.dicom.images import make_images
from scarmap.phantom.dicom.plan import plan_study
from scarmap.phantom.dicom.series import Series, objects
from scarmap.phantom.dicom.vendors import VENDORS, Vendor

ROOT = "2.25.7720530174"
"""Beginning of the UIDs of synthetic studies."""


def write_dicom_studies(
    out: Path,
    *,
    vendor: str,
    num_cases: int = 1,
    seed: int = 0,
    keep_motion: bool = False,
    num_slices: int = 9,
    in_plane: int = 128,
    phases: int = 25,
    on_case: Callable[[str], None] = lambda _name: None,
) -> list[Path]:
    """Write studies as a scanner of a vendor exports them.

    Args:
        out: Folder; made when missing.
        vendor: "siemens", "siemens-xa", "ge" or "philips".
        num_cases: How many studies.
        seed: Study k depends on the seed and on k alone.
        keep_motion: Leave the sequences as far apart as breath-holds put them.
        num_slices: Slices of LGE and cine.
        in_plane: Voxels along the sides of the LGE.
        phases: Images per heartbeat.
        on_case: Called with each study's name when it is written.

    Returns:
        The folder of each study; the truth lies in `<out>/truth/<study>`.

    Raises:
        DataError: There is no such vendor, a number is out of range, or the folder is not empty.
    """
    if vendor not in VENDORS:
        raise DataError(f"There is no scanner {vendor!r}. {suggest(vendor, VENDORS)}")
    if num_cases < 1 or seed < 0:
        raise DataError(
            f"Expected at least 1 study and a seed of 0 or more, got {num_cases}, {seed}."
        )
    if out.exists() and (not out.is_dir() or any(out.iterdir())):
        raise DataError(f"{out} exists and is not an empty folder. Choose another --out.")
    folders = []
    for index in range(num_cases):
        rng = np.random.default_rng([seed, index])
        name = f"study_{index + 1:04d}"
        images = make_images(
            rng,
            name=name,
            num_slices=num_slices,
            in_plane=in_plane,
            phases=phases,
            keep_motion=keep_motion,
        )
        planned = plan_study(VENDORS[vendor], images, rng)
        study = describe_study(VENDORS[vendor], index=index, seed=seed)
        write_series(out / name, planned, study, rng=rng, root=f"{ROOT}.{seed}.{index + 1}")
        write_labels(out / "truth" / name / "labels.nii.gz", images.labels, "scarmap")
        write_json(out / "truth" / name / f"{name}_truth.json", {"case": name, **images.truth})
        folders.append(out / name)
        on_case(name)
    return folders


def describe_study(vendor: Vendor, *, index: int, seed: int) -> dict[str, Any]:
    """Elements of patient, study and scanner: a patient who is nobody."""
    root = f"{ROOT}.{seed}.{index + 1}"
    return {
        "StudyInstanceUID": root,
        "FrameOfReferenceUID": f"{root}.999",
        "PatientName": f"Phantom^Synthetic{index + 1}",
        "PatientID": f"SYNTH{seed:03d}{index + 1:04d}",
        "PatientBirthDate": "19500101",
        "PatientSex": "O",
        "PatientWeight": 78.0,
        "PatientSize": 1.75,
        "StudyDate": "20240305",
        "StudyTime": "090000",
        "SeriesDate": "20240305",
        "SeriesTime": "090000",
        "AcquisitionDate": "20240305",
        "ContentDate": "20240305",
        "ContentTime": "090000",
        "StudyID": str(index + 1),
        "AccessionNumber": f"ACC{seed:03d}{index + 1:04d}",
        "ReferringPhysicianName": "",
        "StudyDescription": "Cardiac MR (synthetic)",
        "PatientPosition": "HFS",
        "PositionReferenceIndicator": "",
        "MRAcquisitionType": "2D",
        "BodyPartExamined": "HEART",
        **vendor.scanner,
    }


def write_series(
    folder: Path,
    planned: Sequence[Series],
    study: dict[str, Any],
    *,
    rng: np.random.Generator,
    root: str,
) -> list[Path]:
    """Write series into a folder, under names that tell nothing and in no order.

    Args:
        folder: Made when missing.
        planned: The series.
        study: Elements of patient, study and scanner.
        rng: Source of the order.
        root: Beginning of the UIDs.
    """
    made = [each for series in planned for each in objects(series, study, root=root)]
    order = rng.permutation(len(made))
    paths = []
    for place, index in enumerate(order):
        path = folder / f"IM{place // 500:02d}" / f"I{place % 500:04d}"
        with replacing(path) as temporary:
            made[index].save_as(temporary, enforce_file_format=True)
        paths.append(path)
    return paths

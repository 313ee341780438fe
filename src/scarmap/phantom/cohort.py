"""Write cohorts of synthetic patients in the layout of a real data set.

Case k of a cohort depends on the seed and on k alone: a longer cohort begins with the same cases.
"""

from pathlib import Path

import numpy as np

from scarmap.datasets import emidec, myops2020
from scarmap.errors import DataError
from scarmap.io.nifti import write_image, write_labels
from scarmap.labels import codes
from scarmap.phantom.study import make_case
from scarmap.volume import Case

FILE_SUFFIXES = {"bSSFP": "C0", "LGE": "DE", "T2": "T2"}


def write_cohort(
    out: Path,
    *,
    layout: str,
    num_cases: int,
    seed: int,
    shift_mm: tuple[float, float] = (0.0, 0.0),
    num_slices: int | None = None,
    in_plane: int | None = None,
) -> list[Path]:
    """Write a cohort with its truth, named and arranged as the data set is.

    Every third EMIDEC and every eighth MyoPS heart is normal.

    Args:
        out: Folder; made when missing.
        layout: "myops2020" or "emidec".
        num_cases: How many cases.
        seed: Seed of the cohort.
        shift_mm: Movement of every patient in the plane, along (X, Y) of the array.
        num_slices: Slices of every case; drawn per case when None.
        in_plane: Voxels along X and Y of every case; native sizes when None.

    Returns:
        Every file written, in order.

    Raises:
        LabelError: There is no such layout.
        DataError: The folder holds cases that this cohort would not replace, or a number is out of range.
    """
    codes(layout)
    if num_cases < 1 or seed < 0:
        raise DataError(f"A cohort needs at least one case and a seed of 0 or more; got {num_cases} and {seed}.")
    normal = [_is_normal(layout, index) for index in range(num_cases)]
    names = [_case_name(layout, index) for index in range(num_cases)]
    _refuse_strangers(out, layout, names)
    written: list[Path] = []
    for index, name in enumerate(names):
        case = make_case(
            layout,
            name=name,
            rng=np.random.default_rng([seed, index]),
            num_slices=num_slices,
            in_plane=in_plane,
            shift_mm=shift_mm,
            infarcted=not normal[index],
        )
        written += _write_case(out, case)
    return written


def _is_normal(layout: str, index: int) -> bool:
    return index % 3 == 1 if layout == "emidec" else index % 8 == 7


def _case_name(layout: str, index: int) -> str:
    if layout == "emidec":
        return f"Case_{'N' if _is_normal(layout, index) else 'P'}{index + 1:03d}"
    return f"myops_training_{101 + index}"


def _write_case(out: Path, case: Case) -> list[Path]:
    if case.layout == "emidec":
        images = {"LGE": out / case.name / "Images" / f"{case.name}.nii.gz"}
        truth = out / case.name / "Contours" / f"{case.name}.nii.gz"
    else:
        images = {
            sequence: out / "train25" / f"{case.name}_{FILE_SUFFIXES[sequence]}.nii.gz" for sequence in case.images
        }
        truth = out / "train25_myops_gd" / f"{case.name}_gd.nii.gz"
    for sequence, path in images.items():
        write_image(path, case.images[sequence].array, case.images[sequence].grid)
    if case.labels is not None:
        write_labels(truth, case.labels, case.layout)
    return [*images.values(), truth]


def _refuse_strangers(out: Path, layout: str, names: list[str]) -> None:
    if not out.exists():
        return
    if not out.is_dir():
        raise DataError(f"{out} is a file; a cohort is written into a folder. Choose another --out.")
    found = {case.name: case.layout for reader in (emidec, myops2020) for case in reader.find_cases(out)}
    strangers = sorted(name for name, held in found.items() if held != layout or name not in names)
    if strangers:
        raise DataError(
            f"{out} already holds {len(strangers)} other cases ({', '.join(strangers[:4])}), which would be mixed with "
            f"the {len(names)} cases of this {layout} cohort. Choose an empty folder, or remove them first."
        )

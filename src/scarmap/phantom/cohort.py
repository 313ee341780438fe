"""Write cohorts of synthetic patients in the layout of a real data set, each with its truth.

Case k of a cohort depends on the seed and on k alone: a longer cohort begins with the same cases,
and any number of processes writes the same files.
"""

import multiprocessing
from collections.abc import Callable, Iterator
from concurrent.futures import ProcessPoolExecutor
from dataclasses import dataclass
from functools import partial
from pathlib import Path

import numpy as np

from scarmap.datasets import emidec, myops2020, plain
from scarmap.errors import DataError
from scarmap.io.files import write_json
from scarmap.io.nifti import write_image, write_labels
from scarmap.labels import codes
from scarmap.phantom.heart.population import Population, choose_population, is_normal
from scarmap.phantom.scan.motion import AS_ACQUIRED, CORRECTED
from scarmap.phantom.scan.style import draw_style
from scarmap.phantom.study import Study, make_study, style_of

FILE_SUFFIXES = {"bSSFP": "C0", "LGE": "DE", "T2": "T2"}


@dataclass(frozen=True)
class Cohort:
    """What the cases of a cohort share.

    Attributes:
        out: Folder.
        layout: Label layout and arrangement of files.
        style: Name of the style of acquisition.
        population: What the hearts are drawn from.
        seed: Seed of the cohort.
        shift_mm: Movement of every patient in the plane, along (X, Y) of the array.
        num_slices: Slices of every case; drawn per case when None.
        in_plane: Voxels along X and Y of every case; native sizes when None.
        keep_motion: Whether sequences stay as far from the labels as patients move between
            breath-holds.
    """

    out: Path
    layout: str
    style: str
    population: Population
    seed: int
    shift_mm: tuple[float, float]
    num_slices: int | None
    in_plane: int | None
    keep_motion: bool


def write_cohort(
    out: Path,
    *,
    layout: str,
    num_cases: int,
    seed: int,
    style: str | None = None,
    normal: float | None = None,
    chronic: float | None = None,
    mvo: float | None = None,
    keep_motion: bool = False,
    shift_mm: tuple[float, float] = (0.0, 0.0),
    num_slices: int | None = None,
    in_plane: int | None = None,
    jobs: int = 1,
    on_case: Callable[[str], None] = lambda _name: None,
) -> list[Path]:
    """Write a cohort with its truth, named and arranged as the data set is.

    Args:
        out: Folder; made when missing.
        layout: "myops2020", "emidec" or "scarmap", which labels every tissue.
        num_cases: How many cases.
        seed: Seed of the cohort.
        style: How studies are acquired: "myops2020", "emidec" or "random"; None takes the layout's
            own.
        normal: Share of normal hearts; None takes the style's, as for the next two.
        chronic: Share of infarcts that are old.
        mvo: Share of acute infarcts with a no-reflow core.
        keep_motion: Leave sequences as far from the labels as patients move between breath-holds,
            instead of the remainder that is left after registration.
        shift_mm: Movement of every patient in the plane, along (X, Y) of the array.
        num_slices: Slices of every case; drawn per case when None.
        in_plane: Voxels along X and Y of every case; native sizes when None.
        jobs: Processes that share the work.
        on_case: Called with each case's name when it is written.

    Returns:
        Every file written, in order: images, masks, and a `<case>_truth.json` per case.

    Raises:
        LabelError: There is no such layout.
        DataError: The folder holds cases that this cohort would not replace, or a number is out of
            range.
    """
    codes(layout)
    if num_cases < 1 or seed < 0 or jobs < 1:
        raise DataError(
            "A cohort needs at least one case, one process and a seed of 0 or more; got "
            f"{num_cases} cases, {jobs} processes and seed {seed}."
        )
    style = style or style_of(layout)
    population = choose_population(style, normal=normal, chronic=chronic, mvo=mvo)
    if layout == "myops2020" and style == "emidec":
        raise DataError(
            "A MyoPS cohort holds three sequences per case, and the style 'emidec' images LGE "
            "only. Choose the style 'myops2020' or 'random', or the layout 'emidec' or 'scarmap'."
        )
    names = [_case_name(layout, population, index) for index in range(num_cases)]
    _refuse_strangers(out, layout, names)
    cohort = Cohort(
        out, layout, style, population, seed, shift_mm, num_slices, in_plane, keep_motion
    )
    written: list[Path] = []
    for name, paths in zip(names, _map(partial(_write_case, cohort), num_cases, jobs), strict=True):
        written += paths
        on_case(name)
    return written


def _map(write: partial[list[Path]], num_cases: int, jobs: int) -> Iterator[list[Path]]:
    if jobs == 1 or num_cases == 1:
        yield from map(write, range(num_cases))
        return
    context = multiprocessing.get_context("spawn")
    with ProcessPoolExecutor(min(jobs, num_cases), mp_context=context) as pool:
        yield from pool.map(write, range(num_cases))


def _case_name(layout: str, population: Population, index: int) -> str:
    if layout == "emidec":
        return f"Case_{'N' if is_normal(population, index) else 'P'}{index + 1:03d}"
    return f"myops_training_{101 + index}" if layout == "myops2020" else f"case_{index + 1:04d}"


def _write_case(cohort: Cohort, index: int) -> list[Path]:
    rng = np.random.default_rng([cohort.seed, index])
    study = make_study(
        cohort.layout,
        name=_case_name(cohort.layout, cohort.population, index),
        rng=rng,
        num_slices=cohort.num_slices,
        in_plane=cohort.in_plane,
        shift_mm=cohort.shift_mm,
        infarcted=not is_normal(cohort.population, index),
        style=draw_style(rng, cohort.style),
        population=cohort.population,
        motion=AS_ACQUIRED if cohort.keep_motion else CORRECTED,
    )
    return _write_study(cohort.out, study)


def _write_study(out: Path, study: Study) -> list[Path]:
    case, name = study.case, study.case.name
    if case.layout == "emidec":
        images = {"LGE": out / name / "Images" / f"{name}.nii.gz"}
        labels = out / name / "Contours" / f"{name}.nii.gz"
        truth = out / name / f"{name}_truth.json"
    elif case.layout == "myops2020":
        images = {
            sequence: out / "train25" / f"{name}_{FILE_SUFFIXES[sequence]}.nii.gz"
            for sequence in case.images
        }
        labels = out / "train25_myops_gd" / f"{name}_gd.nii.gz"
        truth = out / "train25_myops_gd" / f"{name}_truth.json"
    else:
        images = {sequence: out / name / f"{sequence}.nii.gz" for sequence in case.images}
        labels, truth = out / name / "labels.nii.gz", out / name / f"{name}_truth.json"
    for sequence, path in images.items():
        write_image(path, case.images[sequence].array, case.images[sequence].grid)
    if case.labels is not None:
        write_labels(labels, case.labels, case.layout)
    write_json(truth, {"case": name, **study.truth})
    return [*images.values(), labels, truth]


def _refuse_strangers(out: Path, layout: str, names: list[str]) -> None:
    if not out.exists():
        return
    if not out.is_dir():
        raise DataError(
            f"{out} is a file; a cohort is written into a folder. Choose another --out."
        )
    found = {
        case.name: case.layout
        for reader in (emidec, myops2020, plain)
        for case in reader.find_cases(out)
    }
    strangers = sorted(name for name, held in found.items() if held != layout or name not in names)
    if strangers:
        raise DataError(
            f"{out} already holds {len(strangers)} other cases ({', '.join(strangers[:4])}), which "
            f"would be mixed with the {len(names)} cases of this {layout} cohort. Choose an empty "
            "folder, or remove them first."
        )

"""A stream of cases through one loaded segmenter.

While one case is segmented, the next ones are read and the last ones are written. A broken case
does not stop the others. However long the stream is, only a few cases are in memory.
"""

from collections import deque
from collections.abc import Callable, Iterable, Iterator, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass
from functools import partial
from itertools import islice
from pathlib import Path
from typing import TypeVar

import numpy as np

from scarmap.datasets.case_files import CaseFiles, load_case
from scarmap.datasets.manifest import Entry, Image, look_at, now
from scarmap.errors import DataError, ScarmapError
from scarmap.inference.segment import Segmentation, Segmenter, segment
from scarmap.inference.wanted import Wanted
from scarmap.io.files import write_json
from scarmap.io.nifti import write_image, write_in_layout
from scarmap.volume import Case

AHEAD = 2
"""Cases that wait behind the network, and before it."""
_PROBLEMS = (ScarmapError, OSError)
"""What is wrong with one case and not with the program."""

_Item = TypeVar("_Item")
_Value = TypeVar("_Value")


@dataclass(frozen=True)
class Ended:
    """What became of one case.

    Attributes:
        case: Its name.
        entry: Its line in the manifest; None where it failed.
        problem: What is wrong with it; empty where it was segmented.
    """

    case: str
    entry: Entry | None = None
    problem: str = ""


def segment_stream(
    files: Sequence[CaseFiles], segmenter: Segmenter, out: Path, wanted: Wanted
) -> Iterator[Ended]:
    """Segment cases in order and write `<case>.nii.gz` for each.

    Args:
        files: The cases.
        segmenter: The trained system.
        out: Folder to write to.
        wanted: What is noted and kept beside the masks.

    Yields:
        What became of each case, once its files are written; good ones in their order.
    """
    read = partial(_read_case, segmenter=segmenter, out=out, wanted=wanted)
    with ThreadPoolExecutor(1, "read") as reader, ThreadPoolExecutor(1, "write") as writer:
        writing: deque[Future[Ended]] = deque()
        for each, reading in ahead(reader, read, files):
            try:
                case, images = reading.result()
                found = segment(case, segmenter)
            except _PROBLEMS as problem:
                yield Ended(each.name, problem=str(problem))
                continue
            writing.append(
                writer.submit(_write_found, each, found, images, segmenter, out=out, wanted=wanted)
            )
            if len(writing) > AHEAD:
                yield writing.popleft().result()
        while writing:
            yield writing.popleft().result()


def ahead(
    pool: ThreadPoolExecutor, function: Callable[[_Item], _Value], items: Iterable[_Item]
) -> Iterator[tuple[_Item, Future[_Value]]]:
    """Yield each item with its call, while the calls of the next ones have begun."""
    later = iter(items)
    begun = deque((item, pool.submit(function, item)) for item in islice(later, 1 + AHEAD))
    while begun:
        yield begun.popleft()
        begun.extend((item, pool.submit(function, item)) for item in islice(later, 1))


def _read_case(
    files: CaseFiles, *, segmenter: Segmenter, out: Path, wanted: Wanted
) -> tuple[Case, dict[str, Image]]:
    """A case and the fingerprints of its images.

    Raises:
        DataError: It cannot be read, or its mask would overwrite one of its own files.
        GeometryError: Its images lie on different grids.
    """
    _safe_target(files, out)
    preparation = segmenter.preparation
    case = load_case(files, sequences=preparation.sequences, optional=preparation.optional)
    return case, {sequence: look_at(path) for sequence, path in wanted.images(files).items()}


def _write_found(
    files: CaseFiles,
    found: Segmentation,
    images: dict[str, Image],
    segmenter: Segmenter,
    *,
    out: Path,
    wanted: Wanted,
) -> Ended:
    """Write what was found in a case, its mask last."""
    path = _safe_target(files, out)
    layout = segmenter.layout_of(files.layout)
    try:
        if wanted.probabilities:
            write_probabilities(out, files.name, found, segmenter)
        write_in_layout(path, found.labels, layout)
    except _PROBLEMS as problem:
        return Ended(files.name, problem=str(problem))
    entry = Entry(
        files.name,
        path.name,
        images,
        wanted.model,
        probabilities=wanted.probabilities,
        flags=found.flags,
        written=now(),
        maker=wanted.maker,
        mask_sha256=look_at(path).sha256,
        layout=layout,
        study_images={sequence: str(each.resolve()) for sequence, each in files.images.items()},
    )
    return Ended(files.name, entry)


def _safe_target(files: CaseFiles, out: Path) -> Path:
    """File for a case's mask.

    Raises:
        DataError: It is one of the case's own images or its truth.
    """
    path = out / f"{files.name}.nii.gz"
    own = {each.resolve() for each in (*files.images.values(), files.labels) if each}
    if path.resolve() in own:
        raise DataError(
            f"The mask of case {files.name} would overwrite {path}. Choose another --out."
        )
    return path


def write_probabilities(out: Path, name: str, found: Segmentation, segmenter: Segmenter) -> None:
    """Write the calibrated probabilities, (X, Y, Z, K), and a JSON that names the K regions."""
    maps = segmenter.calibrate(found.probabilities) if segmenter.calibrate else found.probabilities
    write_image(out / f"{name}_probabilities.nii.gz", np.moveaxis(maps, 0, -1), found.labels.grid)
    write_json(out / f"{name}_probabilities.json", {"regions": list(segmenter.regions)})

"""Segment many cases with one loaded segmenter; a broken case does not stop the others."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path

import numpy as np

from scarmap.datasets.case_files import CaseFiles, load_case
from scarmap.errors import DataError, ScarmapError
from scarmap.inference.predict import Segmentation, Segmenter, segment
from scarmap.io.files import write_json
from scarmap.io.nifti import write_image, write_labels
from scarmap.labels import merge
from scarmap.volume import LabelMap


@dataclass
class Outcome:
    """What became of a folder of cases.

    Attributes:
        written: Mask of each case that was segmented.
        failed: What is wrong with each case that was not.
        flagged: What the reader of a case's mask must be told; cases without such remarks are left out.
    """

    written: dict[str, Path] = field(default_factory=dict)
    failed: dict[str, str] = field(default_factory=dict)
    flagged: dict[str, tuple[str, ...]] = field(default_factory=dict)


def segment_folder(
    files: Sequence[CaseFiles],
    segmenter: Segmenter,
    out: Path,
    *,
    save_probabilities: bool = False,
    on_case: Callable[[str], None] = lambda _name: None,
) -> Outcome:
    """Segment cases one after the other and write `<case>.nii.gz` for each, and `flags.json` where any is flagged.

    Args:
        files: The cases.
        segmenter: Loaded once for all of them. One that knows every tissue, which is layout "scarmap", writes each
            mask in the codes of its case's own data set, see `scarmap.labels.merge`.
        out: Folder to write to.
        save_probabilities: Also write `<case>_probabilities.nii.gz`, (X, Y, Z, K), and a JSON with the K regions.
        on_case: Called with each case's name when it is done or has failed.
    """
    outcome = Outcome()
    for each in files:
        try:
            path = safe_target(each, out)
            wanted = segmenter.preparation
            case = load_case(each, sequences=wanted.sequences, optional=wanted.optional)
            found = segment(case, segmenter)
            if save_probabilities:
                _write_probabilities(out, each.name, found, segmenter)
            write_in_layout(path, found.labels, each.layout if segmenter.layout == "scarmap" else segmenter.layout)
            outcome.written[each.name] = path
            if found.flags:
                outcome.flagged[each.name] = found.flags
        except (ScarmapError, OSError) as problem:
            outcome.failed[each.name] = str(problem)
        on_case(each.name)
    (out / "flags.json").unlink(missing_ok=True)
    if outcome.flagged:
        write_json(out / "flags.json", outcome.flagged)
    return outcome


def write_in_layout(path: Path, labels: LabelMap, layout: str) -> None:
    """Write a mask in the codes of a layout; what that does not label becomes what its experts label instead."""
    write_labels(path, replace(labels, array=merge(labels.array, layout)), layout)


def safe_target(files: CaseFiles, out: Path) -> Path:
    """File for a case's mask.

    Raises:
        DataError: It is one of the case's own images or its truth.
    """
    path = out / f"{files.name}.nii.gz"
    own = [*files.images.values(), *([files.labels] if files.labels else [])]
    if path.resolve() in {each.resolve() for each in own}:
        raise DataError(f"The mask of case {files.name} would overwrite {path}. Choose another --out.")
    return path


def _write_probabilities(out: Path, name: str, found: Segmentation, segmenter: Segmenter) -> None:
    maps = np.moveaxis(found.probabilities, 0, -1)
    write_image(out / f"{name}_probabilities.nii.gz", maps, found.labels.grid)
    write_json(out / f"{name}_probabilities.json", {"regions": list(segmenter.regions)})

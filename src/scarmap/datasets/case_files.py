"""The files of one study, and how they become a `Case`."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from scarmap.datasets.names import check_name
from scarmap.errors import DataError
from scarmap.io.nifti import read_image, read_labels
from scarmap.labels import SEQUENCES
from scarmap.volume import Case, check_same_grid

ALIGN = (
    "To predict, `scarmap predict --align headers` resamples them by their headers, and "
    "`--align full` also undoes what breath-holds moved."
)


@dataclass(frozen=True)
class CaseFiles:
    """Where the files of one study are; nothing is read yet.

    Attributes:
        name: Case identifier.
        layout: Label layout of the data set it came from.
        images: Sequence name to file.
        labels: File with the truth, or None.
        group: What its data set sorts it under, such as a centre, where scores are also told group
            by group; "" where it sorts none.
        patient: Who it shows, where a patient may have several cases, so that no fold trains on one
            and validates on another; "" where each case is a patient of its own.

    Raises:
        DataError: No case may have this name, see `scarmap.datasets.names`.
    """

    name: str
    layout: str
    images: Mapping[str, Path]
    labels: Path | None = None
    group: str = ""
    patient: str = ""

    def __post_init__(self) -> None:
        check_name(self.name)


def load_case(
    files: CaseFiles, *, sequences: Sequence[str], labelled: bool = False, optional: bool = False
) -> Case:
    """Read one study.

    Args:
        files: Where its files are.
        sequences: The sequences to read, in this order.
        labelled: Whether the truth must be there; when False it is not read.
        optional: Whether sequences may be missing; the case then holds those that are there, at
            least one.

    Raises:
        DataError: A sequence that must be there or the truth is missing, or a file is damaged.
        GeometryError: The files lie on different grids.
        LabelError: The truth holds undefined values.
    """
    _check_sequences(files, sequences, optional=optional)
    sequences = [sequence for sequence in sequences if sequence in files.images]
    images = {sequence: read_image(files.images[sequence]) for sequence in sequences}
    first = sequences[0]
    for sequence in sequences[1:]:
        check_same_grid(
            images[first].grid,
            images[sequence].grid,
            what=f"Case {files.name}: {first} ({files.images[first]}) and "
            f"{sequence} ({files.images[sequence]})",
            remedy=ALIGN,
        )
    if not labelled:
        return Case(files.name, files.layout, images)
    if files.labels is None:
        raise DataError(
            f"Case {files.name} has no labels beside {files.images[first]}; training and scoring "
            "need them."
        )
    labels = read_labels(files.labels, files.layout)
    check_same_grid(
        images[first].grid,
        labels.grid,
        what=f"Case {files.name}: {first} ({files.images[first]}) and its labels ({files.labels})",
    )
    return Case(files.name, files.layout, images, labels)


def _check_sequences(files: CaseFiles, sequences: Sequence[str], *, optional: bool) -> None:
    missing = [sequence for sequence in sequences if sequence not in files.images]
    allowed = len(sequences) - 1 if optional else 0
    if len(missing) <= allowed:
        return
    found = [f"{sequence} ({path})" for sequence, path in files.images.items()]
    needed = ", ".join(sequences)
    raise DataError(
        f"Case {files.name} has no {' and no '.join(missing)} image; found: "
        f"{', '.join(found) or 'no image'}. This recipe needs "
        f"{f'at least one of {needed}' if optional else needed}: add the "
        f"file{'' if optional else _another_model(files)}."
    )


def _another_model(files: CaseFiles) -> str:
    present = ",".join(sequence for sequence in SEQUENCES if sequence in files.images) or "LGE"
    return (
        ", or use a model trained without it (for instance --set sequences="
        f"{present} when training)"
    )

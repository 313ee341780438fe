"""Cohorts: studies from their files, and how well two readings of the same ones agree, figure by figure."""

import csv
from collections.abc import Mapping, Sequence
from dataclasses import asdict, fields
from math import isnan
from pathlib import Path
from typing import Any

from scarmap.errors import DataError
from scarmap.io.files import replacing, write_json
from scarmap.io.nifti import read_image, read_labels
from scarmap.quantification.agreement import Agreement, Estimate, agree
from scarmap.quantification.dictionary import FIGURES
from scarmap.quantification.intervals.from_errors import KnownErrors
from scarmap.quantification.intervals.maps import read_probabilities
from scarmap.quantification.result import Quantification
from scarmap.quantification.study import DEFAULT, Choices, quantify

AGREEMENT_FILES = ("agreement.json", "agreement.csv")


def quantify_files(
    mask: Path,
    layout: str,
    *,
    case: str,
    lge: Path | None = None,
    maps: Sequence[Path] = (),
    errors: KnownErrors | None = None,
    reference_deg: float | None = None,
    choices: Choices = DEFAULT,
) -> Quantification:
    """Read and measure one study.

    Args:
        mask: Its mask.
        layout: Label layout of the mask.
        case: Its name.
        lge: Its LGE image, for thresholds.
        maps: Its probability maps, averaged in one file or a file per fold, for intervals.
        errors: Errors of the model that made the mask on cases that it had not seen, for intervals.
        reference_deg: Direction of the middle of the septum, as
            `scarmap.quantification.study.quantify` takes it.
        choices: What the literature leaves open.

    Raises:
        DataError: A file is missing or damaged.
        GeometryError: Files lie on different grids.
        LabelError: The mask holds values that the layout does not define.
    """
    labels = read_labels(mask, layout)
    return quantify(
        labels,
        case=case,
        layout=layout,
        image=None if lge is None else read_image(lge),
        probabilities=read_probabilities(maps, labels.grid),
        errors=errors,
        reference_deg=reference_deg,
        choices=choices,
    )


def other_reading(
    studies: Sequence[Quantification], masks: Mapping[str, Path], *, choices: Choices = DEFAULT
) -> list[Quantification]:
    """Measure another reading of the same studies as they were measured, with their landmarks where they had one.

    Args:
        studies: One reading.
        masks: Case to mask of the other; cases of one reading only are passed over.
        choices: What the literature leaves open.

    Raises:
        DataError: A mask is missing or damaged.
        LabelError: It holds values that the layout of its study does not define.
    """
    return [
        quantify_files(
            masks[study.case],
            study.layout,
            case=study.case,
            reference_deg=study.reference.septum_deg
            if study.reference.source == "landmark"
            else None,
            choices=choices,
        )
        for study in studies
        if study.case in masks
    ]


def agree_cohorts(
    first: Sequence[Quantification], second: Sequence[Quantification]
) -> dict[str, Agreement]:
    """Compare two readings of the same cases, figure by figure; differences are second - first.

    Args:
        first: One reading, such as the truth.
        second: The other, such as a model's. Cases that only one reading has do not count.

    Returns:
        Figure in `scarmap.quantification.dictionary.FIGURES` to its agreement; counts, and figures
            that no case
        defines in both readings, are left out.

    Raises:
        DataError: No case has both readings.
    """
    ours, theirs = ({study.case: study for study in reading} for reading in (first, second))
    shared = sorted(ours.keys() & theirs.keys())
    if not shared:
        raise DataError(
            f"No case has both readings: one has {', '.join(sorted(ours)[:4])}, the other "
            f"{', '.join(sorted(theirs)[:4])}. Masks of the same case must have the same name."
        )
    found = {}
    for figure in FIGURES:
        if figure.unit == "count":
            continue
        agreement = agree(
            [ours[case].figures[figure.name] for case in shared],
            [theirs[case].figures[figure.name] for case in shared],
        )
        if agreement.num_cases:
            found[figure.name] = agreement
    return found


def write_agreement(
    folder: Path,
    agreements: Mapping[str, Agreement],
    *,
    cases: Sequence[str],
    missing: Sequence[str],
) -> tuple[Path, Path]:
    """Write `agreement.json`, with the cases, and `agreement.csv`, one line per figure.

    Args:
        folder: Made if missing.
        agreements: What `agree_cohorts` found.
        cases: Cases with both readings.
        missing: Cases with one.

    Returns:
        The two files.
    """
    targets = folder / AGREEMENT_FILES[0], folder / AGREEMENT_FILES[1]
    units = {figure.name: figure.unit for figure in FIGURES}
    plain = {
        name: {"unit": units[name], **_plain(asdict(agreement))}
        for name, agreement in agreements.items()
    }
    write_json(targets[0], {"cases": list(cases), "missing": list(missing), "figures": plain})
    columns = [column for field in fields(Agreement) for column in _columns(field.name, field.type)]
    with (
        replacing(targets[1]) as temporary,
        temporary.open("w", newline="", encoding="utf-8") as file,
    ):
        writer = csv.writer(file, lineterminator="\n")
        writer.writerow(["figure", "unit", *columns])
        for name, agreement in agreements.items():
            numbers = [
                number
                for field in fields(Agreement)
                for number in _numbers(getattr(agreement, field.name))
            ]
            written = ["" if isnan(number) else f"{number:.6g}" for number in numbers]
            writer.writerow([name, units[name], *written])
    return targets


def _columns(name: str, kind: object) -> list[str]:
    return [name, f"{name}_low", f"{name}_high"] if kind is Estimate else [name]


def _numbers(value: float | Estimate) -> list[float]:
    return [value.value, value.low, value.high] if isinstance(value, Estimate) else [value]


def _plain(value: Any) -> Any:
    if isinstance(value, dict):
        return {key: _plain(item) for key, item in value.items()}
    return None if isinstance(value, float) and isnan(value) else value

"""Score folders of masks, and the two files that hold the result.

`cases.csv` is long: `case, convention, structure, metric, value, unit`, one line per number; an
undefined value is written `nan`. `summary.json` holds::

    {"layout": "emidec", "notes": [...], "cases": [...], "missing": [...], "extra": [...],
     "scores": {convention: {structure: {metric: {"unit", "mean", "sd", "median", "n",
     "n_undefined"}}}}, "infarcted": {"cases": [...], "scores": as above}, "presence": {structure:
     {"true_positive", "false_positive", "true_negative", "false_negative",
                              "sensitivity", "specificity"}}}

`notes` are what a reader of any of these numbers must be told, such as a leak of the split.
`missing` are cases of the truth without a prediction, `extra` are predictions without a truth;
neither is scored. `n` counts the defined values that mean, sd and median are taken over; sd is the
sample's (n - 1). A number that too few values define is `null`. `infarcted` summarises once more
over the cases whose truth has an infarct: a convention that counts two empty masks as 1 flatters
every method on healthy patients. `presence` counts the cases that have a pathology or have none,
and those where it was found or was not. Where the data set sorts its cases, by centre or by time,
`groups` holds for each group its cases and their scores.
"""

import logging
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import asdict, astuple, dataclass, field, replace
from math import isnan
from pathlib import Path
from typing import Any

import numpy as np

from scarmap.errors import DataError
from scarmap.evaluation.conventions import CONVENTIONS
from scarmap.evaluation.presence import infarcted_cases, presence
from scarmap.io.coding import merge
from scarmap.io.files import write_json
from scarmap.io.nifti import read_labels
from scarmap.io.record import COUNT, FILE_NAME, Each, Maybe, Record, Shape, read_record
from scarmap.io.scores import Score, write_scores
from scarmap.labels import codes, common_layout
from scarmap.volume import LabelMap, check_same_grid

logger = logging.getLogger(__name__)

_STATISTICS: Shape = {
    **dict.fromkeys(("mean", "sd", "median"), Maybe(float)),
    **dict.fromkeys(("n", "n_undefined"), Maybe(COUNT)),
    "unit": Maybe(str),
}
_SUMMARY: Shape = {
    "layout": Maybe(str),
    **dict.fromkeys(("notes", "missing", "extra"), Maybe([str])),
    "cases": Maybe([FILE_NAME]),
    "scores": Each(Each(Each(_STATISTICS))),
}


@dataclass(frozen=True)
class Evaluation:
    """The scores of a folder.

    Attributes:
        layout: Label layout of both folders, or `scarmap.labels.MIXED`.
        rows: Every score of every case, sorted by case.
        missing: Cases of the truth that have no prediction.
        extra: Predictions that have no truth.
        notes: What a reader of any score must be told, one sentence each.
        groups: Case to what its data set sorts it under, such as a centre; empty where it sorts
            none.
    """

    layout: str
    rows: tuple[Score, ...]
    missing: tuple[str, ...] = ()
    extra: tuple[str, ...] = ()
    notes: tuple[str, ...] = ()
    groups: Mapping[str, str] = field(default_factory=dict)

    def of_group(self, name: str) -> tuple[Score, ...]:
        """Scores of the cases of one group."""
        return tuple(row for row in self.rows if self.groups.get(row.case) == name)


def evaluate_pair(
    prediction: Path,
    truth: Path | LabelMap,
    layout: str,
    *,
    case: str,
    predicted_layout: str | None = None,
) -> list[Score]:
    """Score one mask under every convention.

    Args:
        prediction: Mask to judge.
        truth: Mask to judge by, or its file.
        layout: Label layout of the truth, in which both are scored.
        case: Name for the rows.
        predicted_layout: Label layout of the prediction, where it is another one; tissues that
            `layout` does not label are then merged into those that its experts label instead.

    Raises:
        DataError: A file is missing or damaged.
        GeometryError: The masks lie on different grids.
        LabelError: A mask holds values that the layout does not define.
    """
    predicted = read_labels(prediction, predicted_layout or layout)
    predicted = replace(predicted, array=merge(predicted.array, layout))
    true = truth if isinstance(truth, LabelMap) else read_labels(truth, layout)
    named = f"the truth {true.grid.source}" if true.grid.source else "the truth"
    check_same_grid(
        true.grid, predicted.grid, what=f"Case {case}: {named} and the prediction {prediction}"
    )
    return [
        Score(case, *astuple(measured))
        for convention in CONVENTIONS.values()
        for measured in convention(predicted, true, layout)
    ]


def evaluate_folder(
    predictions: Mapping[str, Path],
    truths: Mapping[str, Path] | Mapping[str, LabelMap],
    layout: str | Mapping[str, str],
    *,
    predicted_layout: str | Mapping[str, str] | None = None,
    notes: Sequence[str] = (),
    on_case: Callable[[str, int], None] = lambda _name, _planned: None,
) -> Evaluation:
    """Score all cases that have both a prediction and a truth.

    Args:
        predictions: Case to mask file.
        truths: Case to mask, or to its file.
        layout: Label layout of the truths, or case to layout where the cases differ.
        predicted_layout: Label layout of all predictions, or case to layout, where it is another
            one than that of the truth; see `evaluate_pair`.
        notes: What a reader of any score must be told, one sentence each.
        on_case: Called with each case's name and how many there are when it is scored.

    Returns:
        The scores; cases with only one of the two are named in it, and in a warning.

    Raises:
        DataError: No case has both, or a file is damaged.
        GeometryError: The masks of a case lie on different grids.
        LabelError: A mask holds values that the layout does not define.
    """
    shared = sorted(set(predictions) & set(truths))
    missing, extra = sorted(set(truths) - set(predictions)), sorted(set(predictions) - set(truths))
    if not shared:
        raise DataError(
            "No prediction is named like a case of the truth. The predictions are "
            f"{_first_few(extra)}; the truth has {_first_few(missing)}. Name each prediction "
            "<case>.nii.gz after its case, and check that neither folder is a folder of another "
            "data set. Masks of single slices are scored in the run folder that holds them."
        )
    if missing:
        logger.warning(
            "Not scored for want of a prediction (%d): %s", len(missing), _first_few(missing)
        )
    if extra:
        logger.warning("Not scored for want of a truth (%d): %s", len(extra), _first_few(extra))
    layouts, theirs = _by_case(layout, shared), _by_case(predicted_layout or {}, shared)
    used = {layouts[case] for case in shared}
    for each in used:
        codes(each)
    rows: list[Score] = []
    for case in shared:
        rows += evaluate_pair(
            predictions[case],
            truths[case],
            layouts[case],
            case=case,
            predicted_layout=theirs.get(case),
        )
        on_case(case, len(shared))
    return Evaluation(common_layout(used), tuple(rows), tuple(missing), tuple(extra), tuple(notes))


def _by_case(layout: str | Mapping[str, str], cases: Sequence[str]) -> Mapping[str, str]:
    return dict.fromkeys(cases, layout) if isinstance(layout, str) else layout


def summarise(rows: Iterable[Score]) -> dict[str, dict[str, dict[str, dict[str, Any]]]]:
    """Summarise scores over cases.

    Args:
        rows: Scores of any number of cases.

    Returns:
        Convention, structure and metric to unit, mean, sd, median, n and n_undefined; what
        `summary.json` holds under "scores".
    """
    values: dict[tuple[str, str, str, str], list[float]] = {}
    for row in rows:
        values.setdefault((row.convention, row.structure, row.metric, row.unit), []).append(
            row.value
        )
    summary: dict[str, dict[str, dict[str, dict[str, Any]]]] = {}
    for (convention, structure, metric, unit), numbers in values.items():
        metrics = summary.setdefault(convention, {}).setdefault(structure, {})
        metrics[metric] = {"unit": unit, **_statistics(numbers)}
    return summary


def write_evaluation(folder: Path, evaluation: Evaluation) -> tuple[Path, Path]:
    """Write `cases.csv` and `summary.json`.

    Args:
        folder: Made if missing.
        evaluation: The scores.

    Returns:
        The two files.
    """
    cases_file, summary_file = folder / "cases.csv", folder / "summary.json"
    groups = sorted(set(evaluation.groups.values()))
    infarcted = infarcted_cases(evaluation.rows)
    write_scores(cases_file, evaluation.rows)
    write_json(
        summary_file,
        {
            "layout": evaluation.layout,
            "notes": list(evaluation.notes),
            "cases": sorted({row.case for row in evaluation.rows}),
            "missing": list(evaluation.missing),
            "extra": list(evaluation.extra),
            "scores": summarise(evaluation.rows),
            "infarcted": {
                "cases": list(infarcted),
                "scores": summarise(row for row in evaluation.rows if row.case in infarcted),
            },
            "presence": {
                structure: {
                    **asdict(counts),
                    "sensitivity": counts.sensitivity,
                    "specificity": counts.specificity,
                }
                for structure, counts in presence(evaluation.rows).items()
            },
            **({"groups": {name: _group(evaluation, name) for name in groups}} if groups else {}),
        },
    )
    return cases_file, summary_file


def _group(evaluation: Evaluation, name: str) -> dict[str, Any]:
    rows = evaluation.of_group(name)
    return {"cases": sorted({row.case for row in rows}), "scores": summarise(rows)}


def read_summary(path: Path) -> Record:
    """Read `summary.json`; see the module for its shape.

    Raises:
        DataError: The file is missing, is not JSON or holds something else.
    """
    return read_record(path, _SUMMARY, error=DataError)


def _statistics(numbers: Sequence[float]) -> dict[str, float | int | None]:
    defined = [number for number in numbers if not isnan(number)]
    return {
        "mean": float(np.mean(defined)) if defined else None,
        "sd": float(np.std(defined, ddof=1)) if len(defined) > 1 else None,
        "median": float(np.median(defined)) if defined else None,
        "n": len(defined),
        "n_undefined": len(numbers) - len(defined),
    }


def _first_few(names: Sequence[str]) -> str:
    return ", ".join(names[:8]) + (", ..." if len(names) > 8 else "")

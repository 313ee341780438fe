"""`quantification.json`, one study, and `cohort.csv`, one line per study: written, and read again."""

import csv
from collections.abc import Iterable, Mapping
from dataclasses import asdict, fields, is_dataclass
from math import isnan, nan
from pathlib import Path
from types import NoneType, UnionType
from typing import Any, get_args, get_origin, get_type_hints

from scarmap.errors import DataError
from scarmap.io.files import read_json, replacing, write_json
from scarmap.quantification.dictionary import FIGURES
from scarmap.quantification.result import Quantification

FILE = "quantification.json"
COHORT_FILE = "cohort.csv"
FORMAT = 1


def write_quantification(path: Path, quantification: Quantification) -> None:
    """Write one study as JSON: the fields of `Quantification` by name, NaN as `null`."""
    write_json(path, to_json(quantification))


def read_quantification(path: Path) -> Quantification:
    """Read a file of `write_quantification`.

    Raises:
        DataError: The file is missing, is not JSON or holds something else.
    """
    content = read_json(path)
    try:
        return from_json(content)
    except (KeyError, TypeError, ValueError, AttributeError) as problem:
        raise DataError(
            f"{path} is not a quantification of format {FORMAT} ({problem!r}). Run `scarmap "
            "quantify` again."
        ) from None


def to_json(quantification: Quantification) -> dict[str, Any]:
    """Plain values of one study, ready for JSON."""
    return {"format": FORMAT, **_plain(asdict(quantification))}


def from_json(content: Mapping[str, Any]) -> Quantification:
    """The study that `to_json` made plain.

    Raises:
        KeyError: A field is missing.
        ValueError: The format is another one.
    """
    if content["format"] != FORMAT:
        raise ValueError(f"format {content['format']!r}")
    built: Quantification = _built(Quantification, content)
    return built


def write_cohort(path: Path, quantifications: Iterable[Quantification]) -> None:
    """Write one line per study: case, every figure, ends of its interval, flags. Undefined is empty.

    Args:
        path: Target, usually `cohort.csv`.
        quantifications: The studies.
    """
    studies = sorted(quantifications, key=lambda study: study.case)
    spread = [
        figure.name
        for figure in FIGURES
        if any(figure.name in study.intervals for study in studies)
    ]
    with replacing(path) as temporary, temporary.open("w", newline="", encoding="utf-8") as file:
        writer = csv.writer(file, lineterminator="\n")
        ends = [f"{name}_{end}" for name in spread for end in ("low", "high")]
        writer.writerow(
            ["case", "layout", *(figure.name for figure in FIGURES), *ends, "reference", "flags"]
        )
        for study in studies:
            values = [study.figures[figure.name] for figure in FIGURES]
            for name in spread:
                interval = study.intervals.get(name)
                values += [interval.low, interval.high] if interval else [nan, nan]
            flags = " ".join(flag.code for flag in study.flags)
            numbers = ["" if isnan(value) else f"{value:.6g}" for value in values]
            writer.writerow([study.case, study.layout, *numbers, study.reference.source, flags])


def _plain(value: Any) -> Any:
    if isinstance(value, dict):
        return {key: _plain(item) for key, item in value.items()}
    if isinstance(value, list | tuple):
        return [_plain(item) for item in value]
    if isinstance(value, float):
        return None if isnan(value) else float(value)
    return value


def _built(kind: Any, value: Any) -> Any:
    if is_dataclass(kind) and isinstance(kind, type):
        hints = get_type_hints(kind)
        return kind(
            **{item.name: _built(hints[item.name], value[item.name]) for item in fields(kind)}
        )
    if get_origin(kind) is tuple:
        inner = get_args(kind)
        kinds = [inner[0]] * len(value) if inner[-1] is Ellipsis else inner
        return tuple(_built(part, item) for part, item in zip(kinds, value, strict=True))
    if get_origin(kind) is Mapping:
        return {key: _built(get_args(kind)[1], item) for key, item in value.items()}
    if isinstance(kind, UnionType):
        (inner_kind,) = (part for part in get_args(kind) if part is not NoneType)
        return None if value is None else _built(inner_kind, value)
    return nan if kind is float and value is None else value

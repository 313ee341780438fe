"""The files of quantification: one study, a cohort, and the agreement of two readings.

`quantification.json` holds one study, `cohort.csv` one line per study, `agreement.json` and
`agreement.csv` one entry per figure. An undefined number is `null` in JSON and empty in a table.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import MISSING, Field, asdict, astuple, fields, is_dataclass
from math import isnan, nan
from pathlib import Path
from types import UnionType
from typing import Any, get_args, get_origin, get_type_hints

from scarmap.errors import DataError
from scarmap.io.files import read_json, write_csv, write_json
from scarmap.quantification.agreement import Agreement, Estimate
from scarmap.quantification.cohort import TwoReadings
from scarmap.quantification.dictionary import UNITS
from scarmap.quantification.parts import GreyZone
from scarmap.quantification.result import Quantification
from scarmap.quantification.thresholds.grey_zone import GREY_ZONES

FILE = "quantification.json"
COHORT_FILE = "cohort.csv"
_AGREEMENT_FILES = ("agreement.json", "agreement.csv")
_FORMAT = 1


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
            f"{path} is not a quantification of format {_FORMAT} ({problem!r}). Run `scarmap "
            "quantify` again."
        ) from None


def to_json(quantification: Quantification) -> dict[str, Any]:
    """Plain values of one study, ready for JSON."""
    return {"format": _FORMAT, **_plain(asdict(quantification))}


def from_json(content: Mapping[str, Any]) -> Quantification:
    """The study that `to_json` made plain.

    Raises:
        KeyError: A field is missing.
        ValueError: The format is another one.
    """
    if content["format"] != _FORMAT:
        raise ValueError(f"format {content['format']!r}")
    built: Quantification = _built(Quantification, content)
    return built


def write_cohort(path: Path, quantifications: Iterable[Quantification]) -> None:
    """Write one line per study: case, figures, ends of intervals, grey zones, and flags.

    Args:
        path: Target, usually `cohort.csv`.
        quantifications: The studies.
    """
    studies = sorted(quantifications, key=lambda study: study.case)
    names = list(UNITS)
    spread = _in_use(names, [study.intervals for study in studies])
    zones = _in_use(GREY_ZONES, [_zones(study) for study in studies])
    ends = [f"{name}_{end}" for name in spread for end in ("low", "high")]
    grams = [f"{part}_{name}_g" for name in zones for part in ("border", "core")]
    header = ["case", "layout", *names, *ends, *grams, "reference", "flags"]
    write_csv(path, [header, *(_study_line(study, names, spread, zones) for study in studies)])


def write_agreement(folder: Path, readings: TwoReadings) -> tuple[Path, Path]:
    """Write `agreement.json`, with the cases, and `agreement.csv`, one line per figure.

    In the JSON, `failed` holds what is wrong with each mask that could not be compared.

    Args:
        folder: Made if missing.
        readings: What `scarmap.quantification.cohort.compare_readings` found.

    Returns:
        The two files.
    """
    targets = folder / _AGREEMENT_FILES[0], folder / _AGREEMENT_FILES[1]
    agreements = readings.agreements
    content = {
        "cases": sorted(readings.others),
        "missing": list(readings.missing),
        "failed": dict(readings.failed),
        "figures": {
            name: {"unit": UNITS[name], **_plain(asdict(agreement))}
            for name, agreement in agreements.items()
        },
    }
    write_json(targets[0], content)
    columns = [column for field in fields(Agreement) for column in _columns(field.name, field.type)]
    lines = [
        [name, UNITS[name], *map(written, _numbers(agreement))]
        for name, agreement in agreements.items()
    ]
    write_csv(targets[1], [["figure", "unit", *columns], *lines])
    return targets


def _in_use(names: Iterable[str], known: Sequence[Mapping[str, object]]) -> list[str]:
    """Those of the names that one of the studies knows, in order."""
    there = {name for each in known for name in each}
    return [name for name in names if name in there]


def _zones(study: Quantification) -> dict[str, GreyZone]:
    return {each.method: each for each in study.grey_zones}


def _study_line(
    study: Quantification, names: Sequence[str], spread: Sequence[str], zones: Sequence[str]
) -> list[str]:
    values = [study.figures.get(name, nan) for name in names]  # Older files lack newer figures.
    for name in spread:
        interval = study.intervals.get(name)
        values += [interval.low, interval.high] if interval else [nan, nan]
    found = _zones(study)
    for name in zones:
        values += [found[name].border_g, found[name].core_g] if name in found else [nan, nan]
    flags = " ".join(flag.code for flag in study.flags)
    return [study.case, study.layout, *map(written, values), study.reference.source, flags]


def written(number: float) -> str:
    """A figure in a table; an undefined one is an empty cell."""
    return "" if isnan(number) else f"{number:.6g}"


def _columns(name: str, kind: object) -> list[str]:
    return [name, f"{name}_low", f"{name}_high"] if kind is Estimate else [name]


def _numbers(agreement: Agreement) -> list[float]:
    numbers: list[float] = []
    for field in fields(agreement):
        value = getattr(agreement, field.name)
        numbers += astuple(value) if isinstance(value, Estimate) else [value]
    return numbers


def _plain(value: Any) -> Any:
    if isinstance(value, dict):
        return {key: _plain(item) for key, item in value.items()}
    if isinstance(value, list | tuple):
        return [_plain(item) for item in value]
    if isinstance(value, float):
        return None if isnan(value) else float(value)
    return value


def _built(kind: Any, value: Any) -> Any:
    """A value of the wanted type from what `_plain` left of it."""
    if value is None:
        return nan if kind is float else None
    if is_dataclass(kind) and isinstance(kind, type):
        return _built_fields(kind, value)
    if get_origin(kind) is tuple:
        return _built_tuple(get_args(kind), value)
    if get_origin(kind) is Mapping:
        return {key: _built(get_args(kind)[1], item) for key, item in value.items()}
    if isinstance(kind, UnionType):
        return _built(get_args(kind)[0], value)
    return value


def _built_fields(kind: Any, value: Mapping[str, Any]) -> Any:
    hints = get_type_hints(kind)
    given = [each.name for each in fields(kind) if _needed(each) or each.name in value]
    return kind(**{name: _built(hints[name], value[name]) for name in given})


def _needed(field: Field[Any]) -> bool:
    """Whether a field has no default; files of older versions lack some that have one."""
    return field.default is MISSING and field.default_factory is MISSING


def _built_tuple(kinds: Sequence[Any], values: Sequence[Any]) -> tuple[Any, ...]:
    if kinds[-1] is Ellipsis:
        return tuple(_built(kinds[0], item) for item in values)
    return tuple(_built(kind, item) for kind, item in zip(kinds, values, strict=True))

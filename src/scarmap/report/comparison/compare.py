"""Several runs side by side: which cases they share, what sets them apart, what forbids it."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from math import isclose, isfinite
from pathlib import Path
from typing import Any

from scarmap.errors import RunError
from scarmap.io.run import RunFolder
from scarmap.io.scores import Score, read_scores, values_by_case
from scarmap.labels import REGIONS, regions_of
from scarmap.recipes.names import as_today


@dataclass(frozen=True)
class Contender:
    """One run of a comparison.

    Attributes:
        label: Short name, unique in the comparison.
        run: Its folder.
        record: Its `run.json`.
        rows: Its scores on the cases that all runs hold.
        settings: Settings of its recipe, and how it was trained, that are not the same in all runs
            of its system.
    """

    label: str
    run: RunFolder
    record: Mapping[str, Any]
    rows: Sequence[Score]
    settings: Mapping[str, Any]

    @property
    def recipe(self) -> Mapping[str, Any]:
        """The recipe's part of the record."""
        found: Mapping[str, Any] = self.record.get("recipe", {})
        return found


@dataclass(frozen=True)
class Comparison:
    """Runs to compare.

    Attributes:
        contenders: The runs, the one whose page this is first.
        layout: Label layout of all of them.
        cases: Cases that all hold, sorted.
        left_out: Cases that some run does not hold, sorted.
    """

    contenders: tuple[Contender, ...]
    layout: str
    cases: tuple[str, ...]
    left_out: tuple[str, ...]

    @property
    def structures(self) -> tuple[str, ...]:
        """Structures that they are compared by, in order: what the labels define."""
        return _structures(self.layout, [each.rows for each in self.contenders])


def compare_runs(runs: Sequence[RunFolder]) -> Comparison:
    """Read the scores of several runs and keep the cases that all of them hold.

    Args:
        runs: Two or more run folders.

    Raises:
        RunError: A folder is no run, is given twice, has no scores yet, has other labels than the
            first one, shares no case with the others, or was scored against another truth.
        DataError: A record or a table of scores is damaged.
    """
    roots = [run.root.resolve() for run in runs]
    _check_named_once(roots)
    records = [run.read_record() for run in runs]
    tables = [_scores(run) for run in runs]
    layout = _layout(runs, records)
    held = [{row.case for row in rows} for rows in tables]
    cases = _shared_cases(runs, held)
    _check_same_truth(runs, tables, layout=layout, cases=cases)
    contenders = []
    each_run = zip(labels(roots), runs, records, tables, _differing(records), strict=True)
    for label, run, record, rows, settings in each_run:
        shared = [row for row in rows if row.case in cases]
        contenders.append(Contender(label, run, record, shared, settings))
    left_out = set.union(*held) - cases
    return Comparison(tuple(contenders), layout, tuple(sorted(cases)), tuple(sorted(left_out)))


def _check_named_once(roots: Sequence[Path]) -> None:
    for index, root in enumerate(roots):
        if root in roots[:index]:
            raise RunError(
                f"{root} is given twice. Compare a run with other runs; name each folder once."
            )


def labels(roots: Sequence[Path]) -> list[str]:
    """Name folders by their last part, with folders above it where that is not unique.

    >>> labels([Path("/a/mfunet"), Path("/a/cascade"), Path("/b/cascade")])
    ['mfunet', 'a/cascade', 'b/cascade']
    """
    return [_label(root, roots) for root in roots]


def _label(root: Path, roots: Sequence[Path]) -> str:
    depth = 1
    while (
        depth < len(root.parts)
        and [each.parts[-depth:] for each in roots].count(root.parts[-depth:]) > 1
    ):
        depth += 1
    return "/".join(root.parts[-depth:])


def _scores(run: RunFolder) -> list[Score]:
    path = run.evaluation / "cases.csv"
    rows = read_scores(path) if path.is_file() else []
    if not rows:
        raise RunError(
            f"{run.root} has not been scored: it has no {path.relative_to(run.root)}, or an empty "
            "one, so it cannot be compared. `scarmap train` writes it when a fold ends; train it "
            "to the end, or leave this run out."
        )
    return rows


def _layout(runs: Sequence[RunFolder], records: Sequence[Mapping[str, Any]]) -> str:
    found = [_layout_of(record) for record in records]
    for run, layout in zip(runs, found, strict=True):
        if layout != found[0]:
            raise RunError(
                f"{run.root} was scored with the labels of {layout}, {runs[0].root} with those of "
                f"{found[0]}. Only runs on the same labels can be compared."
            )
    return found[0]


def _layout_of(record: Mapping[str, Any]) -> str:
    return str(record["data"].get("layout") or record["recipe"].get("layout") or "myops2020")


def _check_same_truth(
    runs: Sequence[RunFolder], tables: Sequence[Sequence[Score]], *, layout: str, cases: set[str]
) -> None:
    for run, rows in zip(runs[1:], tables[1:], strict=True):
        for structure in _structures(layout, tables):
            ours, theirs = _true_ml(tables[0], structure), _true_ml(rows, structure)
            for case in sorted(cases & set(ours) & set(theirs)):
                if not _same_volume(ours[case], theirs[case]):
                    raise RunError(
                        f"Case {case} is not the same in both runs: the expert's {structure} holds "
                        f"{ours[case]:.2f} ml in {runs[0].root} and {theirs[case]:.2f} ml in "
                        f"{run.root}. Compare runs that were scored on the same data folder."
                    )


def _structures(layout: str, tables: Sequence[Sequence[Score]]) -> tuple[str, ...]:
    """What a layout defines; in mixed ones, which define nothing together, what was scored."""
    scored = {row.structure for rows in tables for row in rows if row.convention == "case3d"}
    return regions_of(layout) or tuple(region for region in REGIONS if region in scored)


def _same_volume(one_ml: float, other_ml: float) -> bool:
    """Whether two volumes differ by rounding only; an undefined one says nothing."""
    known = isfinite(one_ml + other_ml)
    return not known or isclose(one_ml, other_ml, rel_tol=1e-3, abs_tol=0.01)


def _true_ml(rows: Sequence[Score], structure: str) -> dict[str, float]:
    predicted = values_by_case(rows, convention="case3d", structure=structure, metric="volume_ml")
    excess = values_by_case(
        rows, convention="case3d", structure=structure, metric="volume_difference_ml"
    )
    return {case: predicted[case] - excess[case] for case in predicted if case in excess}


def _differing(records: Sequence[Mapping[str, Any]]) -> list[dict[str, Any]]:
    """Settings of each run that are not the same in all runs of its system."""
    systems = [as_today(record["recipe"].get("function")) for record in records]
    settings = [_settings(record) for record in records]
    found = []
    for own, system in zip(settings, systems, strict=True):
        peers = [each for each, name in zip(settings, systems, strict=True) if name == system]
        found.append({name: value for name, value in own.items() if _varies(name, value, peers)})
    return found


def _settings(record: Mapping[str, Any]) -> dict[str, Any]:
    provenance = record["provenance"]
    return {
        **record["recipe"].get("settings", {}),
        "epochs_scale": provenance.get("epochs_scale", 1.0),
        "seed": provenance.get("seed"),
    }


def _varies(name: str, value: Any, peers: Sequence[Mapping[str, Any]]) -> bool:
    return any(peer.get(name) != value for peer in peers)


def _shared_cases(runs: Sequence[RunFolder], held: Sequence[set[str]]) -> set[str]:
    cases = set.intersection(*held)
    if cases:
        return cases
    parts = [f"{run.root} on {_some_of(names)}" for run, names in zip(runs, held, strict=True)]
    raise RunError(
        f"No case was scored in all runs: {'; '.join(parts)}. Compare runs that hold out the same "
        "cases, for instance the same fold of the same data."
    )


def _some_of(cases: set[str], *, most: int = 4) -> str:
    names = sorted(cases)
    more = f" and {len(names) - most} more" if len(names) > most else ""
    return ", ".join(names[:most]) + more

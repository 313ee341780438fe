"""Several runs side by side: which cases all of them hold, what sets them apart, and whether they can be compared."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from math import isclose, isfinite
from pathlib import Path
from typing import Any

from scarmap.errors import RunError
from scarmap.io.run import RunFolder
from scarmap.io.scores import Score, read_scores, values_by_case
from scarmap.labels import regions_of
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
    twice = [str(root) for index, root in enumerate(roots) if root in roots[:index]]
    if twice:
        raise RunError(
            f"{twice[0]} is given twice. Compare a run with other runs; name each folder once."
        )
    records = [run.read_record() for run in runs]
    tables = [_scores(run) for run in runs]
    layout = _layout(runs, records)
    held = [{row.case for row in rows} for rows in tables]
    cases = set.intersection(*held)
    if not cases:
        raise RunError(_nothing_shared(runs, held))
    for run, rows in zip(runs[1:], tables[1:], strict=True):
        _check_same_truth(runs[0], tables[0], run, rows, layout=layout, cases=cases)
    settings = _differing(records)
    contenders = tuple(
        Contender(label, run, record, [row for row in rows if row.case in cases], differing)
        for label, run, record, rows, differing in zip(
            labels(roots), runs, records, tables, settings, strict=True
        )
    )
    return Comparison(
        contenders, layout, tuple(sorted(cases)), tuple(sorted(set.union(*held) - cases))
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
    found = [
        record["data"].get("layout") or record["recipe"].get("layout") or "myops2020"
        for record in records
    ]
    for run, layout in zip(runs, found, strict=True):
        if layout != found[0]:
            raise RunError(
                f"{run.root} was scored with the labels of {layout}, {runs[0].root} with those of "
                f"{found[0]}. Only runs on the same labels can be compared."
            )
    return str(found[0])


def _check_same_truth(
    first: RunFolder,
    rows: Sequence[Score],
    other: RunFolder,
    others: Sequence[Score],
    *,
    layout: str,
    cases: set[str],
) -> None:
    for structure in regions_of(layout):
        ours, theirs = _true_ml(rows, structure), _true_ml(others, structure)
        for case in sorted(cases & set(ours) & set(theirs)):
            if isfinite(ours[case] + theirs[case]) and not isclose(
                ours[case], theirs[case], rel_tol=1e-3, abs_tol=0.01
            ):
                raise RunError(
                    f"Case {case} is not the same in both runs: the expert's {structure} holds "
                    f"{ours[case]:.2f} ml in {first.root} and {theirs[case]:.2f} ml in "
                    f"{other.root}. Compare runs that were scored on the same data folder."
                )


def _true_ml(rows: Sequence[Score], structure: str) -> dict[str, float]:
    predicted = values_by_case(rows, convention="case3d", structure=structure, metric="volume_ml")
    excess = values_by_case(
        rows, convention="case3d", structure=structure, metric="volume_difference_ml"
    )
    return {case: predicted[case] - excess[case] for case in predicted if case in excess}


def _differing(records: Sequence[Mapping[str, Any]]) -> list[dict[str, Any]]:
    known = [
        {
            **record["recipe"].get("settings", {}),
            "epochs_scale": record["provenance"].get("epochs_scale", 1.0),
            "seed": record["provenance"].get("seed"),
        }
        for record in records
    ]
    systems = [as_today(record["recipe"].get("function")) for record in records]
    found = []
    for settings, system in zip(known, systems, strict=True):
        peers = [other for other, name in zip(known, systems, strict=True) if name == system]
        found.append(
            {
                name: value
                for name, value in settings.items()
                if any(peer.get(name) != value for peer in peers)
            }
        )
    return found


def _nothing_shared(runs: Sequence[RunFolder], held: Sequence[set[str]]) -> str:
    parts = [f"{run.root} on {_listed(cases)}" for run, cases in zip(runs, held, strict=True)]
    return (
        f"No case was scored in all runs: {'; '.join(parts)}. Compare runs that hold out the same "
        "cases, for instance the same fold of the same data."
    )


def _listed(cases: set[str]) -> str:
    names = sorted(cases)
    return ", ".join(names[:4]) + (f" and {len(names) - 4} more" if len(names) > 4 else "")

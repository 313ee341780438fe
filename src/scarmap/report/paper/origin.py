"""How the scores of a run came about: cases, settings, length, time, hardware, code."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from scarmap.datasets.split import notes, recorded_split
from scarmap.evaluation.table import read_summary
from scarmap.io.run import RunFolder
from scarmap.report.cells import plain

Settings = Mapping[str, Mapping[str, Any]]
"""Recipe to its own settings, by which a run's changes are found."""


@dataclass(frozen=True)
class Origin:
    """How one run was made.

    Attributes:
        name: Name of its folder.
        scored: How many of its cases, or slices, were scored, and by what.
        changed: Settings that are not those of its recipe, as `--set` takes them.
        epochs_scale: Factor on the length of the training.
        epochs: Epochs trained, over all folds and stages.
        seconds: What they took.
        taken_over: Stages that were trained in other runs, `fold_<number>/<stage>` to the run.
        hardware: What trained it.
        commit: Commit of the code; None outside a checkout.
        seed: What everything random followed from.
    """

    name: str
    scored: str
    changed: tuple[str, ...]
    epochs_scale: float
    epochs: int
    seconds: float
    taken_over: Mapping[str, str]
    hardware: tuple[str, ...]
    commit: str | None
    seed: int


def run_origin(run: RunFolder, own: Settings) -> Origin:
    """Read how a run was made.

    Args:
        run: The run folder.
        own: Settings of the recipes by name, to tell which of the run's were changed.

    Raises:
        RunError: This is no run folder.
    """
    record = run.read_record()
    given, made = record["provenance"], record.get("made", {})
    taken_over = {step: how["taken_over"] for step, how in made.items() if how.get("taken_over")}
    epochs = _own_epochs(run, taken_over)
    trained = [how for step, how in made.items() if step not in taken_over]
    hardware = dict.fromkeys(how["hardware"] for how in trained)
    return Origin(
        name=run.root.name,
        scored=_scored(run, record),
        changed=_changed(record["recipe"], own),
        epochs_scale=given.get("epochs_scale", 1.0),
        epochs=len(epochs),
        seconds=sum(float(line["seconds"]) for line in epochs),
        taken_over=taken_over,
        hardware=tuple(hardware) or (str(given.get("hardware")),),
        commit=given.get("commit"),
        seed=given.get("seed"),
    )


def _own_epochs(run: RunFolder, taken_over: Mapping[str, str]) -> list[Mapping[str, str]]:
    """Log lines of the stages that a run trained itself."""
    lines: list[Mapping[str, str]] = []
    for (fold, stage), log in run.logs().items():
        if f"fold_{fold}/{stage}" not in taken_over:
            lines += log
    return lines


def _changed(recipe: Mapping[str, Any], own: Settings) -> tuple[str, ...]:
    """Settings of a run that are not those of its recipe, each as `--set` takes it.

    >>> run = {"name": "toy", "settings": {"width": 4, "seen": ["LGE"]}}
    >>> _changed(run, {"toy": {"width": 8, "seen": ["LGE"]}})
    ('width=4',)
    """
    named = own.get(str(recipe.get("name")), {})
    return tuple(
        f"{key}={_setting_text(value)}"
        for key, value in recipe["settings"].items()
        if value != named.get(key)
    )


def _setting_text(value: Any) -> str:
    return ",".join(map(str, value)) if isinstance(value, list | tuple) else str(value)


def told(origin: Origin) -> str:
    """Write an origin as a line of a Markdown list."""
    made = f"{origin.epochs} epochs, {duration(origin.seconds)} of training in all"
    if origin.taken_over:
        made += f"; {taken_over(origin)}"
    changes = "".join(f"{each}, " for each in origin.changed)
    return (
        f"- `{origin.name}`: {origin.scored}; {changes}epochs x {plain(origin.epochs_scale)} "
        f"({made}); {' and '.join(origin.hardware)}; commit {origin.commit}; seed {origin.seed}."
    )


def taken_over(origin: Origin) -> str:
    """Say which stages a run did not train itself; empty where it trained all.

    >>> stages = {"fold_0/shape": "a", "fold_1/shape": "a"}
    >>> origin = Origin("b", "", (), 1.0, 0, 0.0, stages, (), None, 1)
    >>> taken_over(origin)
    'shape of folds 0, 1 trained in `a`'
    """
    folds: dict[tuple[str, str], list[str]] = {}
    for step, source in origin.taken_over.items():
        fold, _, stage = step.partition("/")
        folds.setdefault((stage, source), []).append(fold.removeprefix("fold_"))
    parts = []
    for (stage, source), numbers in folds.items():
        which = f"fold{'s' if len(numbers) > 1 else ''} {', '.join(numbers)}"
        parts.append(f"{stage} of {which} trained in `{source}`")
    return "; ".join(parts)


def duration(seconds: float) -> str:
    """Write a time in the unit that suits it.

    >>> duration(42), duration(600), duration(86400)
    ('42 seconds', '10 minutes', '24.0 hours')
    """
    if seconds < 120:
        return f"{seconds:.0f} seconds"
    return f"{seconds / 60:.0f} minutes" if seconds < 6 * 3600 else f"{seconds / 3600:.1f} hours"


def _scored(run: RunFolder, record: Mapping[str, Any]) -> str:
    file = run.evaluation / "summary.json"
    if not file.is_file():
        return "not scored"
    split = recorded_split(record)
    count = len(read_summary(file)["cases"])
    planned = len(split.slices) or record["data"]["num_cases"]
    how = " ".join(notes(split)) or "each by a fold that did not train on it"
    return f"{count} of {planned} {'slices' if split.slices else 'cases'} scored ({how})"

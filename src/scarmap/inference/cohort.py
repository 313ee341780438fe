"""Segment a cohort, in this process or on many workers, each of which loads the model once."""

from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from pathlib import Path
from threading import Lock

from scarmap.cluster.in_order import InOrder
from scarmap.cluster.jobs import Job, Scheduler
from scarmap.datasets.case_files import CaseFiles
from scarmap.datasets.manifest import UNKNOWN, Entry, Maker, append_entry
from scarmap.errors import DataError, ScarmapError
from scarmap.inference.segment import Segmenter
from scarmap.inference.stream import Ended, segment_stream
from scarmap.inference.wanted import Wanted, split_done
from scarmap.io.files import check_writable, write_json
from scarmap.io.lock import held

_CASES_PER_JOB = 8
"""Few, so that little is done again after a worker is lost and the progress is seen to move."""
_JOBS_PER_WORKER = 2
"""In flight: one at work and one that waits."""


@dataclass(frozen=True)
class Model:
    """A trained system that any process can load.

    Attributes:
        fingerprint: Two models that may give different masks have different fingerprints.
        sequences: Sequences that it looks at.
        load: Loads it. Other processes can call it only if it can be pickled.
        maker: What a reader of its masks must know of it.
    """

    fingerprint: str
    sequences: tuple[str, ...]
    load: Callable[[], Segmenter]
    maker: Maker = UNKNOWN


@dataclass(frozen=True)
class Shard:
    """One of several parts of a cohort.

    Attributes:
        number: From 1.
        of: How many parts there are.
    """

    number: int
    of: int

    def part(self, files: Sequence[CaseFiles]) -> list[CaseFiles]:
        """Its cases. Each case is in exactly one shard."""
        return list(files[self.number - 1 :: self.of])


def read_shard(text: str) -> Shard:
    """Read "i/n".

    Raises:
        DataError: It does not name a part.

    >>> read_shard("2/8")
    Shard(number=2, of=8)
    """
    number, _, of = text.partition("/")
    if not (number.isdecimal() and of.isdecimal() and 1 <= int(number) <= int(of)):
        raise DataError(
            f"--shard {text!r} names no part of a cohort. Expected i/n with i from 1 to n, such as "
            "2/8."
        )
    return Shard(int(number), int(of))


@dataclass
class Outcome:
    """What became of a cohort.

    Attributes:
        written: Mask of each case that was segmented now.
        failed: What is wrong with each case that was not.
        flagged: What the reader of a case's mask must be told, for cases with such remarks.
        skipped: Mask of each case that was done before.
        again: Why cases that were done before were segmented again.
    """

    written: dict[str, Path] = field(default_factory=dict)
    failed: dict[str, str] = field(default_factory=dict)
    flagged: dict[str, tuple[str, ...]] = field(default_factory=dict)
    skipped: dict[str, Path] = field(default_factory=dict)
    again: dict[str, str] = field(default_factory=dict)

    @property
    def num_cases(self) -> int:
        """How many cases there are, in this shard."""
        return len(self.written) + len(self.failed) + len(self.skipped)


def segment_cohort(
    files: Sequence[CaseFiles],
    model: Model,
    out: Path,
    *,
    shard: Shard | None = None,
    scheduler: Scheduler | None = None,
    save_probabilities: bool = False,
    remarks: Mapping[str, tuple[str, ...]] | None = None,
    failed: Mapping[str, str] | None = None,
    on_case: Callable[[str], None] = lambda _name: None,
) -> Outcome:
    """Segment the cases that are not done yet.

    Each gets a mask, `<case>.nii.gz`, and a line in `manifest.jsonl`; remarks for the readers of
    masks are in `flags.json`.

    Args:
        files: The cases.
        model: Loaded once by every process that has something to do.
        out: Folder to write to.
        shard: Segment only this part, with a manifest and flags of its own.
        scheduler: Where to work; this process when None.
        save_probabilities: Also write `<case>_probabilities.nii.gz`, (X, Y, Z, K), and a JSON with
            the K regions.
        remarks: What is known of cases already that a reader of their masks must be told.
        failed: Why cases cannot be segmented, where that is known already; they are not tried.
        on_case: Called with each case's name when it is done or has failed.

    Raises:
        RunError: Another command writes to this folder, or to this part of it.
        DataError: There is no room.
        OSError: The folder cannot be written to.
    """
    suffix = f".{shard.number}-of-{shard.of}" if shard else ""
    files, lost = _without_failed(shard.part(files) if shard else files, failed or {})
    wanted = Wanted(model.fingerprint, model.sequences, save_probabilities, model.maker)
    with _alone_in(out, f"predict{suffix}"):
        return _segment_held(
            files,
            model,
            out,
            wanted,
            suffix=suffix,
            lost=lost,
            scheduler=scheduler or InOrder(),
            remarks=remarks or {},
            on_case=on_case,
        )


@contextmanager
def _alone_in(out: Path, lock: str) -> Iterator[None]:
    """Hold a folder while the block runs; one that it made and left empty is removed again."""
    path, new = out / ".locks" / lock, not out.exists()
    with held(path):
        try:
            yield
        finally:
            left = [*out.glob("*"), *path.parent.glob("*")]
            if new and left == [path.parent, path]:
                path.unlink()
                path.parent.rmdir()
                out.rmdir()


def _segment_held(
    files: Sequence[CaseFiles],
    model: Model,
    out: Path,
    wanted: Wanted,
    *,
    suffix: str,
    lost: dict[str, str],
    scheduler: Scheduler,
    remarks: Mapping[str, tuple[str, ...]],
    on_case: Callable[[str], None],
) -> Outcome:
    """Segment cases into a folder, or a shard's part of it, that no other command writes."""
    check_writable(out)
    entries, todo, again = split_done(files, wanted, out)
    skipped = {name: out / entry.mask for name, entry in entries.items()}
    outcome = Outcome(failed=lost, skipped=skipped, again=again)
    for ended in _segment_all(todo, model, out, wanted, scheduler=scheduler):
        if ended.entry is None:
            outcome.failed[ended.case] = ended.problem
        else:
            append_entry(out / f"manifest{suffix}.jsonl", ended.entry)
            outcome.written[ended.case] = out / ended.entry.mask
            entries[ended.case] = ended.entry
        on_case(ended.case)
    outcome.flagged = _flags_in_order(files, entries, remarks)
    _replace_flags(out / f"flags{suffix}.json", outcome.flagged)
    return outcome


def _without_failed(
    files: Sequence[CaseFiles], failed: Mapping[str, str]
) -> tuple[list[CaseFiles], dict[str, str]]:
    """The cases that can be tried, and what is wrong with those that cannot."""
    lost = {each.name: failed[each.name] for each in files if each.name in failed}
    return [each for each in files if each.name not in lost], lost


def _flags_in_order(
    files: Sequence[CaseFiles],
    entries: Mapping[str, Entry],
    remarks: Mapping[str, tuple[str, ...]],
) -> dict[str, tuple[str, ...]]:
    flagged = {}
    for name in [each.name for each in files if each.name in entries]:
        told = (*remarks.get(name, ()), *entries[name].flags)
        if told:
            flagged[name] = told
    return flagged


def _replace_flags(path: Path, flagged: Mapping[str, tuple[str, ...]]) -> None:
    path.unlink(missing_ok=True)
    if flagged:
        write_json(path, flagged)


def _segment_all(
    files: Sequence[CaseFiles], model: Model, out: Path, wanted: Wanted, *, scheduler: Scheduler
) -> Iterator[Ended]:
    """Segment cases as one stream here, or a few at a time on workers; yields each when it ends."""
    if not files:
        return
    if isinstance(scheduler, InOrder):
        yield from segment_stream(files, model.load(), out, wanted)
        return
    # A small cohort is cut into smaller jobs, so that every worker has something to do.
    size = max(1, min(_CASES_PER_JOB, len(files) // (scheduler.slots * _JOBS_PER_WORKER)))
    parts = {
        f"{files[start].name} and on": files[start : start + size]
        for start in range(0, len(files), size)
    }

    def jobs() -> Iterator[Job]:
        for name, part in parts.items():
            yield scheduler.submit(
                segment_part,
                [absolute(each) for each in part],
                model,
                out.resolve(),
                wanted,
                name=name,
            )

    for job in scheduler.finished(jobs(), in_flight=scheduler.slots * _JOBS_PER_WORKER):
        yield from _ended_part(job, parts[job.name])


def _ended_part(job: Job, files: Sequence[CaseFiles]) -> Iterator[Ended]:
    """What became of the cases of a job; where a job lost all its workers, all its cases fail.

    Raises:
        ScarmapError: The model cannot be loaded.
    """
    if isinstance(job.error, ScarmapError):
        yield from (Ended(each.name, problem=str(job.error)) for each in files)
        return
    told: list[Ended] | ScarmapError = job.result()
    if isinstance(told, ScarmapError):
        raise told
    yield from told


def segment_part(
    files: Sequence[CaseFiles], model: Model, out: Path, wanted: Wanted
) -> list[Ended] | ScarmapError:
    """A worker's job: what became of some cases, or why the model cannot be loaded."""
    try:
        segmenter = resident(model)
    except ScarmapError as problem:
        return problem
    return list(segment_stream(files, segmenter, out, wanted))


# Threads of one worker share this; two of them must not load the same model at once.
_loaded: dict[str, Segmenter] = {}
_loading = Lock()


def resident(model: Model) -> Segmenter:
    """Load a model at the first call and keep it; another model takes its place."""
    with _loading:
        if model.fingerprint not in _loaded:
            _loaded.clear()
            _loaded[model.fingerprint] = model.load()
        return _loaded[model.fingerprint]


def absolute(files: CaseFiles) -> CaseFiles:
    """The same files, found from any working directory."""
    images = {sequence: path.resolve() for sequence, path in files.images.items()}
    return replace(files, images=images, labels=files.labels and files.labels.resolve())

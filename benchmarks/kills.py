"""Commands killed at any moment, and repeated: does everything end as if nothing had happened?

::

    python benchmarks/kills.py --count 50
    python benchmarks/kills.py --count 5 predict export

Each command works on synthetic hearts. It is carried out once undisturbed, then killed (SIGKILL) at
random moments, up to four times in a row, and repeated to its end. Between kills every file under
its final name must be whole; at the end the files must be those of the undisturbed command, byte
for byte where their content is promised: masks, weights, scores and figures.
"""

import argparse
import hashlib
import json
import os
import random
import shutil
import signal
import sys
import tempfile
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from scarmap.io.files import is_leftover, read_json, read_rows
from scarmap.io.formats import load_image
from scarmap.phantom.cohort import write_cohort

CASES = 12
_IN_A_ROW = 4
_SMALL = ("--set", "width=1", "--set", "size=64")
_TRAINING = (*_SMALL, "--set", "attention=false", "--set", "class_weights=none")
_PROMISED = (".nii.gz", ".safetensors", ".onnx", ".csv")
_OF_THE_MOMENT = ("log.csv", "best.safetensors")
"""Seconds; and weights that a later epoch replaces."""
_UNNAMED = ("tensorboard", ".locks")
"""Folders whose files are named by the moment, or tell nothing."""

Words = tuple[str, ...]


@dataclass(frozen=True)
class Command:
    """A command, and what is there before it.

    Attributes:
        words: Its words; it runs in a folder that holds `data`, and writes to `out`.
        before: Commands that make what it needs.
    """

    words: Words
    before: tuple[Words, ...] = ()


_PREDICT: Words = ("predict", "--data", "data", "--device", "cpu", "--out")
_TRAIN: Words = ("train", "anatomy-prior", "--data", "few", "--device", "cpu", "--fold", "0")
_TRAIN = (*_TRAIN, "--epochs-scale", "0.02", *_TRAINING)
COMMANDS: Mapping[str, Command] = {
    "predict": Command((*_PREDICT, "out")),
    "train": Command((*_TRAIN, "--resume", "--out", "out")),
    "reproduce": Command(
        (
            *("reproduce", "anatomy-prior", "--data", "few", "--device", "cpu", "--out", "out"),
            *("--rows", "baseline,attention", "--folds", "0", "--epochs-scale", "1e-9", *_SMALL),
        )
    ),
    "quantify": Command(("quantify", "masks", "--out", "out"), ((*_PREDICT, "masks"),)),
    "report": Command(("report", "masks", "--out", "out/page.html"), ((*_PREDICT, "masks"),)),
    "export": Command(("export", "run", "--out", "out"), ((*_TRAIN, "--out", "run"),)),
}


@dataclass
class Outcome:
    """What became of a command that was killed.

    Attributes:
        kills: How often it was killed while it worked.
        repeated: How often it was repeated to its end.
        problems: What was missing, half written or different.
    """

    kills: int = 0
    repeated: int = 0
    problems: list[str] = field(default_factory=list)


def prepare(folder: Path) -> None:
    """Write the synthetic hearts that the commands work on."""
    for name, count in (("data", CASES), ("few", 6)):
        write_cohort(
            folder / name, layout="emidec", num_cases=count, seed=5, num_slices=2, in_plane=96
        )


def kill_often(command: Command, folder: Path, *, count: int, seed: int = 1) -> Outcome:
    """Kill a command at random moments until it was killed often enough.

    Args:
        command: The command.
        folder: Holds what `prepare` wrote; files are added.
        count: How often.
        seed: Of the moments.

    Returns:
        What became of it.
    """
    moments = random.Random(seed)
    out, outcome = folder / "out", Outcome()
    for words in command.before:
        if not (folder / words[-1]).exists():
            _end(words, folder)
    shutil.rmtree(out, ignore_errors=True)
    seconds = _end(command.words, folder)
    wanted = digests(out)
    while outcome.kills < count:
        shutil.rmtree(out, ignore_errors=True)
        for _ in range(min(_IN_A_ROW, count - outcome.kills)):
            outcome.kills += _kill(command.words, folder, after=moments.uniform(0, seconds))
            outcome.problems += broken_files(out)
        _end(command.words, folder)
        outcome.repeated += 1
        outcome.problems += differences(wanted, digests(out))
    shutil.rmtree(out, ignore_errors=True)
    return outcome


def digests(folder: Path) -> dict[str, str]:
    """Name of each file to a digest of its content where that is promised, else ""."""
    found = {}
    for path in _files(folder):
        promised = path.name.endswith(_PROMISED) and path.name not in _OF_THE_MOMENT
        content = path.read_bytes() if promised else b""
        found[str(path.relative_to(folder))] = hashlib.sha256(content).hexdigest()
    return found


def differences(wanted: Mapping[str, str], found: Mapping[str, str]) -> list[str]:
    """What is missing, too much or different."""
    return [
        f"{name} is {'different' if name in wanted and name in found else 'missing or new'}"
        for name in sorted({*wanted, *found})
        if wanted.get(name) != found.get(name)
    ]


def broken_files(folder: Path) -> list[str]:
    """Files under their final names that are not whole."""
    problems = []
    for path in _files(folder):
        try:
            _read(path)
        except Exception as problem:
            problems.append(f"{path.name} is half written: {problem}")
    return problems


def _read(path: Path) -> None:
    readers: Mapping[str, Callable[[Path], Any]] = {
        ".gz": lambda each: load_image(each).get_fdata(),
        ".json": read_json,
        ".csv": read_rows,
        ".html": _read_page,
        ".jsonl": _read_lines,
        ".safetensors": _read_weights,
    }
    if path.suffix in readers:
        readers[path.suffix](path)


def _read_page(path: Path) -> None:
    if not path.read_text(encoding="utf-8").rstrip().endswith("</html>"):
        raise ValueError("it has no end")


def _read_lines(path: Path) -> None:
    """Every line but the last, which a kill may cut and the next command ends."""
    for line in path.read_text(encoding="utf-8").splitlines()[:-1]:
        if line.strip() and not isinstance(json.loads(line), dict):
            raise ValueError("a line is no object")


def _read_weights(path: Path) -> None:
    from safetensors.numpy import load_file

    load_file(path)


def _files(folder: Path) -> list[Path]:
    return [
        path
        for path in sorted(folder.rglob("*"))
        if path.is_file()
        and not is_leftover(path)
        and not set(path.relative_to(folder).parts) & set(_UNNAMED)
    ]


def _start(words: Sequence[str], folder: Path) -> int:
    """A child of this process that carries out a command; all that is imported is there already."""
    sys.stdout.flush()
    child = os.fork()
    if child:
        return child
    try:
        os.chdir(folder)
        log = os.open("log.txt", os.O_WRONLY | os.O_CREAT | os.O_APPEND, 0o644)
        os.dup2(log, 1)
        os.dup2(log, 2)
        os.environ.pop(_PYTEST, None)
        sys.argv = ["scarmap", *words]
        from scarmap.cli.main import main

        main()
    except SystemExit as ended:
        sys.stdout.flush()
        os._exit(ended.code if isinstance(ended.code, int) else int(ended.code is not None))
    except BaseException as problem:
        os.write(2, f"{problem!r}\n".encode())
    finally:
        os._exit(70)


_PYTEST = "PYTEST_CURRENT_TEST"


def _end(words: Sequence[str], folder: Path) -> float:
    """Carry a command out to its end; the seconds that it took."""
    began = time.perf_counter()
    _, status = os.waitpid(_start(words, folder), 0)
    if status:
        told = (folder / "log.txt").read_text(encoding="utf-8")[-2000:]
        raise RuntimeError(f"{' '.join(words)} ended with {status}: {told}")
    return time.perf_counter() - began


def _kill(words: Sequence[str], folder: Path, *, after: float) -> int:
    """Start a command and kill it; 1 if it was still at work, else 0."""
    child = _start(words, folder)
    time.sleep(after)
    os.kill(child, signal.SIGKILL)
    _, status = os.waitpid(child, 0)
    return int(os.WIFSIGNALED(status))


def main() -> None:
    """Kill the commands that are named, or all."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("commands", nargs="*", choices=[*COMMANDS, []], metavar="COMMAND")
    parser.add_argument("--count", type=int, default=50, help="kills of each command")
    parser.add_argument("--seed", type=int, default=1, help="of the moments")
    arguments = parser.parse_args()
    warm_up()
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        prepare(folder)
        bad = 0
        for title in arguments.commands or COMMANDS:
            began = time.perf_counter()
            outcome = kill_often(
                COMMANDS[title], folder, count=arguments.count, seed=arguments.seed
            )
            bad += len(outcome.problems)
            print(
                f"{title}: {outcome.kills} kills, {outcome.repeated} times repeated to the end, "
                f"{len(outcome.problems)} problems, {time.perf_counter() - began:.0f} s",
                *dict.fromkeys(outcome.problems),
                sep="\n  ",
                flush=True,
            )
    raise SystemExit(int(bad > 0))


def warm_up() -> None:
    """Import once what every child would import."""
    import torch

    import scarmap.cli.main
    import scarmap.inference.cohort
    import scarmap.recipes.export
    import scarmap.report.pages.cohort
    import scarmap.systems.catalogue
    import scarmap.training.run.train
    import scarmap.workflow.pages
    import scarmap.workflow.predict  # noqa: F401

    torch.set_num_threads(1)


if __name__ == "__main__":
    main()

"""Plant single faults in the code and see whether a test notices.

::

    python benchmarks/mutants.py --count 100 --seed 1

A fault is a turned comparison, another operator of arithmetic, another constant, a turned boolean,
a function that returns its first argument, or a statement that is left out. Each is planted in a
copy of the package, alone; the tests of its module run until the first of them fails. What has run
is kept in the file of `--results` and not run again, so that a long measurement can be stopped.
"""

import argparse
import ast
import json
import os
import random
import resource
import shutil
import signal
import sys
import tempfile
import time
from collections.abc import Iterator, Mapping, Sequence
from copy import deepcopy
from dataclasses import dataclass
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
PACKAGE = "src/scarmap"
TESTS: Mapping[str, tuple[str, ...]] = {
    "evaluation/": ("tests/evaluation",),
    "quantification/": ("tests/quantification",),
    "systems/mfunet/objective.py": ("tests/systems/mfunet/test_objective.py",),
    "systems/cascade/objective.py": ("tests/systems/cascade/test_objective.py",),
    "systems/linear_codec/objective.py": ("tests/systems/linear_codec/test_objective.py",),
    "systems/anatomy_prior/objective.py": ("tests/systems/anatomy_prior/test_objective.py",),
    "systems/scarmap/objective.py": ("tests/systems/scarmap/test_objective.py",),
    "nn/losses.py": ("tests/nn",),
    "sampling/augment.py": ("tests/sampling/test_augment.py", "tests/systems/test_golden.py"),
    "inference/": ("tests/inference",),
    "io/": ("tests/io", "tests/datasets/test_manifest.py", "tests/fuzz"),
}
"""How the names of modules begin, to the tests that cover them; that of the same name is first."""
_MOST_S = 300
"""Of a processor, for the tests of one fault; on a busy machine that may last longer."""
_WAITED_S = 1800
_CHOSEN = ("-m", "not slow", "-k", "not workers", "-p", "no:cacheprovider")
"""Workers of Dask start too slowly to start them for every fault."""
_MEMORY = 12 * 2**30

_COMPARED: Mapping[type[ast.cmpop], type[ast.cmpop]] = {
    ast.Lt: ast.LtE,
    ast.LtE: ast.Lt,
    ast.Gt: ast.GtE,
    ast.GtE: ast.Gt,
    ast.Eq: ast.NotEq,
    ast.NotEq: ast.Eq,
    ast.Is: ast.IsNot,
    ast.IsNot: ast.Is,
    ast.In: ast.NotIn,
    ast.NotIn: ast.In,
}
_OPERATORS: Mapping[type[ast.operator], type[ast.operator]] = {
    ast.Add: ast.Sub,
    ast.Sub: ast.Add,
    ast.Mult: ast.Div,
    ast.Div: ast.Mult,
    ast.FloorDiv: ast.Mult,
    ast.Mod: ast.Mult,
    ast.Pow: ast.Mult,
    ast.BitAnd: ast.BitOr,
    ast.BitOr: ast.BitAnd,
}


@dataclass(frozen=True)
class Mutant:
    """One fault.

    Attributes:
        module: File, below the package.
        number: Its number among the faults of the module.
        line: Where it is.
        what: What was done, in words.
    """

    module: str
    number: int
    line: int
    what: str

    @property
    def name(self) -> str:
        """What tells it from the others."""
        return f"{self.module}:{self.line} {self.what} [{self.number}]"


def faults(tree: ast.Module) -> Iterator[tuple[ast.AST, ast.AST, str]]:
    """Every fault that can be planted: a node, what takes its place, and the change in words."""
    for node in _code(tree):
        for other, what in _changes(node):
            yield node, ast.copy_location(other, node), what


def _code(node: ast.AST) -> Iterator[ast.AST]:
    """Nodes that do something: no annotation, no text of an error, no text at all."""
    if isinstance(node, ast.Raise | ast.JoinedStr | ast.Import | ast.ImportFrom | ast.Assert):
        yield node
        return
    if isinstance(node, ast.If) and ast.unparse(node.test) == "TYPE_CHECKING":
        return
    yield node
    for name, value in ast.iter_fields(node):
        if name in ("annotation", "returns", "decorator_list"):
            continue
        for child in value if isinstance(value, list) else [value]:
            if isinstance(child, ast.AST):
                yield from _code(child)


def _changes(node: ast.AST) -> Iterator[tuple[ast.AST, str]]:
    if isinstance(node, ast.Compare) and type(node.ops[0]) in _COMPARED:
        other = deepcopy(node)
        other.ops[0] = _COMPARED[type(node.ops[0])]()
        yield other, _words(node, other)
    elif isinstance(node, ast.BinOp | ast.AugAssign) and type(node.op) in _OPERATORS:
        changed = deepcopy(node)
        changed.op = _OPERATORS[type(node.op)]()
        yield changed, _words(node, changed)
    elif isinstance(node, ast.BoolOp):
        turned = deepcopy(node)
        turned.op = ast.Or() if isinstance(node.op, ast.And) else ast.And()
        yield turned, _words(node, turned)
    elif isinstance(node, ast.UnaryOp) and isinstance(node.op, ast.Not):
        yield node.operand, _words(node, node.operand)
    else:
        yield from _simple_changes(node)


def _simple_changes(node: ast.AST) -> Iterator[tuple[ast.AST, str]]:
    if isinstance(node, ast.Constant) and isinstance(node.value, bool | int | float):
        value = not node.value if isinstance(node.value, bool) else node.value + 1
        yield ast.Constant(value), f"{node.value} -> {value}"
    elif isinstance(node, ast.FunctionDef):
        returned = _returning_its_argument(node)
        if returned is not None:
            yield returned, f"{node.name} returns its first argument"
    elif isinstance(node, ast.Raise) or (
        isinstance(node, ast.Expr) and isinstance(node.value, ast.Call)
    ):
        yield ast.Pass(), f"{_words(node)} left out"


def _returning_its_argument(node: ast.FunctionDef) -> ast.FunctionDef | None:
    named = [each.arg for each in node.args.args if each.arg not in ("self", "cls")]
    if not named or node.returns is None or ast.unparse(node.returns) == "None":
        return None
    other = deepcopy(node)
    other.body = [ast.Return(ast.Name(named[0], ast.Load()))]
    return other


def _words(*nodes: ast.AST) -> str:
    return " -> ".join(" ".join(ast.unparse(each).split())[:60] for each in nodes)


def mutants_of(module: str, source: str) -> list[Mutant]:
    """Every fault of a module."""
    found = enumerate(faults(ast.parse(source)))
    return [Mutant(module, k, getattr(node, "lineno", 0), what) for k, (node, _, what) in found]


def planted(source: str, number: int) -> str:
    """The source with one of its faults."""
    tree = ast.parse(source)
    node, other, _ = list(faults(tree))[number]
    for parent in ast.walk(tree):
        for name, value in ast.iter_fields(parent):
            if value is node:
                setattr(parent, name, other)
            elif isinstance(value, list):
                setattr(parent, name, [other if each is node else each for each in value])
    return ast.unparse(ast.fix_missing_locations(tree))


def all_mutants() -> list[Mutant]:
    """Every fault of every module that is measured."""
    found: list[Mutant] = []
    for path in sorted((ROOT / PACKAGE).rglob("*.py")):
        module = path.relative_to(ROOT / PACKAGE).as_posix()
        if module.startswith(tuple(TESTS)) and path.name != "__init__.py":
            found += mutants_of(module, path.read_text(encoding="utf-8"))
    return found


def tests_of(module: str) -> list[str]:
    """The tests of a module, those of the same name first."""
    folders = next(tests for begin, tests in TESTS.items() if module.startswith(begin))
    own = ROOT / "tests" / Path(module).with_name(f"test_{Path(module).name}")
    return [*([str(own)] if own.is_file() else []), *(str(ROOT / each) for each in folders)]


def run(mutant: Mutant, copy: Path) -> str:
    """Plant a fault, run its tests, mend it again: "killed", "survived" or "too long"."""
    target = copy / "scarmap" / mutant.module
    source = target.read_text(encoding="utf-8")
    target.write_text(planted(source, mutant.number), encoding="utf-8")
    try:
        return tested(mutant.module, copy)
    finally:
        target.write_text(source, encoding="utf-8")


def tested(module: str, copy: Path) -> str:
    """Run the tests of a module on a copy of the package."""
    tests = tests_of(module)
    child = os.fork()
    if child == 0:
        os._exit(_test(tests, copy))
    ends = time.monotonic() + _WAITED_S
    while time.monotonic() < ends:
        ended, status = os.waitpid(child, os.WNOHANG)
        if ended and os.WIFSIGNALED(status) and os.WTERMSIG(status) == signal.SIGXCPU:
            return "too long"
        if ended:
            return "survived" if status == 0 else "killed"
        time.sleep(0.05)
    os.killpg(child, signal.SIGKILL)
    os.waitpid(child, 0)
    return "too long"


def _test(tests: Sequence[str], copy: Path) -> int:
    os.setpgid(0, 0)
    resource.setrlimit(resource.RLIMIT_AS, (_MEMORY, _MEMORY))
    began = sum(resource.getrusage(resource.RUSAGE_SELF)[:2])
    resource.setrlimit(resource.RLIMIT_CPU, (int(began) + _MOST_S, resource.RLIM_INFINITY))
    quiet = os.open(os.devnull, os.O_WRONLY)
    os.dup2(quiet, 1)
    os.dup2(quiet, 2)
    os.chdir(ROOT)
    sys.path.insert(0, str(copy))
    os.environ |= {"PYTHONPATH": str(copy), "PYTHONDONTWRITEBYTECODE": "1"}
    sys.dont_write_bytecode = True
    import pytest

    return int(pytest.main(["-x", "-q", *_CHOSEN, *tests]))


def _sound(module: str, copy: Path) -> str:
    """How the modules begin whose tests pass without a fault, so that a failure tells of one."""
    begin = next(each for each in TESTS if module.startswith(each))
    if tested(module, copy) != "survived":
        raise SystemExit(f"The tests of {begin} fail or take too long without any fault.")
    return begin


def known_results(path: Path) -> dict[str, str]:
    """Fault to what became of it, of earlier calls."""
    lines = path.read_text(encoding="utf-8").splitlines() if path.is_file() else []
    return {each["name"]: each["ended"] for each in map(json.loads, lines)}


def main() -> None:
    """Plant a sample of faults and tell how many a test noticed."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--count", type=int, default=100, help="faults")
    parser.add_argument("--seed", type=int, default=1, help="of the sample")
    parser.add_argument("--minutes", type=float, default=1e9, help="begin no fault after these")
    parser.add_argument("--only", default="", help="modules whose name begins so")
    parser.add_argument("--results", type=Path, default=ROOT / ".mutants.jsonl")
    arguments = parser.parse_args()
    every = [each for each in all_mutants() if each.module.startswith(arguments.only)]
    sample = random.Random(arguments.seed).sample(every, min(arguments.count, len(every)))
    results = known_results(arguments.results)
    import pytest  # noqa: F401  once, for every child
    import scipy.ndimage  # noqa: F401
    import torch

    torch.set_num_threads(1)
    left = [each for each in sample if each.name not in results]
    ends = time.monotonic() + 60 * arguments.minutes
    with tempfile.TemporaryDirectory() as name:
        shutil.copytree(ROOT / PACKAGE, Path(name) / "scarmap")
        for mutant, ended in _run_each(left, Path(name)):
            results[mutant.name] = ended
            with arguments.results.open("a", encoding="utf-8") as file:
                file.write(json.dumps({"name": mutant.name, "ended": ended}) + "\n")
            if time.monotonic() > ends:
                break
    _tell(every, sample, results)


def _run_each(mutants: Sequence[Mutant], copy: Path) -> Iterator[tuple[Mutant, str]]:
    """What becomes of each fault; the tests of a module are run without one first."""
    sound: list[str] = []
    for mutant in mutants:
        if not mutant.module.startswith(tuple(sound)):
            sound.append(_sound(mutant.module, copy))
        yield mutant, run(mutant, copy)


def _tell(every: Sequence[Mutant], sample: Sequence[Mutant], results: Mapping[str, str]) -> None:
    done = [each for each in sample if each.name in results]
    survivors = [each for each in done if results[each.name] == "survived"]
    print(f"{len(every)} faults can be planted; {len(done)} of a sample of {len(sample)} were.")
    print(f"{len(done) - len(survivors)} were noticed, {len(survivors)} were not:")
    for each in survivors:
        print(f"| {each.module}:{each.line} | {each.what} |")


if __name__ == "__main__":
    main()

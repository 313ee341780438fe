"""The built-in model on ONNX Runtime and on torch: time of a slice, and of a first mask.

::

    OMP_NUM_THREADS=1 python benchmarks/engine_time.py

CPU time, the two in turn, so that the ratios mean the same on a busy machine.
"""

import argparse
import resource
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from functools import partial
from pathlib import Path

import numpy as np
import onnxruntime
import torch

from scarmap.phantom.cohort import write_cohort
from scarmap.recipes.trained import make_segmenter, read_stage, recorded_recipe
from scarmap.systems.scarmap.builtin import WEIGHTS, about_builtin, load_builtin
from scarmap.training.run.provenance import commit, hardware

SLICES = 8
WITH_TORCH = """
import sys
from pathlib import Path
import torch
from scarmap.datasets.folder import find_cases
from scarmap.datasets.case_files import load_case
from scarmap.inference.segment import segment
from scarmap.io.nifti import write_labels
from benchmarks.engine_time import with_torch
model = with_torch()
for files in find_cases(Path(sys.argv[1])):
    case = load_case(files, sequences=model.preparation.sequences, optional=True)
    write_labels(Path(sys.argv[2]) / "mask.nii.gz", segment(case, model).labels, "scarmap")
"""


def main() -> None:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--turns", type=int, default=5)
    turns = parser.parse_args().turns
    size = load_builtin("cpu").preparation.size
    slices = np.random.default_rng(0).random((SLICES, 3, size, size), dtype=np.float32)
    engines = {
        "ONNX Runtime": load_builtin("cpu").probabilities,
        "torch": with_torch().probabilities,
    }
    found = in_turn({name: partial(each, slices) for name, each in engines.items()}, turns)
    print(
        f"{hardware()}; torch {torch.__version__}; onnxruntime {onnxruntime.__version__}; commit "
        f"{commit()}\n"
    )
    print(f"A slice of {size} x {size} pixels, eight views, CPU ms:")
    tell({name: 1000 * each / SLICES for name, each in found.items()})
    with tempfile.TemporaryDirectory() as folder:
        data, out = Path(folder) / "data", Path(folder) / "out"
        write_cohort(data, layout="emidec", num_cases=1, seed=3, num_slices=8)
        code = "from scarmap.cli.main import main; main()"
        command = (sys.executable, "-c", code, "predict", "--data", data, "--out")
        numbers = iter(range(10**6))
        ways: dict[str, Callable[[], object]] = {
            "ONNX Runtime": lambda: run(*command, out / str(next(numbers))),
            "torch": lambda: run(sys.executable, "-c", WITH_TORCH, data, out),
        }
        print("First mask of a study of 8 slices, whole process, CPU s:")
        tell(in_turn(ways, min(turns, 3), clock=children_s))


def with_torch():  # noqa: ANN201
    """The built-in model as it was before it ran on the engine."""
    about = about_builtin()
    recipe = recorded_recipe(about)
    (stage,) = recipe.stages
    cpu = torch.device("cpu")
    return make_segmenter(
        recipe,
        [{stage.name: read_stage(WEIGHTS, stage, cpu)[0]}],
        layout=about["data"]["layout"],
        spacing_mm=about["spacing_mm"],
        device=cpu,
    )


def in_turn(
    ways: dict[str, Callable[[], object]],
    turns: int,
    clock: Callable[[], float] = time.process_time,
) -> dict[str, float]:
    """Median time of each way, one call of each in every turn; the first turn does not count."""
    spent: dict[str, list[float]] = {name: [] for name in ways}
    for _ in range(turns + 1):
        for name, way in ways.items():
            began = clock()
            way()
            spent[name].append(clock() - began)
    return {name: statistics.median(each[1:]) for name, each in spent.items()}


def run(*command: object) -> None:
    subprocess.run([str(word) for word in command], check=True, capture_output=True)


def children_s() -> float:
    """CPU time of all processes that this one started and that have ended."""
    used = resource.getrusage(resource.RUSAGE_CHILDREN)
    return used.ru_utime + used.ru_stime


def tell(found: dict[str, float]) -> None:
    for name, each in found.items():
        print(f"  {name}: {each:.2f} ({found['torch'] / each:.2f} x as fast as torch)")


if __name__ == "__main__":
    main()

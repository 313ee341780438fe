"""Speed and memory of segmenting cohorts: a loop, one process, Dask workers, one process per study.

::

    OMP_NUM_THREADS=1 python benchmarks/scaling.py --studies 10 100 --workers 1 2 --out FILE

Everything is measured on synthetic hearts with a small network that was trained on such hearts and
exported as a model folder, so anyone can repeat it. Each measurement has a process of its own,
without torch; what it prints is a JSON object.
"""

import argparse
import json
import os
import shutil
import subprocess
import sys
import tempfile
import time
from dataclasses import replace
from pathlib import Path

import onnxruntime

from scarmap.cluster.dask_scheduler import DaskScheduler
from scarmap.cluster.scheduler import open_scheduler
from scarmap.datasets.case_files import CaseFiles, load_case
from scarmap.datasets.folder import find_cases
from scarmap.inference.cohort import segment_cohort, segment_part
from scarmap.inference.segment import Segmenter, segment
from scarmap.inference.wanted import Wanted
from scarmap.io.nifti import write_labels
from scarmap.phantom.cohort import write_cohort
from scarmap.recipes.model_folder import folder_model

SETTINGS = {"width": 8, "size": 96, "spacing_mm": 2.0}
SLICES, MATRIX = 4, 160
DISTINCT = 50
"""Studies that are simulated; longer cohorts repeat them under other names."""


def main() -> None:
    """Make data and model, measure everything, and print or write a page."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--studies", type=int, nargs="+", default=[10, 100, 1000])
    parser.add_argument("--workers", type=int, nargs="+", default=[1, 2])
    parser.add_argument(
        "--epochs-scale", type=float, default=0.2, help="length of the training of the network"
    )
    parser.add_argument(
        "--alone", type=int, default=5, help="studies that are segmented by a process each"
    )
    parser.add_argument("--out", type=Path, help="page to write")
    parser.add_argument(
        "--measure",
        nargs=4,
        metavar=("HOW", "MODEL", "DATA", "STUDIES"),
        help="one of them, for itself",
    )
    arguments = parser.parse_args()
    if arguments.measure:
        how, model, data, studies = arguments.measure
        print(json.dumps(measured(how, Path(model), find_cases(Path(data))[: int(studies)])))
        return
    with tempfile.TemporaryDirectory() as folder:
        page = measure_all(Path(folder), arguments)
    print(page)
    if arguments.out:
        arguments.out.write_text(page, encoding="utf-8")


def measure_all(folder: Path, arguments: argparse.Namespace) -> str:
    """Every measurement, as a page."""
    model, data = folder / "model", folder / "data"
    make_model(folder, model, epochs_scale=arguments.epochs_scale)
    repeat_cohort(folder / "distinct", data, max(arguments.studies))
    ways = ["loop", "process", *(f"dask-{number}" for number in arguments.workers)]
    found = {
        (way, number): in_own_process(way, model, data, number)
        for number in arguments.studies
        for way in ways
    }
    return written(found, alone(model, data, arguments.alone), arguments, ways)


def make_model(folder: Path, out: Path, *, epochs_scale: float) -> None:
    """Train a small network and write its model folder."""
    from scarmap.recipes.export import export_run
    from scarmap.systems.catalogue import choose
    from scarmap.training.run.request import Request
    from scarmap.training.run.train import train
    from scarmap.training.stage.fit import Options

    write_cohort(
        folder / "train",
        layout="myops2020",
        num_cases=10,
        seed=1,
        num_slices=SLICES,
        in_plane=MATRIX,
    )
    row, options = choose("mfunet", SETTINGS).row, Options(epochs_scale=epochs_scale)
    request = Request("mfunet", row, folder / "train", folder / "run", (0,), options=options)
    export_run(train(request), out)


def repeat_cohort(distinct: Path, data: Path, num_cases: int) -> None:
    """A cohort of any length from the same few studies."""
    count = min(num_cases, DISTINCT)
    write_cohort(
        distinct, layout="myops2020", num_cases=count, seed=2, num_slices=SLICES, in_plane=MATRIX
    )
    cases = find_cases(distinct)
    data.mkdir()
    for number in range(num_cases):
        for path in cases[number % count].images.values():
            shutil.copy(path, data / f"study{number:05d}_{path.name.rpartition('_')[2]}")


def in_own_process(way: str, model: Path, data: Path, studies: int) -> dict[str, float]:
    """Measure one way in a fresh process."""
    words = [sys.executable, __file__, "--measure", way, str(model), str(data), str(studies)]
    ended = subprocess.run(words, check=True, stdout=subprocess.PIPE, text=True)
    found: dict[str, float] = json.loads(ended.stdout.splitlines()[-1])
    print(way, studies, found, file=sys.stderr)
    return found


def measured(how: str, root: Path, files: list[CaseFiles]) -> dict[str, float]:
    """Seconds to start and to work, and peak memory of the largest process in MiB.

    Args:
        how: "loop", "process" or "dask-N" with N workers.
        root: A model folder.
        files: The studies.
    """
    with tempfile.TemporaryDirectory() as folder:
        out, began = Path(folder), time.perf_counter()
        model = folder_model(root, device="cpu")
        if how in ("loop", "process"):
            segmenter = model.load()
            started = time.perf_counter()
            if how == "loop":
                plain_loop(segmenter, files, out)
            else:
                segment_cohort(files, replace(model, load=lambda: segmenter), out)
            return {
                "start": started - began,
                "work": time.perf_counter() - started,
                "peak": peak_mib(),
            }
        with open_scheduler("local", workers=int(how.removeprefix("dask-"))) as scheduler:
            assert isinstance(scheduler, DaskScheduler)
            scheduler.client.run(
                segment_part, [], model, out, Wanted(model.fingerprint, model.sequences)
            )
            started = time.perf_counter()
            segment_cohort(files, model, out, scheduler=scheduler)
            ended = time.perf_counter()
            peaks = [peak_mib(), *scheduler.client.run(peak_mib).values()]
        assert len(list(out.glob("*.nii.gz"))) == len(files)
    return {"start": started - began, "work": ended - started, "peak": max(peaks)}


def plain_loop(segmenter: Segmenter, files: list[CaseFiles], out: Path) -> None:
    """What a script would do: read, segment, write, one study after the other."""
    for each in files:
        case = load_case(each, sequences=segmenter.preparation.sequences)
        write_labels(out / f"{each.name}.nii.gz", segment(case, segmenter).labels, segmenter.layout)


def peak_mib() -> float:
    """Largest resident memory of this process, from Linux; `getrusage` begins with the parent's."""
    lines = Path("/proc/self/status").read_text(encoding="utf-8").splitlines()
    return next(int(line.split()[1]) for line in lines if line.startswith("VmHWM")) / 1024


def alone(model: Path, data: Path, studies: int) -> float:
    """Seconds per study where each is segmented by a command of its own."""
    began = time.perf_counter()
    for files in find_cases(data)[:studies]:
        options = (
            "--lge",
            files.images["LGE"],
            "--t2",
            files.images["T2"],
            "--bssfp",
            files.images["bSSFP"],
        )
        words = [
            "-c",
            "from scarmap.cli.main import main; main()",
            "predict",
            model,
            *options,
            "--out",
            data / "alone",
        ]
        subprocess.run([sys.executable, *map(str, words)], check=True, stdout=subprocess.DEVNULL)
    return (time.perf_counter() - began) / studies


def written(
    found: dict[tuple[str, int], dict[str, float]],
    apart: float,
    arguments: argparse.Namespace,
    ways: list[str],
) -> str:
    """The page."""
    words = {"loop": "plain loop", "process": "`scarmap predict`"}
    names = {way: words.get(way, f"`--scheduler local --workers {way[5:]}`") for way in ways}
    rows = []
    for (way, number), each in found.items():
        ratio = each["work"] / found["loop", number]["work"]
        rows.append(
            f"| {number} | {names[way]} | {number / each['work']:.2f} | {ratio:.2f} | "
            f"{each['start']:.1f} | {each['peak']:.0f} |"
        )
    longest = max(arguments.studies)
    resident = found["process", longest]["work"] / longest
    studies, workers = (" ".join(map(str, each)) for each in (arguments.studies, arguments.workers))
    threads = os.environ.get("OMP_NUM_THREADS", "all")
    command = (
        f"OMP_NUM_THREADS={threads} python benchmarks/scaling.py --studies {studies} "
        f"--workers {workers}"
    )
    from torch import device

    from scarmap.training.run.provenance import commit, hardware

    return f"""# Scaling

{hardware(device("cpu"))} ({os.cpu_count()} cores in all); ONNX Runtime {onnxruntime.__version__};
commit {commit()}. Synthetic studies in MyoPS layout, {SLICES} slices of {MATRIX} x {MATRIX}
pixels, of which {DISTINCT} differ; MFU-Net of width {SETTINGS["width"]} on windows of
{SETTINGS["size"]} pixels, one fold. Every row is a process of its own; its start (model, workers)
is not part of the studies per second. Peak memory is that of its largest process, workers included.

```console
{command}
```

| Studies | Way | Studies per second | Time relative to the loop | Start, s | Peak, MiB |
|---:|---|---:|---:|---:|---:|
{chr(10).join(rows)}

One process per study takes {apart:.1f} s a study, {apart / resident:.0f} times as long as the
model that stays loaded ({resident:.2f} s, {longest} studies).
"""


if __name__ == "__main__":
    main()

"""Whole predictions in turn: nnU-Net's 2D predictor and `scarmap predict` on the same studies.

nnU-Net plans for the studies by itself; its weights are untrained, which costs the same time. Each
turn is a process of its own, from the command line to the last mask. Run it on an idle machine; the
ratios are what counts.

Run: python benchmarks/beside_nnunet.py --data EMIDEC --work FOLDER --nnunet ENVIRONMENT/bin
"""

import argparse
import os
import shutil
import statistics
import subprocess
import sys
import time
from collections.abc import Mapping, Sequence
from pathlib import Path

from scarmap.datasets.case_files import CaseFiles
from scarmap.datasets.folder import find_cases
from scarmap.datasets.nnunet_export import export_nnunet

DATASET, NAME = 900, "Dataset900_EMIDEC"
UNTRAINED = """
import sys
import torch
from batchgenerators.utilities.file_and_folder_operations import load_json
from nnunetv2.utilities.get_network_from_plans import get_network_from_plans

wanted = load_json(sys.argv[1])["configurations"]["2d"]["architecture"]
network = get_network_from_plans(
    wanted["network_class_name"], wanted["arch_kwargs"], wanted["_kw_requires_import"], 1, 5,
    deep_supervision=True,
)
state = {
    "network_weights": network.state_dict(), "trainer_name": "nnUNetTrainer",
    "init_args": {"configuration": "2d"}, "inference_allowed_mirroring_axes": (0, 1),
}
torch.save(state, sys.argv[3])
"""


def main() -> None:
    """Prepare both sides once, then time them in turn."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--data", type=Path, required=True, help="a folder in EMIDEC's layout")
    parser.add_argument("--work", type=Path, required=True, help="nnU-Net's folders; kept")
    parser.add_argument("--nnunet", type=Path, required=True, help="folder of nnU-Net's commands")
    parser.add_argument("--studies", type=int, default=20)
    parser.add_argument("--turns", type=int, default=2)
    parser.add_argument("--run", type=Path, help="a run or model folder with one view, to add")
    asked = parser.parse_args()
    cases = find_cases(asked.data, labelled=True)[: asked.studies]
    environment = prepare(cases, asked.work.absolute(), asked.nnunet)
    studies = linked(cases, asked.work.absolute() / "studies")
    commands = {
        "nnU-Net, 2D, mirrored": nnunet_command(asked.work.absolute(), asked.nnunet),
        "scarmap, built-in model": scarmap_command(studies, asked.work.absolute(), None),
        "scarmap, one view": scarmap_command(studies, asked.work.absolute(), asked.run),
    }
    if asked.run is None:
        del commands["scarmap, one view"]
    seconds: dict[str, list[float]] = {name: [] for name in commands}
    for _ in range(asked.turns):
        for name, command in commands.items():
            seconds[name].append(timed(command, environment, asked.work.absolute()))
            print(name, round(seconds[name][-1], 1), flush=True)
    first = statistics.median(seconds["nnU-Net, 2D, mirrored"])
    print(
        f"\n| {len(cases)} studies | seconds | per study | nnU-Net over it |\n|---|---|---:|---:|"
    )
    for name, each in seconds.items():
        middle = statistics.median(each)
        listed = ", ".join(f"{value:.1f}" for value in each)
        print(f"| {name} | {listed} | {middle / len(cases):.2f} | {first / middle:.1f} |")


def linked(cases: Sequence[CaseFiles], folder: Path) -> Path:
    """The images of the studies alone, as `--data` takes them."""
    folder.mkdir(parents=True, exist_ok=True)
    for case in cases:
        target = folder / f"{case.name}_LGE.nii.gz"
        if not target.exists():
            shutil.copyfile(case.images["LGE"], target)
    return folder


def prepare(cases: Sequence[CaseFiles], work: Path, nnunet: Path) -> Mapping[str, str]:
    """Give nnU-Net its data set, its plan and untrained weights; what its commands need is set."""
    names = {
        key: str(work / key) for key in ("nnUNet_raw", "nnUNet_preprocessed", "nnUNet_results")
    }
    environment = {**os.environ, **names}
    raw = work / "nnUNet_raw" / NAME
    folder = work / "nnUNet_results" / NAME / "nnUNetTrainer__nnUNetPlans__2d"
    checkpoint = folder / "fold_0" / "checkpoint_final.pth"
    if checkpoint.exists():
        return environment
    shutil.rmtree(raw, ignore_errors=True)
    described = export_nnunet(cases, raw, sequences=("LGE",), folds=())
    number = ["-d", str(DATASET)]
    for command in (["nnUNetv2_extract_fingerprint", "-np", "1"], ["nnUNetv2_plan_experiment"]):
        subprocess.run([nnunet / command[0], *number, *command[1:]], env=environment, check=True)
    checkpoint.parent.mkdir(parents=True, exist_ok=True)
    planned = work / "nnUNet_preprocessed" / NAME / "nnUNetPlans.json"
    shutil.copyfile(planned, folder / "plans.json")
    shutil.copyfile(described, folder / "dataset.json")
    python = [nnunet / "python", "-c", UNTRAINED]
    subprocess.run([*python, planned, described, checkpoint], env=environment, check=True)
    return environment


def nnunet_command(work: Path, nnunet: Path) -> list[str]:
    """nnU-Net's predictor as its users call it, one process each for reading and writing."""
    images, out = work / "nnUNet_raw" / NAME / "imagesTr", work / "masks"
    options = [
        "-d",
        str(DATASET),
        "-f",
        "0",
        "-c",
        "2d",
        "-device",
        "cpu",
        "-npp",
        "1",
        "-nps",
        "1",
    ]
    return [str(nnunet / "nnUNetv2_predict"), "-i", str(images), "-o", str(out), *options]


def scarmap_command(studies: Path, work: Path, model: Path | None) -> list[str]:
    """`scarmap predict` as its users call it."""
    chosen = [str(model)] if model else []
    options = ["--data", str(studies), "--out", str(work / "masks"), "--quiet"]
    return [str(Path(sys.executable).parent / "scarmap"), "predict", *chosen, *options]


def timed(command: Sequence[str], environment: Mapping[str, str], work: Path) -> float:
    """Seconds of one whole process, its output new."""
    shutil.rmtree(work / "masks", ignore_errors=True)
    began = time.perf_counter()
    subprocess.run(command, env=environment, check=True, stdout=subprocess.DEVNULL)
    return time.perf_counter() - began


if __name__ == "__main__":
    main()

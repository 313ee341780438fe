"""nnU-Net as a row beside a paper's: the same cases, folds, pixel size, width and number of steps.

nnU-Net plans for the data by itself. Of its 2D plan the pixel size, the window, the batch and the
channels are made as small as those of our reduced rows; depth, losses, augmentation, learning rate
and mirrored prediction stay its own. A fold that has masks is not trained again.

::

    python benchmarks/nnunet_row.py --data MYOPS --work FOLDER --nnunet ENVIRONMENT/bin --steps 525
    scarmap report runs/reduced/mfunet --against FOLDER/masks-525
"""

import argparse
import json
import os
import shutil
import subprocess
import sys
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

NUMBER, NAME = 901, "Dataset901_Row"
CONFIGURATION = "2d_narrow"
STEPS_OF_AN_EPOCH = 21
COUNTED = """
import torch
from nnunetv2.training.nnUNetTrainer.nnUNetTrainer import nnUNetTrainer


class NAME(nnUNetTrainer):
    def __init__(
        self,
        plans: dict,
        configuration: str,
        fold: int,
        dataset_json: dict,
        device: torch.device = torch.device("cuda"),
    ):
        super().__init__(plans, configuration, fold, dataset_json, device)
        self.num_iterations_per_epoch = ITERATIONS
        self.num_val_iterations_per_epoch = 1
        self.num_epochs = EPOCHS
"""


def main() -> None:
    """Train and validate each fold, gather the masks of all."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--data", type=Path, required=True, help="MyoPS 2020 or EMIDEC, labelled")
    parser.add_argument("--work", type=Path, required=True, help="nnU-Net's folders; kept")
    parser.add_argument("--nnunet", type=Path, required=True, help="folder of nnU-Net's commands")
    parser.add_argument("--steps", type=int, default=525, help="training steps of a fold")
    parser.add_argument("--folds", type=int, nargs="+", default=[0, 1, 2])
    parser.add_argument("--width", type=int, default=8, help="channels at full resolution")
    parser.add_argument("--size", type=int, default=96, help="side of the window in pixels")
    parser.add_argument("--spacing", type=float, default=2.0, help="pixel size in mm")
    parser.add_argument("--batch", type=int, default=4, help="slices of a step")
    asked = parser.parse_args()
    work = asked.work.absolute()
    trainer = f"nnUNetTrainer_{asked.steps}steps"
    environment = settings(work, trainer, asked.steps)
    run = Nnunet(asked.nnunet, environment)
    prepared = work / "prepared"
    if not prepared.exists():
        prepare(asked, work, run)
        prepared.touch()
    results = work / "nnUNet_results" / NAME / f"{trainer}__nnUNetPlans__{CONFIGURATION}"
    masks = work / f"masks-{asked.steps}"
    for fold in asked.folds:
        validated = results / f"fold_{fold}" / "validation"
        if not (validated / "summary.json").exists():
            run("train", str(NUMBER), CONFIGURATION, str(fold), "-tr", trainer, "-device", "cpu")
        gather(validated, masks)
    shutil.copyfile(results / "dataset.json", masks / "dataset.json")


class Nnunet:
    """Calls nnU-Net's commands."""

    def __init__(self, folder: Path, environment: Mapping[str, str]) -> None:
        """Remember where they are and what must be set."""
        self.folder = folder
        self.environment = environment

    def __call__(self, command: str, *arguments: str) -> None:
        """One command to its end."""
        program = self.folder / f"nnUNetv2_{command}"
        subprocess.run([program, *arguments], env=self.environment, check=True)


def settings(work: Path, trainer: str, steps: int) -> Mapping[str, str]:
    """The environment: nnU-Net's folders, one process for everything, our trainer."""
    folders = ("nnUNet_raw", "nnUNet_preprocessed", "nnUNet_results", "nnUNet_extTrainer")
    for each in folders:
        (work / each).mkdir(parents=True, exist_ok=True)
    text = COUNTED.replace("NAME", trainer).replace("ITERATIONS", str(STEPS_OF_AN_EPOCH))
    text = text.replace("EPOCHS", str(round(steps / STEPS_OF_AN_EPOCH)))
    (work / "nnUNet_extTrainer" / f"{trainer}.py").write_text(text)
    return {
        **os.environ,
        **{each: str(work / each) for each in folders},
        "nnUNet_n_proc_DA": "1",
        "nnUNet_def_n_proc": "1",
    }


def prepare(asked: argparse.Namespace, work: Path, run: Nnunet) -> None:
    """Write the data set with our folds, let nnU-Net plan it, add the narrow plan, preprocess."""
    raw, planned = (work / part / NAME for part in ("nnUNet_raw", "nnUNet_preprocessed"))
    shutil.rmtree(raw, ignore_errors=True)
    scarmap = Path(sys.executable).parent / "scarmap"
    exported = ["export-dataset", "--format", "nnunet", "--data", asked.data, "--out", raw]
    subprocess.run([scarmap, *exported], check=True)
    run("extract_fingerprint", "-d", str(NUMBER), "-np", "1")
    run("plan_experiment", "-d", str(NUMBER))
    plan = planned / "nnUNetPlans.json"
    everything = json.loads(plan.read_text())
    everything["configurations"][CONFIGURATION] = narrow(everything["configurations"]["2d"], asked)
    plan.write_text(json.dumps(everything, indent=1))
    run("preprocess", "-d", str(NUMBER), "-c", CONFIGURATION, "-np", "1")
    shutil.copyfile(raw / "splits_final.json", planned / "splits_final.json")


def narrow(full: Mapping[str, Any], asked: argparse.Namespace) -> dict[str, Any]:
    """nnU-Net's 2D plan with fewer channels and stages on coarser pixels."""
    architecture = json.loads(json.dumps(full["architecture"]))
    stages = fewer_stages(architecture["arch_kwargs"], asked.size)
    channels = [min(asked.width * 2**stage, asked.width * 16) for stage in range(stages)]
    architecture["arch_kwargs"]["features_per_stage"] = channels
    return {
        "inherits_from": "2d",
        "data_identifier": f"nnUNetPlans_{CONFIGURATION}",
        "batch_size": asked.batch,
        "patch_size": [asked.size, asked.size],
        "spacing": [asked.spacing, asked.spacing],
        "architecture": architecture,
    }


def fewer_stages(kwargs: dict[str, Any], size: int) -> int:
    """Cut stages off, so that the smallest map is 6 pixels or wider; returns how many stay."""
    stages = 1
    while size % 2 == 0 and size // 2 >= 6 and stages < kwargs["n_stages"]:
        size, stages = size // 2, stages + 1
    kwargs["n_stages"] = stages
    for key in ("kernel_sizes", "strides", "n_conv_per_stage"):
        kwargs[key] = kwargs[key][:stages]
    kwargs["n_conv_per_stage_decoder"] = kwargs["n_conv_per_stage_decoder"][: stages - 1]
    return stages


def gather(validated: Path, masks: Path) -> Sequence[Path]:
    """Copy the masks of a fold beside those of the others."""
    masks.mkdir(exist_ok=True)
    found = sorted(validated.glob("*.nii.gz"))
    return [Path(shutil.copyfile(each, masks / each.name)) for each in found]


if __name__ == "__main__":
    main()

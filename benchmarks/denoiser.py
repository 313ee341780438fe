"""What the cascade's auto-encoder makes of masks of cases that no network was trained on.

::

    python benchmarks/denoiser.py runs/cascade-anatomy --inputs runs/cascade-unet-bssfp

The auto-encoder comes from the first run. Its inputs are the masks of that run's own anatomy
network, of those of the runs after `--inputs`, which may be worse ones, as a good network leaves
nothing to repair, and the experts', as they are and corrupted as in training.
Masks are compared slice by slice on the working grid, before any clean-up, over the slices in which
both masks and the truth hold something.
"""

import argparse
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, fields
from functools import partial
from pathlib import Path

import numpy as np
import torch
from scipy import ndimage
from torch import Tensor, nn

from scarmap.datasets.case_files import load_case
from scarmap.datasets.folder import find_cases
from scarmap.evaluation.overlap import dice
from scarmap.evaluation.surface import hausdorff_mm
from scarmap.io.run import RunFolder
from scarmap.labels import MaskArray
from scarmap.recipes.trained import load_stage, recorded_recipe
from scarmap.sampling.bank import Bank, fill_bank
from scarmap.sampling.batch import Batch
from scarmap.systems.cascade.anatomy import region_probabilities
from scarmap.systems.cascade.corruption import corrupt
from scarmap.systems.cascade.denoiser import epicardial_masks

Source = Callable[[Batch], Tensor]
"""Makes maps (B, 1, H, W) in [0, 1] of a batch."""


@dataclass(frozen=True)
class Shape:
    """How good one mask of one slice is.

    Attributes:
        parts: Connected parts, diagonal neighbours connected.
        holes: Enclosed background parts.
        hausdorff_mm: Largest distance between the mask's edge and the truth's.
        dice: Overlap with the truth in percent.
    """

    parts: float
    holes: float
    hausdorff_mm: float
    dice: float


def main() -> None:
    """Print a Markdown table: each anatomy network before and after the auto-encoder."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("run", type=Path, help="run of a cascade with an auto-encoder")
    parser.add_argument(
        "--inputs", type=Path, nargs="*", default=[], help="runs with an anatomy network"
    )
    parser.add_argument(
        "--data", type=Path, help="data folder, where it is no longer where the run found it"
    )
    parser.add_argument("--fold", type=int, default=0)
    asked = parser.parse_args()
    record = RunFolder(asked.run).read_record()
    bank = held_out(record, asked.data or Path(record["data"]["folder"]), fold=asked.fold)
    denoiser = network(asked.run, "denoiser", fold=asked.fold)
    spacing_mm = record["recipe"]["settings"]["spacing_mm"]
    print("| Masks of | Mask | Slices | Parts | Holes | Hausdorff, mm | Dice, % |")
    print("|---|---|---:|---:|---:|---:|---:|")
    generator = torch.Generator().manual_seed(1)
    sources: dict[str, Source] = {
        f"`{run.name}`": partial(segmented, network(run, "anatomy", fold=asked.fold))
        for run in [asked.run, *asked.inputs]
    }
    sources |= {"experts": experts, "experts, corrupted": partial(corrupted, generator=generator)}
    for name, source in sources.items():
        pairs = list(before_and_after(denoiser, source, bank, spacing_mm=spacing_mm))
        for title, shapes in zip(("as it is", "denoised"), zip(*pairs, strict=True), strict=True):
            print(f"| {name} | {title} | {len(shapes)} | {' | '.join(means(shapes))} |")


def segmented(anatomy: nn.Module, batch: Batch) -> Tensor:
    """What an anatomy network finds, (B, 1, H, W) in [0, 1]."""
    return region_probabilities(anatomy, batch.images)


def experts(batch: Batch) -> Tensor:
    """What the experts outlined."""
    return epicardial_masks(batch.labels)


def corrupted(batch: Batch, *, generator: torch.Generator) -> Tensor:
    """The same with the faults that the auto-encoder was trained to undo."""
    return corrupt(epicardial_masks(batch.labels), generator=generator)


def held_out(record: Mapping[str, object], data: Path, *, fold: int) -> Bank:
    """Slices of the cases that a fold of a run did not train on."""
    recipe = recorded_recipe(record)
    files = find_cases(data, labelled=True)
    names = set(record["folds"][fold]["validation"])  # type: ignore[index]
    sequences = recipe.preparation.sequences
    cases = [
        load_case(each, sequences=sequences, labelled=True) for each in files if each.name in names
    ]
    return fill_bank(cases, recipe.preparation)


def network(run: Path, stage: str, *, fold: int) -> nn.Module:
    """A trained network of a run."""
    folder = RunFolder(run)
    stages = {each.name: each for each in recorded_recipe(folder.read_record()).stages}
    return load_stage(folder, stages[stage], fold, torch.device("cpu"))


@torch.inference_mode()
def before_and_after(
    denoiser: nn.Module, source: Source, bank: Bank, *, spacing_mm: float
) -> Iterator[tuple[Shape, Shape]]:
    """Each slice's mask as it is, and as denoised."""
    for row in range(len(bank.cases)):
        batch = bank.window(torch.tensor([row]))
        truth = mask_of(epicardial_masks(batch.labels))
        maps = source(batch)
        before, after = mask_of(maps), mask_of(denoiser(maps))
        if truth.any() and before.any() and after.any():
            yield (
                shape(before, truth, spacing_mm=spacing_mm),
                shape(after, truth, spacing_mm=spacing_mm),
            )


def mask_of(maps: Tensor) -> MaskArray:
    """Binarise maps (1, 1, H, W) at one half to (H, W)."""
    found: MaskArray = (maps[0, 0] > 0.5).numpy()
    return found


def shape(mask: MaskArray, truth: MaskArray, *, spacing_mm: float) -> Shape:
    """Measure one mask (H, W) against the truth; pixels are square."""
    parts = ndimage.label(mask, structure=np.ones((3, 3)))[1]
    background = ndimage.label(np.pad(~mask, 1, constant_values=True))[1]
    distance = hausdorff_mm(mask, truth, spacing_mm=(spacing_mm, spacing_mm))
    return Shape(parts, background - 1, distance, 100 * dice(mask, truth))


def means(shapes: Sequence[Shape]) -> list[str]:
    """Mean of each figure over slices."""
    return [
        f"{np.mean([getattr(each, field.name) for each in shapes]):.2f}" for field in fields(Shape)
    ]


if __name__ == "__main__":
    main()

"""Speed and memory of sampling, training and prediction, as ratios taken in one run.

::

    python benchmarks/throughput.py sampling
    python benchmarks/throughput.py prediction
    python benchmarks/throughput.py memory

"sampling" is the cost of the sampler beside a fixed batch, and of MONAI's loader; "prediction" of
everything around the networks' forward passes; "memory" the peak of a full-width step at the
paper's pixel budget. Everything is measured on synthetic hearts, so anyone can repeat it.
"""

import argparse
import resource
import statistics
import tempfile
import time
from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor, nn

from scarmap.datasets.case_files import load_case
from scarmap.datasets.folder import find_cases
from scarmap.inference.cohort import Model, segment_cohort
from scarmap.inference.segment import SLICES_AT_ONCE, Segmenter
from scarmap.phantom.cohort import write_cohort
from scarmap.recipes.recipe import Recipe
from scarmap.sampling.bank import Bank, fill_bank
from scarmap.sampling.batch import Batch
from scarmap.systems.catalogue import choose
from scarmap.training.run.provenance import commit, hardware
from scarmap.training.stage.learner import Learner

DEVICE = torch.device("cuda" if torch.cuda.is_available() else "cpu")


def main() -> None:
    """Run one of the measurements."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("what", choices=["sampling", "prediction", "memory"])
    parser.add_argument(
        "--width", type=int, help="width of the network; 16 for sampling, 64 otherwise"
    )
    parser.add_argument("--steps", type=int, default=12, help="steps per measurement")
    parser.add_argument("--cases", type=int, default=6, help="synthetic cases")
    arguments = parser.parse_args()
    print(f"{hardware(DEVICE)}; torch {torch.__version__}; commit {commit()}")
    measure = {"sampling": sampling, "prediction": prediction, "memory": memory}[arguments.what]
    with tempfile.TemporaryDirectory() as folder:
        write_cohort(Path(folder), layout="myops2020", num_cases=arguments.cases, seed=1)
        measure(Path(folder), arguments)


def clock() -> float:
    """Seconds, after the device has finished."""
    if DEVICE.type == "cuda":
        torch.cuda.synchronize()
    return time.perf_counter()


def training_step(recipe: Recipe) -> Callable[[Batch], None]:
    """One step of forward, backward and optimiser of the recipe's last stage."""
    stage = recipe.stages[-1]
    learner = Learner(stage.model(), stage.objective()).to(DEVICE).train()
    optimizer = stage.optimizer(learner.parameters())

    def step(batch: Batch) -> None:
        optimizer.zero_grad(set_to_none=True)
        torch.stack(list(learner(type(batch), **vars(batch))[0].values())).sum().backward()
        optimizer.step()

    return step


def load_bank(folder: Path, recipe: Recipe) -> Bank:
    """Bank of the synthetic cohort."""
    sequences = recipe.preparation.sequences
    cases = [load_case(files, sequences=sequences, labelled=True) for files in find_cases(folder)]
    return fill_bank(cases, recipe.preparation).to(DEVICE)


def sampling(folder: Path, arguments: argparse.Namespace) -> None:
    """Steps fed by a sampler beside the same steps on a batch that is already there."""
    for name in ("mfunet/no-resampling", "mfunet"):
        recipe = choose(name, {"width": arguments.width or 16}).build()
        bank, step = load_bank(folder, recipe), training_step(recipe)
        batches = endless(recipe, bank)
        print_ratio(f"{name}: fed by its sampler", batches, step, arguments.steps)
    recipe = choose("mfunet/no-resampling", {"width": arguments.width or 16}).build()
    bank, step = load_bank(folder, recipe), training_step(recipe)
    print_ratio(
        "fed by MONAI's CacheDataset and dictionary transforms",
        monai_batches(bank),
        step,
        arguments.steps,
    )


def print_ratio(
    title: str, batches: Iterator[Batch], step: Callable[[Batch], None], steps: int
) -> None:
    """Time each step with its batch drawn and on the same batch; print the median ratio."""
    step(next(batches))
    ratios, drawing = [], []
    for _ in range(steps):
        began = clock()
        batch = next(batches)
        drawn = clock()
        step(batch)
        fed = clock()
        step(batch)
        fixed = clock() - fed
        ratios.append((drawn - began + fixed) / fixed)
        drawing.append(drawn - began)
    print(
        f"{title}: {statistics.median(ratios):.3f} x a step on a fixed batch (drawing a batch: "
        f"{1000 * statistics.median(drawing):.0f} ms, {steps} pairs, worst {max(ratios):.3f})"
    )


def endless(recipe: Recipe, bank: Bank) -> Iterator[Batch]:
    """Batches of one epoch after the other."""
    generator = torch.Generator(DEVICE).manual_seed(1)
    while True:
        yield from recipe.stages[-1].sampler(bank, torch.arange(len(bank.cases)), generator)


def monai_batches(bank: Bank) -> Iterator[Batch]:
    """The same slices, augmented as strongly by MONAI's dictionary transforms."""
    from monai.data import CacheDataset, DataLoader
    from monai.transforms import Compose, RandAffined, RandFlipd

    keys = ["image", "label"]
    items = [
        {"image": image.cpu(), "label": label[None].cpu().float()}
        for image, label in zip(bank.images, bank.labels, strict=True)
    ]
    shift = int(0.15 * bank.size)
    affine = {"rotate_range": float(np.pi / 2), "translate_range": (shift, shift)}
    transforms = Compose(
        [
            RandFlipd(keys, prob=0.5, spatial_axis=0),
            RandFlipd(keys, prob=0.5, spatial_axis=1),
            RandAffined(
                keys, prob=1.0, mode=["bilinear", "nearest"], padding_mode="border", **affine
            ),
        ]
    )
    loader = DataLoader(
        CacheDataset(items, transforms, progress=False), batch_size=4, shuffle=True, drop_last=True
    )
    while True:
        for drawn in loader:
            images, labels = drawn["image"].as_tensor(), drawn["label"].as_tensor()
            yield Batch(images.to(DEVICE), labels[:, 0].to(DEVICE, torch.uint8))


def prediction(folder: Path, arguments: argparse.Namespace) -> None:
    """A folder of studies from files to files beside the bare forward passes of their slices.

    The network is untrained; after it has run, its answer is replaced by a disc, a heart in the
    centre as in most studies, so that the search for a heart elsewhere does not start.
    """
    recipe = choose("mfunet", {"width": arguments.width or 64}).build()
    network = recipe.stages[-1].model().to(DEVICE).eval()
    spent: list[float] = []

    def probabilities(slices: NDArray[np.float32]) -> NDArray[np.float32]:
        images = torch.from_numpy(slices).to(DEVICE)
        with torch.inference_mode():
            began = clock()
            found = recipe.assemble({"segment": network}, images)
            spent.append(clock() - began)
        return disc(found).float().cpu().numpy()

    preparation = replace(recipe.preparation, spacing_mm=0.75)
    segmenter = Segmenter(preparation, recipe.layout, recipe.regions, probabilities, recipe.compose)
    files = find_cases(folder)
    probabilities(np.zeros((SLICES_AT_ONCE, len(preparation.sequences), 288, 288), np.float32))
    spent.clear()
    began = clock()
    model = Model("untrained", preparation.sequences, lambda: segmenter)
    outcome = segment_cohort(files, model, folder / "predictions")
    whole = clock() - began
    print(
        f"{len(outcome.written)} studies at width {arguments.width or 64}: "
        f"{whole / sum(spent):.3f} x the bare forward passes of their slices "
        f"({whole / len(files):.2f} s a study, reading and writing included)"
    )


def disc(found: Tensor) -> Tensor:
    """Probabilities of a round heart in the centre of each slice, in the shape of `found`."""
    rows, columns = (
        torch.arange(size, device=found.device) - size / 2 for size in found.shape[-2:]
    )
    inside = (rows[:, None] ** 2 + columns[None] ** 2) < 45**2
    answer = torch.zeros_like(found)
    answer[:, :2] = inside.to(found.dtype)
    return answer


def memory(folder: Path, arguments: argparse.Namespace) -> None:
    """Peak memory of training steps on four slices of 288 x 288."""
    recipe = choose("mfunet", {"width": arguments.width or 64}).build()
    bank, step = load_bank(folder, recipe), training_step(recipe)
    batch = Batch(bank.images[:4], bank.labels[:4])
    before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    with saved_bytes() as saved:
        step(batch)
    if DEVICE.type == "cuda":
        step(batch)
        print(f"peak on the accelerator: {torch.cuda.max_memory_allocated() / 2**30:.2f} GiB")
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    print(f"kept for the backward pass: {sum(saved.values()) / 2**30:.2f} GiB")
    print(
        f"peak resident memory of the process: {peak / 2**20:.2f} GiB ({before / 2**20:.2f} before "
        "the first step)"
    )


class saved_bytes(torch.autograd.graph.saved_tensors_hooks):  # noqa: N801
    """Counts the storage of the tensors that autograd keeps, each once."""

    def __init__(self) -> None:
        self.sizes: dict[int, int] = {}
        super().__init__(self.pack, lambda tensor: tensor)

    def pack(self, tensor: Tensor) -> Tensor:
        """Note a tensor's storage and keep it as it is."""
        if not isinstance(tensor, nn.Parameter):
            storage = tensor.untyped_storage()
            self.sizes[storage.data_ptr()] = storage.nbytes()
        return tensor

    def __enter__(self) -> dict[int, int]:  # type: ignore[override]
        super().__enter__()
        return self.sizes


if __name__ == "__main__":
    main()

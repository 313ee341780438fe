"""Why U-Net++ of the linear codec stayed at the empty mask: one change at a time.

::

    python benchmarks/unetpp.py --data MYOPS
    python benchmarks/unetpp.py --data MYOPS --size 64 --spacing 3 --steps 70 --cases 8

Each line is one short training on T2 for scar, as the modern schedule had it but at a constant
learning rate, with one thing changed: how the encoder's weights are drawn, whether slices without
scar are shown, how many slices a batch has, the learning rate. Dice and the largest probability are
of the training slices with scar, so that not learning cannot be taken for not generalising; in
evaluation mode, and in training mode, where batch normalisation uses the batch's own statistics.
The last column is the standard deviation after each block of the encoder.
"""

import argparse
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

import torch
from torch import Tensor, nn
from torch.nn import functional as F
from torch.optim import AdamW

from scarmap.datasets.case_files import load_case
from scarmap.datasets.folder import find_cases
from scarmap.nn.regions import region_masks
from scarmap.sampling.bank import Bank, fill_bank
from scarmap.sampling.preparation import Preparation
from scarmap.systems.linear_codec.codec import SEQUENCES
from scarmap.systems.linear_codec.objective import BinaryObjective
from scarmap.systems.linear_codec.stages import SCALED
from scarmap.systems.linear_codec.unetpp import UNetPlusPlus
from scarmap.systems.linear_codec.warp import on_the_fly

_SEEN = (SEQUENCES.index("T2"),)


@dataclass(frozen=True)
class Change:
    """What a training does otherwise than the modern schedule."""

    glorot: bool = False
    empty_slices: bool = True
    batch_size: int = 2
    learning_rate: float = 1e-3


CHANGES: Mapping[str, Change] = {
    "as it was, 1e-3": Change(),
    "encoder drawn as Keras does": Change(glorot=True),
    "no slices without scar": Change(empty_slices=False),
    "batches of 8": Change(batch_size=8),
    "learning rate 1e-4": Change(learning_rate=1e-4),
}


def main() -> None:
    """Print a Markdown table, a line for each change."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--data", type=Path, required=True, help="MyoPS 2020 training set")
    parser.add_argument("--size", type=int, default=128)
    parser.add_argument("--spacing", type=float, default=1.5)
    parser.add_argument("--width", type=int, default=8)
    parser.add_argument("--steps", type=int, default=1200)
    parser.add_argument("--cases", type=int, default=20)
    parser.add_argument("--only", nargs="*", default=list(CHANGES))
    asked = parser.parse_args()
    files = find_cases(asked.data, labelled=True)[: asked.cases]
    cases = [load_case(each, sequences=SEQUENCES, labelled=True) for each in files]
    seen = Preparation(SEQUENCES, asked.size, SCALED, asked.spacing, margin=8)
    bank = fill_bank(cases, seen)
    print("| Change | Loss | Dice | largest p | Dice, training mode | Deviation by block |")
    print("|---|---:|---:|---:|---:|---|", flush=True)
    for name in asked.only:
        cells = run(bank, CHANGES[name], width=asked.width, steps=asked.steps)
        print(f"| {name} | {' | '.join(cells)} |", flush=True)


def run(bank: Bank, change: Change, *, width: int, steps: int) -> list[str]:
    """Train once; the cells of its line."""
    torch.manual_seed(1)
    network = UNetPlusPlus(width=width)
    if change.glorot:
        for layer in network.encoder.modules():
            if isinstance(layer, nn.Conv2d):
                nn.init.xavier_uniform_(layer.weight)
    rows = torch.arange(len(bank.cases))
    with_scar = rows[scar(bank, rows).flatten(1).any(1)]
    shown = rows if change.empty_slices else with_scar
    loss = train(network, bank, shown, change, steps=steps)
    dice, largest = evaluate(network.eval(), bank, with_scar, change.batch_size)
    in_training, _ = evaluate(network.train(), bank, with_scar, change.batch_size)
    spread = " ".join(f"{each:.2f}" for each in deviations(network, bank, with_scar[:4]))
    percent = f"{100 * dice:.1f}", f"{100 * in_training:.1f}"
    return [f"{loss:.3f}", percent[0], f"{largest:.2f}", percent[1], spread]


def train(network: nn.Module, bank: Bank, rows: Tensor, change: Change, *, steps: int) -> float:
    """Mean loss of the last twenty steps."""
    objective = BinaryObjective(region="scar", sequences=_SEEN, loss="dice-cross-entropy")
    optimizer = AdamW(network.parameters(), lr=change.learning_rate, weight_decay=0.01)
    generator = torch.Generator().manual_seed(1)
    losses: list[float] = []
    while len(losses) < steps:
        for batch in on_the_fly(bank, rows, generator, batch_size=change.batch_size, copies=1):
            optimizer.zero_grad()
            loss = torch.stack(list(objective(network.train(), batch).values())).sum()
            loss.backward()  # type: ignore[no-untyped-call]
            nn.utils.clip_grad_norm_(network.parameters(), 5.0)
            optimizer.step()
            losses.append(loss.item())
    return sum(losses[-20:]) / len(losses[-20:])


@torch.no_grad()
def evaluate(network: nn.Module, bank: Bank, rows: Tensor, batch_size: int) -> tuple[float, float]:
    """Mean Dice and largest probability over slices with scar."""
    dice, largest = [], 0.0
    for chosen in rows.split(batch_size):  # type: ignore[no-untyped-call]
        found = torch.sigmoid(network(bank.window(chosen).images[:, list(_SEEN)]))[:, 0]
        truth, mask = scar(bank, chosen), found > 0.5
        shared = (mask & truth).sum((1, 2))
        dice += (2 * shared / (mask.sum((1, 2)) + truth.sum((1, 2)))).tolist()
        largest = max(largest, float(found.max()))
    return sum(dice) / len(dice), largest


@torch.no_grad()
def deviations(network: UNetPlusPlus, bank: Bank, rows: Tensor) -> list[float]:
    """Standard deviation after each block of the encoder."""
    found, x = [], bank.window(rows).images[:, list(_SEEN)]
    for block in network.encoder:
        x = block(x)
        found.append(float(x.std()))
        x = F.max_pool2d(x, 2)
    return found


def scar(bank: Bank, rows: Tensor) -> Tensor:
    """Scar masks of slices, (B, H, W), bool."""
    return region_masks(bank.window(rows).labels, ("scar",))[:, 0]


if __name__ == "__main__":
    main()

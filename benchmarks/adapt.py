"""Continue the built-in model on a site's images without labels, and score it on other patients.

::

    python benchmarks/adapt.py --phantoms COHORT --myops DIR --emidec DIR --out runs/adapt

Every other patient is adapted to and the others are scored, then the two halves change places. The
labels of the half that is adapted to are never read. Each arm takes the same steps on phantoms with
labels, and beside them as many slices of patients, in a window around the heart that the built-in
model finds:

- `none`: the built-in model as it is.
- `phantoms`: phantoms alone, what more training gives by itself.
- `maps`: what the built-in model thinks of a slice, on average over four views and over subsets of
  the sequences, is asked for in the moved slice, in other contrast, from some of the sequences.
- `confident`: the same with the built-in model's mask, where it is surest: in the surer half of
  each tissue, so that rare tissues are not left out.
- `views`: the running mean of the network itself sees the moved slice, turned and with all
  sequences; the squared difference from it is to be small.

What is scored is the running mean of the weights, by the whole way of prediction, with the built-in
model's own decisions. `--half even` adapts to the even patients by name only. Networks stay in
`--out`; those of patients must not be handed on. Repeated, the command trains what is missing.
"""

import argparse
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from copy import deepcopy
from dataclasses import dataclass, replace
from functools import partial
from math import isnan
from pathlib import Path
from shutil import rmtree
from statistics import fmean

import numpy as np
import torch
import torch.nn.functional as F
from torch import Tensor, nn

from scarmap.datasets.case_files import CaseFiles, load_case
from scarmap.datasets.folder import find_cases
from scarmap.evaluation.paired import compare
from scarmap.evaluation.table import evaluate_folder, read_summary, write_evaluation
from scarmap.inference.cohort import Model, segment_cohort
from scarmap.inference.segment import Segmenter, segment
from scarmap.io.scores import Score, read_scores, values_by_case
from scarmap.io.weights import read_weights, write_weights
from scarmap.labels import REGIONS, TISSUES
from scarmap.nn.views import average_views
from scarmap.recipes.recipe import Recipe
from scarmap.recipes.trained import make_segmenter, recorded_recipe
from scarmap.sampling.appearance import change_appearance
from scarmap.sampling.augment import augment
from scarmap.sampling.bank import Bank, fill_bank
from scarmap.sampling.batch import Batch
from scarmap.sampling.presence import draw_kept, present_sequences
from scarmap.sampling.samplers import shuffled_again
from scarmap.systems.scarmap.builtin import about_builtin
from scarmap.systems.scarmap.stages import ANY_LOOK, ANY_ODDS, SPACE
from scarmap.training.run.provenance import commit, hardware
from scarmap.volume import Case

CPU = torch.device("cpu")
ARMS = ("none", "phantoms", "maps", "confident", "views")
HALVES = ("even", "odd")
SUBSETS = {"myops": (("LGE", "T2", "bSSFP"), ("LGE",), ("T2",)), "emidec": (("LGE",),)}
STRUCTURES = {
    "myops": ("whole_myocardium", "scar", "scar_and_edema", "edema"),
    "emidec": ("whole_myocardium", "whole_infarct", "mvo"),
}
SEEN = (("LGE", "T2", "bSSFP"), ("LGE", "bSSFP"), ("LGE", "T2"))
"""Subsets of the sequences that the teacher averages over; on phantoms that finds more infarct than
all three sequences alone."""
SLICES = 8
"""Of phantoms in a step, and as many of patients."""
SURER_SHARE = 0.5
"""Of the voxels of each tissue, what the arm `confident` learns from."""
FAR = 0.1
"""Weight of a voxel far from the wall, beside 1 in it; there are some twenty times as many."""
SQUARES = 10.0
"""Weight of the squared difference, which is small where two networks hardly differ."""
MEAN_KEPT = 0.98
"""Of the running mean at each step; it looks back on some fifty steps."""
SMALLEST_PROBABILITY = 1e-6
WALL = torch.tensor([tissue.name in REGIONS["whole_myocardium"] for tissue in TISSUES])
"""Which tissues lie in the wall, (T,)."""


@dataclass(frozen=True)
class Unlabelled:
    """Slices of patients without truth.

    Attributes:
        images: (N, S, H, W), window and margin.
        targets: (N, T, H, W), what is asked of each voxel times its weight; zero where nothing is.
        size: Side of the network's window in pixels.
    """

    images: Tensor
    targets: Tensor
    size: int


Teach = Callable[[Tensor, Batch, nn.Module], Tensor]
"""Loss of logits (B, T, H, W) of changed slices, given the moved ones and the running mean."""


@dataclass(frozen=True)
class Training:
    """What all arms share."""

    recipe: Recipe
    phantoms: Bank
    steps: int
    learning_rate: float
    seed: int


def main() -> None:
    """Train and score each arm, and print the tables."""
    asked = _arguments().parse_args()
    sets = {name: getattr(asked, name) for name in SUBSETS if getattr(asked, name)}
    halves = (asked.half,) if asked.half else HALVES
    recipe = recorded_recipe({"recipe": about_builtin()["recipe"]})
    phantoms = fill_bank(
        _labelled(find_cases(asked.phantoms, labelled=True)[: asked.cases]), recipe.preparation
    )
    print(f"{hardware(CPU)}, commit {commit()}, {len(phantoms.images)} slices of phantoms")
    print(vars(asked), flush=True)
    training = Training(recipe, phantoms, asked.steps, asked.learning_rate, asked.seed)
    for half in halves:
        for data, folder in sets.items():
            adapted, scored = split(find_cases(folder, labelled=True)[:: asked.every], half)
            networks = adapt(adapted, asked.arms, training, asked.out / "networks" / data / half)
            for arm, network in networks:
                for sequences in SUBSETS[data]:
                    into = asked.out / data / half / arm / "-".join(sequences)
                    score(network, recipe, scored, sequences=sequences, out=into)
            for line in table(asked.out / data, asked.arms, data=data):
                print(line, flush=True)


def _arguments() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--phantoms", type=Path, required=True, help="a cohort of scarmap phantom")
    parser.add_argument("--cases", type=int, default=150, help="phantoms that are taken")
    parser.add_argument("--myops", type=Path, help="training set of MyoPS 2020")
    parser.add_argument("--emidec", type=Path, help="labelled cases of EMIDEC")
    parser.add_argument("--half", choices=HALVES, help="adapt to this half only")
    parser.add_argument("--every", type=int, default=1, help="take every n-th patient only")
    parser.add_argument("--arms", nargs="+", choices=ARMS, default=ARMS)
    parser.add_argument("--steps", type=int, default=150)
    parser.add_argument("--learning-rate", type=float, default=3e-4)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--out", type=Path, default=Path("runs/adapt"))
    return parser


def _labelled(files: Sequence[CaseFiles]) -> Iterator[Case]:
    for each in files:
        yield load_case(each, sequences=tuple(each.images), labelled=True)


def split(files: Sequence[CaseFiles], half: str) -> tuple[list[CaseFiles], list[CaseFiles]]:
    """The patients of a half, without their labels, and the others.

    Args:
        files: All patients, sorted by name; places count from 0.
        half: "even" or "odd".
    """
    first = HALVES.index(half)
    adapted = [replace(each, labels=None) for each in files[first::2]]
    return adapted, list(files[1 - first :: 2])


def adapt(
    adapted: Sequence[CaseFiles], arms: Sequence[str], training: Training, folder: Path
) -> Iterator[tuple[str, nn.Module]]:
    """The network of each arm, trained where it is not kept yet.

    Args:
        adapted: Patients to adapt to.
        arms: Names in `ARMS`.
        training: What all arms share.
        folder: Where the networks are kept; that of phantoms alone lies two folders above, because
            it is the same for every data set.
    """
    lessons: dict[str, tuple[Unlabelled, Teach] | None] = {"phantoms": None}
    for arm in arms:
        network = builtin_network(training.recipe)
        path = (folder.parents[1] if arm == "phantoms" else folder) / f"{arm}.safetensors"
        if path.is_file():
            network.load_state_dict(read_weights(path)[0])
        elif arm != "none":
            if arm not in lessons:
                lessons |= make_lessons(adapted, training.recipe)
            began = time.perf_counter()
            network = continue_training(network, training, lessons[arm])
            path.parent.mkdir(parents=True, exist_ok=True)
            write_weights(path, network.state_dict(), {"arm": arm, "steps": training.steps})
            print(f"{path}: {time.perf_counter() - began:.0f} s", flush=True)
        yield arm, network


def builtin_network(recipe: Recipe) -> nn.Module:
    """The built-in model's network, ready to predict."""
    (stage,) = recipe.stages
    network = stage.model().to(memory_format=torch.channels_last)  # an eighth of a step faster
    assert stage.initialise is not None
    stage.initialise(network, {})
    return network.eval()


def as_segmenter(network: nn.Module, recipe: Recipe) -> Segmenter:
    """A network in the built-in model's place."""
    spacing_mm = recipe.preparation.spacing_mm
    assert spacing_mm is not None
    return make_segmenter(
        recipe, [{"segment": network}], layout=recipe.layout, spacing_mm=spacing_mm, device=CPU
    )


def make_lessons(
    adapted: Sequence[CaseFiles], recipe: Recipe
) -> dict[str, tuple[Unlabelled, Teach] | None]:
    """What each arm learns from patients, and how."""
    network = builtin_network(recipe)
    bank = fill_bank(_segmented(adapted, as_segmenter(network, recipe)), recipe.preparation)
    shares = teacher_shares(network, bank, sequences=recipe.preparation.sequences)
    print(f"{len(bank.images)} slices of {len(adapted)} patients", flush=True)
    by_map = Unlabelled(bank.images, weighted(shares), bank.size)
    by_mask = Unlabelled(bank.images, weighted(surest(shares, bank.labels)), bank.size)
    return {
        "maps": (by_map, entropy_from_targets),
        "confident": (by_mask, entropy_from_targets),
        "views": (by_map, difference_from_mean),
    }


def _segmented(files: Sequence[CaseFiles], segmenter: Segmenter) -> Iterator[Case]:
    """Cases with the model's own mask in the place of labels, to be cut around its heart."""
    for each in files:
        case = load_case(each, sequences=tuple(each.images))
        yield replace(case, layout="scarmap", labels=segment(case, segmenter).labels)


@torch.inference_mode()
def teacher_shares(network: nn.Module, bank: Bank, *, sequences: Sequence[str]) -> Tensor:
    """Probability of each tissue, mean of four views of the window and of `SEEN`, (N, T, H, W).

    Zero in the margin, which the network does not look at.

    Args:
        network: The teacher.
        bank: Slices.
        sequences: Order of their channels.
    """

    def predict(images: Tensor) -> Tensor:
        return network(images).softmax(1)

    windows = bank.window(torch.arange(len(bank.images))).images
    parts = []
    for part in windows.split(SLICES):
        left_in = [part * _channels(seen, sequences) for seen in SEEN]
        looks = [each for each in left_in if present_sequences(each).any(1).all()]
        different = [each for n, each in enumerate(looks) if not _is_among(each, looks[:n])]
        views = [average_views(predict, each, views=4) for each in different or [part]]
        parts.append(torch.stack(views).mean(0))
    margin = (bank.images.shape[-1] - bank.size) // 2
    return F.pad(torch.cat(parts), (margin,) * 4)


def _channels(seen: Sequence[str], sequences: Sequence[str]) -> Tensor:
    return torch.tensor([each in seen for each in sequences])[None, :, None, None]


def _is_among(images: Tensor, others: Sequence[Tensor]) -> bool:
    return any(torch.equal(images, other) for other in others)


def surest(shares: Tensor, labels: Tensor, *, kept: float = SURER_SHARE) -> Tensor:
    """Labels where the teacher is surest of them, the same share of the voxels of each tissue.

    Args:
        shares: (N, T, H, W), the teacher's probabilities; zero where it did not look.
        labels: (N, H, W), its mask.
        kept: Share of each tissue's voxels.

    Returns:
        (N, T, H, W), 1 for the tissue and 0 for the others; all 0 where it is less sure.
    """
    sureness = shares.gather(1, labels.long()[:, None])[:, 0]
    asked = torch.zeros_like(shares)
    for tissue in range(shares.shape[1]):
        inside = (labels == tissue) & (shares.sum(1) > 0)
        if inside.any():
            least = sureness[inside].float().sort().values[-max(1, round(kept * int(inside.sum())))]
            asked[:, tissue] = (inside & (sureness >= least)).float()
    return asked


def weighted(shares: Tensor) -> Tensor:
    """Shares (N, T, H, W) times `FAR` outside the wall and 1 in it, and in between by its share."""
    return shares * (FAR + (1 - FAR) * shares[:, WALL].sum(1, keepdim=True))


def continue_training(
    network: nn.Module, training: Training, lesson: tuple[Unlabelled, Teach] | None
) -> nn.Module:
    """Train on phantoms and, beside them, on patients; the running mean of the weights.

    Args:
        network: Where to begin; it is changed.
        training: What all arms share; they see the same phantoms in the same order.
        lesson: Slices of patients and the loss on them; None for phantoms alone.
    """
    (stage,) = training.recipe.stages
    objective, mean = stage.objective(), deepcopy(network)
    optimizer = stage.optimizer(network.parameters())
    for group in optimizer.param_groups:
        group["lr"] = training.learning_rate
    phantoms, patients = (torch.Generator().manual_seed(training.seed + each) for each in (0, 1000))
    sampler = partial(stage.sampler, batch_size=SLICES, batches=training.steps)
    rows = torch.arange(len(training.phantoms.images))
    moved = changed_slices(lesson[0], training.steps, patients) if lesson else None
    network.train()
    for step, batch in enumerate(sampler(training.phantoms, rows, phantoms)):
        pair = next(moved) if moved else None
        shown = torch.cat([batch.images, pair[1]]) if pair else batch.images
        logits = network(shown)
        parts = objective(lambda _, found=logits[:SLICES]: found, batch)
        if lesson and pair:
            parts["patients"] = lesson[1](logits[SLICES:], pair[0], mean)
        optimizer.zero_grad()
        sum(parts.values()).backward()
        nn.utils.clip_grad_norm_(network.parameters(), stage.gradient_clip)
        optimizer.step()
        follow(mean, network)
        if step % 25 == 0:
            print(step, {name: round(part.item(), 4) for name, part in parts.items()}, flush=True)
    return mean


def changed_slices(
    patients: Unlabelled, steps: int, generator: torch.Generator
) -> Iterator[tuple[Batch, Tensor]]:
    """Slices that were moved, and the same in other contrast and without some sequences."""
    rows = torch.arange(len(patients.images))
    for chosen in shuffled_again(rows, SLICES, steps, generator):
        images, targets = patients.images[chosen], patients.targets[chosen]
        present = present_sequences(images)
        batch = Batch(images, targets.argmax(1), targets)
        moved = augment(batch, SPACE, size=patients.size, generator=generator)
        changed = change_appearance(moved.images, ANY_LOOK, generator)
        kept = draw_kept(present, tuple(ANY_ODDS.values()), generator)
        yield moved, changed * kept[..., None, None]


def entropy_from_targets(logits: Tensor, moved: Batch, mean: nn.Module) -> Tensor:
    """Cross-entropy with what is asked, mean over the weights of the voxels."""
    del mean
    assert moved.soft is not None
    return -(moved.soft * logits.log_softmax(1)).sum() / moved.soft.sum().clamp(min=1)


def difference_from_mean(logits: Tensor, moved: Batch, mean: nn.Module) -> Tensor:
    """Squared difference of probabilities from those of the running mean, which sees all of it.

    It sees the slice turned by a quarter, and its heart counts more than what is far from it.
    """
    with torch.no_grad():
        turned = mean(moved.images.rot90(1, (2, 3)).contiguous())
        shares = turned.rot90(-1, (2, 3)).softmax(1)
        weights = weighted(shares).sum(1, keepdim=True)
    squares = (logits.softmax(1) - shares) ** 2
    return SQUARES * (weights * squares).sum() / weights.sum()


@torch.no_grad()
def follow(mean: nn.Module, network: nn.Module, *, kept: float = MEAN_KEPT) -> None:
    """Move the running mean of the weights towards a network's; counts are copied."""
    own = network.state_dict()
    for name, value in mean.state_dict().items():
        if value.is_floating_point():
            value.lerp_(own[name], 1 - kept)
        else:
            value.copy_(own[name])


def score(
    network: nn.Module,
    recipe: Recipe,
    files: Sequence[CaseFiles],
    *,
    sequences: tuple[str, ...],
    out: Path,
) -> None:
    """Segment cases from some of their sequences and score the masks, unless that was done."""
    if (out / "evaluation" / "summary.json").is_file():
        return
    rmtree(out, ignore_errors=True)
    given = [
        replace(each, images={name: each.images[name] for name in sequences}) for each in files
    ]
    segmenter = as_segmenter(network, recipe)
    outcome = segment_cohort(
        given, Model(out.name, recipe.preparation.sequences, lambda: segmenter), out
    )
    if outcome.failed:
        raise SystemExit("\n".join(outcome.failed.values()))
    truths = {each.name: each.labels for each in files if each.labels is not None}
    write_evaluation(out / "evaluation", evaluate_folder(outcome.written, truths, files[0].layout))


def table(root: Path, arms: Sequence[str], *, data: str) -> Iterator[str]:
    """Mean Dice of each arm over the halves that were scored, and paired differences.

    Args:
        root: Folder of the data set; holds a folder for each half, with one for each arm.
        arms: Names in `ARMS`; where they are among them, the others are compared with `none` and
            with `phantoms`.
        data: Name in `SUBSETS`.
    """
    yield "| given | structure | arm | patients | Dice | minus none | minus phantoms |"
    yield "|---|---|---|---:|---:|---|---|"
    for sequences in SUBSETS[data]:
        folders = {
            arm: sorted(root.glob(f"*/{arm}/{'-'.join(sequences)}/evaluation")) for arm in arms
        }
        scores = {arm: _scores(found) for arm, found in folders.items()}
        title = "all three" if len(sequences) == 3 else sequences[0]
        for structure in STRUCTURES[data]:
            dice = {arm: dice_by_case(found, structure) for arm, found in scores.items()}
            for arm, values in dice.items():
                beside = (
                    "" if arm == other or other not in dice else against(values, dice[other])
                    for other in ("none", "phantoms")
                )
                defined = [value for value in values.values() if not isnan(value)]
                yield (
                    f"| {title} | {structure} | {arm} | {len(defined)} | {fmean(defined):.3f} | "
                    f"{' | '.join(beside)} |"
                )
        for arm, found in folders.items():
            yield f"{title}, {arm}: {presence_text(found)}"


def _scores(folders: Sequence[Path]) -> list[Score]:
    return [score for folder in folders for score in read_scores(folder / "cases.csv")]


def dice_by_case(scores: Sequence[Score], structure: str) -> dict[str, float]:
    """3D Dice of each case, NaN where the truth lacks the structure."""
    return values_by_case(scores, convention="case3d", structure=structure, metric="dice")


def against(values: Mapping[str, float], others: Mapping[str, float]) -> str:
    """Mean paired difference and its 95 % interval over patients."""
    found = compare(values, others, generator=np.random.default_rng(0))
    return f"{found.mean_difference:+.3f} ({found.low:+.3f} to {found.high:+.3f})"


def presence_text(folders: Sequence[Path]) -> str:
    """In how many patients with and without an infarct one was found."""
    every = [read_summary(folder / "summary.json")["presence"] for folder in folders]
    name = next((each for each in ("whole_infarct", "scar") if each in every[0]), None)
    if name is None:
        return "no infarct is told"
    hits, missed, right, false = (
        sum(each[name][count] for each in every)
        for count in ("true_positive", "false_negative", "true_negative", "false_positive")
    )
    return f"infarct found in {hits} of {hits + missed}, none in {right} of {right + false}"


if __name__ == "__main__":
    main()

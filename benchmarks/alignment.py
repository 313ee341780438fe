"""Measure alignment: known moves put on T2 and bSSFP, and phantoms whose breath-holds are kept.

::

    python benchmarks/alignment.py moves --data DIR --cache DIR
    python benchmarks/alignment.py dice --data DIR --cache DIR
    python benchmarks/alignment.py phantom --cases 20

`moves` moves each slice of T2 and bSSFP by 6 mm in a random direction, and reads off how far from
its place alignment leaves it; the data set's own alignment is taken as truth. Weights of the cues
are fitted on every second case and scored on the others, both ways round; those of all cases
together are printed for `scarmap.alignment.agreement.WEIGHTS`. `dice` segments the images as given,
moved, and put back with the weights of the other half. What networks see is kept in `--cache`; keep
that out of any repository, as it is made from patients.
"""

import argparse
import os
import time
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray
from scipy import ndimage, optimize

from scarmap.alignment.agreement import WEIGHTS, Seen, Weights
from scarmap.alignment.align import PIXEL_MM
from scarmap.alignment.moves import prior
from scarmap.alignment.outlines import around_heart, see
from scarmap.alignment.placement import find_partners, place, working_grid
from scarmap.alignment.result import SequenceMoves, unmoved
from scarmap.alignment.search import Compared, compare, hearts_mm2, moves_of
from scarmap.datasets.case_files import CaseFiles, load_case
from scarmap.datasets.folder import find_cases
from scarmap.evaluation.overlap import dice
from scarmap.inference.segment import Segmenter, segment
from scarmap.labels import SEQUENCES, region_mask
from scarmap.systems.scarmap.builtin import load_builtin
from scarmap.volume import Case, Volume

MOVED = ("T2", "bSSFP")
AS_GIVEN = -1
FIT_MM = 1.5
"""How far from the true move one counts as right in fitting: truth itself is not exact."""
REGIONS = ("scar", "scar_and_edema", "whole_myocardium")
Moves = Mapping[str, NDArray[np.float64]]


@dataclass(frozen=True)
class Trial:
    """One study with known moves.

    Attributes:
        case: Number of the case.
        compared: What alignment compared, with weights to be replaced.
        needed_mm: Sequence to the moves that would undo what was done, (Z, 2).
        hearts_mm2: Sequence to what is seen of the heart in each slice.
    """

    case: int
    compared: Compared
    needed_mm: Moves
    hearts_mm2: Moves


def draw_moves(number: int, seed: int, depth: int, *, mm: float) -> Moves:
    """A move of one length in a random direction for every slice of T2 and bSSFP, (Z, 2)."""
    rng = np.random.default_rng([number, seed + 1])
    angles = {each: rng.uniform(0, 2 * np.pi, depth) for each in MOVED}
    length = 0.0 if seed == AS_GIVEN else mm
    return {each: length * np.stack([np.cos(a), np.sin(a)], 1) for each, a in angles.items()}


def disturb(case: Case, moves: Moves) -> Case:
    """The case with its slices moved, linearly interpolated; what enters repeats the edge."""
    images = dict(case.images)
    for sequence, moves_mm in moves.items():
        image = images[sequence]
        if not moves_mm.any():
            continue
        pixels = moves_mm / np.array(image.grid.spacing_mm[:2])
        slices = [
            ndimage.shift(image.array[..., z], pixels[z], order=1, mode="nearest")
            for z in range(len(pixels))
        ]
        images[sequence] = Volume(np.stack(slices, axis=-1), image.grid)
    return replace(case, images=images)


def look(case: Case, segmenter: Segmenter) -> dict[str, NDArray[np.float32]]:
    """What alignment sees around the heart: `<sequence>_images` and `<sequence>_maps`."""
    grid = working_grid(case.grid, PIXEL_MM)
    partners = find_partners(case.grid, case.grid)
    small = {each: place(image, grid, partners) for each, image in case.images.items()}
    maps = {each: see(image, each, segmenter) for each, image in small.items()}
    seen = around_heart(small, maps, reference="LGE")
    kept = {"pixel_mm": np.array(grid.spacing_mm[:2])}
    for each, shown in seen.items():
        kept |= {f"{each}_images": shown.images, f"{each}_maps": shown.maps}
    return kept


def trial(number: int, kept: Mapping[str, NDArray[Any]], moves: Moves) -> Trial:
    """Compare the sequences of one study."""
    seen = {each: Seen(kept[f"{each}_images"], kept[f"{each}_maps"]) for each in SEQUENCES}
    pixel_mm = (float(kept["pixel_mm"][0]), float(kept["pixel_mm"][1]))
    grid_of = {each: unmoved_partners(len(seen["LGE"].images)) for each in MOVED}
    compared = compare(seen, grid_of, reference="LGE", pixel_mm=pixel_mm)
    hearts = {each: hearts_mm2(seen["LGE"], seen[each], pixel_mm) for each in MOVED}
    return Trial(number, compared, {each: -mm for each, mm in moves.items()}, hearts)


def unmoved_partners(depth: int) -> Any:
    """Partners of a stack with itself."""
    from scarmap.alignment.placement import Partner

    return tuple(Partner(z, 0.0) for z in range(depth))


def trials(asked: argparse.Namespace, seeds: tuple[int, ...]) -> list[Trial]:
    """All trials of a data set, from the cache where they are there."""
    segmenter = load_builtin("cpu", views=1)
    found = []
    for number, files in enumerate(find_cases(asked.data, labelled=True)):
        case = None
        for seed in seeds:
            path = asked.cache / f"{files.name}_{seed}.npz"
            if not path.is_file():
                case = case or load_case(files, sequences=SEQUENCES)
                moves = draw_moves(number, seed, case.grid.shape[2], mm=asked.mm)
                path.parent.mkdir(parents=True, exist_ok=True)
                np.savez(path, **look(disturb(case, moves), segmenter))
                print(path.name, flush=True)
            with np.load(path) as kept:
                values = dict(kept)
            depth = len(values["LGE_images"])
            found.append(trial(number, values, draw_moves(number, seed, depth, mm=asked.mm)))
    return found


def fit_weights(chosen: list[Trial]) -> Weights:
    """Weights that make the true moves likeliest, for each pair of sequences on its own."""
    fitted: dict[tuple[str, str], tuple[float, ...]] = {}
    for pair in chosen[0].compared.cues:
        cues, wanted, before = [], [], []
        for each in chosen:
            moves = needed(each, pair)
            board = each.compared.board
            for z, stack in enumerate(each.compared.cues[pair]):
                away = ((board.moves_mm - moves[z]) ** 2).sum(-1)
                target = np.exp(-away / (2 * FIT_MM**2)) * board.within_reach
                cues.append(stack.reshape(len(stack), -1))
                wanted.append((target / target.sum()).ravel())
                before.append(prior(board).ravel() * (1.0 if pair[0] == "LGE" else 0.5))
        fitted[pair] = _most_likely(np.stack(cues), np.stack(wanted), np.stack(before))
    fitted["T2", "bSSFP"] = fitted["bSSFP", "T2"]
    return fitted


def needed(each: Trial, pair: tuple[str, str]) -> NDArray[np.float64]:
    """The moves of a pair's second sequence that would undo what was done, beside the first one."""
    stays = each.needed_mm.get(pair[0], np.zeros_like(each.needed_mm[pair[1]]))
    return each.needed_mm[pair[1]] - stays


def _most_likely(
    cues: NDArray[np.float64], wanted: NDArray[np.float64], before: NDArray[np.float64]
) -> tuple[float, ...]:
    def loss(weights: NDArray[np.float64]) -> tuple[float, NDArray[np.float64]]:
        scores = np.einsum("nkm,k->nm", cues, weights) + before
        raised = np.exp(scores - scores.max(1, keepdims=True))
        shares = raised / raised.sum(1, keepdims=True)
        value = -(wanted * np.log(shares + 1e-12)).sum(1).mean() + 1e-4 * weights @ weights
        slope = np.einsum("nkm,nm->k", cues, shares - wanted) / len(cues) + 2e-4 * weights
        return float(value), slope

    count = cues.shape[1]
    found = optimize.minimize(
        loss, np.full(count, 5.0), jac=True, method="L-BFGS-B", bounds=[(0, None)] * count
    )
    return tuple(round(float(weight), 1) for weight in found.x)


def cross_fitted(all_trials: list[Trial]) -> dict[int, Weights]:
    """Weights for even and for odd cases, each fitted on the others' moved trials."""
    moved = [each for each in all_trials if any(mm.any() for mm in each.needed_mm.values())]
    return {half: fit_weights([each for each in moved if each.case % 2 != half]) for half in (0, 1)}


def moves_with(each: Trial, weights: Weights) -> dict[str, SequenceMoves]:
    """What alignment makes of a trial."""
    compared = replace(each.compared, weights=weights)
    return {
        sequence: moves_of(
            sequence,
            compared,
            unmoved(unmoved_partners(len(mm))),
            each.hearts_mm2[sequence],
        )
        for sequence, mm in each.needed_mm.items()
    }


def errors(
    chosen: list[Trial], weights: Mapping[int, Weights]
) -> dict[str, dict[str, NDArray[np.float64]]]:
    """Distances in mm from where slices belong: before, found, after the guard; and shares."""
    gathered: dict[str, dict[str, list[float]]] = {}
    for each in chosen:
        for sequence, moves in moves_with(each, weights[each.case % 2]).items():
            into = gathered.setdefault(sequence, {})
            for z, one in enumerate(moves.slices):
                wanted = each.needed_mm[sequence][z]
                into.setdefault("before", []).append(float(np.hypot(*wanted)))
                into.setdefault("found", []).append(float(np.hypot(*(one.found_mm - wanted))))
                into.setdefault("after", []).append(float(np.hypot(*(one.made_mm - wanted))))
                into.setdefault("refused", []).append(float(bool(one.refused)))
    return {
        sequence: {key: np.array(values) for key, values in into.items()}
        for sequence, into in gathered.items()
    }


def told(distances: NDArray[np.float64]) -> str:
    """Mean, 95th percentile and share above 5 mm."""
    far = 100 * float((distances > 5).mean())
    return f"{distances.mean():.2f} / {np.percentile(distances, 95):.1f} / {far:.0f} %"


def print_errors(title: str, measured: dict[str, dict[str, NDArray[np.float64]]]) -> None:
    print(f"\n{title}: mean / 95 % / > 5 mm\n")
    print("| sequence | slices | before | move found | after the guard | refused |")
    print("|---|---:|---:|---:|---:|---:|")
    for sequence, values in measured.items():
        shown = " | ".join(told(values[key]) for key in ("before", "found", "after"))
        refused = 100 * values["refused"].mean()
        print(f"| {sequence} | {len(values['before'])} | {shown} | {refused:.0f} % |")


def measure_moves(asked: argparse.Namespace) -> None:
    """Error of known moves."""
    seeds = tuple(range(asked.seeds))
    every = trials(asked, (AS_GIVEN, *seeds))
    still = [each for each in every if not any(mm.any() for mm in each.needed_mm.values())]
    moved = [each for each in every if any(mm.any() for mm in each.needed_mm.values())]
    weights = cross_fitted(every)
    print_errors(f"Moved by {asked.mm:g} mm", errors(moved, weights))
    print_errors("As given", errors(still, weights))
    print("\nWeights of all cases:", fit_weights(moved))


def dice_of(case: Case, segmenter: Segmenter) -> list[float]:
    """Dice of each region against the truth."""
    assert case.labels is not None
    found = segment(replace(case, labels=None), segmenter).labels.array
    pairs = [[region_mask(each, name) for each in (found, case.labels.array)] for name in REGIONS]
    return [dice(*pair) for pair in pairs]


def measure_dice(asked: argparse.Namespace) -> None:
    """Dice of the built-in model: as given, moved, put back, and as given but aligned."""
    segmenter = load_builtin("cpu", views=asked.views)
    every = trials(asked, (AS_GIVEN, 0))
    weights = cross_fitted(every)
    rows: dict[str, list[list[float]]] = {}
    for number, files in enumerate(find_cases(asked.data, labelled=True)):
        still, moved = (each for each in every if each.case == number)
        for name, case in arms(files, number, still, moved, weights[number % 2], mm=asked.mm):
            rows.setdefault(name, []).append(dice_of(case, segmenter))
        print(files.name, [round(values[-1][0], 3) for values in rows.values()], flush=True)
    print_dice(rows)


def arms(
    files: CaseFiles, number: int, still: Trial, moved: Trial, weights: Weights, *, mm: float
) -> Iterator[tuple[str, Case]]:
    """The same case as given, aligned although it was, moved, put back, and as LGE alone."""
    case = load_case(files, sequences=SEQUENCES, labelled=True)
    disturbed = disturb(case, draw_moves(number, 0, case.grid.shape[2], mm=mm))
    yield "as given", case
    yield "as given, aligned", _put(case, moves_with(still, weights))
    yield "moved", disturbed
    yield "moved, aligned", _put(disturbed, moves_with(moved, weights))
    yield "LGE alone", replace(case, images={"LGE": case.images["LGE"]})


def _put(case: Case, moves: Mapping[str, SequenceMoves]) -> Case:
    partners = find_partners(case.grid, case.grid)
    images = dict(case.images) | {
        each: place(case.images[each], case.grid, partners, made.made_mm)
        for each, made in moves.items()
    }
    return replace(case, images=images)


def print_dice(rows: Mapping[str, list[list[float]]]) -> None:
    print(f"\n| T2 and bSSFP | {' | '.join(REGIONS)} |\n|---|{'---:|' * len(REGIONS)}")
    means = {name: np.nanmean(values, 0) for name, values in rows.items()}
    for name, values in means.items():
        print(f"| {name} | {' | '.join(f'{value:.3f}' for value in values)} |")
    lost = means["as given"] - means["moved"]
    back = means["moved, aligned"] - means["moved"]
    print("share of the lost Dice that comes back:", np.round(back / lost, 2))
    rng = np.random.default_rng(0)
    for first, second in (("moved, aligned", "moved"), ("as given, aligned", "as given")):
        apart = np.array(rows[first]) - np.array(rows[second])
        drawn = apart[rng.integers(0, len(apart), (4000, len(apart)))].mean(1)
        low, high = np.nanpercentile(drawn, (2.5, 97.5), axis=0)
        print(f"{first} less {second}:", np.nanmean(apart, 0).round(3), low.round(3), high.round(3))


def measure_phantom(asked: argparse.Namespace) -> None:
    """Error on synthetic hearts with breath-holds; their turn of about 2 degrees stays."""
    import scarmap.phantom.study as phantom
    from scarmap.phantom.scan.motion import AS_ACQUIRED

    segmenter = load_builtin("cpu", views=1)
    begin, sessions = phantom.begin_session, []

    def remember(*given: Any, **named: Any) -> Any:
        sessions.append(begin(*given, **named))
        return sessions[-1]

    phantom.begin_session = remember
    found = []
    for number in range(asked.cases):
        rng = np.random.default_rng([number, asked.seed])
        case = phantom.make_case("myops2020", name=str(number), rng=rng, motion=AS_ACQUIRED)
        poses = {each: sessions[-1].poses[each] for each in MOVED}
        moves = {each: np.array([pose.shift_mm for pose in poses[each]]) for each in MOVED}
        began = time.perf_counter()
        found.append(trial(number, look(case, segmenter), moves))
        print(number, round(time.perf_counter() - began, 1), "s", flush=True)
    print_errors("Phantoms with breath-holds", errors(found, {0: WEIGHTS, 1: WEIGHTS}))


def main() -> None:
    """Measure what is asked for."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("what", choices=("moves", "dice", "phantom"))
    parser.add_argument("--data", type=Path, default=os.environ.get("SCARMAP_MYOPS2020"))
    parser.add_argument("--cache", type=Path, default=Path("runs/alignment"))
    parser.add_argument("--mm", type=float, default=6.0, help="length of the moves")
    parser.add_argument("--views", type=int, default=4, help="of the built-in model, for Dice")
    parser.add_argument("--seeds", type=int, default=2, help="draws of directions")
    parser.add_argument("--cases", type=int, default=20, help="phantoms")
    parser.add_argument("--seed", type=int, default=0, help="of the phantoms")
    asked = parser.parse_args()
    measures: dict[str, Callable[[argparse.Namespace], None]] = {
        "moves": measure_moves,
        "dice": measure_dice,
        "phantom": measure_phantom,
    }
    measures[asked.what](asked)


if __name__ == "__main__":
    main()

"""Figures of quantification beside what they should be.

::

    scarmap phantom --layout scarmap --style myops2020 --cases 200 --seed 7 --out cohort
    python benchmarks/quantification.py phantom cohort
    python benchmarks/quantification.py thresholds DIR

`phantom` measures the true masks of a synthetic cohort against `<case>_truth.json`, which was
integrated from the continuous shapes. `thresholds` scores the classical thresholds inside the true
walls of a labelled folder with LGE by their Dice with the experts' infarct, once with the experts'
normal myocardium as remote and once with the remote that is found automatically without their
infarct.
"""

import argparse
from collections.abc import Iterator, Mapping, Sequence
from itertools import product
from math import isnan, nan
from pathlib import Path
from typing import Any

import numpy as np

from scarmap.datasets.case_files import load_case
from scarmap.datasets.folder import find_cases
from scarmap.datasets.masks import load_study
from scarmap.evaluation.overlap import dice
from scarmap.io.files import read_json
from scarmap.labels import INDEX, region_mask
from scarmap.quantification.cohort import measure_study
from scarmap.quantification.result import Quantification, Segment
from scarmap.quantification.stack.wall_slices import wall_slices
from scarmap.quantification.thresholds.methods import METHODS, NEEDS_REMOTE, threshold
from scarmap.quantification.thresholds.remote import find_remote, remote_from
from scarmap.volume import Case, LabelMap

MASSES = {
    "whole_infarct": "infarct_g",
    "whole_myocardium": "myocardium_g",
    "edema": "edema_g",
    "mvo": "mvo_g",
}
DEPTHS = {
    "infarct_extent": (
        "extent_mean_percent",
        "extent_infarcted_mean_percent",
        "extent_maximum_percent",
    ),
    "infarct_chord": (
        "fraction_mean_percent",
        "fraction_infarcted_mean_percent",
        "fraction_maximum_percent",
    ),
}
PARTS = {
    "mean_percent": "mean",
    "mean_of_infarcted_percent": "mean of infarcted chords",
    "max_percent": "maximum",
}
SIZES = {
    "infarct, % of the segment": ("infarct_percent", "infarct_area_percent"),
    "wall thickness along chords, mm": ("wall_thickness_radial_mm", "wall_thickness_mm"),
}
"""Title to the name of a figure in a quantification and in a truth."""
SMALLEST_G = 2.0
"""An infarct below this mass has its difference counted in grams only."""


def main() -> None:
    """Print Markdown tables."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("what", choices=["phantom", "thresholds"])
    parser.add_argument("data", type=Path, help="folder of cases")
    asked = parser.parse_args()
    make_tables = {"phantom": phantom_tables, "thresholds": threshold_table}[asked.what]
    print("\n".join(make_tables(asked.data)))


def phantom_tables(folder: Path) -> list[str]:
    """Tables of masses and of segments over the cases of a cohort."""
    pairs = list(measured_and_true(folder))
    if not pairs:
        raise SystemExit(
            f"{folder} holds no labelled case with a <case>_truth.json; make it with scarmap "
            "phantom."
        )
    lines = [f"{len(pairs)} studies.", "", *mass_table(pairs), "", *segment_table(pairs)]
    turns = [
        turn(study.reference.septum_deg, truth["septum_deg"]["array"]) for study, truth in pairs
    ]
    found = np.array([each for each in turns if not isnan(each)])
    lines += [
        "",
        f"Middle of the septum, degrees: {mean_and_sd(found, '+.1f')}, n = {len(found)}.",
    ]
    return lines


def measured_and_true(folder: Path) -> Iterator[tuple[Quantification, Mapping[str, Any]]]:
    """Every case that has a truth: its mask measured, and the truth."""
    truths = {path.name.removesuffix("_truth.json"): path for path in folder.rglob("*_truth.json")}
    for files in find_cases(folder, labelled=True):
        if files.labels is not None and files.name in truths:
            yield (
                measure_study(load_study(files, sequences=())),
                read_json(truths[files.name]),
            )


def mass_table(pairs: Sequence[tuple[Quantification, Mapping[str, Any]]]) -> list[str]:
    """Masses against both truths: discs as the scanner sees them, and the continuous heart."""
    lines = [
        "| Mass | Against | n | Bias, % | SD, % | Within 5 %, % of studies | Largest, % "
        "| Bias, g |",
        "|---|---|---:|---:|---:|---:|---:|---:|",
    ]
    for structure, figure in MASSES.items():
        for against in ("discs", "continuous"):
            ours = np.array([study.figures[figure] for study, _ in pairs])
            true = np.array([truth[against]["mass_g"][structure] for _, truth in pairs])
            known = ~np.isnan(ours) & (true > 0)
            large = known & (true >= SMALLEST_G)
            if not large.any():
                continue
            error = 100 * (ours[large] / true[large] - 1)
            lines.append(
                f"| {structure} | {against} | {large.sum()} | {error.mean():+.2f} | "
                f"{error.std(ddof=1):.2f} | {100 * (np.abs(error) <= 5).mean():.1f} | "
                f"{np.abs(error).max():.1f} | {(ours - true)[known].mean():+.3f} |"
            )
    return lines


def segment_table(pairs: Sequence[tuple[Quantification, Mapping[str, Any]]]) -> list[str]:
    """Figures of segments: all segments, and those with infarct in the truth or in the mask."""
    rows = list(_segment_pairs(pairs))
    lines = [
        "| Figure of a segment | Segments | n | Bias | SD | Within 10, % of segments |",
        "|---|---|---:|---:|---:|---:|",
    ]
    for name, ours, true in _segment_figures(rows):
        hit = np.array([_is_hit(segment, aim) for segment, aim in rows])
        for which, chosen in (("all", np.ones_like(hit)), ("with infarct", hit)):
            error = (ours - true)[chosen & ~np.isnan(ours - true)]
            lines.append(
                f"| {name} | {which} | {len(error)} | {error.mean():+.2f} | "
                f"{error.std(ddof=1):.2f} | {100 * (np.abs(error) <= 10).mean():.1f} |"
            )
    return lines


def _is_hit(segment: Segment, aim: Mapping[str, Any]) -> bool:
    return bool(segment.figures.infarct_percent > 0 or aim["infarct_area_percent"] > 0)


def threshold_table(folder: Path) -> list[str]:
    """Mean Dice of each method over the cases that have an infarct."""
    scores: dict[tuple[str, str], list[float]] = {}
    for files in find_cases(folder, labelled=True):
        case = load_case(files, sequences=("LGE",), labelled=True)
        for key, value in _scored(case).items():
            scores.setdefault(key, []).append(value)
    lines = [
        "| Method | Remote: experts' normal myocardium | Remote: automatic |",
        "|---|---:|---:|",
    ]
    for method, title in METHODS.items():
        experts, automatic = (
            mean_and_sd(scores[method, source], ".3f") for source in ("experts", "automatic")
        )
        lines.append(f"| {title} | {experts} | {automatic if method in NEEDS_REMOTE else ''} |")
    number = np.count_nonzero(~np.isnan(scores["otsu", "experts"]))
    return [*lines, "", f"{number} patients with an infarct, mean ± SD over patients."]


def mean_and_sd(values: Sequence[float], form: str) -> str:
    """Mean ± standard deviation of the values that are known, the mean in a given form."""
    digits = form.removeprefix("+")
    return f"{np.nanmean(values):{form}} ± {np.nanstd(values, ddof=1):{digits}}"


def turn(angle_deg: float, origin_deg: float) -> float:
    """Smallest turn from one direction to another."""
    return (angle_deg - origin_deg + 180) % 360 - 180


def _segment_pairs(
    pairs: Sequence[tuple[Quantification, Mapping[str, Any]]],
) -> Iterator[tuple[Segment, Any]]:
    for study, truth in pairs:
        # the apex is segment 17: a short-axis stack does not show it as a ring
        aims = {aim["segment"]: aim for aim in truth["segments"] if aim["segment"] < 17}
        for segment in study.segments:
            if segment.number in aims and segment.figures.myocardium_g > 0:
                yield segment, aims[segment.number]


def _segment_figures(rows: Sequence[tuple[Segment, Any]]) -> Iterator[tuple[str, Any, Any]]:
    for aim, names in DEPTHS.items():
        for (part, title), name in zip(PARTS.items(), names, strict=True):
            ours = np.array([getattr(segment.figures.transmurality, name) for segment, _ in rows])
            true = np.array([truth[aim][part] for _, truth in rows], dtype=float)  # null is NaN
            yield f"transmurality, {aim.removeprefix('infarct_')}: {title}, %", ours, true
    for title, (name, aim) in SIZES.items():
        ours = np.array([getattr(segment.figures, name) for segment, _ in rows])
        yield title, ours, np.array([truth[aim] for _, truth in rows])


def _scored(case: Case) -> dict[tuple[str, str], float]:
    assert case.labels is not None
    image, labels = case.images["LGE"].array, case.labels.array
    wall, infarct = region_mask(labels, "whole_myocardium"), region_mask(labels, "whole_infarct")
    bare = LabelMap(np.where(wall, np.uint8(INDEX["normal_myocardium"]), labels), case.labels.grid)
    regions = {
        "experts": remote_from(image, region_mask(labels, "normal_myocardium"), source="experts"),
        "automatic": find_remote(image, bare, wall_slices(bare)),
    }
    scores = {}
    for method, source in product(METHODS, regions):
        region = regions[source]
        found = threshold(image, wall, method, remote=region.statistics if region else None)
        scores[method, source] = dice(found.mask, infarct) if infarct.any() else nan
    return scores


if __name__ == "__main__":
    main()

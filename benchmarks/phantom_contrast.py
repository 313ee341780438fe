"""Contrast and noise of the phantom beside real images, measured the same way.

::

    python benchmarks/phantom_contrast.py --cases 25 --myops DIR --emidec DIR --out FILE

Synthetic cohorts are drawn in the styles "myops2020" and "emidec"; the real folders are optional,
each in its data set's own layout. A figure is the median over cases of the medians over voxels,
with the quartiles over cases.
"""

import argparse
import shlex
import sys
from collections.abc import Iterable, Iterator, Mapping
from pathlib import Path

import numpy as np
import torch
from phantom_agreement import Measured, noise_levels, ratios, summarise, tissue_levels

from scarmap.datasets.case_files import load_case
from scarmap.datasets.folder import find_cases
from scarmap.phantom.study import make_case
from scarmap.training.run.provenance import commit, hardware
from scarmap.volume import Case

LAYOUTS = {"myops2020": ("bSSFP", "T2", "LGE"), "emidec": ("LGE",)}
PHANTOM_ZERO = 2048.0

Summary = Mapping[tuple[str, str], tuple[float, float, float]]


def main() -> None:
    """Measure, and write a Markdown page."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--cases", type=int, default=25, help="synthetic cases of each style")
    parser.add_argument("--seed", type=int, default=7)
    parser.add_argument("--myops", type=Path, help="MyoPS 2020 training set")
    parser.add_argument("--emidec", type=Path, help="EMIDEC training set; phase-sensitive images")
    parser.add_argument(
        "--emidec-zero", type=float, default=128.0, help="scanner units of no signal in its images"
    )
    parser.add_argument("--out", type=Path, help="Markdown file; printed when missing")
    arguments = parser.parse_args()
    page = "\n".join(_page(arguments))
    if arguments.out is None:
        print(page)
    else:
        arguments.out.write_text(page + "\n")


def _page(arguments: argparse.Namespace) -> Iterator[str]:
    told = " ".join(shlex.quote("DIR" if Path(word).is_dir() else word) for word in sys.argv[1:])
    yield "# The phantom beside real images\n"
    yield f"Command: `python benchmarks/phantom_contrast.py {told}`  "
    yield f"Hardware: {hardware(torch.device('cpu'))}; commit {commit()}  "
    yield (
        "Data: MyoPS 2020 training set (magnitude, 1.5 T); "
        "EMIDEC patients with infarct (phase-sensitive, an 8-bit"
    )
    yield (
        f"copy whose zero is near {arguments.emidec_zero:g}), "
        f"{arguments.cases} synthetic cases of each style."
    )
    yield "Convention: labels eroded by one voxel in the plane; median [quartiles] over cases.\n"
    made, real = _synthetic("myops2020", arguments), _real("myops2020", arguments.myops)
    yield "## Brightness over normal myocardium, MyoPS style\n"
    yield from _table(_contrast(made), _contrast(real), ("sequence", "tissue"))
    yield "\n## Texture and noise, MyoPS style\n"
    yield "Shares of the brightness of normal myocardium, except SD / mean.\n"
    yield from _table(
        summarise(map(noise_levels, made)),
        summarise(map(noise_levels, real)),
        ("sequence", "figure"),
    )
    yield "\n## Brightness over blood, EMIDEC style\n"
    yield from _table(
        _contrast(_synthetic("emidec", arguments), to="lv_pool", zero=PHANTOM_ZERO),
        _contrast(_real("emidec", arguments.emidec), to="lv_pool", zero=arguments.emidec_zero),
        ("sequence", "tissue"),
    )


def _synthetic(layout: str, arguments: argparse.Namespace) -> list[Case]:
    return [
        make_case(
            layout, name=f"phantom{index}", rng=np.random.default_rng([arguments.seed, index])
        )
        for index in range(arguments.cases)
    ]


def _real(layout: str, folder: Path | None) -> list[Case]:
    files = (
        []
        if folder is None
        else [each for each in find_cases(folder) if not each.name.startswith("Case_N")]
    )
    return [load_case(each, sequences=LAYOUTS[layout], labelled=True) for each in files]


def _contrast(
    cases: Iterable[Case], *, to: str = "normal_myocardium", zero: float = 0.0
) -> Summary:
    measured: Iterator[Measured] = (ratios(tissue_levels(case, zero=zero), to=to) for case in cases)
    return summarise(measured)


def _table(phantom: Summary, real: Summary, heads: tuple[str, str]) -> Iterator[str]:
    yield f"| {heads[0]} | {heads[1]} | phantom | real | phantom's median in real quartiles |"
    yield "|---|---|---|---|---|"
    for key, figures in phantom.items():
        beside, verdict = "", ""
        if key in real:
            beside = _cell(real[key])
            verdict = "yes" if real[key][1] <= figures[0] <= real[key][2] else "no"
        yield f"| {key[0]} | {key[1].replace('_', ' ')} | {_cell(figures)} | {beside} | {verdict} |"


def _cell(figures: tuple[float, float, float]) -> str:
    middle, low, high = (
        f"{figure:.2f}" if abs(figure) >= 0.1 else f"{figure:.3f}" for figure in figures
    )
    return f"{middle} [{low}, {high}]"


if __name__ == "__main__":
    main()

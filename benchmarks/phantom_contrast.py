"""Contrast, noise, shape and surroundings of the phantom beside real images, measured the same way.

::

    python benchmarks/phantom_contrast.py --cases 25 --myops DIR --emidec DIR --out FILE

Synthetic cohorts are drawn in the styles "myops2020" and "emidec", and in the style "random" that
the built-in model is trained on; the real folders are optional, each in its data set's own layout,
and may be named by SCARMAP_MYOPS2020 and SCARMAP_EMIDEC. A figure is the median over cases of the
medians over voxels, with percentiles over cases. `--gaps` prints the tables of the style "random"
alone.
"""

import argparse
import os
import shlex
import sys
from collections.abc import Iterable, Iterator, Mapping
from pathlib import Path

import numpy as np
import torch
from phantom_agreement import (
    Measured,
    noise_levels,
    positions,
    ratios,
    shapes,
    summarise,
    tissue_levels,
)

from scarmap.datasets.case_files import load_case
from scarmap.datasets.folder import find_cases
from scarmap.phantom.heart.population import choose_population, is_normal
from scarmap.phantom.scan.style import draw_style
from scarmap.phantom.study import make_case
from scarmap.training.run.provenance import commit, hardware
from scarmap.volume import Case

LAYOUTS = {"myops2020": ("bSSFP", "T2", "LGE"), "emidec": ("LGE",)}
PHANTOM_ZERO = 2048.0

WIDE = (50, 25, 75, 10, 90)
"""Percentiles of the tables of gaps."""

Summary = Mapping[tuple[str, str], tuple[float, ...]]


def main() -> None:
    """Measure, and write a Markdown page."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--cases", type=int, default=25, help="synthetic cases of each style")
    parser.add_argument("--seed", type=int, default=7)
    parser.add_argument(
        "--myops", type=Path, default=_named("SCARMAP_MYOPS2020"), help="MyoPS 2020 training set"
    )
    parser.add_argument(
        "--emidec",
        type=Path,
        default=_named("SCARMAP_EMIDEC"),
        help="EMIDEC training set; phase-sensitive images",
    )
    parser.add_argument(
        "--emidec-zero", type=float, default=128.0, help="scanner units of no signal in its images"
    )
    parser.add_argument(
        "--gaps",
        action="store_true",
        help='the style "random" beside real images, and nothing else',
    )
    parser.add_argument("--out", type=Path, help="Markdown file; printed when missing")
    arguments = parser.parse_args()
    page = "\n".join(_gaps(arguments) if arguments.gaps else _page(arguments))
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
    yield ""
    yield from _gaps(arguments)


def _named(variable: str) -> Path | None:
    return Path(os.environ[variable]) if os.environ.get(variable) else None


def _gaps(arguments: argparse.Namespace) -> Iterator[str]:
    """What the style "random" spans beside what real images show, in each data set's own layout."""
    yield 'The style "random", which the built-in model is trained on, spans more than a data set'
    yield "on purpose; its median should lie within the real quartiles. Median [quartiles] (10 to"
    yield "90 %) over cases. On the scale of tissues and surroundings 0 is normal myocardium and 1"
    yield "the pool.\n"
    folders = (("myops2020", "MyoPS", arguments.myops), ("emidec", "EMIDEC", arguments.emidec))
    for layout, title, folder in folders:
        made, real = _random(layout, arguments), _real(layout, folder, healthy=True)
        yield f"## The style random beside {title}\n"
        yield from _table(_wide(made), _wide(real), ("sequence", "figure"))
        if layout == "myops2020":
            named = (("phantoms", made), ("patients", real))
            shares = " and ".join(
                f"{_bright_blood(cases):.0%} of {name}" for name, cases in named if cases
            )
            yield f"\nBlood is brighter than the wall in T2 in {shares}."
        yield ""


def _wide(cases: Iterable[Case]) -> Summary:
    return summarise(({**positions(case), **shapes(case)} for case in cases), WIDE)


def _bright_blood(cases: Iterable[Case]) -> float:
    measured = [ratios(tissue_levels(case)) for case in cases]
    return float(
        np.mean([each["T2", "lv_pool"] > 1 for each in measured if ("T2", "lv_pool") in each])
    )


def _random(layout: str, arguments: argparse.Namespace) -> list[Case]:
    """Cases as a cohort of this style holds them, in another layout."""
    population, cases = choose_population("random"), []
    for index in range(arguments.cases):
        rng = np.random.default_rng([arguments.seed, index])
        style, infarcted = draw_style(rng, "random"), not is_normal(population, index)
        drawn = {"rng": rng, "style": style, "population": population, "infarcted": infarcted}
        cases.append(make_case(layout, name=f"phantom{index}", **drawn))
    return cases


def _synthetic(layout: str, arguments: argparse.Namespace) -> list[Case]:
    return [
        make_case(
            layout, name=f"phantom{index}", rng=np.random.default_rng([arguments.seed, index])
        )
        for index in range(arguments.cases)
    ]


def _real(layout: str, folder: Path | None, *, healthy: bool = False) -> list[Case]:
    files = [] if folder is None else find_cases(folder)
    files = [each for each in files if healthy or not each.name.startswith("Case_N")]
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


def _cell(figures: tuple[float, ...]) -> str:
    middle, low, high, *ends = (
        f"{figure:.2f}" if abs(figure) >= 0.1 else f"{figure:.3f}" for figure in figures
    )
    return f"{middle} [{low}, {high}]" + (f" ({ends[0]} to {ends[1]})" if ends else "")


if __name__ == "__main__":
    main()

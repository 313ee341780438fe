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
from types import MappingProxyType

import numpy as np
import torch
from phantom_agreement import (
    Measured,
    Summary,
    between,
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

BORDERS = "readers' outlines hold neighbours' brightness, the phantom's labels do not"
DISPLAY = "nothing trains on this style; random spans it"
EDGE = "at the quartile's edge, inside it in other draws"
FAR_AIR = "nothing is segmented in air, and ghosts there are few"
COILS = "fat under the coils, cut off when brightness is scaled"

TEXTURE_REASONS: Mapping[tuple[str, str], str] = {
    ("bSSFP", "air SD"): FAR_AIR,
    ("T2", "air SD"): FAR_AIR,
    ("bSSFP", "99.5th percentile"): COILS,
    ("T2", "99.5th percentile"): COILS,
    ("T2", "normal myocardium, high pass SD"): DISPLAY,
    ("LGE", "normal myocardium SD"): BORDERS,
    ("T2", "lv_pool SD / mean"): BORDERS,
    ("bSSFP", "scar SD / mean"): BORDERS,
    ("LGE", "scar SD / mean"): BORDERS,
}
"""The likely reason why a figure of the style of MyoPS 2020 lies outside the real quartiles."""

WIDE_FAT = "a patient has 0.5 to 22 mm of fat here, so cases differ more than in one data set"
ROUND_BLOOD = "blood that stands along the wall is the one part that is bright, in every patient"
FAT_BANDS = "fat darkens where the bands of either field strength cross it"

GAP_REASONS: Mapping[tuple[str, str], str] = {
    ("bSSFP", "3.6 mm outside, bright share"): FAT_BANDS,
    ("bSSFP", "3.6 to 12 mm outside, bright share"): FAT_BANDS,
    ("bSSFP", "3.6 to 12 mm outside, median"): WIDE_FAT,
    ("LGE", "lv_pool SD"): "eightfold range of noise, on purpose",
    ("T2", "lv_pool SD"): ROUND_BLOOD,
    ("T2", "rv_pool"): ROUND_BLOOD,
    ("T2", "3.6 mm outside, bright share"): WIDE_FAT,
    ("T2", "3.6 mm outside, median"): WIDE_FAT,
    ("LGE", "3.6 mm outside, median"): WIDE_FAT,
    ("LGE", "3.6 to 12 mm outside, median"): WIDE_FAT,
}
"""The same of the style "random", where it does not lie between the data sets."""


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
    yield "Convention: labels eroded by one voxel in the plane; median [quartiles] over cases."
    yield "A reason beside a figure is the likely one; none was tested by itself.\n"
    made, real = _synthetic("myops2020", arguments), _real("myops2020", arguments.myops)
    yield "## Brightness over normal myocardium, MyoPS style\n"
    yield from _table(
        _contrast(made),
        _contrast(real),
        ("sequence", "tissue"),
        reasons={("T2", "lv_pool"): EDGE},
    )
    yield "\n## Texture and noise, MyoPS style\n"
    yield "Shares of the brightness of normal myocardium, except SD / mean.\n"
    yield from _table(
        summarise(map(noise_levels, made)),
        summarise(map(noise_levels, real)),
        ("sequence", "figure"),
        reasons=TEXTURE_REASONS,
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
    yield "A figure between the medians of the two data sets is a compromise, and left.\n"
    titles = {"myops2020": "MyoPS", "emidec": "EMIDEC"}
    folders = {"myops2020": arguments.myops, "emidec": arguments.emidec}
    patients = {layout: _real(layout, folders[layout], healthy=True) for layout in titles}
    measured = {layout: _wide(cases) for layout, cases in patients.items()}
    for layout, title in titles.items():
        made, real = _random(layout, arguments), patients[layout]
        figures, (other,) = _wide(made), [measured[each] for each in titles if each != layout]
        reasons = {**GAP_REASONS, **between(figures, measured[layout], other)}
        yield f"## The style random beside {title}\n"
        yield from _table(figures, measured[layout], ("sequence", "figure"), reasons=reasons)
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


def _table(
    phantom: Summary,
    real: Summary,
    heads: tuple[str, str],
    *,
    reasons: Mapping[tuple[str, str], str] = MappingProxyType({}),
) -> Iterator[str]:
    yield f"| {heads[0]} | {heads[1]} | phantom | real | phantom's median in real quartiles |"
    yield "|---|---|---|---|---|"
    for key, figures in phantom.items():
        beside, verdict = "", ""
        if key in real:
            beside = _cell(real[key])
            inside = real[key][1] <= figures[0] <= real[key][2]
            verdict = "yes" if inside else f"no: {reasons.get(key, '**a gap**')}"
        yield f"| {key[0]} | {key[1].replace('_', ' ')} | {_cell(figures)} | {beside} | {verdict} |"


def _cell(figures: tuple[float, ...]) -> str:
    middle, low, high, *ends = (
        f"{figure:.2f}" if abs(figure) >= 0.1 else f"{figure:.3f}" for figure in figures
    )
    return f"{middle} [{low}, {high}]" + (f" ({ends[0]} to {ends[1]})" if ends else "")


if __name__ == "__main__":
    main()

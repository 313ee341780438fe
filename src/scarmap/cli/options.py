"""Options that several commands share, each written once, and the words that a shell completes."""

from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

if TYPE_CHECKING:
    from scarmap.quantification.cohort import Measuring
    from scarmap.quantification.study import Choices


def completes(*words: str) -> Callable[[str], list[str]]:
    """What a shell offers for an option.

    >>> completes("case3d", "slicewise")("s")
    ['slicewise']
    """

    def offered(incomplete: str) -> list[str]:
        return [word for word in words if word.startswith(incomplete)]

    return offered


LAYOUTS_OFFERED = completes("myops2020", "emidec", "scarmap")

# How masks are read and measured.

Layout = Annotated[
    str | None,
    typer.Option(
        help="Label layout of masks: myops2020, emidec, scarmap, or mixed for that of each case in "
        "--data.",
        autocompletion=LAYOUTS_OFFERED,
    ),
]
Images = Annotated[
    Path | None,
    typer.Option(
        "--data", "-i", help="Folder with the images of a folder of masks; or a worklist, a CSV."
    ),
]
T2 = Annotated[Path | None, typer.Option(help="T2-weighted image of the one mask.")]
BSSFP = Annotated[Path | None, typer.Option(help="bSSFP image of the one mask.")]
ReferenceAngle = Annotated[
    float | None,
    typer.Option(
        metavar="DEG",
        help="Direction of the middle of the septum, from the first array axis towards the second.",
    ),
]
Sectors = Annotated[
    str,
    typer.Option(
        help="rigid, rigid_from_insertion or anatomical.",
        autocompletion=completes("rigid", "rigid_from_insertion", "anatomical"),
    ),
]
Transmurality = Annotated[
    str,
    typer.Option(
        help="What decides its class: extent, fraction or area.",
        autocompletion=completes("extent", "fraction", "area"),
    ),
]
InfarctedPercent = Annotated[
    float,
    typer.Option(
        "--infarcted-from",
        metavar="PERCENT",
        min=0.0,
        max=100.0,
        help="Share of a segment's mass from which on it counts as infarcted, if the infarct also "
        "fills a row of voxels across the wall.",
    ),
]
Psir = Annotated[
    bool | None,
    typer.Option("--psir/--magnitude", help="Kind of LGE; found out by default."),
]
Salvage = Annotated[
    bool,
    typer.Option("--salvage", help="Give the salvage index, which the consensus cautions about."),
]
Errors = Annotated[
    Path | None,
    typer.Option(
        metavar="RUN",
        help="Run, or cases.csv, that scored the model on unseen cases: intervals from its errors.",
    ),
]

# How recipes are trained, and where.

EpochsScale = Annotated[float, typer.Option(min=0.0, help="Factor on the length of every phase.")]
Seed = Annotated[int, typer.Option(min=0, help="Everything random follows from it.")]
Device = Annotated[
    str, typer.Option(help="auto, cpu or cuda.", autocompletion=completes("auto", "cpu", "cuda"))
]


def given_images(*, lge: Path | None, t2: Path | None, bssfp: Path | None) -> dict[str, Path]:
    """The images of one mask that were given, by sequence."""
    named = {"LGE": lge, "T2": t2, "bSSFP": bssfp}
    return {sequence: path for sequence, path in named.items() if path is not None}


def read_measuring(
    choices: "Choices",
    errors: Path | None,
    *,
    reference_deg: float | None,
    worklists: tuple[Path | None, ...] = (),
) -> "Measuring":
    """How to measure; a worklist among the paths may tell septum and body surface of its cases."""
    from scarmap.datasets.worklist import known_body_surfaces, known_references
    from scarmap.quantification.cohort import Measuring
    from scarmap.quantification.intervals.from_errors import read_known_errors

    return Measuring(
        reference_deg=reference_deg,
        errors=read_known_errors(errors, confidence=choices.confidence) if errors else None,
        choices=choices,
        references_deg=known_references(*worklists),
        body_surfaces_m2=known_body_surfaces(*worklists),
    )

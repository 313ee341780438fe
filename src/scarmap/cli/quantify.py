"""`scarmap quantify`: masks become millilitres, grams, percentages and segments."""

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import replace
from math import isnan
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from scarmap.cli.failures import tell_unmeasured
from scarmap.cli.options import (
    BSSFP,
    T2,
    Errors,
    Images,
    InfarctedPercent,
    Layout,
    Psir,
    ReferenceAngle,
    Salvage,
    Sectors,
    Transmurality,
    given_images,
)
from scarmap.cli.progress import case_progress
from scarmap.errors import DataError

if TYPE_CHECKING:
    from scarmap.datasets.case_files import CaseFiles
    from scarmap.quantification.agreement import Agreement
    from scarmap.quantification.cohort import Measuring
    from scarmap.quantification.result import Quantification
    from scarmap.quantification.study import Choices

_STUDIES = "studies"
_SHOWN = {
    "lv_pool_ml": "cavity (ml)",
    "myocardium_g": "wall (g)",
    "infarct_g": "infarct (g)",
    "infarct_percent_lv": "infarct (%)",
    "mvo_g": "no-reflow (g)",
    "edema_g": "edema (g)",
}


def quantify(
    masks: Annotated[
        Path,
        typer.Argument(
            metavar="MASK", help="One mask, a folder of masks, or a data set with its truth."
        ),
    ],
    out: Annotated[
        Path,
        typer.Option("--out", "-o", help="Folder for quantification.json, and CSVs of the cohort."),
    ],
    lge: Annotated[
        Path | None, typer.Option(help="LGE image of the one mask, for classical thresholds.")
    ] = None,
    t2: T2 = None,
    bssfp: BSSFP = None,
    data: Images = None,
    layout: Layout = None,
    reference_angle: ReferenceAngle = None,
    sectors: Sectors = "rigid",
    transmurality: Transmurality = "extent",
    threshold: Annotated[
        list[str] | None,
        typer.Option(metavar="METHOD", help="Only this threshold method; repeatable."),
    ] = None,
    psir: Psir = None,
    infarcted_percent: InfarctedPercent = 1.0,
    salvage: Salvage = False,
    probabilities: Annotated[
        list[Path] | None,
        typer.Option(
            metavar="DIR",
            help="Folder with probability maps, repeatable: one per fold. Default: beside masks.",
        ),
    ] = None,
    errors: Errors = None,
    against: Annotated[
        Path | None,
        typer.Option(
            metavar="DIR", help="Another reading of the same cases, to measure agreement with."
        ),
    ] = None,
) -> None:
    """Measure masks: volumes, masses, AHA segments, transmurality; with LGE, thresholds, too."""
    from scarmap.datasets.worklist import known_body_surfaces, known_references
    from scarmap.quantification.cohort import Measuring, measure_cohort
    from scarmap.quantification.files import COHORT_FILE, FILE, write_cohort
    from scarmap.quantification.intervals.from_errors import read_known_errors
    from scarmap.quantification.study import Choices
    from scarmap.quantification.tables import write_tables
    from scarmap.quantification.thresholds.methods import METHODS

    choices = Choices(
        sectors=sectors,
        transmurality=transmurality,
        salvage=salvage,
        signed=psir,
        methods=tuple(threshold or METHODS),
        infarcted_percent=infarcted_percent,
    )
    images = given_images(lge=lge, t2=t2, bssfp=bssfp)
    files = _chosen_studies(masks, layout=layout, images=images, data=data)
    measuring = Measuring(
        reference_deg=reference_angle,
        errors=read_known_errors(errors, confidence=choices.confidence) if errors else None,
        maps=tuple(probabilities) if probabilities else None,
        choices=choices,
        references_deg=known_references(masks, data),
        body_surfaces_m2=known_body_surfaces(masks, data),
    )
    single = is_mask(masks)
    with case_progress("measuring", len(files)) as on_case:
        measured = measure_cohort(
            files, _into(out if single else None, out / _STUDIES, measuring), on_case=on_case
        )
    if not measured.studies:
        raise DataError(next(iter(measured.failed.values())))
    write_cohort(out / COHORT_FILE, measured.studies)
    write_tables(out, measured.studies)
    where = f"Study: {out / FILE}" if single else f"Studies: {out / _STUDIES}"
    typer.echo(f"{where}\nOne line per study: {out / COHORT_FILE}")
    _show(measured.studies)
    told = {f"{len(measured.failed)} of {len(files)} studies": measured.failed}
    if against is not None:
        failed = _compare(measured.studies, against, choices, out)
        told[f"{len(failed)} masks to compare with"] = failed
    tell_unmeasured(told)


def is_mask(path: Path) -> bool:
    """Whether a path is that of one mask, and not of a folder or of a worklist."""
    from scarmap.datasets.worklist import is_worklist

    return path.is_file() and not is_worklist(path)


def _chosen_studies(
    masks: Path, *, layout: str | None, images: Mapping[str, Path], data: Path | None
) -> "list[CaseFiles]":
    from scarmap.datasets.masks import one_study, studies_of_folder

    if is_mask(masks):
        if data is not None:
            raise DataError("--data means nothing for one mask. Give its image with --lge.")
        return [one_study(masks, layout=layout, images=images)]
    if images:
        raise DataError(
            f"--{next(iter(images)).lower()} is the image of one mask, and {masks} is not a file. "
            "Give --data for a folder."
        )
    return studies_of_folder(masks, layout=layout, data=data)


def _into(
    only: Path | None, studies: Path, measuring: "Measuring"
) -> "Callable[[CaseFiles], Quantification]":
    """Measure a study and write it, into the folder of the only one or one named like it."""
    from scarmap.datasets.masks import load_study
    from scarmap.inference.origin import Origins
    from scarmap.quantification.cohort import measure_study
    from scarmap.quantification.files import FILE, write_quantification

    origins = Origins()

    def measure(files: "CaseFiles") -> "Quantification":
        known = replace(measuring, origin=origins.of(files))
        study = measure_study(load_study(files), known)
        write_quantification((only or studies / files.name) / FILE, study)
        return study

    return measure


def _compare(
    studies: "Sequence[Quantification]", against: Path, choices: "Choices", out: Path
) -> Mapping[str, str]:
    """Write and show the agreement; what is wrong with masks that could not be compared."""
    from scarmap.datasets.mask_files import find_masks
    from scarmap.datasets.masks import own_layouts
    from scarmap.quantification.cohort import compare_readings
    from scarmap.quantification.files import write_agreement

    readings = compare_readings(
        studies, find_masks(against), layouts=own_layouts(against), choices=choices
    )
    _, table = write_agreement(out, readings)
    lone = readings.missing
    left_out = f"; {len(lone)} with one reading left out ({', '.join(lone[:4])})" if lone else ""
    typer.echo(
        f"Agreement of {len(readings.others)} cases, differences are these masks - {against}"
        f"{left_out}: {table}"
    )
    for name in ("infarct_g", "infarct_percent_lv"):
        if name in readings.agreements:
            typer.echo(f"{name}: {_limits(readings.agreements[name])}")
    return readings.failed


def _limits(agreement: "Agreement") -> str:
    low, high = agreement.lower_limit.value, agreement.upper_limit.value
    return f"bias {agreement.bias.value:+.2f}, limits of agreement {low:+.2f} to {high:+.2f}"


def _show(studies: "Sequence[Quantification]") -> None:
    from rich.console import Console
    from rich.markup import escape
    from rich.table import Table

    from scarmap.quantification.doubts import common_flags

    shared = common_flags(studies)
    table = Table()
    table.add_column("case", no_wrap=True)
    for title in (*_SHOWN.values(), "flags"):
        table.add_column(title, justify="right")
    for study in studies:
        numbers = _rounded(study.figures[name] for name in _SHOWN)
        own = sum(flag.code not in shared for flag in study.flags)
        table.add_row(escape(study.case), *numbers, str(own))
    Console().print(table)
    for code, message in shared.items():
        typer.echo(f"Every case, {code}: {message}")
    if len(studies) == 1:
        for flag in studies[0].flags:
            typer.echo(f"{flag.code}: {flag.message}")


def _rounded(numbers: Iterable[float]) -> list[str]:
    return ["–" if isnan(number) else f"{number:.1f}" for number in numbers]

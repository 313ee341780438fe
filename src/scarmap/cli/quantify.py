"""`scarmap quantify`: masks become millilitres, grams, percentages and segments."""

from collections.abc import Sequence
from math import isnan
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from scarmap.errors import DataError, ScarmapError

if TYPE_CHECKING:
    from scarmap.datasets.case_files import CaseFiles
    from scarmap.quantification.intervals.from_errors import KnownErrors
    from scarmap.quantification.result import Quantification
    from scarmap.quantification.study import Choices

SOME_FAILED = 3
STUDIES = "studies"
SHOWN = {
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
    out: Annotated[Path, typer.Option(help="Folder for quantification.json and cohort.csv.")],
    lge: Annotated[
        Path | None, typer.Option(help="LGE image of the one mask, for classical thresholds.")
    ] = None,
    data: Annotated[
        Path | None, typer.Option(help="Folder with the images of a folder of masks.")
    ] = None,
    layout: Annotated[
        str | None,
        typer.Option(
            help="Label layout of masks: myops2020, emidec, scarmap, or mixed for that of each case in --data."
        ),
    ] = None,
    reference_angle: Annotated[
        float | None,
        typer.Option(
            metavar="DEG",
            help="Direction of the middle of the septum, from the first array axis towards the second.",
        ),
    ] = None,
    sectors: Annotated[
        str, typer.Option(help="rigid, rigid_from_insertion or anatomical.")
    ] = "rigid",
    transmurality: Annotated[
        str, typer.Option(help="What decides its class: extent, fraction or area.")
    ] = "extent",
    threshold: Annotated[
        list[str] | None,
        typer.Option(metavar="METHOD", help="Only this threshold method; repeatable."),
    ] = None,
    psir: Annotated[
        bool | None, typer.Option("--psir/--magnitude", help="Kind of LGE; found out by default.")
    ] = None,
    salvage: Annotated[
        bool,
        typer.Option(
            "--salvage", help="Give the salvage index, which the consensus cautions about."
        ),
    ] = False,
    probabilities: Annotated[
        list[Path] | None,
        typer.Option(
            metavar="DIR",
            help="Folder with probability maps, repeatable: one per fold. Default: beside masks.",
        ),
    ] = None,
    errors: Annotated[
        Path | None,
        typer.Option(
            metavar="RUN",
            help="Run, or cases.csv, that scored the model on unseen cases: intervals from its errors.",
        ),
    ] = None,
    against: Annotated[
        Path | None,
        typer.Option(
            metavar="DIR", help="Another reading of the same cases, to measure agreement with."
        ),
    ] = None,
) -> None:
    """Measure masks: volumes, masses, AHA segments, transmurality, and thresholds where there is LGE."""
    from scarmap.quantification.intervals.from_errors import read_known_errors
    from scarmap.quantification.study import Choices
    from scarmap.quantification.thresholds.methods import METHODS

    choices = Choices(
        sectors=sectors,
        transmurality=transmurality,
        salvage=salvage,
        signed=psir,
        methods=tuple(threshold or METHODS),
    )
    files = chosen_studies(masks, layout=layout, lge=lge, data=data)
    studies, failed = measure_all(
        files,
        out,
        choices,
        errors=read_known_errors(errors, confidence=choices.confidence) if errors else None,
        reference_deg=reference_angle,
        folders=probabilities or [],
        single=masks.is_file(),
    )
    _show(studies)
    if against is not None:
        compare(studies, against, choices, out)
    if failed:
        typer.echo(
            f"scarmap: {len(failed)} of {len(files)} studies could not be measured.", err=True
        )
        for message in failed.values():
            typer.echo(f"- {message}", err=True)
        raise typer.Exit(SOME_FAILED)


def chosen_studies(
    masks: Path, *, layout: str | None, lge: Path | None, data: Path | None
) -> "list[CaseFiles]":
    """The studies that the options name.

    Raises:
        DataError: There is no such mask or folder, or an option means nothing for it.
    """
    from scarmap.datasets.masks import one_study, studies_of_folder

    if masks.is_file():
        if data is not None:
            raise DataError("--data means nothing for one mask. Give its image with --lge.")
        return [one_study(masks, layout=layout, images={"LGE": lge} if lge else {})]
    if lge is not None:
        raise DataError(
            f"--lge is the image of one mask, and {masks} is not a file. Give --data for a folder."
        )
    return studies_of_folder(masks, layout=layout, data=data)


def measure_all(
    files: "Sequence[CaseFiles]",
    out: Path,
    choices: "Choices",
    *,
    errors: "KnownErrors | None",
    reference_deg: float | None,
    folders: Sequence[Path],
    single: bool,
) -> "tuple[list[Quantification], dict[str, str]]":
    """Measure studies and write their files; a broken one does not stop the others.

    Returns:
        What was measured, and what is wrong with each study that was not.

    Raises:
        DataError: No study could be measured; it says what is wrong with the first.
    """
    from scarmap.quantification.cohort import quantify_files
    from scarmap.quantification.files import COHORT_FILE, FILE, write_cohort, write_quantification
    from scarmap.quantification.intervals.maps import maps_beside

    studies: list[Quantification] = []
    failed: dict[str, str] = {}
    for each in files:
        assert each.labels is not None, "chosen_studies lists masks"
        maps = [maps_beside(folder, each.name) for folder in folders or [each.labels.parent]]
        try:
            study = quantify_files(
                each.labels,
                each.layout,
                case=each.name,
                lge=each.images.get("LGE"),
                maps=[path for path in maps if path],
                errors=errors,
                reference_deg=reference_deg,
                choices=choices,
            )
            write_quantification(out / FILE if single else out / STUDIES / each.name / FILE, study)
            studies.append(study)
        except (ScarmapError, OSError) as problem:
            failed[each.name] = str(problem)
    if not studies:
        raise DataError(next(iter(failed.values())))
    write_cohort(out / COHORT_FILE, studies)
    where = f"Study: {out / FILE}" if single else f"Studies: {out / STUDIES}"
    typer.echo(f"{where}\nOne line per study: {out / COHORT_FILE}")
    return studies, failed


def compare(
    studies: "Sequence[Quantification]", against: Path, choices: "Choices", out: Path
) -> None:
    """Measure another reading of the studies, write how well both agree, and print it for the infarct.

    Raises:
        DataError: There is no such folder, or it has none of the cases.
    """
    from scarmap.datasets.masks import find_masks
    from scarmap.quantification.cohort import agree_cohorts, other_reading, write_agreement

    masks, cases = find_masks(against), {study.case for study in studies}
    shared, lone = sorted(masks.keys() & cases), sorted(masks.keys() ^ cases)
    agreements = agree_cohorts(other_reading(studies, masks, choices=choices), studies)
    _, table = write_agreement(out, agreements, cases=shared, missing=lone)
    left_out = f"; {len(lone)} with one reading left out ({', '.join(lone[:4])})" if lone else ""
    typer.echo(
        f"Agreement of {len(shared)} cases, differences are these masks - {against}{left_out}: "
        f"{table}"
    )
    for name in ("infarct_g", "infarct_percent_lv"):
        if name in agreements:
            bias, low, high = (
                getattr(agreements[name], part).value
                for part in ("bias", "lower_limit", "upper_limit")
            )
            typer.echo(f"{name}: bias {bias:+.2f}, limits of agreement {low:+.2f} to {high:+.2f}")


def _show(studies: "Sequence[Quantification]") -> None:
    from rich.console import Console
    from rich.table import Table

    table = Table()
    table.add_column("case", no_wrap=True)
    for title in (*SHOWN.values(), "flags"):
        table.add_column(title, justify="right")
    for study in studies:
        numbers = [study.figures[name] for name in SHOWN]
        shown = ["–" if isnan(number) else f"{number:.1f}" for number in numbers]
        table.add_row(study.case, *shown, str(len(study.flags)))
    Console().print(table)
    if len(studies) == 1:
        for flag in studies[0].flags:
            typer.echo(f"{flag.code}: {flag.message}")

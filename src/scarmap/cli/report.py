"""`scarmap report`: the page of a run, of one study, or of a cohort."""

from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from scarmap.cli.command import check_writable
from scarmap.cli.failures import tell_unmeasured
from scarmap.cli.options import (
    Device,
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
    read_measuring,
)
from scarmap.cli.predict import chosen_files
from scarmap.cli.progress import case_progress
from scarmap.cli.quantify import is_mask
from scarmap.errors import DataError, RunError

if TYPE_CHECKING:
    from scarmap.datasets.case_files import CaseFiles
    from scarmap.io.run import RunFolder
    from scarmap.quantification.cohort import Measuring


def report(
    subject: Annotated[
        Path | None,
        typer.Argument(
            metavar="[IMAGES|MASK|MASKS|RUN]",
            help="Folder of images, which are segmented first; one mask, a folder of masks, a "
            "labelled data set or a worklist; or a run folder. None with --lge, --t2, --bssfp.",
        ),
    ] = None,
    against: Annotated[
        list[Path] | None,
        typer.Option(
            metavar="OTHER",
            help="For a run another run folder, or another program's masks of its cases, such as "
            "nnU-Net's, repeatable; for a folder of masks another one of the same cases.",
        ),
    ] = None,
    lge: Annotated[
        Path | None, typer.Option(help="LGE image of one study, or of the one mask.")
    ] = None,
    t2: Annotated[Path | None, typer.Option(help="T2-weighted image, likewise.")] = None,
    bssfp: Annotated[Path | None, typer.Option(help="bSSFP image, likewise.")] = None,
    model: Annotated[
        Path | None,
        typer.Option(metavar="RUN", help="Segments images; without it the built-in model."),
    ] = None,
    device: Device = "auto",
    data: Images = None,
    layout: Layout = None,
    reference_angle: ReferenceAngle = None,
    sectors: Sectors = "rigid",
    transmurality: Transmurality = "extent",
    psir: Psir = None,
    infarcted_percent: InfarctedPercent = 1.0,
    salvage: Salvage = False,
    errors: Errors = None,
    out: Annotated[
        Path,
        typer.Option(
            "--out", "-o", help="Folder for the pages of masks; a run's page goes into the run."
        ),
    ] = Path("report"),
    studies: Annotated[
        bool, typer.Option("--studies", help="For a run: a page of each held-out mask, too.")
    ] = False,
) -> None:
    """Write self-contained HTML pages: of images, of masks, or of a run; images are segmented."""
    from scarmap.io.run import RunFolder
    from scarmap.quantification.study import Choices

    _check_target(subject, out)
    images = given_images(lge=lge, t2=t2, bssfp=bssfp)
    single = {"--lge": lge, "--t2": t2, "--bssfp": bssfp}
    if subject is None and not images:
        raise DataError(
            "Nothing was given to report on. Give the images of one study with --lge, --t2 and "
            "--bssfp; or a folder of images, a mask, a folder of masks, or a run."
        )
    choices = Choices(
        sectors=sectors,
        transmurality=transmurality,
        salvage=salvage,
        signed=psir,
        infarcted_percent=infarcted_percent,
    )
    measuring = read_measuring(
        choices, errors, reference_deg=reference_angle, worklists=(subject, data)
    )
    if subject is None or _to_be_segmented(subject, images, data):
        _refuse(
            {"--against": against, "--data": data, "--studies": studies},
            "images without masks",
            "--lge, --t2 or --bssfp, or a folder of images",
        )
        _report_images(
            chosen_files(subject, images), layout, out, measuring, model=model, device=device
        )
        return
    _refuse({"--model": model}, "masks and runs, which are segmented already", "images")
    if is_mask(subject):
        _refuse(
            {"--against": against, "--data": data, "--studies": studies},
            "one mask",
            "--lge, --t2 or --bssfp",
        )
        _report_mask(subject, images, layout, out, measuring)
    elif RunFolder(subject).record_file.is_file():
        _refuse({**single, "--data": data, "--layout": layout}, "a run", "--against or --studies")
        _report_run(subject, against or [], measuring if studies else None)
    else:
        _check_masks(subject)
        _refuse(
            {**single, "--studies": studies},
            "a folder of masks",
            "--data for the folder of their images",
        )
        _report_masks(subject, data, layout, out, measuring, against or [])


def _check_target(subject: Path | None, out: Path) -> None:
    """Refuse a folder that the pages cannot be written to: the run of a run's page, else `out`."""
    from scarmap.io.run import RunFolder

    if subject is not None and RunFolder(subject).record_file.is_file():
        check_writable(subject, option="The run")
    else:
        check_writable(out)


def _to_be_segmented(subject: Path, images: Mapping[str, Path], data: Path | None) -> bool:
    """Whether the subject is a folder of images alone, not masks that images belong to."""
    from scarmap.datasets.masks import only_images

    return not images and data is None and only_images(subject)


def _report_images(
    files: "list[CaseFiles]",
    layout: str | None,
    out: Path,
    measuring: "Measuring",
    *,
    model: Path | None,
    device: str,
) -> None:
    from scarmap.workflow.models import choose_model
    from scarmap.workflow.pages import report_images

    chosen = choose_model(model, device=device)
    typer.echo(chosen.about)
    files = [replace(each, layout=layout or each.layout) for each in files]
    with case_progress("segmenting and measuring", 2 * len(files)) as on_case:
        reported = report_images(files, out, chosen, measuring, on_mask=on_case, on_page=on_case)
    for name, remarks in reported.remarks.items():
        typer.echo(f"{name}: {' '.join(remarks)}")
    if len(reported.studies) == 1:
        for flag in reported.studies[0].flags:
            typer.echo(flag.message)
    typer.echo(f"Masks, which you can correct: {reported.masks}\nPage: {reported.page}")
    _tell(reported.failed)


def _report_run(folder: Path, against: list[Path], measuring: "Measuring | None") -> None:
    from scarmap.datasets.split import notes, recorded_split
    from scarmap.io.run import RunFolder
    from scarmap.report.from_masks import report_run_studies
    from scarmap.report.pages.run import build_report

    run = RunFolder(folder)
    failed: Mapping[str, str] = {}
    not_compared: Mapping[str, str] = {}
    if measuring:
        with case_progress("measuring", len(list(run.predictions.glob("*.nii*")))) as on_case:
            reported = report_run_studies(run, measuring, on_case=on_case)
        typer.echo(f"Studies: {reported.page}")
        failed, not_compared = reported.failed, reported.not_compared
    others = [_as_run(other, run) for other in against]
    typer.echo(f"Report: {build_report(run, others)}")
    for note in notes(recorded_split(run.read_record())):
        typer.echo(note)
    _tell(failed, not_compared)


def _as_run(folder: Path, run: "RunFolder") -> "RunFolder":
    """A run folder, or the run folder that is made of another program's masks."""
    from scarmap.io.run import RunFolder
    from scarmap.workflow.adopt import adopt_masks

    other = RunFolder(folder)
    if other.record_file.is_file() or not folder.is_dir():
        return other
    _check_masks(folder)
    return adopt_masks(folder, run)


def _report_mask(
    mask: Path, images: dict[str, Path], layout: str | None, out: Path, measuring: "Measuring"
) -> None:
    from scarmap.datasets.masks import one_study
    from scarmap.quantification.files import FILE
    from scarmap.report.from_masks import report_study

    files = one_study(mask, layout=layout, images=images)
    page, figures = out / f"{files.name}.html", out / FILE
    study = report_study(files, page, figures, measuring)
    typer.echo(f"Study: {page}\nFigures: {figures}")
    for flag in study.flags:
        typer.echo(flag.message)


def _report_masks(
    masks: Path,
    data: Path | None,
    layout: str | None,
    out: Path,
    measuring: "Measuring",
    against: list[Path],
) -> None:
    from scarmap.datasets.mask_files import find_masks
    from scarmap.datasets.masks import own_layouts, studies_of_folder
    from scarmap.quantification.files import COHORT_FILE
    from scarmap.report.from_masks import Truth, report_cohort

    if len(against) > 1:
        raise DataError(
            f"A folder of masks is compared with one other folder, not with {len(against)}: give "
            "one."
        )
    files = studies_of_folder(masks, layout=layout, data=data)
    truths = [Truth(each.resolve().name, find_masks(each), own_layouts(each)) for each in against]
    name = masks.resolve().name
    with case_progress("measuring", len(files)) as on_case:
        reported = report_cohort(
            files,
            out,
            name=name,
            measuring=measuring,
            truth=next(iter(truths), None),
            on_case=on_case,
        )
    typer.echo(f"{len(reported.studies)} of {len(files)} studies measured")
    typer.echo(f"Cohort: {reported.page}\nFigures: {out / COHORT_FILE}")
    _tell(reported.failed, reported.not_compared)


def _check_masks(folder: Path) -> None:
    from scarmap.datasets.mask_files import find_masks
    from scarmap.io.formats import explain_dicom, is_dicom

    if not folder.exists():
        raise DataError(
            f"{folder} does not exist. Give a run, a NIfTI mask, or a folder of masks or images."
        )
    if is_dicom(folder):
        raise DataError(explain_dicom(folder))
    try:
        find_masks(folder)
    except DataError:
        raise RunError(
            f"{folder} is not a run folder, as it has no run.json, and neither a mask nor a "
            "folder of masks. Give what `scarmap train` wrote, a NIfTI mask, or a folder with a "
            "<case>.nii.gz for each study."
        ) from None


def _refuse(options: Mapping[str, object], subject: str, instead: str) -> None:
    given = [name for name, value in options.items() if value]
    if given:
        raise DataError(
            f"{' and '.join(given)} mean nothing for {subject}. There, give {instead}, or leave "
            "them out."
        )


def _tell(failed: Mapping[str, str], not_compared: Mapping[str, str] | None = None) -> None:
    others = not_compared or {}
    tell_unmeasured(
        {f"{len(failed)} studies": failed, f"{len(others)} masks to compare with": others}
    )

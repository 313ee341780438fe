"""From masks to pages: each study is measured and shown on a page, and so is the cohort."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from functools import partial
from pathlib import Path
from typing import Any
from urllib.parse import quote

from scarmap.datasets.case_files import CaseFiles
from scarmap.datasets.folder import find_cases
from scarmap.datasets.masks import load_study, studies_of_folder
from scarmap.datasets.split import recorded_split
from scarmap.errors import DataError, RunError
from scarmap.inference.origin import Origins
from scarmap.io.run import RunFolder
from scarmap.quantification.cohort import (
    Measuring,
    compare_readings,
    measure_cohort,
    measure_study,
)
from scarmap.quantification.files import (
    COHORT_FILE,
    FILE,
    write_agreement,
    write_cohort,
    write_quantification,
)
from scarmap.quantification.origin import MaskOrigin
from scarmap.quantification.result import Quantification
from scarmap.quantification.study import Choices
from scarmap.quantification.tables import write_tables
from scarmap.report.cohort.agreement import AgreementSection, agreement_section
from scarmap.report.cohort.distributions import TITLES
from scarmap.report.cohort.outliers import Readings
from scarmap.report.cohort.thumbnails import scar_thumbnail
from scarmap.report.html import Image
from scarmap.report.pages.cohort import COHORT_PAGE, STUDIES, build_cohort
from scarmap.report.pages.study import build_study, build_unmeasured
from scarmap.report.study.neighbours import Neighbours, neighbours_of
from scarmap.volume import Case


@dataclass(frozen=True)
class Truth:
    """Another reading of the same studies.

    Attributes:
        name: What it is called.
        masks: Case to its mask.
        layouts: Case to the label layout of that mask; that of the study where none is named.
    """

    name: str
    masks: Mapping[str, Path]
    layouts: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True)
class ReportedCohort:
    """A cohort that was measured and put on a page.

    Attributes:
        page: Page of the cohort.
        studies: What was measured.
        failed: What is wrong with each study that was not.
        not_compared: What is wrong with each mask of the other reading that could not be measured.
    """

    page: Path
    studies: tuple[Quantification, ...]
    failed: Mapping[str, str]
    not_compared: Mapping[str, str] = field(default_factory=dict)


def report_study(
    files: CaseFiles,
    page: Path,
    figures: Path,
    measuring: Measuring,
    *,
    neighbours: Neighbours | None = None,
) -> Quantification:
    """Measure one study and write its page and its figures.

    A manifest beside the mask tells where it comes from. Probability maps beside it, as `scarmap
    predict --save-probabilities` writes them, give it intervals.

    Args:
        files: Its mask as `labels`, and its images, if there are any.
        page: Target, an HTML file.
        figures: Target, a JSON file.
        measuring: How.
        neighbours: Pages to go to from its own; None for a study on its own.

    Raises:
        DataError: A file is missing or damaged.
        GeometryError: Mask and images lie on different grids.
        LabelError: The mask holds values that its layout does not define.
    """
    return _reported(files, page, figures, measuring, neighbours)[1]


def _reported(
    files: CaseFiles, page: Path, figures: Path, measuring: Measuring, beside: Neighbours | None
) -> tuple[Case, Quantification]:
    """What `report_study` measures, and the study itself."""
    case = load_study(files)
    origin = measuring.origin or Origins().of(files)
    study = measure_study(case, replace(measuring, origin=origin))
    write_quantification(figures, study)
    build_study(case, study, page, neighbours=beside)
    return case, study


def report_cohort(
    files: Sequence[CaseFiles],
    out: Path,
    *,
    name: str,
    measuring: Measuring,
    truth: Truth | None = None,
    origin_of: Callable[[CaseFiles], MaskOrigin] | None = None,
    on_case: Callable[[str], None] = lambda _name: None,
) -> ReportedCohort:
    """Measure studies and write their pages; a broken one does not stop the others.

    Args:
        files: The studies.
        out: Folder for `cohort.html`, `cohort.csv`, `segments.csv`, `territories.csv` and
            `studies/`, and with a truth for `agreement.json` and its CSV.
        name: What the cohort is called.
        measuring: How.
        truth: Another reading to agree with; studies that it lacks count for themselves only.
        origin_of: Tells where a mask comes from; None for what the files beside it tell.
        on_case: Called with each study's name when it is done or has failed.

    Raises:
        DataError: No study could be measured.
    """
    folder, names = out / STUDIES, [each.name for each in files]
    origin_of = origin_of or Origins().of
    thumbnails: dict[str, Image] = {}

    def beside(study: str) -> Neighbours:
        return neighbours_of(study, names, cohort=name, address=f"../{COHORT_PAGE}")

    def measure(each: CaseFiles) -> Quantification:
        page, figures = folder / f"{each.name}.html", folder / each.name / FILE
        own = replace(measuring, origin=origin_of(each))
        case, study = _reported(each, page, figures, own, beside(each.name))
        thumbnails[each.name] = scar_thumbnail(case, study.reference)
        return study

    measured = measure_cohort(files, measure, on_case=on_case)
    if not measured.studies:
        raise DataError(
            f"None of {len(files)} studies could be measured. The first: "
            f"{next(iter(measured.failed.values()))}"
        )
    for study, problem in measured.failed.items():
        build_unmeasured(study, problem, folder / f"{study}.html", neighbours=beside(study))
    write_cohort(out / COHORT_FILE, measured.studies)
    write_tables(out, measured.studies)
    agreement: AgreementSection | None = None
    not_compared: Mapping[str, str] = {}
    if truth:
        agreement, not_compared = _agreement(measured.studies, truth, measuring.choices, out)
    page = build_cohort(
        measured.studies,
        out / COHORT_PAGE,
        name=name,
        pages={study.case: f"{STUDIES}/{quote(study.case)}.html" for study in measured.studies},
        thumbnails=thumbnails,
        csv=COHORT_FILE,
        failed=measured.failed,
        agreement=agreement,
    )
    return ReportedCohort(page, measured.studies, measured.failed, not_compared)


def _agreement(
    studies: Sequence[Quantification], truth: Truth, choices: Choices, out: Path
) -> tuple[AgreementSection, Mapping[str, str]]:
    """Write and show how well both agree; what is wrong with masks that could not be compared."""
    readings = compare_readings(studies, truth.masks, layouts=truth.layouts, choices=choices)
    write_agreement(out, readings)
    ours = [study for study in studies if study.case in readings.others]
    others = [readings.others[study.case] for study in ours]
    shown = [
        Readings(
            figure,
            tuple(study.case for study in ours),
            tuple(other.figures[figure] for other in others),
            tuple(study.figures[figure] for study in ours),
            readings.agreements[figure],
        )
        for figure in TITLES
        if figure in readings.agreements
    ]
    section = agreement_section(
        shown, other=truth.name, missing=readings.missing, failed=readings.failed
    )
    return section, readings.failed


def report_run_studies(
    run: RunFolder, measuring: Measuring, *, on_case: Callable[[str], None] = lambda _name: None
) -> ReportedCohort:
    """Measure every held-out mask of a run and write its pages to `RUN/quantification`.

    Args:
        run: A run folder with predictions.
        measuring: How; where the masks come from is told by the run.
        on_case: Called with each case's name when it is done or has failed.

    Raises:
        RunError: This is not a run folder, or its masks show single slices.
        DataError: There are no masks, or the data folder is not there.
    """
    record = run.read_record()
    if recorded_split(record).slices:
        raise RunError(
            f"The folds of {run.root} split slices, so each of its masks shows one slice, and "
            "figures of a slice are no figures of a heart. Leave --studies out, or measure masks "
            "of whole patients."
        )
    data = Path(record["data"].get("folder", ""))
    layout = record["data"].get("layout") or record["recipe"].get("layout")
    files = studies_of_folder(run.predictions, layout=layout, data=data)
    cases = find_cases(data)
    truths = {case.name: case.labels for case in cases if case.labels is not None}
    name = record["recipe"].get("name") or run.root.resolve().name
    return report_cohort(
        files,
        run.quantification,
        name=f"{name}, held-out cases",
        measuring=measuring,
        truth=Truth("expert", truths, {case.name: case.layout for case in cases})
        if truths
        else None,
        origin_of=partial(_held_out_by, record, name),
        on_case=on_case,
    )


def _held_out_by(record: Mapping[str, Any], name: str, files: CaseFiles) -> MaskOrigin:
    """A mask that the run's networks made of a case which they had not seen."""
    looked_at = record["recipe"].get("sequences", files.images)
    return MaskOrigin(
        f"{name}, held out",
        sequences=tuple(sequence for sequence in files.images if sequence in looked_at) or None,
        remarks=tuple(record.get("flags", {}).get(files.name, ())),
        by_model=True,
    )

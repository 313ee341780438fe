"""From masks to pages: each study is measured and shown on a page, and so is the cohort."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from urllib.parse import quote

from scarmap.datasets.case_files import CaseFiles
from scarmap.datasets.folder import find_cases
from scarmap.datasets.masks import load_study, studies_of_folder
from scarmap.datasets.split import recorded_split
from scarmap.errors import DataError, RunError, ScarmapError
from scarmap.io.run import RunFolder
from scarmap.quantification.cohort import agree_cohorts, other_reading, write_agreement
from scarmap.quantification.files import COHORT_FILE, FILE, write_cohort, write_quantification
from scarmap.quantification.intervals.from_errors import KnownErrors
from scarmap.quantification.intervals.maps import maps_beside, read_probabilities
from scarmap.quantification.result import Quantification
from scarmap.quantification.study import DEFAULT, Choices, quantify
from scarmap.report.cohort.agreement import AgreementSection, Readings, agreement_section
from scarmap.report.cohort.distributions import TITLES
from scarmap.report.pages.cohort import COHORT_PAGE, STUDIES, build_cohort
from scarmap.report.pages.study import GIVEN_MASK, build_study


@dataclass(frozen=True)
class Measuring:
    """How studies are measured.

    Attributes:
        reference_deg: Direction of the middle of the septum, as
            `scarmap.quantification.study.quantify` takes it.
        origin: Where the masks come from, for the reader.
        errors: Errors of the model that made the masks on cases that it had not seen, for
            intervals.
        choices: What the literature leaves open.
    """

    reference_deg: float | None = None
    origin: str = GIVEN_MASK
    errors: KnownErrors | None = None
    choices: Choices = DEFAULT


@dataclass(frozen=True)
class Truth:
    """Another reading of the same studies.

    Attributes:
        name: What it is called.
        masks: Case to its mask.
    """

    name: str
    masks: Mapping[str, Path]


@dataclass
class Outcome:
    """What became of a cohort.

    Attributes:
        page: Page of the cohort, None until it is written.
        studies: What was measured.
        failed: What is wrong with each study that was not.
    """

    page: Path | None = None
    studies: list[Quantification] = field(default_factory=list)
    failed: dict[str, str] = field(default_factory=dict)


def report_study(
    files: CaseFiles, page: Path, figures: Path, measuring: Measuring
) -> Quantification:
    """Measure one study and write its page and its figures.

    Probability maps beside the mask, as `scarmap predict --save-probabilities` writes them, give it
    intervals.

    Args:
        files: Its mask as `labels`, and its images, if there are any.
        page: Target, an HTML file.
        figures: Target, a JSON file.
        measuring: How.

    Raises:
        DataError: A file is missing or damaged.
        GeometryError: Mask and images lie on different grids.
        LabelError: The mask holds values that its layout does not define.
    """
    case = load_study(files)
    if case.labels is None or files.labels is None:
        raise DataError(f"Study {files.name} has no mask. Give the file with its labels.")
    maps = maps_beside(files.labels.parent, files.name)
    study = quantify(
        case.labels,
        case=case.name,
        layout=case.layout,
        image=case.images.get("LGE"),
        probabilities=read_probabilities([maps] if maps else [], case.grid),
        errors=measuring.errors,
        reference_deg=measuring.reference_deg,
        choices=measuring.choices,
    )
    write_quantification(figures, study)
    build_study(case, study, page, origin=measuring.origin)
    return study


def report_cohort(
    files: Sequence[CaseFiles],
    out: Path,
    *,
    name: str,
    measuring: Measuring,
    truth: Truth | None = None,
    on_case: Callable[[str], None] = lambda _name: None,
) -> Outcome:
    """Measure studies one after the other; a broken one does not stop the others.

    Args:
        files: The studies.
        out: Folder for `cohort.html`, `cohort.csv` and `studies/`, and with a truth for
            `agreement.json` and its CSV.
        name: What the cohort is called.
        measuring: How.
        truth: Another reading to agree with; studies that it lacks count for themselves only.
        on_case: Called with each study's name when it is done or has failed.

    Raises:
        DataError: No study could be measured.
    """
    outcome = Outcome()
    for each in files:
        try:
            target = out / STUDIES / each.name
            page = out / STUDIES / f"{each.name}.html"
            outcome.studies.append(report_study(each, page, target / FILE, measuring))
        except (ScarmapError, OSError) as problem:
            outcome.failed[each.name] = str(problem)
        on_case(each.name)
    if not outcome.studies:
        raise DataError(
            f"None of {len(files)} studies could be measured. The first: "
            f"{next(iter(outcome.failed.values()))}"
        )
    write_cohort(out / COHORT_FILE, outcome.studies)
    outcome.page = build_cohort(
        outcome.studies,
        out / COHORT_PAGE,
        name=name,
        pages={study.case: f"{STUDIES}/{quote(study.case)}.html" for study in outcome.studies},
        csv=COHORT_FILE,
        failed=outcome.failed,
        agreement=None
        if truth is None
        else _agreement(outcome.studies, truth, measuring.choices, out),
    )
    return outcome


def _agreement(
    studies: Sequence[Quantification], truth: Truth, choices: Choices, out: Path
) -> AgreementSection:
    others = {study.case: study for study in other_reading(studies, truth.masks, choices=choices)}
    agreements = agree_cohorts(list(others.values()), studies)
    pairs = [(others[study.case], study) for study in studies if study.case in others]
    missing = sorted(truth.masks.keys() ^ {study.case for study in studies})
    write_agreement(out, agreements, cases=sorted(others), missing=missing)
    readings = [
        Readings(
            figure,
            tuple(other.figures[figure] for other, _ in pairs),
            tuple(ours.figures[figure] for _, ours in pairs),
            agreements[figure],
        )
        for figure in TITLES
        if figure in agreements
    ]
    return agreement_section(readings, other=truth.name, missing=missing)


def report_run_studies(
    run: RunFolder, measuring: Measuring, *, on_case: Callable[[str], None] = lambda _name: None
) -> Outcome:
    """Measure every held-out mask of a run and write its pages to `RUN/quantification`.

    Args:
        run: A run folder with predictions.
        measuring: How; the origin of the masks is told by the run.
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
    truths = {case.name: case.labels for case in find_cases(data) if case.labels is not None}
    name = record["recipe"].get("name") or run.root.resolve().name
    return report_cohort(
        files,
        run.quantification,
        name=f"{name}, held-out cases",
        measuring=replace(measuring, origin=f"{name}, held out"),
        truth=Truth("expert", truths) if truths else None,
        on_case=on_case,
    )

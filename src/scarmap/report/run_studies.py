"""The held-out masks of a run measured as a cohort, against the experts' where they are there."""

from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from urllib.parse import quote

from scarmap.datasets.folder import find_cases
from scarmap.datasets.measured import studies_of_folder
from scarmap.datasets.split import recorded_split
from scarmap.errors import RunError
from scarmap.io.run import RunFolder
from scarmap.report.measure import COHORT_PAGE, STUDIES, Measuring, Outcome, Truth, report_cohort


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
            f"The folds of {run.root} split slices, so each of its masks shows one slice, and figures of a slice are "
            f"no figures of a heart. Leave --studies out, or measure masks of whole patients."
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


def study_addresses(run: RunFolder) -> dict[str, str]:
    """Case to the address of its page relative to the run's own; empty where no studies were measured."""
    pages = sorted((run.quantification / STUDIES).glob("*.html"))
    return {page.stem: f"{run.quantification.name}/{STUDIES}/{quote(page.name)}" for page in pages}


def cohort_address(run: RunFolder) -> str:
    """Address of the cohort's page relative to the run's own; "" where no studies were measured."""
    page = run.quantification / COHORT_PAGE
    return f"{run.quantification.name}/{COHORT_PAGE}" if page.is_file() else ""

"""From whatever is there to a page: images, masks, or a run.

The function is `write_report`, since `scarmap.report` is the room that draws the pages.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path

from scarmap.datasets.case_files import CaseFiles
from scarmap.datasets.folder import find_cases
from scarmap.datasets.masks import one_study, only_images, studies_of_folder
from scarmap.datasets.worklist import is_worklist
from scarmap.errors import DataError
from scarmap.io.run import RunFolder
from scarmap.quantification.cohort import AS_USUAL, Measuring, measure_study
from scarmap.quantification.files import FILE, write_quantification
from scarmap.quantification.result import Quantification
from scarmap.report.from_masks import report_cohort, report_study
from scarmap.report.pages.run import build_report
from scarmap.report.pages.study import build_study
from scarmap.volume import with_labels
from scarmap.workflow.inputs import Image, PathLike, Spacing, files_of_study, given_images
from scarmap.workflow.models import Chosen, choose_model
from scarmap.workflow.predict import predict, predict_folder

MASKS = "masks"
"""Folder of the masks that a report makes itself, below its pages."""


@dataclass(frozen=True)
class Reported:
    """What was made of images.

    Attributes:
        page: The page to open.
        studies: What was measured.
        masks: Folder of the masks.
        failed: What is wrong with each case that could not be segmented or measured.
        remarks: What the model says about its masks, by case.
    """

    page: Path
    studies: tuple[Quantification, ...]
    masks: Path
    failed: Mapping[str, str] = field(default_factory=dict)
    remarks: Mapping[str, tuple[str, ...]] = field(default_factory=dict)


def write_report(
    subject: PathLike | None = None,
    *,
    lge: Image | None = None,
    t2: Image | None = None,
    bssfp: Image | None = None,
    spacing_mm: Spacing | None = None,
    model: PathLike | None = None,
    data: PathLike | None = None,
    layout: str | None = None,
    name: str = "",
    out: PathLike = "report",
    device: str = "auto",
    measuring: Measuring = AS_USUAL,
) -> Path:
    """Write the page of a study, a cohort or a run; images without masks are segmented first.

    Args:
        subject: Folder of images, one mask, folder of masks, labelled data set, worklist, or run
            folder; None where the images of one study are given.
        lge: Late enhancement of one study, as a file, an image, or an array (X, Y, Z).
        t2: Its T2-weighted image.
        bssfp: Its bSSFP image.
        spacing_mm: Distance between voxel centres along (X, Y, Z), where arrays are given.
        model: Run folder that segments images; None for the built-in model.
        data: Folder with the images of a folder of masks.
        layout: Label layout of masks, given or made.
        name: Name of the one study.
        out: Folder for pages, figures, and masks that are made; a run's page goes into the run.
        device: "auto", "cpu" or "cuda".
        measuring: How masks are measured.

    Returns:
        The page.

    Raises:
        DataError: Nothing was given, a file is damaged, or no study could be measured.
        GeometryError: The images of a study lie on different grids.
        RunError: `model` is no usable run.

    >>> import scarmap
    >>> scarmap.write_report()
    Traceback (most recent call last):
    scarmap.errors.DataError: No image was given. Give at least one of lge, t2 and bssfp.
    """
    out = Path(out)
    if subject is not None:
        return _page_of(
            Path(subject),
            out,
            data=None if data is None else Path(data),
            layout=layout,
            measuring=measuring,
            model=lambda: choose_model(model, device=device),
        )
    images = given_images(lge, t2, bssfp)
    paths = {key: image for key, image in images.items() if isinstance(image, str | Path)}
    if len(paths) == len(images):
        files = files_of_study(paths, name=name, layout=layout)
        return report_images([files], out, choose_model(model, device=device), measuring).page
    found = predict(
        lge, t2=t2, bssfp=bssfp, spacing_mm=spacing_mm, model=model, name=name, layout=layout,
        device=device,
    )  # fmt: skip
    case = replace(with_labels(found.case, found.labels), layout=found.layout)
    study = measure_study(case, replace(measuring, origin=measuring.origin or found.origin))
    write_quantification(out / FILE, study)
    page = out / f"{case.name}.html"
    build_study(case, study, page)
    return page


def _page_of(
    subject: Path,
    out: Path,
    *,
    data: Path | None,
    layout: str | None,
    measuring: Measuring,
    model: Callable[[], Chosen],
) -> Path:
    if subject.is_file() and not is_worklist(subject):
        files = one_study(subject, layout=layout, images={})
        page = out / f"{files.name}.html"
        report_study(files, page, out / FILE, measuring)
        return page
    if RunFolder(subject).record_file.is_file():
        return build_report(RunFolder(subject))
    if data is None and only_images(subject):
        cases = _in_layout(find_cases(subject), layout)
        return report_images(cases, out, model(), measuring, name=subject.resolve().stem).page
    masks = studies_of_folder(subject, layout=layout, data=data)
    return report_cohort(masks, out, name=subject.resolve().stem, measuring=measuring).page


def _in_layout(cases: Sequence[CaseFiles], layout: str | None) -> list[CaseFiles]:
    return [replace(each, layout=layout or each.layout) for each in cases]


def report_images(
    files: Sequence[CaseFiles],
    out: Path,
    model: Chosen,
    measuring: Measuring = AS_USUAL,
    *,
    name: str = "",
    on_mask: Callable[[str], None] = lambda _name: None,
    on_page: Callable[[str], None] = lambda _name: None,
) -> Reported:
    """Segment studies, measure the masks and write their pages.

    Args:
        files: The studies; a single one gets a page, several get a page of the cohort, too.
        out: Folder for the pages, the figures, and the masks in `masks/`.
        model: Segments them.
        measuring: How they are measured; where the masks come from is told by their manifest.
        name: What a cohort is called.
        on_mask: Called with each study's name when it is segmented or has failed.
        on_page: Called with each study's name when it is measured or has failed.

    Raises:
        DataError: No study could be segmented, or none measured.
    """
    folder = out / MASKS
    outcome = predict_folder(files, folder, model=model, on_case=on_mask)
    if len(outcome.failed) == len(files):
        raise DataError(next(iter(outcome.failed.values())))
    done = outcome.written.keys() | outcome.skipped.keys()
    made = [
        replace(each, layout=model.layout_of(each.layout), labels=folder / f"{each.name}.nii.gz")
        for each in files
        if each.name in done
    ]
    if len(files) == 1:
        page = out / f"{made[0].name}.html"
        studies = (report_study(made[0], page, out / FILE, measuring),)
        on_page(made[0].name)
        return Reported(page, studies, folder, remarks=outcome.flagged)
    reported = report_cohort(
        made, out, name=name or out.resolve().name, measuring=measuring, on_case=on_page
    )
    failed = {**outcome.failed, **reported.failed}
    return Reported(reported.page, reported.studies, folder, failed, outcome.flagged)

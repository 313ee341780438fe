"""What goes back to an archive after measuring: page, PDF, segmentation, report."""

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from scarmap.alignment.result import Aligned
from scarmap.dicom.out.identity import Maker
from scarmap.dicom.out.write import Written, write_results
from scarmap.errors import DataError
from scarmap.quantification.files import FILE, write_quantification
from scarmap.quantification.result import Quantification
from scarmap.report.pages.study import build_study
from scarmap.report.pdf.study import write_study_pdf
from scarmap.volume import Case

if TYPE_CHECKING:
    from pydicom import Dataset

PAGE, PDF = "page.html", "page.pdf"


@dataclass(frozen=True)
class SentBack:
    """The files.

    Attributes:
        page: HTML.
        pdf: The same on paper.
        figures: JSON.
        dicom: What an archive takes.
    """

    page: Path
    pdf: Path
    figures: Path
    dicom: Written


def send_back(
    out: Path,
    case: Case,
    study: Quantification,
    headers: "Sequence[Dataset]",
    *,
    frame_numbers: Sequence[int | None] | None = None,
    maker: Maker | None = None,
    aligned: Aligned | None = None,
) -> SentBack:
    """Write the page and the figures of a study, and both with the mask as DICOM.

    Args:
        out: Folder for them.
        case: Its images, if there are any, and the mask that was measured as its labels, all on the
            grid of the frames. Its name, a pseudonym, is on the page.
        study: What was measured; its origin is that of the mask, for the reader of the page.
        headers: Of the LGE frames, without pixels, one for each slice, in the array's order.
        frame_numbers: Frame, from 1, of each slice whose object is a multi-frame one.
        maker: Who made the mask; scarmap alone when None.
        aligned: How its images were put on one grid, if they were not on one before.

    Raises:
        DataError: There is no mask, or headers miss what ties results to images.
        GeometryError: Mask and frames do not fit each other.
    """
    if case.labels is None:
        raise DataError(f"Case {case.name} has no mask, so nothing can be sent back.")
    page = build_study(case, study, out / PAGE, aligned=aligned)
    pdf = write_study_pdf(page, case, study, out / PDF, aligned=aligned)
    write_quantification(out / FILE, study)
    dicom = write_results(
        out,
        headers,
        case.labels,
        study,
        layout=case.layout,
        maker=maker,
        pdf=pdf,
        frame_numbers=frame_numbers,
    )
    return SentBack(page, out / PDF, out / FILE, dicom)

"""The page of one study as a PDF, with what this computer has."""

from pathlib import Path

from scarmap.alignment.result import Aligned
from scarmap.io.files import replacing
from scarmap.quantification.result import Quantification
from scarmap.report.pdf.browser import find_browser, print_page
from scarmap.report.pdf.plain import draw_study
from scarmap.volume import Case


def write_study_pdf(
    page: Path,
    case: Case,
    study: Quantification,
    out: Path,
    *,
    aligned: Aligned | None = None,
    browser: Path | None = None,
) -> bytes:
    """Print the page of a study, by Chromium where it is installed, else drawn plainly.

    Args:
        page: What `scarmap.report.pages.study.build_study` wrote.
        case: What was given to it.
        study: The same.
        out: Target, a PDF file.
        aligned: As for the page.
        browser: The browser; looked for when None.

    Returns:
        The bytes of the PDF.
    """
    browser = browser or find_browser()
    pdf = print_page(page, browser) if browser else None
    if pdf is None:
        pdf = draw_study(case, study, aligned=aligned)
    with replacing(out) as temporary:
        temporary.write_bytes(pdf)
    return pdf

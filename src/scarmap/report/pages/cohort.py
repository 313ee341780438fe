"""The page of a cohort: a table that sorts, distributions, and how two readings agree."""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from math import isnan
from pathlib import Path
from urllib.parse import quote

from scarmap.io.run import RunFolder
from scarmap.quantification.dictionary import FLAGS, UNITS
from scarmap.quantification.doubts import common_flags
from scarmap.quantification.result import Quantification
from scarmap.report.cells import Column, figure_text
from scarmap.report.cohort.agreement import AgreementSection
from scarmap.report.cohort.distributions import (
    DRAWN,
    LEAST_DRAWN,
    TITLES,
    cohort_values,
    draw_distribution,
    summary_table,
)
from scarmap.report.html import Image, Picture, chart_address, write_page

COHORT_PAGE = "cohort.html"
"""Name of the page in a cohort's folder."""

STUDIES = "studies"
"""Folder of the pages of a cohort's studies, with a folder of figures for each."""


@dataclass(frozen=True)
class SortableCell:
    """One cell.

    Attributes:
        text: What is shown.
        key: What is sorted by: a number, or text; "" sorts last.
        address: Page to link, "" for none.
        picture: Thumbnail before the text.
    """

    text: str
    key: str
    address: str = ""
    picture: Image | None = None


@dataclass(frozen=True)
class SortableTable:
    """One line per case."""

    columns: tuple[Column, ...]
    lines: tuple[tuple[SortableCell, ...], ...]


def build_cohort(
    studies: Sequence[Quantification],
    out: Path,
    *,
    name: str,
    pages: Mapping[str, str],
    thumbnails: Mapping[str, Image] | None = None,
    csv: str = "",
    failed: Mapping[str, str] | None = None,
    agreement: AgreementSection | None = None,
) -> Path:
    """Write the page of a cohort.

    Args:
        studies: What was measured, at least one study.
        out: Target, an HTML file.
        name: What the cohort is called.
        pages: Case to the address of its page, relative to this one.
        thumbnails: Case to a small picture of its scar.
        csv: Address of the same figures as a table; "" for none.
        failed: Cases that could not be measured, and why.
        agreement: Another reading of the same cases beside this one.

    Returns:
        The page.
    """
    ordered = sorted(studies, key=lambda study: study.case)
    today = date.today().isoformat()
    shared = common_flags(ordered)
    codes = {flag.code for study in ordered for flag in study.flags} - shared.keys()
    return write_page(
        out,
        "cohort.html",
        name=name,
        facts=_facts(ordered, shared, today),
        shared=list(shared.values()),
        studies=len(ordered),
        failed=sorted((failed or {}).items()),
        summary=summary_table(ordered),
        charts=distribution_pictures(ordered),
        agreement=agreement,
        cases=case_table(ordered, pages=pages, thumbnails=thumbnails),
        thumbnails=bool(thumbnails),
        pages=pages,
        csv=csv,
        flags=[(_words(code), FLAGS[code]) for code in FLAGS if code in codes],
        date=today,
    )


def _facts(
    studies: Sequence[Quantification], shared: Collection[str], today: str
) -> list[tuple[str, str]]:
    layouts = {study.layout or "all tissues" for study in studies}
    versions = {study.scarmap_version for study in studies}
    return [
        ("Cases", str(len(studies))),
        ("Flagged", str(sum(bool(_own(study, shared)) for study in studies))),
        ("Masks", "; ".join(sorted({study.origin.title for study in studies}))),
        ("Labels", ", ".join(sorted(layouts))),
        ("scarmap", ", ".join(sorted(versions))),
        ("Made on", today),
    ]


def case_table(
    studies: Sequence[Quantification],
    *,
    pages: Mapping[str, str],
    thumbnails: Mapping[str, Image] | None = None,
) -> SortableTable:
    """Make a line per case with every figure that at least one case defines, and its own flags.

    Args:
        studies: The cohort.
        pages: Case to the address of its page.
        thumbnails: Case to a small picture of its scar.
    """
    names = list(cohort_values(studies, tuple(TITLES)))
    columns = (
        Column("case"),
        *(Column(TITLES[name], UNITS[name]) for name in names),
        Column("slices"),
        Column("flags", text=True),
    )
    shared = common_flags(studies)
    return SortableTable(
        columns,
        tuple(
            (
                SortableCell(
                    study.case,
                    study.case,
                    pages.get(study.case, ""),
                    (thumbnails or {}).get(study.case),
                ),
                *_figure_cells(study, names),
                *_last_cells(study, _own(study, shared)),
            )
            for study in studies
        ),
    )


def distribution_pictures(studies: Sequence[Quantification]) -> list[Picture]:
    """Draw how the main figures are distributed; nothing where no figure has enough cases.

    Args:
        studies: The cohort.
    """
    defined = cohort_values(studies, DRAWN)
    values = {name: each for name, each in defined.items() if len(each) >= LEAST_DRAWN}
    if not values:
        return []
    caption = (
        "Boxes span the quartiles, the line is the median, whiskers reach 1.5 interquartile ranges."
    )
    titles = ", ".join(TITLES[name] for name in values)
    panels = [
        Image(
            chart_address(draw_distribution(name, numbers)),
            f"Histogram with a box plot of {TITLES[name]}; the table above has the numbers.",
        )
        for name, numbers in values.items()
    ]
    return [Picture("Distributions", caption, titles, panels=panels)]


def _own(study: Quantification, shared: Collection[str]) -> list[str]:
    """Codes of the flags of a study that not every study of the cohort has, each once."""
    return [code for code in dict.fromkeys(flag.code for flag in study.flags) if code not in shared]


def _figure_cells(study: Quantification, names: Sequence[str]) -> list[SortableCell]:
    values = {name: study.figures[name] for name in names}
    return [
        SortableCell(figure_text(value, UNITS[name]), "" if isnan(value) else f"{value:.6g}")
        for name, value in values.items()
    ]


def _last_cells(study: Quantification, codes: Sequence[str]) -> list[SortableCell]:
    slices, flags = str(study.shape[2]), ", ".join(map(_words, codes))
    return [SortableCell(slices, slices), SortableCell(flags, flags)]


def _words(code: str) -> str:
    return code.replace("_", " ")


def study_addresses(run: RunFolder) -> dict[str, str]:
    """Map each measured case of a run to the address of its page, relative to the run's own."""
    pages = sorted((run.quantification / STUDIES).glob("*.html"))
    return {page.stem: f"{run.quantification.name}/{STUDIES}/{quote(page.name)}" for page in pages}


def cohort_address(run: RunFolder) -> str:
    """Address of the cohort's page relative to the run's own; "" where nothing was measured."""
    page = run.quantification / COHORT_PAGE
    return f"{run.quantification.name}/{COHORT_PAGE}" if page.is_file() else ""

from dataclasses import replace
from html.parser import HTMLParser
from math import nan

import pytest

from scarmap.quantification.agreement import agree
from scarmap.report.cohort.agreement import agreement_section
from scarmap.report.cohort.distributions import TITLES, figure_colour, summary_table
from scarmap.report.cohort.outliers import Readings
from scarmap.report.html import Image
from scarmap.report.pages.cohort import build_cohort, case_table, distribution_pictures


@pytest.fixture
def cohort(study):
    """Infarcts of 10, 2, 30 and 20 g; no edema in the last, which has no flag."""
    masses = {"p1": 10.0, "p2": 2.0, "p10": 30.0, "p3": 20.0}
    studies = [
        replace(study, case=case, figures={**study.figures, "infarct_g": mass})
        for case, mass in masses.items()
    ]
    studies[-1] = replace(studies[-1], figures={**studies[-1].figures, "edema_g": nan}, flags=())
    return studies


class _Table(HTMLParser):
    """Rows of the sortable table as (key, text)."""

    def __init__(self, text):
        super().__init__()
        self.rows, self.inside, self.images, self.links = [], False, [], []
        self.feed(text)

    def handle_starttag(self, tag, attributes):
        attributes = dict(attributes)
        if tag == "table":
            self.inside = attributes.get("class") == "sortable"
        if tag == "tr" and self.inside:
            self.rows.append([])
        if "data-key" in attributes and self.inside:
            self.rows[-1].append(attributes["data-key"])
        if tag == "img":
            self.images.append(attributes)
        if "href" in attributes:
            self.links.append(attributes["href"])


def test_a_page_has_a_line_per_case_with_keys_to_sort_by_and_links(cohort, tmp_path):
    page = build_cohort(
        cohort,
        tmp_path / "cohort.html",
        name="trial",
        pages={"p1": "studies/p1.html"},
        csv="cohort.csv",
        thumbnails={"p1": Image("data:image/webp;base64,AA==", "slice 3")},
    )
    text = page.read_text(encoding="utf-8")
    table = _Table(text)
    head, *rows = table.rows
    assert head == []
    assert [row[0] for row in rows] == ["p1", "p10", "p2", "p3"]
    assert [row[1] for row in rows] == ["10", "30", "2", "20"]
    assert rows[3][3] == ""
    assert sorted(table.links) == ["#cases", "#summary", "cohort.csv", "studies/p1.html"]
    *charts, thumbnail = table.images
    assert charts
    assert all(
        image["alt"] and image["src"].startswith("data:image/svg+xml;base64,") for image in charts
    )
    assert (thumbnail["alt"], thumbnail["src"]) == ("slice 3", "data:image/webp;base64,AA==")
    assert text.count('<th scope="col" aria-sort="ascending">') == 1
    assert "<dt>Flagged</dt><dd>3</dd>" in text


def test_cases_outside_the_limits_lead_to_their_pages(cohort, tmp_path):
    other = tuple(float(case) for case in range(20))
    ours = (*other[:19], 60.0)
    names = tuple(f"p{case}" for case in range(20))
    readings = Readings("infarct_g", names, other, ours, agree(other, ours))
    page = build_cohort(
        cohort,
        tmp_path / "c.html",
        name="trial",
        pages={"p19": "studies/p19.html"},
        agreement=agreement_section([readings], other="expert"),
    )
    text = page.read_text(encoding="utf-8")
    assert '<li><a href="studies/p19.html">p19</a> infarct 41.0 g</li>' in text
    assert '<a href="#agreement">Agreement with expert</a>' in text


def test_cases_that_could_not_be_measured_are_listed_with_the_reason(cohort, tmp_path):
    page = build_cohort(
        cohort, tmp_path / "c.html", name="trial", pages={}, failed={"p9": "It <is> damaged."}
    )
    text = page.read_text(encoding="utf-8")
    assert "1 of 5 cases could not be measured" in text
    assert "p9: It &lt;is&gt; damaged." in text


def test_figures_that_no_case_defines_have_no_column(cohort):
    titles = [column.title for column in case_table(cohort, pages={}).columns]
    assert "edema outside the infarct" in titles
    assert "no-reflow" not in titles


def test_the_summary_counts_only_cases_that_define_a_figure(cohort):
    lines = {line[0]: line[1:] for line in summary_table(cohort).lines}
    # 2, 10, 20, 30: mean 15.5, SD sqrt(449 / 3) = 12.2, median 15, quartiles 8 and 22.5.
    assert lines["infarct"] == ("15.5 ± 12.2", "g", "15.0", "8.0 to 22.5", "2.0 to 30.0", "4")
    assert lines["edema outside the infarct"][-1] == "3"


def test_histograms_need_three_cases(cohort):
    (picture,) = distribution_pictures(cohort)
    assert "infarct of LV mass" in picture.alt
    assert len(picture.panels) == len(picture.alt.split(", "))
    assert distribution_pictures(cohort[:2]) == []


def test_every_figure_of_the_page_has_a_colour():
    assert all(figure_colour(name).startswith("#") for name in TITLES)
    assert figure_colour("mvo_g") != figure_colour("infarct_g") != figure_colour("edema_g")

import json
import re
from dataclasses import replace
from html.parser import HTMLParser

import pytest

from scarmap.quantification.origin import MaskOrigin
from scarmap.quantification.result import Flag
from scarmap.report.pages.study import build_study


class _Page(HTMLParser):
    def __init__(self, text):
        super().__init__()
        self.tags = []
        self.feed(text)

    def handle_starttag(self, tag, attributes):
        self.tags.append((tag, dict(attributes)))

    def all(self, wanted):
        return [attributes for tag, attributes in self.tags if tag == wanted]


@pytest.fixture
def read(case, study, tmp_path):
    def build(given=study, **changes):
        text = build_study(replace(case, **changes), given, tmp_path / "page.html").read_text(
            encoding="utf-8"
        )
        return text, _Page(text)

    return build


def test_a_page_loads_nothing_and_stays_small(read):
    text, page = read()
    assert not page.all("link")
    addresses = [
        value
        for _, tag in page.tags
        for name, value in tag.items()
        if name in ("href", "src", "srcset")
    ]
    assert addresses
    assert all(address.startswith(("#", "data:image/webp;base64,")) for address in addresses)
    assert set(re.findall(r"https?://[^\s\"'<]+", text)) == set()
    assert set(re.findall(r"url\(([^)]*)\)", text)) <= {"#hatch", "#window"}
    assert "default-src 'none'" in text
    assert len(text) < 5_000_000


def test_every_picture_has_a_text_alternative_and_every_control_a_label(read):
    _, page = read()
    pictures = [tag for tag in page.all("svg") if tag.get("aria-hidden") != "true"]
    # Three discs with a key each, a panel per sequence in the viewer, two slices of two sequences.
    assert len(pictures) == 6 + 2 + 4
    assert all(tag["role"] == "img" and tag["aria-label"] for tag in pictures)
    assert all(tag["alt"] for tag in page.all("img"))
    labelled = {tag["for"] for tag in page.all("label")}
    sliders = {"slice", "opacity", "zoom", "level", "width"}
    assert {tag["id"] for tag in page.all("input")} == labelled == sliders
    told = {tag["id"]: tag["for"] for tag in page.all("output")}
    assert told == {f"{each}-name": each for each in sliders}
    thumbnails = [tag for tag in page.all("button") if tag.get("class") == "thumbnail"]
    assert [tag["data-slice"] for tag in thumbnails] == ["2", "1"] * 2
    assert len(page.all("h1")) == 1
    assert page.all("html") == [{"lang": "en"}]


def test_every_reference_inside_the_page_has_its_target(read):
    _, page = read()
    known = {tag["id"] for _, tag in page.tags if "id" in tag}
    uses = [tag["href"] for tag in page.all("use")]
    assert uses
    assert {address.removeprefix("#") for address in uses} <= known
    assert {tag["aria-labelledby"] for _, tag in page.tags if "aria-labelledby" in tag} <= known


def test_the_header_tells_the_study_and_no_more(read):
    text, _ = read()
    header = text.split("</header>")[0]
    for expected in (
        "case_a",
        "LGE, T2",
        "2, 8 mm apart",
        "2 × 2 mm",
        "given mask",
        "myops2020",
        "Not for diagnosis",
    ):
        assert expected in header
    assert len(re.findall("<dt>", header)) == 7


def test_flags_stand_under_the_key_figures_and_none_says_what_that_means(read, study):
    flags = (
        Flag("few_slices", "Two closed rings only."),
        Flag("no_infarct", "The mask holds <none> of it."),
    )
    text, page = read(replace(study, flags=flags))
    assert "Two closed rings only." in text
    assert "The mask holds &lt;none&gt; of it." in text
    assert len([tag for tag in page.all("li") if tag.get("class") == "flag"]) == 2
    text, _ = read(replace(study, flags=()))
    assert "No flag was raised. That is no proof of a right mask" in text


def test_grave_flags_stand_on_top_and_words_in_the_place_of_what_was_not_assessed(read, study):
    flags = (
        Flag("told_by_model", "An infarct of 4.23 ml was left out."),
        Flag("no_edema", "None."),
    )
    missing = {tissue: "not assessable" for tissue in ("scar", "mvo") if tissue in study.tissues}
    text, page = read(replace(study, flags=flags, unassessed=missing))
    assert text.index("Read this first") < text.index("4.23 ml") < text.index("Key figures")
    assert len([tag for tag in page.all("li") if tag.get("class") == "flag"]) == 1
    assert "not assessable" in text
    assert "no LGE image was given" in text
    assert "Read this first" not in read(replace(study, flags=flags[1:]))[0]


def test_without_a_direction_the_page_says_why_there_is_no_bullseye(read, study_without_direction):
    text, _ = read(study_without_direction)
    assert "No bullseye: " in text
    assert "--reference-angle" in text
    assert 'data-segment="basal"' in text
    assert 'data-segment="1"' not in text


def test_slices_run_from_the_base_to_the_apex(read, study):
    def order(text):
        return [
            each["name"] for each in json.loads(re.search(r"const slices = (\[.*?\]);", text)[1])
        ]

    assert order(read()[0]) == ["2 · basal", "1 · mid"]
    first = replace(study, reference=replace(study.reference, base="first"))
    assert order(read(first)[0]) == ["1 · mid", "2 · basal"]


def test_a_mask_without_images_has_a_page_too(read):
    text, page = read(images={})
    assert "No image was given" in text
    assert not page.all("image")
    assert len([tag for tag in page.all("use") if tag["href"].startswith("#mask-")]) == 1 + 2
    assert {tag["id"] for tag in page.all("input")} == {"slice", "opacity", "zoom"}


def test_the_origin_of_the_mask_is_told(case, study, tmp_path):
    study = replace(study, origin=MaskOrigin("mfunet, five folds"))
    page = build_study(case, study, tmp_path / "page.html")
    assert "mfunet, five folds" in page.read_text(encoding="utf-8")


def test_names_are_escaped(read):
    _, page = read(name="<script>alert(1)</script>")
    assert len(page.all("script")) == 1

"""The pages in a real browser: controls work, no network is asked, a study prints on two sheets."""

import io
import re
import shutil
from dataclasses import replace

import numpy as np
import pytest
from matplotlib import image

from scarmap.datasets.masks import studies_of_folder
from scarmap.io.run import RunFolder
from scarmap.quantification.agreement import agree
from scarmap.quantification.cohort import Measuring
from scarmap.quantification.dictionary import FLAGS
from scarmap.quantification.result import Flag
from scarmap.report.cohort.agreement import agreement_section
from scarmap.report.cohort.distributions import TITLES
from scarmap.report.cohort.outliers import Readings
from scarmap.report.from_masks import report_cohort, report_study
from scarmap.report.html import Image, colour_address
from scarmap.report.pages.cohort import build_cohort
from scarmap.report.pages.run import build_report
from scarmap.report.pages.study import build_study
from scarmap.volume import Case, Grid, LabelMap, Volume

CHROMIUM = next(
    filter(None, map(shutil.which, ("chromium", "chromium-browser", "google-chrome"))), None
)
playwright = pytest.importorskip("playwright.sync_api", reason="Playwright is not installed")
pytestmark = [
    pytest.mark.slow,
    pytest.mark.skipif(CHROMIUM is None, reason="no Chromium on the path"),
]


@pytest.fixture(scope="module")
def browser():
    with playwright.sync_playwright() as engine:
        opened = engine.chromium.launch(
            executable_path=CHROMIUM, args=["--no-sandbox", "--disable-gpu"]
        )
        yield opened
        opened.close()


@pytest.fixture
def show(browser):
    """Open a page; it may write nothing on the console and ask for nothing but itself."""
    troubles, opened = [], []

    def open_page(path):
        page = browser.new_page(viewport={"width": 1300, "height": 1000})
        page.set_default_timeout(120_000)  # of a busy machine
        opened.append(page)
        page.on("console", lambda message: troubles.append(message.text))
        page.on("pageerror", lambda problem: troubles.append(str(problem)))
        page.on(
            "request",
            lambda request: troubles.append(request.url) if _foreign(request.url, path) else None,
        )
        page.goto(path.as_uri())
        return page

    yield open_page
    assert troubles == []
    for page in opened:
        page.close()


def _foreign(url, path):
    """Whether a page asks for more than itself and pages in its own folder."""
    return not url.startswith((path.parent.as_uri(), "data:"))


@pytest.fixture(scope="module")
def phantom_page(myops_phantom, tmp_path_factory):
    """Page of a phantom study of three slices."""
    folder = tmp_path_factory.mktemp("pages")
    page = folder / "study.html"
    report_study(studies_of_folder(myops_phantom)[0], page, folder / "figures.json", Measuring())
    return page


def _shown(page):
    panel = page.locator("#viewer svg").first
    return panel.locator(".image").get_attribute("href"), panel.locator(".mask").get_attribute(
        "href"
    )


def test_the_slider_moves_through_the_slices_with_the_keyboard(show, phantom_page):
    page = show(phantom_page)
    slider = page.get_by_role("slider", name="Slice")
    slider.focus()
    page.keyboard.press("Home")
    first = slider.input_value(), _shown(page), page.locator("#slice-name").inner_text()
    page.keyboard.press("ArrowRight")
    second = slider.input_value(), _shown(page), page.locator("#slice-name").inner_text()
    page.keyboard.press("End")
    assert first == ("1", ("#image-3-0", "#mask-3"), "3 · basal")
    assert second == ("2", ("#image-2-0", "#mask-2"), "2 · mid")
    assert slider.input_value() == "3"
    # All sequences show the same slice.
    assert page.locator("#viewer .image").evaluate_all(
        "all => all.map(each => each.getAttribute('href'))"
    ) == [
        "#image-1-0",
        "#image-1-1",
        "#image-1-2",
    ]
    assert "slice 1" in page.locator("#viewer svg").first.get_attribute("aria-label")


def test_the_overlay_fades(show, phantom_page):
    page = show(phantom_page)
    opacity, mask = page.get_by_role("slider", name="Overlay"), page.locator("#viewer .mask").first
    assert mask.evaluate("each => getComputedStyle(each).opacity") == "0.8"
    opacity.focus()
    page.keyboard.press("Home")
    assert mask.evaluate("each => getComputedStyle(each).opacity") == "0"
    assert page.locator("#opacity-name").inner_text() == "0 %"


def test_outlines_are_painted_over_the_image(show, phantom_page):
    page = show(phantom_page)
    panel = page.locator("#viewer svg").first
    page.get_by_role("slider", name="Overlay").fill("0")
    plain = panel.screenshot()
    page.get_by_role("slider", name="Overlay").fill("100")
    assert panel.screenshot() != plain
    assert page.locator(".montage svg").count() == 3 * 3


def test_every_control_can_be_reached_with_the_tabulator(show, phantom_page):
    page = show(phantom_page)
    reached = []
    for _ in range(8):
        page.keyboard.press("Tab")
        reached.append(page.evaluate("document.activeElement.id || document.activeElement.type"))
    sliders = ["slice", "opacity", "zoom", "level", "width"]
    assert reached == ["panels", *sliders, "reset", "button"]


def test_a_thumbnail_moves_the_slider_and_is_marked(show, phantom_page):
    page = show(phantom_page)
    second = page.locator(".strip").nth(1).locator(".thumbnail").nth(2)
    second.scroll_into_view_if_needed()
    second.click()
    assert page.get_by_role("slider", name="Slice").input_value() == "3"
    assert _shown(page) == ("#image-1-0", "#mask-1")
    # The same slice of each of the three sequences.
    assert page.locator(".thumbnail[aria-current]").evaluate_all(
        "all => all.map(each => each.dataset.slice)"
    ) == ["1", "1", "1"]
    assert page.locator("#viewer").evaluate(
        "each => Math.abs(each.getBoundingClientRect().top) < 2"
    )
    page.locator(".thumbnail").first.focus()
    page.keyboard.press("Enter")
    assert page.get_by_role("slider", name="Slice").input_value() == "1"


def _transform(page):
    moves = page.locator("#viewer .zoomed").evaluate_all(
        "all => all.map(each => each.getAttribute('transform'))"
    )
    assert len(set(moves)) == 1  # all sequences show the same place
    x, y, factor = map(float, re.findall(r"-?[\d.]+", moves[0]))
    return x, y, factor


def test_zoom_keeps_the_middle_and_moves_by_mouse_and_by_keys_but_never_beyond_the_image(
    show, phantom_page
):
    page = show(phantom_page)
    side = float(page.locator("#viewer svg").first.get_attribute("viewBox").split()[2])
    assert _transform(page) == (0, 0, 1)
    page.get_by_role("slider", name="Zoom").fill("200")
    assert _transform(page) == pytest.approx((-side / 2, -side / 2, 2), abs=0.01)
    box = page.locator("#viewer svg").first.bounding_box()
    page.mouse.move(box["x"] + box["width"] / 2, box["y"] + box["height"] / 2)
    page.mouse.down()
    page.mouse.move(box["x"] + box["width"] * 0.6, box["y"] + box["height"] / 2)
    page.mouse.up()
    assert _transform(page) == pytest.approx((-0.4 * side, -side / 2, 2), abs=0.5)
    page.locator("#panels").focus()
    for _ in range(40):
        page.keyboard.press("ArrowRight")
    assert _transform(page) == pytest.approx((-side, -side / 2, 2), abs=0.01)
    page.keyboard.press("+")
    assert page.get_by_role("slider", name="Zoom").input_value() == "250"
    page.keyboard.press("0")
    assert _transform(page) == (0, 0, 1)


def _grey(page, place):
    """Brightness, 0 to 255, of a point of the first image as it is shown."""
    picture = image.imread(io.BytesIO(page.locator("#viewer svg").first.screenshot()))
    height, width = picture.shape[:2]
    row, column = int(place[0] * height), int(place[1] * width)
    return 255 * picture[row - 2 : row + 3, column - 2 : column + 3, :3].mean()


def test_the_window_changes_the_images_and_not_the_outlines(show, phantom_page):
    page = show(phantom_page)
    level, width = (
        page.get_by_role("slider", name=f"Window {name}") for name in ("level", "width")
    )
    page.get_by_role("slider", name="Overlay").fill("0")
    middle = (0.5, 0.5)
    plain = _grey(page, middle)
    assert page.locator("#viewer [filter]").count() == 0
    level.fill("70")
    width.fill("200")
    # 255 (0.5 + (grey - level) / width), level and width as shares of white.
    assert _grey(page, middle) == pytest.approx(127.5 + (plain - 0.7 * 255) / 2, abs=3)
    assert page.locator("#viewer .mask[filter]").count() == 0
    assert page.locator("#width-name").inner_text() == "200 %"
    page.get_by_role("button", name="Reset").click()
    assert _grey(page, middle) == pytest.approx(plain, abs=1)
    assert level.input_value() == "50"


def test_nothing_of_a_legend_is_cut_off(show, phantom_page):
    page = show(phantom_page)
    outside = """all => all.flatMap(svg => {
      const box = svg.getBoundingClientRect();
      return [...svg.querySelectorAll('text, rect')].filter(each => {
        const own = each.getBoundingClientRect();
        return own.left < box.left || own.right > box.right || own.bottom > box.bottom;
      }).map(each => each.textContent || each.tagName);
    })"""
    assert page.locator("svg.legend").count() == 3
    assert page.locator("svg.legend, svg.bullseye").evaluate_all(outside) == []


@pytest.fixture
def cohort_page(study, tmp_path):
    masses = {"p1": 10.0, "p2": 2.0, "p10": 30.0, "p3": float("nan")}
    studies = [
        replace(study, case=case, figures={**study.figures, "infarct_g": mass})
        for case, mass in masses.items()
    ]
    return build_cohort(
        studies, tmp_path / "cohort.html", name="trial", pages={"p1": "studies/p1.html"}
    )


def test_the_table_sorts_by_click_and_by_keyboard_with_undefined_figures_last(show, cohort_page):
    page = show(cohort_page)

    def order():
        return page.locator(".sortable tbody th").all_inner_texts()

    assert order() == ["p1", "p10", "p2", "p3"]
    heads = page.locator(".sortable thead th")
    heads.nth(1).get_by_role("button").click()
    assert order() == ["p2", "p1", "p10", "p3"]
    assert heads.nth(1).get_attribute("aria-sort") == "ascending"
    heads.nth(1).get_by_role("button").focus()
    page.keyboard.press("Enter")
    assert order() == ["p10", "p1", "p2", "p3"]
    assert heads.nth(1).get_attribute("aria-sort") == "descending"
    heads.nth(0).get_by_role("button").click()
    assert order() == ["p1", "p2", "p3", "p10"]
    assert page.locator("[aria-sort]").count() == 1


@pytest.fixture
def measured_cohort(myops_phantom, tmp_path):
    """Pages of a cohort of phantoms, measured against themselves."""
    files = studies_of_folder(myops_phantom)
    report_cohort(files, tmp_path, name="trial", measuring=Measuring())
    return tmp_path, sorted(each.name for each in files)


def test_links_lead_from_the_cohort_through_its_studies_and_back(show, measured_cohort):
    folder, names = measured_cohort
    page = show(folder / "cohort.html")
    page.get_by_role("link", name=names[0]).first.click()
    assert page.locator("h1").inner_text() == names[0]
    for name in names[1:]:
        page.locator("nav [rel=next]").first.click()
        assert page.locator("h1").inner_text() == name
    assert page.locator("nav [rel=next]").count() == 0
    page.locator("nav [rel=prev]").last.focus()
    page.keyboard.press("Enter")
    assert page.locator("h1").inner_text() == names[-2]
    page.get_by_role("link", name="Back to the cohort").first.click()
    assert page.url == (folder / "cohort.html").as_uri()


@pytest.fixture
def widest_page(study, tmp_path):
    """A cohort with every figure, long names, flags, thumbnails and another reading."""
    rng = np.random.default_rng(0)
    figures = {name: 123.4 if np.isnan(value) else value for name, value in study.figures.items()}
    flags = tuple(Flag(code, message) for code, message in list(FLAGS.items())[:4])
    names = [f"hospital_north_patient_{number:04d}_followup" for number in range(12)]
    studies = [
        replace(
            study,
            case=name,
            figures={key: value * rng.uniform(0.5, 1.5) for key, value in figures.items()},
            flags=flags[number % 5 :],
        )
        for number, name in enumerate(names)
    ]
    readings = []
    for figure in TITLES:
        ours = tuple(each.figures[figure] for each in studies)
        other = tuple(value + rng.normal() * 30 for value in ours)
        readings.append(Readings(figure, tuple(names), other, ours, agree(other, ours)))
    thumbnail = Image(colour_address(np.full((40, 40, 3), 0.5)), "slice 1")
    return build_cohort(
        studies,
        tmp_path / "cohort.html",
        name="trial",
        pages=dict.fromkeys(names, "study.html"),
        thumbnails=dict.fromkeys(names, thumbnail),
        csv="cohort.csv",
        agreement=agreement_section(readings, other="expert"),
    )


CUT = """() => [document.documentElement, ...document.querySelectorAll('.scroll, td, th, figure')]
  .filter(each => each.scrollWidth > each.clientWidth + 1)
  .map(each => `${each.tagName} ${each.textContent.trim().slice(0, 40)}`)"""
"""What is wider than its place."""


def test_nothing_of_the_widest_cohort_is_cut_on_a_usual_screen(show, widest_page):
    page = show(widest_page)
    page.set_viewport_size({"width": 1280, "height": 900})
    assert page.locator("table").count() == 3
    assert page.evaluate(CUT) == []


def test_nothing_of_the_widest_cohort_is_cut_in_print(show, widest_page):
    page = show(widest_page)
    page.emulate_media(media="print")
    page.set_viewport_size({"width": int(186 / 25.4 * 96), "height": 1000})  # A4 less its margins
    assert page.evaluate(CUT) == []


def test_on_a_phone_the_case_stays_while_its_figures_move(show, widest_page):
    page = show(widest_page)
    page.set_viewport_size({"width": 390, "height": 844})
    table = page.locator(".scroll:has(.sortable)")
    assert table.evaluate("each => each.scrollWidth > each.clientWidth")
    assert page.evaluate(
        "document.documentElement.scrollWidth <= document.documentElement.clientWidth"
    )
    case, figure = (
        table.locator(f"tbody tr:first-child {each}") for each in ("th", "td:nth-child(3)")
    )
    before = case.bounding_box()["x"], figure.bounding_box()["x"]
    table.evaluate("each => { each.scrollLeft = 150; }")
    assert case.bounding_box()["x"] == pytest.approx(before[0], abs=1)
    assert figure.bounding_box()["x"] == pytest.approx(before[1] - 150, abs=1)
    assert case.bounding_box()["width"] < 390 / 2


def test_on_a_phone_the_mean_stands_before_the_name_of_its_figure(show, widest_page):
    page = show(widest_page)
    page.set_viewport_size({"width": 390, "height": 844})
    line = page.get_by_role("table", name="Distribution of each figure").get_by_role("row").nth(1)
    mean, name = line.get_by_role("cell").first, line.get_by_role("rowheader")
    assert "±" in mean.inner_text()
    assert name.inner_text() == "infarct"
    assert mean.bounding_box()["x"] < name.bounding_box()["x"]
    assert abs(mean.bounding_box()["y"] - name.bounding_box()["y"]) < 10
    assert all(
        box["x"] >= 0 and box["x"] + box["width"] <= 390
        for box in (each.bounding_box() for each in line.get_by_role("cell").all())
    )


@pytest.fixture
def run_page(run):
    return build_report(run)


@pytest.fixture
def comparison_page(run):
    other = RunFolder(run.root.parent / "other")
    shutil.copytree(run.root, other.root)
    return build_report(run, [other])


@pytest.mark.parametrize("kind", ["run_page", "comparison_page"])
@pytest.mark.parametrize("size", [(1280, 900), (390, 844)])
def test_the_first_screen_of_a_run_shows_a_picture(show, request, kind, size):
    page = show(request.getfixturevalue(kind))
    page.set_viewport_size({"width": size[0], "height": size[1]})
    box = page.locator("main img").first.bounding_box()
    assert box["width"] > 150
    assert box["y"] + box["height"] <= size[1]


def test_contents_lead_to_the_sections_of_a_run(show, run_page):
    page = show(run_page)
    for link in page.locator("nav.contents a").all():
        link.focus()
        page.keyboard.press("Enter")
        target = page.locator(link.get_attribute("href"))
        assert target.inner_text() == link.inner_text()
        assert -1 < target.bounding_box()["y"] < 1000


def test_nothing_of_a_run_is_cut_on_a_usual_screen(show, comparison_page):
    page = show(comparison_page)
    page.set_viewport_size({"width": 1280, "height": 900})
    assert page.evaluate(CUT) == []


def test_nothing_of_a_run_is_cut_in_print(show, comparison_page):
    page = show(comparison_page)
    page.emulate_media(media="print", color_scheme="dark")
    page.set_viewport_size({"width": int(186 / 25.4 * 96), "height": 1000})
    assert page.evaluate(CUT) == []
    ground = page.locator("body").evaluate("each => getComputedStyle(each).backgroundColor")
    assert ground == "rgb(255, 255, 255)"


def test_on_a_phone_structures_stay_while_scores_move(show, run_page):
    page = show(run_page)
    page.set_viewport_size({"width": 390, "height": 844})
    assert page.evaluate(
        "document.documentElement.scrollWidth <= document.documentElement.clientWidth"
    )
    table = page.locator(".scroll:has(.scores)")
    structure, score = (
        table.locator(f"tbody tr:first-child {each}") for each in ("th", "td:last-child")
    )
    assert score.bounding_box()["x"] > 390
    place = structure.bounding_box()["x"]
    table.evaluate("each => { each.scrollLeft = each.scrollWidth; }")
    assert structure.bounding_box()["x"] == pytest.approx(place, abs=1)
    assert score.bounding_box()["x"] < 390
    widths = page.locator(".picture .wide img").evaluate_all("all => all.map(each => each.width)")
    assert min(widths) > 600  # slices stay large, and move


def _sheets(pdf):
    return len(re.findall(rb"/Type\s*/Page\b(?!s)", pdf))


def test_a_study_prints_on_two_sheets(show, phantom_page):
    assert _sheets(show(phantom_page).pdf(prefer_css_page_size=True)) == 2


def test_a_long_study_with_many_flags_and_thresholds_prints_on_two_sheets_too(
    show, study, tmp_path
):
    grid = Grid((64, 64, 18), (2.0, 2.0, 8.0), np.diag([2.0, 2.0, 8.0, 1.0]))
    labels = np.zeros(grid.shape, dtype=np.uint8)
    labels[20:44, 20:44] = 3
    noise = Volume(np.random.default_rng(0).random(grid.shape).astype(np.float32), grid)
    case = Case(
        "long", "scarmap", dict.fromkeys(("LGE", "T2", "bSSFP"), noise), LabelMap(labels, grid)
    )
    slices = tuple(replace(study.slices[0], index=z) for z in range(18))
    flags = tuple(Flag(code, message) for code, message in list(FLAGS.items())[:8])
    every = ("lv_pool", "rv_pool", "normal_myocardium", "edema", "scar", "mvo")
    full = {name: 12.3 if np.isnan(value) else value for name, value in study.figures.items()}
    longest = replace(
        study,
        shape=grid.shape,
        slices=slices,
        flags=flags,
        thresholds=study.thresholds * 10,
        tissues=every,
        figures=full,
    )
    page = build_study(case, longest, tmp_path / "long.html")
    assert page.stat().st_size < 5_000_000
    assert _sheets(show(page).pdf(prefer_css_page_size=True)) == 2

"""The whole way through the pages: drop a DICOM study, wait, correct, save, compare, export."""

import base64
import gzip
import random
import zipfile

import nibabel as nib
import numpy as np
import pytest
from tests.serving.reading_room import CHROMIUM, Desk, open_room

from scarmap.labels import INDEX
from scarmap.phantom.dicom.study import write_dicom_studies

playwright = pytest.importorskip("playwright.sync_api", reason="Playwright is not installed")
pytestmark = [
    pytest.mark.slow,
    pytest.mark.skipif(CHROMIUM is None, reason="no Chromium on the path"),
]
DROP = """
async ([name, content]) => {
  const bytes = Uint8Array.from(atob(content), letter => letter.charCodeAt(0));
  const dropped = new DataTransfer();
  dropped.items.add(new File([bytes], name));
  document.body.dispatchEvent(
    new DragEvent("drop", { dataTransfer: dropped, bubbles: true, cancelable: true })
  );
}
"""
WALL = [INDEX[name] for name in ("normal_myocardium", "edema", "scar", "mvo")]


@pytest.fixture(scope="module")
def browser():
    with playwright.sync_playwright() as engine:
        opened = engine.chromium.launch(
            executable_path=CHROMIUM, args=["--no-sandbox", "--disable-gpu"]
        )
        yield opened
        opened.close()


@pytest.fixture(scope="module")
def zipped(tmp_path_factory):
    """A synthetic DICOM study as a zip."""
    folder = tmp_path_factory.mktemp("dicom")
    write_dicom_studies(folder, vendor="siemens", num_cases=1, seed=4, phases=6)
    path = folder / "study.zip"
    with zipfile.ZipFile(path, "w") as archive:
        for file in sorted((folder / "study_0001").rglob("*")):
            if file.is_file():
                archive.write(file, file.relative_to(folder))
    return path


@pytest.fixture(scope="module")
def address(tmp_path_factory):
    with open_room(tmp_path_factory.mktemp("store")) as opened:
        yield opened


@pytest.fixture
def desk(browser, address):
    """A page of its own; it may say nothing on the console and ask nothing elsewhere."""
    context = browser.new_context(viewport={"width": 1280, "height": 800})
    opened = Desk(context.new_page(), address)
    yield opened
    assert opened.troubles == []
    context.close()


@pytest.fixture(scope="module")
def dropped(browser, address, zipped):
    """Name of a study that was dropped onto the worklist as a zip, and segmented."""
    context = browser.new_context()
    opened = Desk(context.new_page(), address)
    content = base64.b64encode(zipped.read_bytes()).decode()
    opened.page.evaluate(DROP, ["study.zip", content])
    opened.page.get_by_label("Name", exact=True).fill("heart-1")
    opened.page.get_by_role("button", name="Add", exact=True).click()
    opened.wait_for("heart-1")
    assert opened.troubles == []
    context.close()
    return "heart-1"


def _drag(desk, *places):
    """Draw with the left button through places, as shares of the large image."""
    box = desk.page.locator(".panel.active canvas").bounding_box()
    points = [(box["x"] + x * box["width"], box["y"] + y * box["height"]) for x, y in places]
    desk.page.mouse.move(*points[0])
    desk.page.mouse.down()
    for point in points[1:]:
        desk.page.mouse.move(*point, steps=5)
    desk.page.mouse.up()


def test_what_was_corrected_is_saved_compared_and_exported_exactly(desk, dropped):
    page = desk.page
    desk.wait_for(dropped)
    model = desk.version(1)
    assert np.isin(model, WALL).any()

    page.keyboard.press("b")
    page.keyboard.press("3")
    _drag(desk, (0.4, 0.4), (0.6, 0.4), (0.6, 0.6))
    painted = desk.draft()
    assert (painted != model).any()
    assert set(painted[painted != model]) == {INDEX["normal_myocardium"]}
    page.keyboard.press("Control+z")
    np.testing.assert_array_equal(desk.draft(), model)
    page.keyboard.press("Control+Shift+z")
    np.testing.assert_array_equal(desk.draft(), painted)

    # Scar above a threshold: in the wall only, and what the slider says.
    page.keyboard.press("t")
    page.locator("#method").select_option("otsu")
    page.locator("#mark:enabled").wait_for()
    page.get_by_role("button", name="Mark").click()
    marked = desk.draft()
    changed = marked != painted
    assert changed.any()
    assert set(marked[changed]) <= {INDEX["scar"], INDEX["normal_myocardium"]}
    assert np.isin(painted[changed], WALL).all()

    # A reload keeps what was not saved; a save keeps it for good.
    page.reload()
    page.locator(".tile").first.wait_for()
    np.testing.assert_array_equal(desk.draft(), marked)
    number = desk.save("AB")
    page.reload()
    page.locator(f"[data-version='{number}'].current").wait_for()
    np.testing.assert_array_equal(desk.version(number), marked)
    about = desk.ask(f"studies/{desk.study}")["versions"][number - 1]
    assert (about["author"], about["kind"], about["based_on"]) == ("AB", "reader", 1)

    written = nib.Nifti1Image.from_bytes(gzip.decompress(desk.export(number, "NIfTI").read_bytes()))
    np.testing.assert_array_equal(np.asarray(written.dataobj), marked.transpose(2, 1, 0))
    segmentation = desk.export(number, "DICOM SEG").read_bytes()
    assert segmentation[128:132] == b"DICM"

    page.get_by_role("link", name="Compare version 1 with the one on the desk").click()
    page.locator("#agreement-rows tr").first.wait_for()
    rows = dict(
        page.locator("#agreement-rows tr").evaluate_all(
            "rows => rows.map(row => [row.cells[0].textContent, Number(row.cells[1].textContent)])"
        )
    )
    one, other = (np.isin(mask, WALL) for mask in (model, marked))
    assert rows["LV wall"] == pytest.approx(
        2 * (one & other).sum() / (one.sum() + other.sum()), abs=6e-4
    )


def test_twenty_random_edits_and_their_undo_end_with_the_same_bytes(desk, dropped):
    page, chance = desk.page, random.Random(3)
    desk.wait_for(dropped)
    before = desk.version(desk.ask(f"studies/{desk.study}")["latest"])
    for _ in range(45):
        page.keyboard.press(chance.choice(["ArrowUp", "ArrowDown", "x"]))
        page.keyboard.press(chance.choice("123456"))
        page.keyboard.press(chance.choice("bbbefrio,."))
        if chance.random() < 0.8:
            places = [(chance.uniform(0.3, 0.7), chance.uniform(0.3, 0.7)) for _ in range(3)]
            _drag(desk, *places)
        else:
            page.keyboard.press("Alt+Shift+ArrowRight")
    assert (desk.draft() != before).any()
    undone = 0
    while _can_undo(page):
        page.keyboard.press("Control+z")
        undone += 1
    assert undone >= 20  # not every edit changes something: a scar is painted in the wall alone
    assert desk.draft().tobytes() == before.tobytes()


def _can_undo(page):
    return page.locator("#undo").get_attribute("aria-disabled") == "false"


def test_the_second_of_two_readers_is_told_and_loses_nothing(browser, address, desk, dropped):
    desk.wait_for(dropped)
    context = browser.new_context(viewport={"width": 1280, "height": 800})
    second = Desk(context.new_page(), address)
    second.wait_for(dropped)
    for reader, place in ((desk, 0.45), (second, 0.55)):
        reader.page.keyboard.press("b")
        reader.page.keyboard.press("3")
        _drag(reader, (place, 0.4), (place, 0.6))
    first_mask, second_mask = desk.draft(), second.draft()
    number = desk.save("AB")

    second.page.keyboard.press("Control+s")
    second.page.get_by_label("Initials").fill("CD")
    second.page.keyboard.press("Enter")
    second.page.get_by_text("Another version was saved since you began").wait_for()
    second.page.get_by_role("button", name="Save beside", exact=True).click()
    second.page.locator(f"[data-version='{number + 1}'].current").wait_for()
    np.testing.assert_array_equal(second.version(number), first_mask)
    np.testing.assert_array_equal(second.version(number + 1), second_mask)
    # The browser itself notes the answer 409 on its console; nothing else is there.
    assert [each for each in second.troubles if "409" not in each] == []
    context.close()


def test_the_keyboard_alone_corrects_and_saves(desk, dropped):
    page = desk.page
    link = page.get_by_role("link", name=dropped, exact=True)
    link.wait_for()
    for _ in range(40):
        page.keyboard.press("Tab")
        if link.evaluate("each => each === document.activeElement"):
            break
    page.keyboard.press("Enter")
    page.locator(".tile").first.wait_for()
    desk.settle()
    before = desk.version(desk.ask(f"studies/{desk.study}")["latest"])
    page.keyboard.press("?")
    page.get_by_role("heading", name="Keys").wait_for()
    page.keyboard.press("Escape")
    page.keyboard.press("o")
    page.keyboard.press("n")
    page.keyboard.press("Alt+Shift+ArrowDown")
    moved = desk.draft()
    assert (moved != before).any()
    number = desk.save("EF")
    np.testing.assert_array_equal(desk.version(number), moved)
    about = desk.ask(f"studies/{desk.study}")["versions"][number - 1]
    assert "contour" in about["with"]

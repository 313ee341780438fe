"""The short way through the pages: the password; bring a study, paint, undo, save, export."""

import gzip
import shutil

import nibabel as nib
import numpy as np
import pytest
from tests.serving.reading_room import CHROMIUM, Desk, disc, open_room

from scarmap.labels import INDEX, codes
from scarmap.serving import studies, versions
from scarmap.serving.store import open_store

playwright = pytest.importorskip("playwright.sync_api", reason="Playwright is not installed")
pytestmark = pytest.mark.skipif(CHROMIUM is None, reason="no Chromium on the path")
SCAR, WALL = INDEX["scar"], [INDEX[name] for name in ("normal_myocardium", "edema", "mvo")]


@pytest.fixture(scope="module")
def browser():
    with playwright.sync_playwright() as engine:
        opened = engine.chromium.launch(
            executable_path=CHROMIUM, args=["--no-sandbox", "--disable-gpu"]
        )
        yield opened
        opened.close()


@pytest.fixture(scope="module")
def address(tmp_path_factory):
    with open_room(tmp_path_factory.mktemp("store")) as opened:
        yield opened


def test_a_reader_comes_in_with_the_password(browser, tmp_path):
    (tmp_path / "password").write_text("correct horse\n")
    with open_room(tmp_path / "store", "--password-file", tmp_path / "password") as address:
        context = browser.new_context()
        page = context.new_page()
        page.set_default_timeout(120_000)  # of a busy machine
        page.goto(address.partition("?")[0])
        page.get_by_label("Password").fill("correct horse")
        page.get_by_role("button", name="Open").click()
        page.get_by_text("No study yet").wait_for()
        context.close()


def test_a_result_that_did_not_reach_the_archive_is_told_on_both_pages(browser, brought, tmp_path):
    root, study = brought
    store = open_store(shutil.copytree(root, tmp_path / "store"))
    versions.sign(store, study, 1, "AB")
    studies.update(store, study, kind="dicom", reason="Version 1 was not sent.")
    store.database.close()
    with open_room(tmp_path / "store", "--peer", "ARCHIVE@127.0.0.1:1") as address:
        context = browser.new_context()
        desk = Desk(context.new_page(), address)
        desk.page.locator(".detail").get_by_text("Version 1 was not sent.").wait_for()
        desk.wait_for("heart_01")
        assert desk.page.locator("#reason").inner_text() == "Version 1 was not sent."
        desk.page.get_by_role("button", name="Sign again version 1").wait_for()
        context.close()


def _files(folder):
    """Image and mask of the first case of an EMIDEC folder."""
    image = sorted(folder.rglob("Images/*.nii*"))[0]
    return [image, sorted(folder.rglob("Contours/*.nii*"))[0]]


def test_a_disc_is_painted_measured_undone_saved_and_exported(browser, address, emidec_phantom):
    context = browser.new_context(viewport={"width": 1280, "height": 800})
    desk = Desk(context.new_page(), address)
    page = desk.page
    image, mask = _files(emidec_phantom)
    page.locator("#files").set_input_files(
        [
            {"name": "heart_LGE.nii.gz", "mimeType": "", "buffer": image.read_bytes()},
            {"name": "heart_mask.nii.gz", "mimeType": "", "buffer": mask.read_bytes()},
        ]
    )
    page.get_by_label("Name", exact=True).fill("heart-1")
    page.get_by_label("Numbers of the mask").select_option("emidec")
    page.get_by_role("button", name="Add", exact=True).click()
    desk.wait_for("heart-1")

    # A disc of 4 mm around a pixel of the wall, by the keyboard alone.
    about = desk.ask(f"studies/{desk.study}")
    model = desk.version(1)
    z = about["order"][len(about["order"]) // 2]
    y, x = np.argwhere(model[z] == INDEX["normal_myocardium"])[0]
    page.keyboard.press("b")
    page.keyboard.press("5")
    desk.point_at(int(x), int(y))
    page.keyboard.press("Space")
    painted = model.copy()
    spot = disc(model[z].shape, x, y, 4.0, about["spacing_mm"]) & np.isin(model[z], WALL)
    painted[z][spot] = SCAR
    np.testing.assert_array_equal(desk.draft(), painted)

    # The infarct grows by the grams of the voxels that were no infarct before.
    new = np.isin(painted, (SCAR, INDEX["mvo"])) & ~np.isin(model, (SCAR, INDEX["mvo"]))
    grams = new.sum() * np.prod(about["spacing_mm"]) / 1000 * 1.05
    page.keyboard.press("Control+z")
    np.testing.assert_array_equal(desk.draft(), model)
    page.keyboard.press("Control+y")
    number = desk.save("AB")
    figures = [
        desk.ask(f"studies/{desk.study}/versions/{each}/figures")["figures"]["infarct_g"]["value"]
        for each in (1, number)
    ]
    assert grams > 0
    assert figures[1] - figures[0] == pytest.approx(grams, abs=1e-3)

    # The file holds exactly what was painted.
    written = desk.export(number, "NIfTI").read_bytes()
    file = nib.Nifti1Image.from_bytes(gzip.decompress(written))
    wanted = np.zeros(len(INDEX), int)
    for name, value in codes("emidec").items():
        wanted[INDEX[name]] = value
    np.testing.assert_array_equal(np.asarray(file.dataobj), wanted[painted].transpose(2, 1, 0))
    assert desk.troubles == []
    context.close()

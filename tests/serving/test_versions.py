from dataclasses import replace

import nibabel
import numpy as np
import pytest
from tests.serving.conftest import CPU, SHAPE, enter, mask_of, row_of
from tests.serving.test_drafts import put

from scarmap.io.nifti import read_labels
from scarmap.labels import INDEX, region_mask
from scarmap.quantification.result import Interval
from scarmap.serving import versions
from scarmap.serving.exporting import without_intervals
from scarmap.serving.measuring import measure_all
from scarmap.serving.room import Room
from scarmap.serving.store import open_store, tidy
from scarmap.serving.studies import find

SCAR = INDEX["scar"]


def begin(client, study, based_on=1):
    told = client.post(f"/api/studies/{study}/drafts", json={"based_on": based_on})
    return told.json()["draft"]


def paint(client, draft, z=1):
    mask = mask_of(client, f"/api/drafts/{draft}/mask", SHAPE)
    plane = mask[..., z]
    plane[region_mask(plane, "whole_myocardium")] = SCAR
    assert put(client, draft, z, plane).status_code == 200
    return mask


def save(client, study, draft, author="AB", **more):
    asked = {"draft": draft, "author": author, **more}
    return client.post(f"/api/studies/{study}/versions", json=asked)


def test_a_saved_draft_is_a_version_with_all_that_was_painted(room, client, drawn):
    draft = begin(client, drawn)
    mask = paint(client, draft)
    told = save(client, drawn, draft, note="<b>rim</b>", **{"with": ["brush", "threshold 5-SD"]})
    assert (told.status_code, told.json()) == (201, {"number": 2})
    assert np.array_equal(mask_of(client, f"/api/studies/{drawn}/versions/2/mask", SHAPE), mask)
    about = client.get(f"/api/studies/{drawn}").json()
    version = about["versions"][1]
    assert version["kind"] == "reader"
    assert version["author"] == "AB"
    assert version["with"].endswith("brush, threshold 5-SD")
    assert version["based_on"] == 1
    assert version["note"] == "<b>rim</b>"
    assert row_of(client, drawn)["status"] == "corrected"
    assert client.get(f"/api/drafts/{draft}/mask").status_code == 404
    exported = client.get(f"/api/studies/{drawn}/versions/2/export/nifti")
    written = nibabel.Nifti1Image.from_bytes(__import__("gzip").decompress(exported.content))
    assert np.array_equal(np.asarray(written.dataobj), mask)
    given = nibabel.load(room.store.folder(drawn).root / find(room.store, drawn).images["LGE"])
    assert np.allclose(written.affine, given.affine)


def test_no_version_is_ever_changed(room, client, drawn):
    first = room.store.folder(drawn).mask(1).read_bytes()
    draft = begin(client, drawn)
    paint(client, draft)
    save(client, drawn, draft)
    client.post(f"/api/studies/{drawn}/versions/1/restore", json={"author": "CD"})
    assert room.store.folder(drawn).mask(1).read_bytes() == first


def test_the_second_of_two_readers_is_told_and_loses_nothing(client, drawn):
    ours, theirs = begin(client, drawn), begin(client, drawn)
    mine = paint(client, ours, 1)
    paint(client, theirs, 2)
    assert save(client, drawn, theirs, "CD").status_code == 201
    told = save(client, drawn, ours)
    assert told.status_code == 409
    assert told.json()["latest"] == 2
    assert "CD" in told.json()["detail"]
    assert np.array_equal(mask_of(client, f"/api/drafts/{ours}/mask", SHAPE), mine)
    assert save(client, drawn, ours, beside=True).json() == {"number": 3}
    assert np.array_equal(mask_of(client, f"/api/studies/{drawn}/versions/3/mask", SHAPE), mine)


@pytest.mark.parametrize("author", ["", "<script>", "A" * 17, "Ä", "1"])
def test_who_saves_gives_initials(client, drawn, author):
    assert save(client, drawn, begin(client, drawn), author).status_code == 422
    assert len(client.get(f"/api/studies/{drawn}").json()["versions"]) == 1


def test_a_draft_of_another_study_is_not_saved_here(room, client, drawn, heart):
    from tests.serving.conftest import bring

    other = bring(client, heart).json()["id"]
    assert save(client, other, begin(client, drawn)).status_code == 422


def test_a_restored_version_has_the_same_voxels_and_is_new(client, drawn):
    draft = begin(client, drawn)
    paint(client, draft)
    save(client, drawn, draft)
    told = client.post(f"/api/studies/{drawn}/versions/1/restore", json={"author": "CD"})
    assert told.json() == {"number": 3}
    first, third = (client.get(f"/api/studies/{drawn}/versions/{n}/mask").content for n in (1, 3))
    assert first == third
    assert client.get(f"/api/studies/{drawn}").json()["versions"][2]["kind"] == "import"


def test_a_kill_between_file_and_row_leaves_no_version_and_no_harm(room, client, drawn):
    left = room.store.folder(drawn).mask(2)
    left.write_bytes(b"half a file")
    again = Room(open_store(room.root), room.session, CPU)
    tidy(again.store)
    other = enter(again)
    assert client.get(f"/api/studies/{drawn}").json()["latest"] == 1
    draft = begin(other, drawn)
    mask = paint(other, draft)
    assert save(other, drawn, draft).json() == {"number": 2}
    assert np.array_equal(read_labels(left, "scarmap").array, mask)
    again.store.database.close()


def test_a_sign_is_kept_and_nothing_is_sent_without_a_peer(client, drawn):
    told = client.post(f"/api/studies/{drawn}/versions/1/sign", json={"author": "AB"})
    assert told.json() == {"signed": True, "sending_to": None}
    version = client.get(f"/api/studies/{drawn}").json()["versions"][0]
    assert version["signed_by"] == "AB"
    assert version["signed_at"]


def test_a_version_that_is_not_there_is_told(client, drawn):
    for path in ("mask", "figures", "export/nifti"):
        assert client.get(f"/api/studies/{drawn}/versions/9/{path}").status_code == 404
    assert client.get(f"/api/studies/{drawn}/versions/1/export/exe").status_code == 404


def test_a_study_without_dicom_has_pages_and_no_seg(client, drawn, monkeypatch):
    monkeypatch.setattr("scarmap.report.pdf.study.find_browser", lambda: None)
    address = f"/api/studies/{drawn}/versions/1/export"
    for kind in ("seg", "sr"):
        told = client.get(f"{address}/{kind}")
        assert told.status_code == 409
        assert "NIfTI" in told.json()["detail"]
    page = client.get(f"{address}/page")
    assert page.status_code == 200
    assert 'filename="heart_01_v1.html"' in page.headers["content-disposition"]
    assert page.headers["content-disposition"].startswith("attachment")
    assert client.get(f"{address}/pdf").content.startswith(b"%PDF")


def test_intervals_of_the_model_end_where_a_reader_has_drawn(room, client, drawn):
    draft = begin(client, drawn)
    paint(client, draft)
    save(client, drawn, draft)
    study = find(room.store, drawn)
    given, edited = (versions.find(room.store, drawn, n) for n in (1, 2))
    found = measure_all(room.store, study, given)
    model = replace(found, intervals={"infarct_g": Interval(1.0, 2.0, 0.9, "folds")})
    assert without_intervals(given, model).intervals
    assert not without_intervals(edited, model).intervals


def test_two_versions_are_compared(client, drawn):
    draft = begin(client, drawn)
    paint(client, draft)
    save(client, drawn, draft)
    told = client.get("/api/compare", params={"a": f"{drawn}:1", "b": f"{drawn}:2"}).json()
    assert told["same_grid"]
    rows = {row["region"]: row for row in told["agreement"]}
    assert rows["lv_pool"]["dice"] == 1.0
    assert rows["whole_infarct"]["dice"] < 1.0
    assert rows["whole_infarct"]["difference_ml"] > 0
    figures = {row["name"]: row for row in told["figures"]}
    infarct = figures["infarct_ml"]
    assert infarct["difference"] == pytest.approx(rows["whole_infarct"]["difference_ml"])
    assert infarct["b"] - infarct["a"] == infarct["difference"]
    same = client.get("/api/compare", params={"a": f"{drawn}:2", "b": f"{drawn}:2"}).json()
    assert {row["difference"] for row in same["figures"]} <= {0.0, None}
    assert client.get("/api/compare", params={"a": drawn, "b": "x:1"}).status_code == 422


def test_a_page_that_cannot_be_written_is_made_whole_the_next_time(
    room, client, drawn, monkeypatch
):
    monkeypatch.setattr("scarmap.report.pdf.study.find_browser", lambda: None)

    def broken(*_given, **_named):
        raise OSError(28, "No space left on device")

    with monkeypatch.context() as once:
        once.setattr("scarmap.serving.exporting.write_study_pdf", broken)
        told = client.get(f"/api/studies/{drawn}/versions/1/export/page")
        assert told.status_code == 507
        assert "No space left" in told.json()["detail"]
    assert not room.store.folder(drawn).exports(1).exists()
    assert client.get(f"/api/studies/{drawn}/versions/1/export/page").status_code == 200

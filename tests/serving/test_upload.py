import asyncio
import zipfile

import nibabel
import numpy as np
import pytest
from tests.serving.conftest import CPU, bring, enter, row_of

from scarmap.serving.room import Room
from scarmap.serving.upload import Limits, MalformedError, receive
from scarmap.serving.worker import work


def _files_below(folder):
    return sorted(path for path in folder.rglob("*") if path.is_file())


def _send(client, files, **data):
    return client.post("/api/studies", data={"kind": "dicom", **data}, files=files)


def test_a_name_that_leads_elsewhere_is_not_believed(room, client, tmp_path):
    outside = tmp_path / "stolen"
    names = ["../../stolen", str(outside), "..\\..\\stolen", "a/../../../stolen", "\x00stolen"]
    told = _send(client, [("file", (name, b"x" * 10)) for name in names])
    assert told.status_code == 202
    assert not outside.exists()
    kept = _files_below(room.store.folder(told.json()["id"]).upload)
    assert [path.name for path in kept] == [f"{n:06d}" for n in range(1, len(names) + 1)]


@pytest.mark.parametrize(
    "name", ["<script>alert(1)</script>", "a/b", "../up", "-rf", "Müller", "x" * 65, "a\nb", "=1+1"]
)
def test_a_name_with_more_than_letters_is_refused(room, client, name):
    told = _send(client, [("file", ("f", b"x"))], name=name)
    assert told.status_code == 422
    assert name not in told.text
    assert client.get("/api/studies").json()["total"] == 0
    assert not _files_below(room.store.incoming)
    assert not _files_below(room.store.studies)


def test_more_bytes_than_are_taken_are_refused_and_leave_nothing(room):
    small = Room(room.store, room.session, CPU, limits=Limits(num_bytes=1000))
    told = _send(enter(small), [("file", ("f", b"x" * 600)), ("file", ("g", b"x" * 600))])
    assert told.status_code == 413
    assert not _files_below(room.store.incoming)


def test_more_files_than_are_taken_are_refused(room):
    small = Room(room.store, room.session, CPU, limits=Limits(num_files=3))
    told = _send(enter(small), [("file", (str(n), b"x")) for n in range(4)])
    assert told.status_code == 413
    assert not _files_below(room.store.incoming)


def test_an_upload_that_ends_too_early_is_told(tmp_path):
    whole = (
        b'--b\r\nContent-Disposition: form-data; name="file"; filename="a"\r\n\r\n'
        b"content\r\n--b--\r\n"
    )

    async def chunks(content):
        yield content

    async def send(content, folder):
        folder.mkdir()
        kind = "multipart/form-data; boundary=b"
        return await receive(chunks(content), kind, folder, limits=Limits())

    uploaded = asyncio.run(send(whole, tmp_path / "whole"))
    assert uploaded.files[0].read_bytes() == b"content"
    with pytest.raises(MalformedError):
        asyncio.run(send(whole[:-12], tmp_path / "cut"))
    with pytest.raises(MalformedError):
        asyncio.run(send(b"no form at all", tmp_path / "none"))


def test_what_is_no_form_is_refused(client):
    assert client.post("/api/studies", json={"kind": "dicom"}).status_code == 422
    assert client.post("/api/studies", data={"kind": "dicom"}).status_code == 422


def test_an_archive_that_unpacks_to_very_much_is_refused(room, client, tmp_path):
    bomb = tmp_path / "bomb.zip"
    zeros = bytes(2**20)
    with (
        zipfile.ZipFile(bomb, "w", zipfile.ZIP_DEFLATED) as archive,
        archive.open("big", "w", force_zip64=True) as member,
    ):
        for _ in range(300):
            member.write(zeros)
    told = _send(client, [("file", ("a.zip", bomb.read_bytes()))], kind="zip")
    assert told.status_code == 422
    assert "more than is opened" in told.json()["detail"]
    assert not _files_below(room.store.root / "studies")
    assert not _files_below(room.store.incoming)


def test_an_archive_is_read_where_it_lies_and_its_names_lead_nowhere(room, client, tmp_path):
    archive = tmp_path / "a.zip"
    with zipfile.ZipFile(archive, "w") as zipped:
        zipped.writestr("../../stolen", "no image")
    told = _send(client, [("file", ("a.zip", archive.read_bytes()))], kind="zip")
    assert told.status_code == 202
    work(room.store, CPU, until_empty=True)
    row = row_of(client, told.json()["id"])
    assert row["status"] == "failed"
    assert "no DICOM image" in row["reason"]
    assert str(room.store.root) not in row["reason"]
    assert not (tmp_path / "stolen").exists()


@pytest.mark.parametrize("content", [b"PK\x03\x04 broken", b"no archive"])
def test_a_broken_archive_is_refused(client, content):
    assert _send(client, [("file", ("a.zip", content))], kind="zip").status_code == 422


@pytest.mark.parametrize(
    ("sequence", "said"),
    [(["LGE", "LGE"], "same sequence"), (["LGE"], "Say of each"), (["LGE", "CT"], "no sequence")],
)
def test_nifti_files_must_say_what_they_are(client, heart, sequence, said):
    files = [("file", ("a", heart.images["LGE"].read_bytes())), ("file", ("b", b"x"))]
    told = _send(client, files, kind="nifti", sequence=sequence)
    assert told.status_code == 422
    assert said in told.json()["detail"]


def test_images_on_two_grids_fail_with_the_reason(room, client, heart, tmp_path):
    image = nibabel.load(heart.images["T2"])
    other = tmp_path / "T2.nii.gz"
    nibabel.save(nibabel.Nifti1Image(np.asarray(image.dataobj)[:-4], image.affine), other)
    files = [
        ("file", ("a", heart.images["LGE"].read_bytes())),
        ("file", ("b", other.read_bytes())),
    ]
    told = _send(client, files, kind="nifti", sequence=["LGE", "T2"])
    work(room.store, CPU, until_empty=True)
    row = row_of(client, told.json()["id"])
    assert row["status"] == "failed"
    assert "different sizes" in row["reason"]


def test_a_damaged_image_fails_and_the_next_study_does_not(room, client, heart):
    broken = _send(
        client, [("file", ("a", b"\x1f\x8bbroken"))], kind="nifti", sequence=["LGE"]
    ).json()["id"]
    whole = bring(client, heart).json()["id"]
    work(room.store, CPU, until_empty=True)
    assert row_of(client, broken)["status"] == "failed"
    assert row_of(client, whole)["status"] == "segmented"
    assert not room.store.folder(whole).upload.exists()

import io
import sqlite3
import zipfile

import pytest
from tests.serving.conftest import CPU, bring, row_of

from scarmap.serving import studies
from scarmap.serving.jobs import SEGMENT
from scarmap.serving.worker import work


def _zip():
    content = io.BytesIO()
    with zipfile.ZipFile(content, "w") as archive:
        archive.writestr("image", bytes(200))
    return content.getvalue()


def _add_many(store, number):
    with store.database.writing() as connection:
        connection.executemany(
            "INSERT INTO studies (id, place, name, kind, status, added, infarct) "
            "VALUES (?, ?, ?, 'nifti', ?, '2024-01-01', ?)",
            [
                (
                    f"{n:016x}",
                    n,
                    f"case_{n:05d}",
                    ("segmented", "corrected", "failed")[n % 3],
                    float(n * 7919 % number) if n % 5 else None,
                )
                for n in range(1, number + 1)
            ],
        )


def _names(client, **asked):
    return [row["name"] for row in client.get("/api/studies", params=asked).json()["studies"]]


def test_ten_thousand_studies_are_searched_sorted_and_cut(room, client):
    _add_many(room.store, 10_000)
    told = client.get("/api/studies").json()
    assert told["total"] == 10_000
    assert len(told["studies"]) == 200
    assert _names(client, limit=3, offset=9_998) == ["case_09999", "case_10000"]
    assert _names(client, sort="name", descending=1, limit=2) == ["case_10000", "case_09999"]
    assert len(_names(client, limit=100_000)) == studies.MOST_ROWS
    assert client.get("/api/studies", params={"search": "_0001"}).json()["total"] == 10
    largest = client.get("/api/studies", params={"sort": "infarct", "descending": 1, "limit": 5})
    rows = [row["name"] for row in largest.json()["studies"]]
    assert all(int(name.removeprefix("case_")) % 5 for name in rows)


def test_signs_of_a_search_stand_for_themselves(room, client):
    _add_many(room.store, 3)
    assert _names(client, search="%") == []
    assert _names(client, search="' OR 1=1 --") == []
    assert _names(client, sort="place; DROP TABLE studies") == [f"case_{n:05d}" for n in (1, 2, 3)]


def test_studies_without_a_name_are_numbered(room, client, heart):
    made = [bring(client, heart).json()["id"] for _ in range(2)]
    assert [row_of(client, each)["name"] for each in made] == ["case_0001", "case_0002"]


def test_a_change_is_told_to_who_waits(client, heart):
    now = client.get("/api/events").json()["now"]
    made = bring(client, heart).json()["id"]
    told = client.get("/api/events", params={"after": now}).json()
    assert told["changed"] == [made]
    assert told["now"] > now


def test_who_asks_after_a_number_of_another_store_is_told_the_right_one(client):
    assert client.get("/api/events", params={"after": 99_999}).json() == {"now": 0, "changed": []}


def test_a_full_disk_is_told_where_the_database_meets_it(room, client, monkeypatch):
    def full(*args, **named):
        raise sqlite3.OperationalError("database or disk is full")

    monkeypatch.setattr(room.store.database.__class__, "writing", full)
    told = client.post("/api/studies", data={"kind": "zip"}, files=[("file", ("in.zip", _zip()))])
    assert told.status_code == 507
    assert "database or disk is full" in told.json()["detail"]
    assert list(room.store.incoming.iterdir()) == []


@pytest.mark.parametrize(
    "path",
    [
        "studies?offset={}",
        "events?after={}",
        "studies/{study}/versions/{}/mask",
        "compare?a={study}:{}&b={study}:1",
        "drafts/{draft}/threshold?slice={}",
        "drafts/{draft}/threshold?n={}",
    ],
)
@pytest.mark.parametrize("digits", [20, 5000])
def test_a_number_without_end_is_told(client, drawn, path, digits):
    draft = client.post(f"/api/studies/{drawn}/drafts", json={"based_on": 1}).json()["draft"]
    told = client.get("/api/" + path.format("9" * digits, study=drawn, draft=draft))
    assert told.status_code == 422
    assert told.json()["detail"].endswith(".")


def test_a_removed_study_is_gone_with_its_files(room, client, drawn):
    draft = client.post(f"/api/studies/{drawn}/drafts", json={"based_on": 1}).json()["draft"]
    assert client.delete(f"/api/studies/{drawn}").status_code == 204
    assert client.get(f"/api/studies/{drawn}").status_code == 404
    assert client.get(f"/api/drafts/{draft}/mask").status_code == 404
    assert not room.store.folder(drawn).root.exists()
    assert client.delete(f"/api/studies/{drawn}").status_code == 404


def test_a_study_that_is_removed_while_it_waits_stops_nothing(room, client, heart):
    first, second = (bring(client, heart).json()["id"] for _ in range(2))
    client.delete(f"/api/studies/{first}")
    work(room.store, CPU, until_empty=True)
    assert row_of(client, second)["status"] == "segmented"


def test_a_study_says_what_it_is(client, drawn, heart):
    about = client.get(f"/api/studies/{drawn}").json()
    assert about["shape"] == [112, 112, 4]
    assert sorted(about["order"]) == [0, 1, 2, 3]
    assert [each["name"] for each in about["sequences"]] == ["LGE", "T2"]
    assert about["latest"] == 1
    assert about["versions"][0]["kind"] == "import"
    assert about["tissues"][5] == {
        "index": 5,
        "name": "scar",
        "title": "scar (infarct)",
        "colour": "#F0E442",
        "inside": [3, 4, 5, 6],
    }
    row = row_of(client, drawn)
    assert row["figures"]["infarct_g"] > 0
    assert row["progress"] is None


@pytest.mark.parametrize("packing", ["gzip", "identity"])
def test_images_come_back_in_scanner_units(client, drawn, heart, packing):
    import numpy as np

    from scarmap.io.nifti import read_image

    about = client.get(f"/api/studies/{drawn}").json()
    window = about["sequences"][0]
    told = client.get(f"/api/studies/{drawn}/images/LGE", headers={"Accept-Encoding": packing})
    x, y, z = about["shape"]
    stored = np.frombuffer(told.content, "<u2").reshape(z, y, x).transpose(2, 1, 0)
    image = read_image(heart.images["LGE"]).array
    np.testing.assert_allclose(
        stored * window["scale"] + window["offset"], image, atol=window["scale"] * 0.51
    )
    assert client.get(f"/api/studies/{drawn}/images/CT").status_code == 404


def test_studies_that_came_together_end_in_order(room, client, heart):
    made = [bring(client, heart).json()["id"] for _ in range(5)]
    work(room.store, CPU, until_empty=True)
    with room.store.database.reading() as connection:
        ended = connection.execute("SELECT study, state, kind FROM jobs ORDER BY id").fetchall()
    assert [tuple(row) for row in ended] == [(each, "done", SEGMENT) for each in made]
    about = client.get(f"/api/studies/{made[2]}").json()
    assert (about["previous"], about["next"]) == (made[1], made[3])


def test_studies_of_one_name_are_found_beside_each_other(room, client, heart):
    first, second = (bring(client, heart, name="P07").json()["id"] for _ in range(2))
    assert client.get(f"/api/studies/{second}").json()["earlier"] == [first]

from dataclasses import replace

import pytest
from fastapi.testclient import TestClient
from tests.serving.conftest import BASE, CPU, PORT

from scarmap.errors import DataError
from scarmap.serving.app import build_app
from scarmap.serving.room import Room
from scarmap.serving.security import Session, hash_password
from scarmap.serving.serve import Opening, serve
from scarmap.serving.worker import WorkerSettings

PUBLIC = "https://reading.hospital"
PATHS = ["/", "/study/1", "/compare/1", "/learn", "/static/room.css", "/api/studies", "/api/events"]


@pytest.mark.parametrize("path", [*PATHS, "/docs", "/openapi.json", "/login", "/api/nothing"])
def test_nobody_without_the_token_sees_anything(room, path):
    told = TestClient(build_app(room), base_url=BASE).get(path, follow_redirects=False)
    assert told.status_code == 401
    assert room.session.token not in told.text


def test_a_wrong_token_lets_nobody_in(room):
    visitor = TestClient(build_app(room), base_url=BASE)
    told = visitor.get("/?token=wrong", follow_redirects=False)
    assert told.status_code == 401
    assert "set-cookie" not in told.headers


def test_the_token_gives_a_cookie_that_scripts_and_other_sites_do_not_get(room):
    visitor = TestClient(build_app(room), base_url=BASE)
    told = visitor.get(f"/?token={room.session.token}", follow_redirects=False)
    assert (told.status_code, told.headers["location"]) == (303, "/")
    cookie = told.headers["set-cookie"]
    assert "HttpOnly" in cookie
    assert "SameSite=strict" in cookie
    assert room.session.token not in cookie
    assert visitor.get("/api/studies").status_code == 200


@pytest.mark.parametrize(
    "host", ["evil.example", "evil.example:8765", "127.0.0.1:1", "127.0.0.1.evil.example:8765", ""]
)
def test_another_host_name_is_not_answered_even_with_the_session(client, host):
    assert client.get("/api/studies", headers={"Host": host}).status_code == 421


@pytest.mark.parametrize("host", ["localhost:8765", "127.0.0.1:8765", "[::1]:8765"])
def test_names_of_this_machine_are_answered(client, host):
    assert client.get("/", headers={"Host": host}).status_code != 421


@pytest.mark.parametrize("origin", ["http://evil.example", "null", "https://127.0.0.1:8765", ""])
def test_another_origin_is_not_answered(client, origin):
    told = client.post("/api/learn", json={}, headers={"Origin": origin})
    assert told.status_code == 403
    assert "access-control-allow-origin" not in told.headers


def test_a_form_of_another_site_changes_nothing(client):
    headers = {"Sec-Fetch-Site": "cross-site"}
    assert client.post("/api/learn", json={}, headers=headers).status_code == 403


def test_own_pages_may_ask(client):
    headers = {"Origin": BASE, "Sec-Fetch-Site": "same-origin"}
    assert client.post("/api/learn/stop", headers=headers).status_code == 200


@pytest.mark.parametrize("path", ["/", "/api/studies", "/nowhere"])
def test_every_answer_binds_the_browser(client, path):
    headers = client.get(path).headers
    policy = headers["content-security-policy"]
    assert "default-src 'self'" in policy
    assert "unsafe" not in policy
    assert "frame-ancestors 'none'" in policy
    assert headers["cache-control"] == "no-store"
    assert headers["x-content-type-options"] == "nosniff"
    assert "server" not in headers


@pytest.mark.parametrize(
    "path",
    [
        "/static/..%2fapp.py",
        "/static/%2e%2e%2f%2e%2e%2fapp.py",
        "/static/app.py",
        "/static/.hidden.js",
        "/api/studies/..%2f..%2froom.sqlite",
        "/api/studies/%2e%2e/images/LGE",
    ],
)
def test_no_path_leads_out_of_its_folder(client, path):
    told = client.get(path)
    assert told.status_code in (404, 405)
    assert "SQLite" not in told.text


def test_fastapis_own_pages_are_not_there(client):
    assert {client.get(path).status_code for path in ("/docs", "/redoc", "/openapi.json")} == {404}


@pytest.fixture
def guarded(room):
    session = Session(PORT, "0.0.0.0", password=hash_password("correct horse"))
    return Room(room.store, session, CPU)


def test_a_password_lets_in_and_a_wrong_one_does_not(guarded, monkeypatch):
    waited = []
    monkeypatch.setattr("scarmap.serving.security.time.sleep", waited.append)
    visitor = TestClient(build_app(guarded), base_url=BASE)
    assert visitor.get("/", follow_redirects=False).headers["location"] == "/login"
    assert visitor.get("/api/studies").status_code == 401
    assert 'type="password"' in visitor.get("/login").text
    assert visitor.post("/login", data={"password": "wrong"}).status_code == 401
    assert waited
    assert visitor.get("/api/studies").status_code == 401
    told = visitor.post("/login", data={"password": "correct horse"}, follow_redirects=False)
    assert told.status_code == 303
    assert visitor.get("/api/studies").status_code == 200


def test_the_form_for_the_password_is_answered_as_browsers_send_it(guarded):
    visitor = TestClient(build_app(guarded), base_url=BASE)
    page = visitor.get("/login")
    # With a form of a page that lets no referrer out, browsers hide their origin, too.
    origin = "null" if page.headers["referrer-policy"] == "no-referrer" else BASE
    told = visitor.post(
        "/login",
        data={"password": "correct horse"},
        headers={"Origin": origin, "Sec-Fetch-Site": "same-origin"},
        follow_redirects=False,
    )
    assert (told.status_code, told.headers.get("location")) == (303, "/")


def test_no_other_site_learns_which_study_is_open(client):
    assert client.get("/").headers["referrer-policy"] == "same-origin"


@pytest.fixture
def proxied(guarded):
    return Room(guarded.store, replace(guarded.session, public=PUBLIC), CPU)


def _come_in(room, host, origin):
    return TestClient(build_app(room), base_url=BASE).post(
        "/login",
        data={"password": "correct horse"},
        headers={"Host": host, "Origin": origin, "Sec-Fetch-Site": "same-origin"},
        follow_redirects=False,
    )


@pytest.mark.parametrize("host", ["reading.hospital", "reading.hospital:443", "127.0.0.1:8765"])
def test_readers_come_in_through_a_proxy_that_was_named(guarded, proxied, host):
    told = _come_in(proxied, host, PUBLIC)
    assert told.status_code == 303
    assert "; Secure" in told.headers["set-cookie"]
    assert _come_in(guarded, host, PUBLIC).status_code in (403, 421)
    assert "; Secure" not in _come_in(guarded, "127.0.0.1:8765", BASE).headers["set-cookie"]


@pytest.mark.parametrize("host", ["reading.hospital", "127.0.0.1:8765"])
@pytest.mark.parametrize(
    "origin",
    ["http://reading.hospital", "https://reading.hospital:8443", "https://evil.example", "null"],
)
def test_a_proxy_opens_the_room_for_its_own_pages_alone(proxied, host, origin):
    assert _come_in(proxied, host, origin).status_code == 403


@pytest.mark.parametrize("host", ["evil.example", "reading.hospital:8765", "reading.hospital.evil"])
def test_a_proxy_opens_the_room_under_its_own_name_alone(proxied, host):
    assert _come_in(proxied, host, PUBLIC).status_code == 421


def test_browsers_leave_out_the_usual_port():
    usual, other = Session(80, "192.0.2.7"), Session(PORT, "192.0.2.7")
    assert usual.knows_host("192.0.2.7")
    assert usual.knows_host("[::1]")
    assert usual.knows_origin("http://192.0.2.7", "192.0.2.7:80")
    assert not other.knows_host("192.0.2.7")
    assert not other.knows_origin("http://192.0.2.7", f"192.0.2.7:{PORT}")


@pytest.mark.parametrize(
    "public",
    ["reading.hospital", "http://reading.hospital", "https://a/b", "https://", "https://a@b"],
)
def test_only_an_address_with_tls_can_be_the_public_one(tmp_path, public):
    opening = Opening(tmp_path / "store", port=0, password="correct horse", public=public)
    with pytest.raises(DataError, match="--public"):
        serve(opening, on_ready=pytest.fail)


def test_the_password_is_not_kept(guarded):
    assert b"correct horse" not in b"".join(guarded.session.password)


def test_names_that_others_may_have_chosen_are_not_answered_on_the_network(guarded):
    visitor = TestClient(build_app(guarded), base_url=BASE)
    assert visitor.get("/login", headers={"Host": "192.0.2.7:8765"}).status_code == 200
    assert visitor.get("/login", headers={"Host": "evil.example:8765"}).status_code == 421


def test_a_peer_that_is_no_address_is_told_before_anything_is_opened(tmp_path):
    opening = Opening(tmp_path / "store", port=0, settings=WorkerSettings(peer="ORTHANC:4242"))
    with pytest.raises(DataError, match="AE@HOST:PORT"):
        serve(opening, on_ready=pytest.fail)
    assert not (tmp_path / "store").exists()


def test_a_watched_folder_that_is_not_there_is_told_before_anything_is_opened(tmp_path):
    opening = Opening(tmp_path / "store", port=0, watch=tmp_path / "inbix")
    with pytest.raises(DataError, match="inbix is no folder"):
        serve(opening, on_ready=pytest.fail)
    assert not (tmp_path / "store").exists()


def test_others_can_reach_a_room_only_with_a_password(tmp_path):
    with pytest.raises(DataError, match="password"):
        serve(Opening(tmp_path / "store", host="0.0.0.0"), on_ready=pytest.fail)
    with pytest.raises(DataError, match="leave --public out"):
        serve(Opening(tmp_path / "store", port=0, public=PUBLIC), on_ready=pytest.fail)
    assert not (tmp_path / "store").exists()

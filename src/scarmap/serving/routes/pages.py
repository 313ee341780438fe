"""The pages that a browser loads, and the form for the password."""

import re
from pathlib import Path
from urllib.parse import parse_qs

from fastapi import APIRouter, HTTPException, Request
from fastapi.responses import FileResponse, HTMLResponse, RedirectResponse, Response
from starlette.concurrency import run_in_threadpool

from scarmap.serving.room import Room
from scarmap.serving.security import LOGIN

PAGES = Path(__file__).parents[1] / "pages"
_NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9_-]*\.(?:js|css|svg|png)")
_KINDS = {"js": "text/javascript", "css": "text/css", "svg": "image/svg+xml", "png": "image/png"}
_LONGEST_FORM = 4096
_FORM = """<!doctype html>
<html lang="en"><head><meta charset="utf-8"><title>scarmap: reading room</title>
<meta name="viewport" content="width=device-width, initial-scale=1">
<link rel="stylesheet" href="/static/room.css"></head>
<body class="login"><main><h1>The reading room</h1>
<form method="post" action="/login"><label for="password">Password</label>
<input id="password" name="password" type="password" autocomplete="current-password" autofocus
required><button>Open</button></form>{told}</main></body></html>"""


def page_routes(room: Room) -> APIRouter:
    """Routes of the pages."""
    router = APIRouter()

    @router.get("/")
    def worklist() -> Response:
        return _page("index.html")

    @router.get("/study/{_study}")
    def study(_study: str) -> Response:
        return _page("study.html")

    @router.get("/compare/{_study}")
    def compare(_study: str) -> Response:
        return _page("compare.html")

    @router.get("/learn")
    def learn() -> Response:
        return _page("learn.html")

    @router.get("/static/{name}")
    def static(name: str) -> Response:
        if not _NAME.fullmatch(name) or not (PAGES / name).is_file():
            raise HTTPException(404, "There is no such file.")
        kind = _KINDS[name.rpartition(".")[2]]
        return FileResponse(PAGES / name, media_type=f"{kind}; charset=utf-8")

    if room.session.password is not None:
        _add_login(router, room)
    return router


def _page(name: str) -> Response:
    if not (PAGES / name).is_file():
        raise HTTPException(404, "There is no such page.")
    return FileResponse(PAGES / name, media_type="text/html; charset=utf-8")


def _add_login(router: APIRouter, room: Room) -> None:
    @router.get(LOGIN)
    def form() -> Response:
        return HTMLResponse(_FORM.format(told=""))

    @router.post(LOGIN)
    async def enter(request: Request) -> Response:
        body = bytearray()
        async for chunk in request.stream():
            body += chunk
            if len(body) > _LONGEST_FORM:
                raise HTTPException(413, "This is no password.")
        given = parse_qs(body.decode("utf-8", "replace")).get("password", [""])[0]
        if not await run_in_threadpool(room.session.is_password, given):
            return HTMLResponse(
                _FORM.format(told='<p role="alert">This is not the password.</p>'), 401
            )
        return room.session.give_cookie(RedirectResponse("/", status_code=303))

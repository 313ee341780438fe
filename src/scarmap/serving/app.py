"""The application: routes behind the guard, and every problem told in one sentence."""

import sqlite3
from typing import Any

from fastapi import FastAPI, Request
from fastapi.exceptions import RequestValidationError
from fastapi.responses import JSONResponse
from starlette.exceptions import HTTPException as StarletteHTTPException

from scarmap.errors import ScarmapError
from scarmap.serving.drafts import NoDraftError
from scarmap.serving.room import Room
from scarmap.serving.routes.compare import compare_routes
from scarmap.serving.routes.drafts import draft_routes
from scarmap.serving.routes.learn import learn_routes
from scarmap.serving.routes.pages import page_routes
from scarmap.serving.routes.study import study_routes
from scarmap.serving.routes.versions import version_routes
from scarmap.serving.routes.worklist import worklist_routes
from scarmap.serving.security import Guard
from scarmap.serving.upload import TooLargeError
from scarmap.serving.versions import GoneError

ROUTES = (
    page_routes,
    worklist_routes,
    study_routes,
    draft_routes,
    version_routes,
    compare_routes,
    learn_routes,
)


def build_app(room: Room) -> Guard:
    """The application of an open room.

    There are no pages of FastAPI about itself: they load scripts of other hosts.
    """
    app = FastAPI(title="scarmap", docs_url=None, redoc_url=None, openapi_url=None)
    for routes in ROUTES:
        app.include_router(routes(room))
    _tell_problems(app)
    return Guard(app, room.session)


def _tell_problems(app: FastAPI) -> None:
    @app.exception_handler(StarletteHTTPException)
    async def refused(_request: Request, problem: StarletteHTTPException) -> JSONResponse:
        return _detail(problem.status_code, str(problem.detail))

    @app.exception_handler(RequestValidationError)
    async def not_understood(_request: Request, problem: RequestValidationError) -> JSONResponse:
        first: Any = problem.errors()[0]
        where = ".".join(str(part) for part in first["loc"][1:])
        return _detail(422, f"The request is not understood: {where}: {first['msg']}.")

    @app.exception_handler(ScarmapError)
    async def wrong(_request: Request, problem: ScarmapError) -> JSONResponse:
        return _detail(413 if isinstance(problem, TooLargeError) else 422, str(problem))

    @app.exception_handler(GoneError)
    async def gone(_request: Request, _problem: GoneError) -> JSONResponse:
        return _detail(404, "There is no such study; it may have been removed.")

    @app.exception_handler(NoDraftError)
    async def no_draft(_request: Request, _problem: NoDraftError) -> JSONResponse:
        return _detail(404, "There is no such draft: it was saved, or thrown away.")

    _tell_limits(app)


def _tell_limits(app: FastAPI) -> None:
    """Problems that come from the machine: a disk without room, numbers without end."""

    @app.exception_handler(OSError)
    async def no_room(_request: Request, problem: OSError) -> JSONResponse:
        return _no_room(problem.strerror or type(problem).__name__)

    @app.exception_handler(sqlite3.Error)
    async def no_database(_request: Request, problem: sqlite3.Error) -> JSONResponse:
        return _no_room(str(problem))

    @app.exception_handler(OverflowError)
    async def too_large(_request: Request, _problem: OverflowError) -> JSONResponse:
        return _detail(422, "A number in the request is too large.")


def _no_room(told: str) -> JSONResponse:
    return _detail(507, f"The store cannot be written or read ({told}). Has the disk room?")


def _detail(status: int, text: str) -> JSONResponse:
    return JSONResponse({"detail": text}, status)

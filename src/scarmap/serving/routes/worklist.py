"""The worklist: what there is, what comes, what goes, and what has changed."""

import asyncio
import shutil
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

from fastapi import APIRouter, HTTPException, Request
from fastapi.responses import Response
from starlette.concurrency import run_in_threadpool

from scarmap.serving import jobs, studies
from scarmap.serving.intake import take_in
from scarmap.serving.room import Room
from scarmap.serving.routes.asking import study_of
from scarmap.serving.store import new_id
from scarmap.serving.studies import Study
from scarmap.serving.upload import receive

_POLL_S, _LOOK_S = 20.0, 0.25


def row_of(study: Study) -> dict[str, Any]:
    """A study as the worklist shows it."""
    return {
        "id": study.id,
        "name": study.name,
        "status": study.status,
        "reason": study.reason,
        "sequences": list(study.images),
        "figures": study.figures,
        "flags": list(study.flags),
        "added": study.added,
        "versions": study.versions,
        "progress": study.progress,
        "step": study.step,
    }


def worklist_routes(room: Room) -> APIRouter:
    """Routes of the worklist."""
    router, store = APIRouter(prefix="/api"), room.store

    @router.get("/studies")
    def listed(
        search: str = "",
        sort: str = "added",
        descending: bool = False,
        offset: int = 0,
        limit: int = 200,
    ) -> dict[str, Any]:
        total, rows = studies.listed(
            store, search=search, sort=sort, descending=descending, offset=offset, limit=limit
        )
        return {"total": total, "studies": [row_of(each) for each in rows]}

    @router.post("/studies", status_code=202)
    async def bring(request: Request) -> dict[str, str]:
        folder = store.incoming / new_id()
        folder.mkdir()
        try:
            return {"id": await _bring(room, request, folder)}
        finally:
            await run_in_threadpool(shutil.rmtree, folder, ignore_errors=True)

    _add_changes(router, room)
    return router


def _add_changes(router: APIRouter, room: Room) -> None:
    """Routes that remove a study, segment it again, and wait for changes."""
    store = room.store

    @router.delete("/studies/{study}", status_code=204)
    def remove(study: str) -> Response:
        studies.remove(store, study_of(store, study).id)
        room.drafts.forget(study)
        shutil.rmtree(store.folder(study).root, ignore_errors=True)
        return Response(status_code=204)

    @router.post("/studies/{study}/again", status_code=202)
    def again(study: str) -> dict[str, str]:
        known = study_of(store, study)
        if known.status in ("waiting", "running"):
            raise HTTPException(409, "This study waits already, or is being segmented.")
        with store.database.writing() as connection:
            jobs.enqueue(connection, jobs.AGAIN, study)
        studies.update(store, study, status="waiting", reason=None, step=None, progress=None)
        return {"id": study}

    @router.get("/events")
    async def events(request: Request, after: int = -1) -> dict[str, Any]:
        for _ in range(int(_POLL_S / _LOOK_S)):
            now, changed = await run_in_threadpool(studies.changed_since, store, after)
            known = 0 <= after <= now  # Who knows no number, or that of another store, is told it.
            if changed or not known or room.ending.is_set() or await request.is_disconnected():
                return {"now": now, "changed": changed}
            await asyncio.sleep(_LOOK_S)
        return {"now": now, "changed": []}


async def _bring(room: Room, request: Request, folder: Path) -> str:
    uploaded = await receive(
        _chunks(request), request.headers.get("content-type", ""), folder, limits=room.limits
    )
    return await run_in_threadpool(take_in, room.store, folder, uploaded)


async def _chunks(request: Request) -> AsyncIterator[bytes]:
    async for chunk in request.stream():
        yield chunk

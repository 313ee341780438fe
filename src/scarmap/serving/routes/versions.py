"""Versions: saving, restoring, signing and exporting them."""

import sqlite3
from dataclasses import replace
from typing import Any

from fastapi import APIRouter, HTTPException
from fastapi.responses import FileResponse, JSONResponse, Response
from pydantic import BaseModel, Field

from scarmap.quantification.result import Quantification
from scarmap.serving import jobs, studies, versions
from scarmap.serving.exporting import ENDINGS, NotPossibleError, export, file_name
from scarmap.serving.measuring import measure_soon, note_latest
from scarmap.serving.room import Room
from scarmap.serving.routes.asking import study_of, version_of
from scarmap.serving.versions import New, OvertakenError, Version


class Saved(BaseModel):
    """A draft that becomes a version."""

    draft: str
    author: str
    note: str = Field("", max_length=2000)
    tools: list[str] = Field(default_factory=list, alias="with", max_length=50)
    beside: bool = False


class By(BaseModel):
    """Who does it."""

    author: str


def version_routes(room: Room) -> APIRouter:
    """Routes of versions."""
    router, store = APIRouter(prefix="/api/studies/{study}/versions"), room.store

    @router.post("", status_code=201)
    def save(study: str, asked: Saved) -> Response:
        study_of(store, study)
        return _save(room, study, asked)

    @router.post("/{number}/restore", status_code=201)
    def restore(study: str, number: int, by: By) -> dict[str, int]:
        old = version_of(store, study, number)
        author = versions.check_initials(by.author)
        new = New(
            versions.mask_of(store, old),
            old.kind,
            author,
            old.layout,
            old.origin,
            old.maker,
            tools=[f"version {number} restored"],
            based_on=number,
        )
        made = versions.save(store, new, study)
        _note(room, study, made)
        return {"number": made}

    @router.post("/{number}/sign")
    def sign(study: str, number: int, by: By) -> dict[str, Any]:
        known, version = study_of(store, study), version_of(store, study, number)
        versions.sign(store, study, version.number, by.author)
        sent = bool(room.settings.peer) and known.kind == "dicom"
        if sent:
            studies.update(store, study, reason=None)
            with store.database.writing() as connection:
                jobs.enqueue(connection, jobs.SEND, study, str(number))
        return {"signed": True, "sending_to": room.settings.peer if sent else None}

    @router.get("/{number}/export/{kind}")
    def exported(study: str, number: int, kind: str) -> Response:
        known, version = study_of(store, study), version_of(store, study, number)
        if kind not in ENDINGS:
            raise HTTPException(404, f"A version is exported as one of {', '.join(ENDINGS)}.")
        try:
            path = export(store, known, version, kind, measuring=room.measuring)
        except NotPossibleError as why:
            raise HTTPException(409, str(why)) from None
        return FileResponse(path, filename=file_name(known, version, kind))

    return router


def _save(room: Room, study: str, asked: Saved) -> Response:
    draft = room.drafts.open(asked.draft)
    if draft.study.id != study:
        raise HTTPException(422, "This is a draft of another study.")
    with draft.lock:
        new = versions.edited(
            draft.version, draft.labels, author=asked.author, images=tuple(draft.study.images)
        )
        based_on = draft.version.number

        def end_draft(connection: sqlite3.Connection) -> None:
            connection.execute("DELETE FROM draft_slices WHERE draft = ?", (draft.id,))
            connection.execute("DELETE FROM drafts WHERE id = ?", (draft.id,))

        try:
            number = versions.save(
                room.store,
                _noted(new, asked),
                study,
                unless_newer_than=None if asked.beside else based_on,
                besides=end_draft,
            )
        except OvertakenError as newer:
            return _overtaken(room, study, newer.latest)
        found = draft.bench.measure(draft.labels)
    room.drafts.drop(draft.id)
    _note(room, study, number, found)
    return JSONResponse({"number": number}, 201)


def _noted(new: New, asked: Saved) -> New:
    return replace(new, note=asked.note, tools=tuple(asked.tools))


def _overtaken(room: Room, study: str, latest: int) -> Response:
    version = versions.find(room.store, study, latest)
    who = f" by {version.author}" if version and version.author else ""
    text = (
        f"Version {latest} was saved{who} since you began. Your drawing is kept: look at both, "
        "then save yours beside it."
    )
    return JSONResponse({"detail": text, "latest": latest}, 409)


def _note(room: Room, study: str, number: int, found: Quantification | None = None) -> None:
    """Put the figures of a new version into the worklist, unless a newer one is there already."""
    known, version = study_of(room.store, study), version_of(room.store, study, number)
    if _latest(room, study).number != number:
        return
    found = found or measure_soon(room.store, known, version, room.measuring)
    status = "corrected" if version.kind == versions.READER else "segmented"
    note_latest(room.store, known, found, status=status)


def _latest(room: Room, study: str) -> Version:
    return versions.listed(room.store, study)[-1]

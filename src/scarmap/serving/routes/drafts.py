"""Drafts: what a reader draws comes slice by slice, and its figures go back."""

from typing import Annotated, Any

from fastapi import APIRouter, HTTPException, Request
from fastapi.responses import Response
from pydantic import BaseModel, Field

from scarmap.quantification.result import Quantification
from scarmap.serving.drafts import OpenDraft
from scarmap.serving.measuring import answer
from scarmap.serving.room import Room
from scarmap.serving.routes.asking import packed, study_of, whole_number
from scarmap.serving.shown import mask_bytes
from scarmap.serving.thresholds import cutoff

Runs = Annotated[list[int], Field(max_length=4_000_000)]


class Begun(BaseModel):
    """What a draft begins with."""

    based_on: int
    author: str = ""


class OneSlice(BaseModel):
    """A slice that was changed; `stroke` comes back with its figures."""

    runs: Runs
    stroke: int = 0


class SomeSlices(BaseModel):
    """Slices that were changed together."""

    slices: Annotated[dict[int, Runs], Field(max_length=1000)]
    stroke: int = 0


def draft_routes(room: Room) -> APIRouter:
    """Routes of drafts."""
    router, drafts = APIRouter(prefix="/api"), room.drafts

    @router.post("/studies/{study}/drafts")
    def begin(study: str, asked: Begun) -> dict[str, str]:
        return {"draft": drafts.begin(study_of(room.store, study).id, asked.based_on, asked.author)}

    @router.get("/studies/{study}/drafts")
    def listed(study: str) -> list[dict[str, Any]]:
        return drafts.of_study(study_of(room.store, study).id)

    @router.delete("/drafts/{draft}", status_code=204)
    def discard(draft: str) -> Response:
        drafts.discard(draft)
        return Response(status_code=204)

    @router.get("/drafts/{draft}/mask")
    def mask(request: Request, draft: str) -> Response:
        return packed(request, mask_bytes(drafts.open(draft).labels.array))

    @router.get("/drafts/{draft}/figures")
    def figures(draft: str) -> dict[str, Any]:
        return answer(drafts.measure(draft))

    _add_changes(router, room)
    return router


def _add_changes(router: APIRouter, room: Room) -> None:
    """Routes of what is drawn and measured."""
    drafts = room.drafts

    @router.put("/drafts/{draft}/slices/{z}")
    def change(draft: str, z: int, given: OneSlice) -> dict[str, Any]:
        return _answer(drafts.change(draft, {z: given.runs}), given.stroke)

    @router.put("/drafts/{draft}/slices")
    def change_some(draft: str, given: SomeSlices) -> dict[str, Any]:
        return _answer(drafts.change(draft, given.slices), given.stroke)

    @router.get("/drafts/{draft}/threshold")
    def threshold(draft: str, request: Request, method: str = "nsd", n: int = 5) -> dict[str, Any]:
        known = drafts.open(draft)
        with known.lock:
            return cutoff(
                drafts.lge(known),
                known.labels,
                method,
                number=n,
                z=_asked_slice(known, request.query_params.get("slice")),
                signed=known.study.signed,
            )


def _asked_slice(known: OpenDraft, text: str | None) -> int | None:
    if not text:
        return None
    number = whole_number(text)
    if number is None or number >= known.labels.array.shape[2]:
        raise HTTPException(422, "The study has no such slice.")
    return number


def _answer(found: Quantification, stroke: int) -> dict[str, Any]:
    return {"stroke": stroke, **answer(found)}

"""One study: what it is, its images, and the masks and figures of its versions."""

from typing import Any

from fastapi import APIRouter, HTTPException, Request
from fastapi.responses import Response

from scarmap.labels import INDEX, REGIONS, SEQUENCES, TISSUES
from scarmap.quantification.origin import SHOWN_BY
from scarmap.serving import studies, versions
from scarmap.serving.measuring import answer, measure_soon
from scarmap.serving.room import Room
from scarmap.serving.routes.asking import packed, packed_file, study_of, version_of
from scarmap.serving.routes.worklist import row_of
from scarmap.serving.shown import mask_bytes, read_shown
from scarmap.serving.studies import Study
from scarmap.serving.versions import Version

WALL = tuple(INDEX[name] for name in REGIONS["whole_myocardium"])


def study_routes(room: Room) -> APIRouter:
    """Routes of a study."""
    router, store = APIRouter(prefix="/api/studies/{study}"), room.store

    @router.get("")
    def about(study: str) -> dict[str, Any]:
        return _about(room, study_of(store, study))

    @router.get("/images/{sequence}")
    def image(request: Request, study: str, sequence: str) -> Response:
        if sequence not in SEQUENCES:
            raise HTTPException(404, "There is no such sequence.")
        return packed_file(request, store.folder(study_of(store, study).id).shown(sequence))

    @router.get("/versions/{number}/mask")
    def mask(request: Request, study: str, number: int) -> Response:
        found = version_of(store, study, number)
        return packed(request, mask_bytes(versions.mask_of(store, found).array))

    @router.get("/versions/{number}/figures")
    def figures(study: str, number: int) -> dict[str, Any]:
        known, version = study_of(store, study), version_of(store, study, number)
        return answer(measure_soon(store, known, version, room.measuring))

    return router


def _about(room: Room, study: Study) -> dict[str, Any]:
    store = room.store
    known = versions.listed(store, study.id)
    before, after = studies.neighbours(store, study)
    shown = read_shown(store.folder(study.id))
    depth = shown["shape"][2]
    view = {"order": list(range(depth)), "turn": 0, "flip": False, **study.view}
    return {
        **row_of(study),
        "kind": study.kind,
        "shape": shown["shape"],
        "spacing_mm": shown["spacing_mm"],
        **view,
        "sequences": [{"name": name, **window} for name, window in shown["sequences"].items()],
        "tissues": tissues(),
        "versions": [version_row(each) for each in known],
        "latest": known[-1].number if known else 0,
        "previous": before,
        "next": after,
        "earlier": studies.same_patient(store, study),
        "peer": room.settings.peer,
    }


def tissues() -> list[dict[str, Any]]:
    """What can be painted, and over which tissues: what lies in the wall over wall alone."""
    return [
        {
            "index": INDEX[tissue.name],
            "name": tissue.name,
            "title": tissue.title,
            "colour": tissue.colour,
            "inside": list(WALL) if tissue.name in SHOWN_BY else None,
        }
        for tissue in TISSUES
    ]


def version_row(version: Version) -> dict[str, Any]:
    """A version as pages read it."""
    return {
        "number": version.number,
        "kind": version.kind,
        "author": version.author,
        "made": version.made,
        "with": ", ".join(version.tools),
        "based_on": version.based_on,
        "note": version.note,
        "signed_by": version.signed_by,
        "signed_at": version.signed_at,
    }

"""Two versions, of one study or of two, side by side."""

from typing import Any

from fastapi import APIRouter, HTTPException

from scarmap.serving import versions
from scarmap.serving.comparing import agreement, differences, on_one_grid
from scarmap.serving.measuring import measure_soon
from scarmap.serving.room import Room
from scarmap.serving.routes.asking import study_of, version_of, whole_number
from scarmap.serving.studies import Study
from scarmap.serving.versions import Version


def compare_routes(room: Room) -> APIRouter:
    """The route of comparisons."""
    router, store = APIRouter(prefix="/api"), room.store

    @router.get("/compare")
    def compare(a: str, b: str) -> dict[str, Any]:
        first, second = _asked(room, a), _asked(room, b)
        masks = [versions.mask_of(store, version) for _, version in (first, second)]
        figures = [
            measure_soon(store, study, version, room.measuring)
            for study, version in (first, second)
        ]
        same = on_one_grid(masks[0], masks[1])
        return {
            "same_grid": same,
            "agreement": agreement(masks[0], masks[1]) if same else [],
            "figures": differences(figures[0], figures[1]),
        }

    return router


def _asked(room: Room, text: str) -> tuple[Study, Version]:
    study, _, digits = text.partition(":")
    number = whole_number(digits)
    if number is None:
        raise HTTPException(422, "A version is named by its study and its number, ID:N.")
    return study_of(room.store, study), version_of(room.store, study, number)

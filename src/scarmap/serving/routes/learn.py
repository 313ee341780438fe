"""Learning from corrected studies, and which model segments."""

from typing import Any

from fastapi import APIRouter, HTTPException
from pydantic import BaseModel, Field

from scarmap.serving import learned, learning
from scarmap.serving.learned import CannotLearnError
from scarmap.serving.room import Room


class Learn(BaseModel):
    """What to train."""

    recipe: str = "scarmap"
    epochs_scale: float = Field(1.0, ge=0.0, le=10.0)


def learn_routes(room: Room) -> APIRouter:
    """Routes of learning."""
    router, store = APIRouter(prefix="/api"), room.store

    @router.get("/models")
    def models() -> dict[str, Any]:
        return learned.models(store)

    @router.post("/models/{name}/use")
    def use(name: str) -> dict[str, Any]:
        try:
            learned.use(store, name)
        except CannotLearnError as why:
            raise HTTPException(409, str(why)) from None
        return learned.models(store)

    @router.post("/learn", status_code=202)
    def begin(asked: Learn) -> dict[str, str]:
        try:
            run = learning.begin(
                store,
                recipe=asked.recipe,
                epochs_scale=asked.epochs_scale,
                device=room.settings.device,
            )
        except CannotLearnError as why:
            raise HTTPException(409, str(why)) from None
        return {"job": run.name}

    @router.get("/learn")
    def progress() -> dict[str, Any]:
        return learning.progress(store)

    @router.post("/learn/stop")
    def stop() -> dict[str, Any]:
        learning.stop(store)
        return learning.progress(store)

    return router

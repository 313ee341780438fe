"""A reading room that is open: its store, who may enter, and what works behind it."""

import threading
from dataclasses import dataclass, field
from pathlib import Path

from scarmap.quantification.cohort import AS_USUAL, Measuring
from scarmap.serving.drafts import Drafts
from scarmap.serving.security import Session
from scarmap.serving.store import Store
from scarmap.serving.upload import Limits
from scarmap.serving.worker import WorkerSettings


@dataclass
class Room:
    """What the routes need.

    Attributes:
        store: Where everything is kept.
        session: Who may enter.
        settings: What the worker was told.
        measuring: How studies are measured.
        limits: What an upload may have.
        drafts: What is being drawn.
        ending: Set when the server ends, for requests that wait.
    """

    store: Store
    session: Session
    settings: WorkerSettings = field(default_factory=WorkerSettings)
    measuring: Measuring = AS_USUAL
    limits: Limits = field(default_factory=Limits)
    drafts: Drafts = field(init=False)
    ending: threading.Event = field(default_factory=threading.Event)

    def __post_init__(self) -> None:
        """Begin without a draft in memory."""
        self.drafts = Drafts(self.store, self.measuring)

    @property
    def root(self) -> Path:
        """Folder of the store."""
        return self.store.root

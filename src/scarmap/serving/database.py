"""The store's SQLite file: every row that was acknowledged is there after a kill."""

import sqlite3
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

SCHEMA = """
CREATE TABLE IF NOT EXISTS studies (
    id TEXT PRIMARY KEY,
    place INTEGER NOT NULL UNIQUE,
    name TEXT NOT NULL,
    patient TEXT NOT NULL DEFAULT '',
    kind TEXT NOT NULL,
    status TEXT NOT NULL DEFAULT 'waiting',
    reason TEXT,
    step TEXT,
    progress REAL,
    added TEXT NOT NULL,
    images TEXT NOT NULL DEFAULT '{}',
    told TEXT NOT NULL DEFAULT '[]',
    signed INTEGER,
    view TEXT NOT NULL DEFAULT '{}',
    figures TEXT NOT NULL DEFAULT '{}',
    flags TEXT NOT NULL DEFAULT '[]',
    infarct REAL
);
CREATE INDEX IF NOT EXISTS studies_by_name ON studies (name);
CREATE INDEX IF NOT EXISTS studies_by_patient ON studies (patient);
CREATE TABLE IF NOT EXISTS versions (
    study TEXT NOT NULL,
    number INTEGER NOT NULL,
    kind TEXT NOT NULL,
    author TEXT NOT NULL,
    made TEXT NOT NULL,
    tools TEXT NOT NULL,
    based_on INTEGER,
    note TEXT NOT NULL,
    layout TEXT NOT NULL,
    origin TEXT NOT NULL,
    maker TEXT NOT NULL,
    signed_by TEXT NOT NULL DEFAULT '',
    signed_at TEXT NOT NULL DEFAULT '',
    PRIMARY KEY (study, number)
);
CREATE TABLE IF NOT EXISTS drafts (
    id TEXT PRIMARY KEY,
    study TEXT NOT NULL,
    based_on INTEGER NOT NULL,
    author TEXT NOT NULL,
    changed TEXT NOT NULL
);
CREATE TABLE IF NOT EXISTS draft_slices (
    draft TEXT NOT NULL,
    z INTEGER NOT NULL,
    pixels BLOB NOT NULL,
    wall BLOB NOT NULL,
    PRIMARY KEY (draft, z)
);
CREATE TABLE IF NOT EXISTS jobs (
    id INTEGER PRIMARY KEY AUTOINCREMENT,
    study TEXT NOT NULL,
    kind TEXT NOT NULL,
    argument TEXT NOT NULL DEFAULT '',
    state TEXT NOT NULL DEFAULT 'waiting',
    reason TEXT NOT NULL DEFAULT '',
    attempts INTEGER NOT NULL DEFAULT 0
);
CREATE INDEX IF NOT EXISTS jobs_by_state ON jobs (state, id);
CREATE TABLE IF NOT EXISTS events (
    number INTEGER PRIMARY KEY AUTOINCREMENT,
    study TEXT NOT NULL
);
CREATE TABLE IF NOT EXISTS facts (key TEXT PRIMARY KEY, value TEXT NOT NULL);
"""

_WAIT_S = 30.0


class Database:
    """A SQLite file in WAL mode; readers never wait, and writers wait for each other.

    Args:
        path: The file; made if missing.
    """

    def __init__(self, path: Path) -> None:
        self.path = path
        # The last connection that closes empties the log into the file, so one stays open.
        self._kept = self._connect()
        self._kept.execute("PRAGMA journal_mode = WAL")
        self._kept.executescript(SCHEMA)

    def close(self) -> None:
        """Close the file."""
        self._kept.close()

    @contextmanager
    def reading(self) -> Iterator[sqlite3.Connection]:
        """A connection for questions."""
        connection = self._connect()
        try:
            yield connection
        finally:
            connection.close()

    @contextmanager
    def writing(self, *, settled: bool = False) -> Iterator[sqlite3.Connection]:
        """A connection for changes, all of which are made when the block ends, or none.

        Args:
            settled: Wait for the disk, so that a power cut does not undo them. A kill never does.
        """
        connection = self._connect()
        try:
            connection.execute(f"PRAGMA synchronous = {'FULL' if settled else 'NORMAL'}")
            connection.execute("BEGIN IMMEDIATE")
            yield connection
            connection.execute("COMMIT")
        finally:
            connection.close()  # What was not committed is undone.

    def _connect(self) -> sqlite3.Connection:
        connection = sqlite3.connect(
            self.path, timeout=_WAIT_S, isolation_level=None, check_same_thread=False
        )
        connection.row_factory = sqlite3.Row
        return connection

"""The queue of what the worker does, first come, first served."""

import sqlite3
from dataclasses import dataclass

from scarmap.serving.store import Store

SEGMENT, AGAIN, SEND = "segment", "again", "send"
"""Kinds of jobs: read and segment a new study, segment one again, send a version to the peer."""
MOST_ATTEMPTS = 3
"""A job during which the worker was killed this often is given up."""


@dataclass(frozen=True)
class Job:
    """One job.

    Attributes:
        id: Its number; smaller ones come first.
        study: Whose.
        kind: `SEGMENT`, `AGAIN` or `SEND`.
        argument: Version to send.
    """

    id: int
    study: str
    kind: str
    argument: str = ""


def enqueue(connection: sqlite3.Connection, kind: str, study: str, argument: str = "") -> None:
    """Add a job at the end of the queue, in a change that others belong to."""
    connection.execute(
        "INSERT INTO jobs (study, kind, argument) VALUES (?, ?, ?)", (study, kind, argument)
    )


def take(store: Store) -> Job | None:
    """The next job, which is then running; None where there is none."""
    with store.database.reading() as connection:
        if connection.execute("SELECT 1 FROM jobs WHERE state = 'waiting' LIMIT 1").fetchone():
            return _take(store)
    return None


def _take(store: Store) -> Job | None:
    with store.database.writing() as connection:
        row = connection.execute(
            "SELECT * FROM jobs WHERE state = 'waiting' ORDER BY id LIMIT 1"
        ).fetchone()
        if row is None:
            return None
        connection.execute(
            "UPDATE jobs SET state = 'running', attempts = attempts + 1 WHERE id = ?", (row["id"],)
        )
    return Job(row["id"], row["study"], row["kind"], row["argument"])


def end(store: Store, job: Job, *, reason: str = "") -> None:
    """Note that a job is done, or why it failed."""
    state = "failed" if reason else "done"
    with store.database.writing() as connection:
        connection.execute(
            "UPDATE jobs SET state = ?, reason = ? WHERE id = ?", (state, reason, job.id)
        )


def recover(store: Store) -> list[Job]:
    """Put back what a killed worker had begun; those that were begun too often are returned."""
    with store.database.writing() as connection:
        rows = connection.execute("SELECT * FROM jobs WHERE state = 'running'").fetchall()
        for row in rows:
            state = "failed" if row["attempts"] >= MOST_ATTEMPTS else "waiting"
            connection.execute("UPDATE jobs SET state = ? WHERE id = ?", (state, row["id"]))
    lost = [row for row in rows if row["attempts"] >= MOST_ATTEMPTS]
    return [Job(row["id"], row["study"], row["kind"], row["argument"]) for row in lost]

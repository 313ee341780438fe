"""The worklist: one row for each study."""

import json
import sqlite3
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any

from scarmap.dicom.case_folder import NAME
from scarmap.errors import DataError
from scarmap.quantification.result import Flag
from scarmap.serving import jobs
from scarmap.serving.store import Store, new_id

ORDERS: Mapping[str, str] = {
    "added": "place",
    "name": "name COLLATE NOCASE",
    "status": "status",
    "infarct": "infarct",
}
"""Ways to sort the worklist."""
MOST_ROWS = 1000
MOVING = "moving "
"""Begins the name of the fact that a study's files are on their way into the store."""
_KEPT_EVENTS = 20_000


@dataclass(frozen=True)
class Study:
    """One row.

    Attributes:
        id: Its folder.
        place: Number in the order in which studies came.
        name: Pseudonym.
        patient: Keyed digest of what tells who the patient is; "" where nothing does.
        kind: "dicom" or "nifti".
        status: "waiting", "running", "segmented", "corrected" or "failed".
        reason: Why it failed, or why its results did not reach the archive.
        step: What is being done.
        progress: How much of it, 0 to 1.
        added: When it came.
        images: Sequence to file below its folder.
        told: What was told when it was read.
        signed: Whether its LGE is signed (PSIR), where the headers tell.
        view: How the reading room shows it, see `scarmap.serving.measuring`.
        figures: Key figures of its latest version.
        flags: Flags of its latest version.
        versions: How many there are.
    """

    id: str
    place: int
    name: str
    patient: str = field(repr=False)
    kind: str
    status: str
    reason: str | None
    step: str | None
    progress: float | None
    added: str
    images: Mapping[str, str]
    told: tuple[Flag, ...]
    signed: bool | None
    view: Mapping[str, Any]
    figures: Mapping[str, float | None]
    flags: Sequence[Mapping[str, str]]
    versions: int


def check_pseudonym(name: str) -> str:
    """The name, if a study may have it.

    Raises:
        DataError: It may not.
    """
    if not NAME.fullmatch(name):
        raise DataError(
            "A study cannot be named so. Use up to 64 letters, digits, '-', '_' and '.', for "
            "instance case_0001; never the patient's name."
        )
    return name


def add(store: Store, *, name: str, kind: str, study: str | None = None, origin: str = "") -> str:
    """Add a study whose files are in place, and the job that segments it.

    Args:
        store: The store.
        name: Pseudonym; "" for the next number.
        kind: "dicom" or "nifti".
        study: Its id; a new one where None.
        origin: A fact to keep with the row, so that what it came from is never taken twice.

    Returns:
        Its id.

    Raises:
        DataError: It cannot have this name.
    """
    if name:
        check_pseudonym(name)
    study = study or new_id()
    with store.database.writing(settled=True) as connection:
        place = connection.execute("SELECT COALESCE(MAX(place), 0) + 1 FROM studies").fetchone()[0]
        connection.execute(
            "INSERT INTO studies (id, place, name, kind, added) VALUES (?, ?, ?, ?, ?)",
            (study, place, name or number_name(place), kind, now()),
        )
        if origin:
            connection.execute("INSERT INTO facts (key, value) VALUES (?, ?)", (origin, study))
        connection.execute("DELETE FROM facts WHERE key = ?", (f"{MOVING}{study}",))
        jobs.enqueue(connection, jobs.SEGMENT, study)
        touch(connection, study)
    return study


def number_name(place: int) -> str:
    """What a study is called that was given no name.

    >>> number_name(7)
    'case_0007'
    """
    return f"case_{place:04d}"


def find(store: Store, study: str) -> Study | None:
    """A study; None where there is none of this id."""
    with store.database.reading() as connection:
        row = connection.execute(f"{_SELECT} WHERE id = ?", (study,)).fetchone()
    return _study(row) if row else None


def listed(
    store: Store,
    *,
    search: str = "",
    sort: str = "added",
    descending: bool = False,
    offset: int = 0,
    limit: int = 200,
) -> tuple[int, list[Study]]:
    """A part of the worklist.

    Args:
        store: The store.
        search: What names hold.
        sort: A name in `ORDERS`.
        descending: Whether the largest comes first.
        offset: How many studies are left out before it.
        limit: How many it may have.

    Returns:
        How many studies match, and the part.
    """
    escaped = search.replace("\\", "\\\\").replace("%", "\\%").replace("_", "\\_")
    where, like = r"WHERE name LIKE ? ESCAPE '\'", f"%{escaped}%"
    way = "DESC" if descending else "ASC"
    order = f"{ORDERS.get(sort, 'place')} {way} NULLS LAST, place {way}"
    with store.database.reading() as connection:
        total = connection.execute(f"SELECT COUNT(*) FROM studies {where}", (like,)).fetchone()[0]
        rows = connection.execute(
            f"{_SELECT} {where} ORDER BY {order} LIMIT ? OFFSET ?",
            (like, max(0, min(limit, MOST_ROWS)), max(0, offset)),
        ).fetchall()
    return int(total), [_study(row) for row in rows]


def neighbours(store: Store, study: Study) -> tuple[str | None, str | None]:
    """The studies that came before and after one."""
    with store.database.reading() as connection:
        before, after = (
            connection.execute(
                f"SELECT id FROM studies WHERE place {sign} ? ORDER BY place {way} LIMIT 1",
                (study.place,),
            ).fetchone()
            for sign, way in (("<", "DESC"), (">", "ASC"))
        )
    return (before["id"] if before else None, after["id"] if after else None)


def same_patient(store: Store, study: Study) -> list[str]:
    """Other studies of the same patient, by a digest of the headers, or of the same name."""
    with store.database.reading() as connection:
        rows = connection.execute(
            "SELECT id FROM studies WHERE id != ? AND (name = ? OR (patient != '' AND patient = ?))"
            " ORDER BY place",
            (study.id, study.name, study.patient),
        ).fetchall()
    return [row["id"] for row in rows]


def update(store: Store, study: str, **values: Any) -> None:
    """Change columns of a study; structures become JSON.

    Args:
        store: The store.
        study: Its id.
        **values: Column to value.
    """
    plain = {
        key: json.dumps(value) if isinstance(value, dict | list) else value
        for key, value in values.items()
    }
    columns = ", ".join(f"{column} = ?" for column in plain)
    with store.database.writing() as connection:
        connection.execute(f"UPDATE studies SET {columns} WHERE id = ?", (*plain.values(), study))
        touch(connection, study)


def remove(store: Store, study: str) -> None:
    """Remove a study from the worklist with all that belongs to it; its folder is removed after."""
    with store.database.writing() as connection:
        connection.execute(
            "DELETE FROM draft_slices WHERE draft IN (SELECT id FROM drafts WHERE study = ?)",
            (study,),
        )
        for table in ("drafts", "versions", "jobs"):
            connection.execute(f"DELETE FROM {table} WHERE study = ?", (study,))
        connection.execute("DELETE FROM studies WHERE id = ?", (study,))
        touch(connection, study)


def touch(connection: sqlite3.Connection, study: str) -> None:
    """Note that a study has changed, for pages that show it."""
    number = connection.execute("INSERT INTO events (study) VALUES (?)", (study,)).lastrowid or 0
    if number % 1000 == 0:
        connection.execute("DELETE FROM events WHERE number <= ?", (number - _KEPT_EVENTS,))


def changed_since(store: Store, number: int) -> tuple[int, list[str]]:
    """The number of the latest change, and the studies that have changed since another one."""
    with store.database.reading() as connection:
        latest = connection.execute("SELECT COALESCE(MAX(number), 0) FROM events").fetchone()[0]
        rows = connection.execute(
            "SELECT DISTINCT study FROM events WHERE number > ?", (number,)
        ).fetchall()
    return int(latest), [row["study"] for row in rows]


def now() -> str:
    """The time in UTC, to the second."""
    return datetime.now(UTC).isoformat(timespec="seconds")


_SELECT = (
    "SELECT *, (SELECT COUNT(*) FROM versions WHERE versions.study = studies.id) AS num_versions "
    "FROM studies"
)


def _study(row: sqlite3.Row) -> Study:
    return Study(
        id=row["id"],
        place=row["place"],
        name=row["name"],
        patient=row["patient"],
        kind=row["kind"],
        status=row["status"],
        reason=row["reason"],
        step=row["step"],
        progress=row["progress"],
        added=row["added"],
        images=json.loads(row["images"]),
        told=tuple(Flag(code, message) for code, message in json.loads(row["told"])),
        signed=None if row["signed"] is None else bool(row["signed"]),
        view=json.loads(row["view"]),
        figures=json.loads(row["figures"]),
        flags=json.loads(row["flags"]),
        versions=row["num_versions"],
    )

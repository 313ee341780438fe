"""Patients are known again without being known: keyed digests, whose key stays in the store."""

import hashlib
import hmac
from collections.abc import Sequence
from secrets import token_hex

from scarmap.serving.store import Store

_KEY = "patients"


def patient_digest(store: Store, identity: Sequence[str]) -> str:
    """A digest of what tells who a patient is; "" where nothing does.

    Args:
        store: The store, whose key it needs; another store gives another digest.
        identity: Identifier, name and date of birth, as of `scarmap.dicom.reading.IDENTITY`.
    """
    told = [part.strip().lower() for part in identity[:3]]
    if not told[0] and not all(told[1:]):
        return ""
    key = fact(store, _KEY, token_hex(32))
    return hmac.new(bytes.fromhex(key), "\0".join(told).encode(), hashlib.sha256).hexdigest()[:32]


def fact(store: Store, key: str, first: str) -> str:
    """A value that the store keeps under a key; it begins as the given one."""
    with store.database.writing(settled=True) as connection:
        connection.execute("INSERT OR IGNORE INTO facts (key, value) VALUES (?, ?)", (key, first))
        row = connection.execute("SELECT value FROM facts WHERE key = ?", (key,)).fetchone()
    return str(row["value"])


def has_fact(store: Store, key: str) -> bool:
    """Whether the store keeps a value under a key."""
    with store.database.reading() as connection:
        return bool(connection.execute("SELECT 1 FROM facts WHERE key = ?", (key,)).fetchone())


def facts_after(store: Store, beginning: str) -> dict[str, str]:
    """What the store keeps under keys with a beginning, by the rest of the key."""
    with store.database.reading() as connection:
        rows = connection.execute(
            "SELECT key, value FROM facts WHERE substr(key, 1, ?) = ?", (len(beginning), beginning)
        ).fetchall()
    return {row["key"][len(beginning) :]: row["value"] for row in rows}


def forget_fact(store: Store, key: str) -> None:
    """Keep nothing under a key."""
    with store.database.writing() as connection:
        connection.execute("DELETE FROM facts WHERE key = ?", (key,))


def set_fact(store: Store, key: str, value: str) -> None:
    """Keep a value under a key."""
    with store.database.writing(settled=True) as connection:
        connection.execute(
            "INSERT INTO facts (key, value) VALUES (?, ?) "
            "ON CONFLICT (key) DO UPDATE SET value = excluded.value",
            (key, value),
        )

"""Versions of a study's mask: each save is a new one, and none is ever changed."""

import json
import sqlite3
from collections.abc import Callable, Sequence
from dataclasses import asdict, dataclass, replace
from typing import Any

import numpy as np

from scarmap.dicom.out.identity import INITIALS, Maker
from scarmap.errors import DataError
from scarmap.io.nifti import read_labels, write_in_layout
from scarmap.labels import INDEX, LabelArray, codes
from scarmap.quantification.origin import MaskOrigin
from scarmap.serving.store import Store, settle
from scarmap.serving.studies import now, touch
from scarmap.version import __version__
from scarmap.volume import LabelMap

MODEL, READER, IMPORT = "model", "reader", "import"
_LONGEST_NOTE, _MOST_TOOLS, _LONGEST_TOOL = 2000, 50, 80


@dataclass(frozen=True)
class Version:
    """One version.

    Attributes:
        study: Whose.
        number: From 1.
        kind: "model", "reader" or "import".
        author: Initials of the reader, or name of the model.
        made: When.
        tools: What with.
        based_on: The version that was changed; None for a first one.
        note: What the reader wrote.
        layout: Label layout of its file.
        origin: Where the mask comes from, for measuring.
        maker: Algorithm and editor, for what is sent back.
        signed_by: Initials of who signed it; "" where nobody did.
        signed_at: When.
    """

    study: str
    number: int
    kind: str
    author: str
    made: str
    tools: tuple[str, ...]
    based_on: int | None
    note: str
    layout: str
    origin: MaskOrigin
    maker: Maker
    signed_by: str = ""
    signed_at: str = ""


@dataclass(frozen=True)
class New:
    """A version that is to be saved.

    Attributes:
        labels: The mask; its grid's `source` lends the header.
        kind: "model", "reader" or "import".
        author: Initials of the reader, or name of the model.
        layout: Label layout to write it in.
        origin: Where it comes from.
        maker: Algorithm and editor.
        tools: What with.
        based_on: The version that was changed.
        note: What the reader wrote.
    """

    labels: LabelMap
    kind: str
    author: str
    layout: str
    origin: MaskOrigin
    maker: Maker
    tools: Sequence[str] = ()
    based_on: int | None = None
    note: str = ""


class OvertakenError(Exception):
    """Somebody has saved a version since the one that was changed.

    Attributes:
        latest: Its number.
    """

    def __init__(self, latest: int) -> None:
        super().__init__(latest)
        self.latest = latest


class GoneError(Exception):
    """The study was removed."""


def check_initials(author: str) -> str:
    """The initials, if a reader may have them.

    Raises:
        DataError: They are something else.
    """
    if not INITIALS.fullmatch(author):
        raise DataError(
            "Give your initials: 1 to 16 letters without accents, with spaces, dots or hyphens "
            "between them."
        )
    return author


def save(
    store: Store,
    new: New,
    study: str,
    *,
    unless_newer_than: int | None = None,
    besides: Callable[[sqlite3.Connection], None] = lambda _connection: None,
) -> int:
    """Save a version; when this returns, neither a kill nor a power cut loses it.

    Args:
        store: The store.
        new: The version.
        study: Whose.
        unless_newer_than: Refuse where there is a later version than this one; None saves it
            beside whatever there is.
        besides: What else changes with it.

    Returns:
        Its number.

    Raises:
        GoneError: There is no such study.
        OvertakenError: Somebody else saved one in the meantime.
    """
    with store.database.writing(settled=True) as connection:
        if not connection.execute("SELECT 1 FROM studies WHERE id = ?", (study,)).fetchone():
            raise GoneError
        latest = _latest(connection, study)
        if unless_newer_than is not None and latest > unless_newer_than:
            raise OvertakenError(latest)
        number = latest + 1
        # A kill between both leaves a file that no row names, and the next save writes over it.
        path = store.folder(study).mask(number)
        write_in_layout(path, new.labels, new.layout)
        settle(path)
        _insert(connection, new, study, number)
        besides(connection)
        touch(connection, study)
    return number


def _insert(connection: sqlite3.Connection, new: New, study: str, number: int) -> None:
    tools = [f"scarmap {__version__}", *(str(tool)[:_LONGEST_TOOL] for tool in new.tools)]
    connection.execute(
        "INSERT INTO versions (study, number, kind, author, made, tools, based_on, note, layout, "
        "origin, maker) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)",
        (
            study,
            number,
            new.kind,
            new.author,
            now(),
            json.dumps(tools[: _MOST_TOOLS + 1]),
            new.based_on,
            new.note[:_LONGEST_NOTE],
            new.layout,
            json.dumps(asdict(new.origin)),
            json.dumps(asdict(new.maker)),
        ),
    )


def _latest(connection: sqlite3.Connection, study: str) -> int:
    row = connection.execute(
        "SELECT COALESCE(MAX(number), 0) FROM versions WHERE study = ?", (study,)
    ).fetchone()
    return int(row[0])


def listed(store: Store, study: str) -> list[Version]:
    """All versions of a study, the first one first."""
    with store.database.reading() as connection:
        rows = connection.execute(
            "SELECT * FROM versions WHERE study = ? ORDER BY number", (study,)
        ).fetchall()
    return [_version(row) for row in rows]


def find(store: Store, study: str, number: int) -> Version | None:
    """A version; None where there is none."""
    with store.database.reading() as connection:
        row = connection.execute(
            "SELECT * FROM versions WHERE study = ? AND number = ?", (study, number)
        ).fetchone()
    return _version(row) if row else None


def mask_of(store: Store, version: Version) -> LabelMap:
    """The mask of a version."""
    return read_labels(store.folder(version.study).mask(version.number), version.layout)


def edited(version: Version, labels: LabelMap, *, author: str, images: Sequence[str]) -> New:
    """A version that a reader made of another one.

    Args:
        version: The one that was changed.
        labels: The new mask.
        author: Initials of the reader.
        images: Sequences that the reader could see.

    Raises:
        DataError: These are no initials.
    """
    check_initials(author)
    return New(
        labels,
        READER,
        author,
        layout_for(version.layout, labels.array),
        as_reader(version, tuple(images)).origin,
        Maker(version.maker.name, version.maker.version, editor=author),
        based_on=version.number,
    )


def as_reader(version: Version, images: tuple[str, ...]) -> Version:
    """A version as it counts once a reader has changed it: a reader calls every tissue.

    Args:
        version: The version.
        images: Sequences that the reader could see.
    """
    told = version.origin
    name = f"edited since {told.name} made it" if version.kind == MODEL else told.name
    origin = MaskOrigin(
        name,
        told.version,
        told.limits,
        sequences=images or None,
        remarks=told.remarks,
        by_model=told.by_model,
    )
    return replace(version, kind=READER, origin=origin)


def layout_for(layout: str, array: LabelArray) -> str:
    """A layout that labels every tissue of a mask: the given one where it does.

    >>> layout_for("emidec", np.array([4], dtype=np.uint8))
    'scarmap'
    """
    there = set(np.flatnonzero(np.bincount(array.ravel())).tolist())
    labelled = {0, *(INDEX[tissue] for tissue in codes(layout))}
    return layout if there <= labelled else "scarmap"


def sign(store: Store, study: str, number: int, author: str) -> None:
    """Note that a reader stands for a version.

    Raises:
        DataError: These are no initials.
    """
    check_initials(author)
    with store.database.writing(settled=True) as connection:
        connection.execute(
            "UPDATE versions SET signed_by = ?, signed_at = ? WHERE study = ? AND number = ?",
            (author, now(), study, number),
        )
        touch(connection, study)


def _version(row: sqlite3.Row) -> Version:
    return Version(
        study=row["study"],
        number=row["number"],
        kind=row["kind"],
        author=row["author"],
        made=row["made"],
        tools=tuple(json.loads(row["tools"])),
        based_on=row["based_on"],
        note=row["note"],
        layout=row["layout"],
        origin=_origin(json.loads(row["origin"])),
        maker=Maker(**json.loads(row["maker"])),
        signed_by=row["signed_by"],
        signed_at=row["signed_at"],
    )


def _origin(values: dict[str, Any]) -> MaskOrigin:
    tuples = {key: tuple(value) for key, value in values.items() if isinstance(value, list)}
    return MaskOrigin(**{**values, **tuples})

"""What readers are drawing: each changed slice is kept at once, and all of it is measured."""

import threading
import zlib
from collections import OrderedDict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any

import numpy as np

from scarmap.errors import DataError
from scarmap.io.nifti import read_image
from scarmap.labels import INDEX, LabelArray, MaskArray, region_mask
from scarmap.quantification.cohort import Measuring
from scarmap.quantification.origin import SHOWN_BY
from scarmap.quantification.result import Quantification
from scarmap.serving import versions
from scarmap.serving.measuring import Bench, bench_for
from scarmap.serving.runs import decode
from scarmap.serving.store import Store, new_id
from scarmap.serving.studies import Study, find, now
from scarmap.serving.versions import Version
from scarmap.volume import LabelMap, Volume

_MOST_OPEN = 8
"""Drafts whose masks are in memory; the others are read again when they are drawn on."""
_MOST_OF_STUDY = 50
_IN_WALL = tuple(INDEX[tissue] for tissue in SHOWN_BY)


class NoDraftError(Exception):
    """There is no such draft: it was saved, or thrown away."""


@dataclass
class OpenDraft:
    """A draft in memory.

    Attributes:
        id: Its id.
        study: The study.
        version: The version that is changed.
        labels: The mask as it is now; its array is changed in place.
        wall: (X, Y, Z), where there was wall at any time, so that scar may lie there.
        bench: Measures it.
        lock: One change at a time.
    """

    id: str
    study: Study
    version: Version
    labels: LabelMap
    wall: MaskArray
    bench: Bench
    lock: threading.Lock = field(default_factory=threading.Lock)


class Drafts:
    """The drafts of a store.

    Args:
        store: The store.
        measuring: How studies are measured.
    """

    def __init__(self, store: Store, measuring: Measuring) -> None:
        self.store = store
        self.measuring = measuring
        self._open: OrderedDict[str, OpenDraft] = OrderedDict()
        self._opening = threading.Lock()

    def begin(self, study: str, based_on: int, author: str = "") -> str:
        """A new draft of a version.

        Raises:
            DataError: There is no such version, or the study has very many drafts.
        """
        if versions.find(self.store, study, based_on) is None:
            raise DataError("There is no such version to begin with.")
        draft = new_id()
        with self.store.database.writing() as connection:
            number = connection.execute(
                "SELECT COUNT(*) FROM drafts WHERE study = ?", (study,)
            ).fetchone()[0]
            if number >= _MOST_OF_STUDY:
                raise DataError("This study has very many drafts. Save or discard some first.")
            connection.execute(
                "INSERT INTO drafts (id, study, based_on, author, changed) VALUES (?, ?, ?, ?, ?)",
                (draft, study, based_on, author[:16], now()),
            )
        return draft

    def of_study(self, study: str) -> list[dict[str, Any]]:
        """Drafts of a study in which something was drawn, the latest first."""
        with self.store.database.reading() as connection:
            rows = connection.execute(
                "SELECT id AS draft, based_on, author, changed FROM drafts WHERE study = ? AND id "
                "IN (SELECT draft FROM draft_slices) ORDER BY changed DESC",
                (study,),
            ).fetchall()
        return [dict(row) for row in rows]

    def discard(self, draft: str) -> None:
        """Throw a draft away."""
        with self.store.database.writing() as connection:
            connection.execute("DELETE FROM draft_slices WHERE draft = ?", (draft,))
            connection.execute("DELETE FROM drafts WHERE id = ?", (draft,))
        self.drop(draft)

    def drop(self, draft: str) -> None:
        """Forget a draft that was saved or thrown away."""
        with self._opening:
            self._open.pop(draft, None)

    def forget(self, study: str) -> None:
        """Forget the drafts of a study that was removed."""
        with self._opening:
            for draft in [key for key, each in self._open.items() if each.study.id == study]:
                del self._open[draft]

    def open(self, draft: str) -> OpenDraft:
        """A draft, read from the store where it is not in memory.

        Raises:
            NoDraftError: There is none.
        """
        with self._opening:
            known = self._open.get(draft) or self._read(draft)
            self._open[draft] = known
            self._open.move_to_end(draft)
            while len(self._open) > _MOST_OPEN:
                self._open.popitem(last=False)
            return known

    def change(self, draft: str, slices: Mapping[int, Sequence[int]]) -> Quantification:
        """Change slices; when this returns, no kill loses them.

        Args:
            draft: Its id.
            slices: Number of each slice to its run lengths.

        Returns:
            Figures of the whole draft.

        Raises:
            NoDraftError: There is none.
            DataError: A slice is none of this study, or a tissue lies where it cannot be.
        """
        known = self.open(draft)
        with known.lock:
            planes = _planes(known.labels, slices)
            _check_places(known, planes)
            for z, plane in planes.items():
                known.wall[..., z] |= region_mask(plane, "normal_myocardium")
            self._keep(known, planes)
            for z, plane in planes.items():
                known.labels.array[..., z] = plane
            return known.bench.measure(known.labels)

    def measure(self, draft: str) -> Quantification:
        """Figures of a draft as it is."""
        known = self.open(draft)
        with known.lock:
            return known.bench.measure(known.labels)

    def lge(self, known: OpenDraft) -> Volume:
        """The image that thresholds are taken on.

        Raises:
            DataError: The study has no LGE.
        """
        if "LGE" not in known.study.images:
            raise DataError("This study has no LGE image, so there is no threshold on it.")
        return read_image(self.store.folder(known.study.id).root / known.study.images["LGE"])

    def _keep(self, known: OpenDraft, planes: Mapping[int, LabelArray]) -> None:
        with self.store.database.writing() as connection:
            there = connection.execute(
                "UPDATE drafts SET changed = ? WHERE id = ?", (now(), known.id)
            )
            if not there.rowcount:
                raise NoDraftError
            for z, plane in planes.items():
                wall = np.packbits(known.wall[..., z])
                connection.execute(
                    "INSERT INTO draft_slices (draft, z, pixels, wall) VALUES (?, ?, ?, ?) "
                    "ON CONFLICT (draft, z) DO UPDATE SET pixels = excluded.pixels, "
                    "wall = excluded.wall",
                    (known.id, z, _packed(plane.tobytes()), _packed(wall.tobytes())),
                )

    def _read(self, draft: str) -> OpenDraft:
        with self.store.database.reading() as connection:
            row = connection.execute("SELECT * FROM drafts WHERE id = ?", (draft,)).fetchone()
            slices = connection.execute(
                "SELECT * FROM draft_slices WHERE draft = ?", (draft,)
            ).fetchall()
        study = find(self.store, row["study"]) if row else None
        version = versions.find(self.store, row["study"], row["based_on"]) if row else None
        if study is None or version is None:
            raise NoDraftError
        base = versions.mask_of(self.store, version)
        labels = replace(base, array=np.array(base.array))
        wall = np.array(region_mask(base.array, "whole_myocardium"))
        for each in slices:
            shape = labels.array.shape[:2]
            plane = np.frombuffer(zlib.decompress(each["pixels"]), dtype=np.uint8)
            labels.array[..., each["z"]] = plane.reshape(shape)
            bits = np.frombuffer(zlib.decompress(each["wall"]), dtype=np.uint8)
            wall[..., each["z"]] |= (
                np.unpackbits(bits, count=plane.size).reshape(shape).astype(bool)
            )
        saved_as = versions.as_reader(version, tuple(study.images))
        bench = bench_for(self.store, study, saved_as, self.measuring)
        return OpenDraft(draft, study, version, labels, wall, bench)


def _packed(content: bytes) -> bytes:
    return zlib.compress(content, 1)


def _planes(labels: LabelMap, slices: Mapping[int, Sequence[int]]) -> dict[int, LabelArray]:
    width, height, depth = labels.array.shape
    if not slices or not all(0 <= z < depth for z in slices):
        raise DataError(f"The study has slices 0 to {depth - 1}.")
    return {z: decode(runs, width=width, height=height) for z, runs in slices.items()}


def _check_places(known: OpenDraft, planes: Mapping[int, LabelArray]) -> None:
    """Scar, no-reflow and edema lie in the wall: where there is, was or is drawn wall.

    They may also come with the wall of the next slice, as that is copied whole.

    Raises:
        DataError: They lie elsewhere.
    """
    array = known.labels.array
    for z, plane in planes.items():
        painted = np.isin(plane, _IN_WALL)
        beyond = painted & ~known.wall[..., z]
        if not beyond.any():
            continue
        for near in (z - 1, z + 1):
            if 0 <= near < array.shape[2]:
                beyond &= ~region_mask(planes.get(near, array[..., near]), "whole_myocardium")
        if beyond.any():
            raise DataError(
                f"Scar, no-reflow and edema lie in the wall: {int(beyond.sum())} pixels of slice "
                f"{z + 1} lie outside. Draw the wall there first."
            )

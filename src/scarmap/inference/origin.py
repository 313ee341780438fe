"""Where a mask in a folder comes from: what `manifest.jsonl` and `flags.json` beside it tell."""

from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path

from scarmap.datasets.case_files import CaseFiles
from scarmap.datasets.manifest import Entry, Maker, look_at, read_entries
from scarmap.errors import DataError
from scarmap.io.record import Each, read_record
from scarmap.quantification.origin import MaskOrigin

_Folder = tuple[Mapping[str, Entry], Mapping[str, tuple[str, ...]]]


class Origins:
    """Origins of many masks; the notes of a folder are read once."""

    def __init__(self) -> None:
        self._folders: dict[Path, _Folder] = {}

    def of(self, files: CaseFiles) -> MaskOrigin:
        """Where a study's mask comes from.

        Without a manifest, the images that are given tell which sequences were looked at, and what
        the mask holds tells of others, as an expert drew it; without images nothing is held back.
        Remarks alone are a model's, too.

        Args:
            files: The study, its mask as `labels`.
        """
        given = tuple(files.images) or None
        if files.labels is None:
            return MaskOrigin(sequences=given)
        folder = files.labels.parent
        if folder not in self._folders:
            self._folders[folder] = _entries_by_mask(folder), _told(folder)
        entries, told = self._folders[folder]
        entry = entries.get(files.labels.name)
        remarks = told.get(files.name, ())
        if entry is None:
            return MaskOrigin(sequences=given, remarks=remarks, by_model=bool(remarks))
        return _of_entry(entry, remarks, files.labels, given)


def _of_entry(
    entry: Entry, told: tuple[str, ...], mask: Path, given: tuple[str, ...] | None
) -> MaskOrigin:
    remarks = tuple(dict.fromkeys(entry.flags + told))
    maker = replace(entry.maker, name=entry.maker.name or f"model {entry.model[:12]}")
    if entry.mask_sha256 and look_at(mask).sha256 != entry.mask_sha256:
        # Whoever edited it may have looked at other images, and calls every tissue.
        return MaskOrigin(
            f"edited since {maker.name} made it",
            maker.version,
            maker.limits,
            sequences=given,
            remarks=remarks,
            by_model=True,
        )
    return made_by(maker, tuple(entry.images), remarks)


def made_by(maker: Maker, sequences: tuple[str, ...], remarks: tuple[str, ...]) -> MaskOrigin:
    """Origin of a mask as a model made it.

    Args:
        maker: The model.
        sequences: Sequences that it looked at.
        remarks: What was told when the mask was made, one sentence each.
    """
    name = maker.name or "a model"
    return MaskOrigin(
        name,
        maker.version,
        maker.limits,
        maker.hardly_calls,
        sequences,
        remarks,
        by_model=True,
    )


def _entries_by_mask(folder: Path) -> dict[str, Entry]:
    return {entry.mask: entry for entry in read_entries(folder).values()}


def _told(folder: Path) -> dict[str, tuple[str, ...]]:
    """Remarks on each case, from the flags of the whole cohort or of its shards.

    Raises:
        DataError: A file of flags is damaged.
    """
    whole = folder / "flags.json"
    told: dict[str, tuple[str, ...]] = {}
    for path in [whole] if whole.is_file() else sorted(folder.glob("flags.*-of-*.json")):
        content = read_record(path, Each([str]), error=DataError)
        told |= {case: tuple(remarks) for case, remarks in content.items()}
    return told

"""What predicted masks were made from: images, layout and model, out of `manifest.jsonl`.

A line is added for each study that was segmented, in the same file as the line that says from which
versions of its images. So whoever is given the folder of masks alone finds the rest.
"""

import json
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from scarmap.datasets.case_files import CaseFiles
from scarmap.errors import LabelError
from scarmap.labels import codes


@dataclass(frozen=True)
class Origin:
    """What a mask was made from.

    Attributes:
        layout: Label layout of the mask.
        images: Sequence to file; it may have been moved since.
        model: What made it, for people.
    """

    layout: str
    images: Mapping[str, Path]
    model: str

    def study(self, name: str) -> CaseFiles:
        """The study with the images that are still there."""
        there = {sequence: path for sequence, path in self.images.items() if path.is_file()}
        return CaseFiles(name, self.layout, there)


def note_origins(manifest: Path, studies: Iterable[CaseFiles], *, model: str) -> None:
    """Note what masks are made from; what a manifest of the same folder says already is left out.

    Args:
        manifest: Its file; made when missing.
        studies: Each with its images and with the label layout of its mask.
        model: What makes them, for people.
    """
    known = read_origins(manifest.parent)
    lines = []
    for each in studies:
        images = {sequence: path.resolve() for sequence, path in each.images.items()}
        if known.get(each.name) != Origin(each.layout, images, model):
            written = {sequence: str(path) for sequence, path in images.items()}
            line = {"study": each.name, "layout": each.layout, "images": written, "made_by": model}
            lines.append(json.dumps(line, ensure_ascii=False))
    if lines:
        _append(manifest, lines)


def _append(manifest: Path, lines: Iterable[str]) -> None:
    """Add lines; one that a killed process left half written is ended first."""
    manifest.parent.mkdir(parents=True, exist_ok=True)
    with manifest.open("a+b") as file:
        begin = ""
        if file.tell():
            file.seek(-1, 2)
            begin = "" if file.read() == b"\n" else "\n"
        file.write((begin + "".join(f"{line}\n" for line in lines)).encode())


def read_origins(folder: Path) -> dict[str, Origin]:
    """What the manifests of a folder say about its masks, by case; empty without a manifest."""
    found: dict[str, Origin] = {}
    for manifest in sorted(folder.glob("manifest*.jsonl")):
        with manifest.open(encoding="utf-8", errors="replace") as lines:
            for name, origin in filter(None, map(_origin, lines)):
                found[name] = origin
    return found


def _origin(line: str) -> tuple[str, Origin] | None:
    """What a line says; None for lines about something else, and for damaged ones."""
    try:
        values: dict[str, Any] = json.loads(line)
        images = {sequence: Path(path) for sequence, path in values["images"].items()}
        codes(values["layout"])
        return values["study"], Origin(values["layout"], images, values["made_by"])
    except (LabelError, ValueError, TypeError, KeyError, AttributeError):
        return None

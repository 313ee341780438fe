"""Colour tables of a label layout for 3D Slicer and ITK-SNAP, so that masks open with names."""

import re
from pathlib import Path

from scarmap.io.files import replacing
from scarmap.labels import INDEX, OWN, TISSUES, codes

_SNAP_HEADING = """\
# ITK-SnAP Label Description File
# IDX   -R-  -G-  -B-  -A--  VIS MSH  LABEL
"""


def write_colours(folder: Path, layout: str) -> tuple[Path, Path]:
    """Write the colours and names of a layout's codes.

    Args:
        folder: Made if missing.
        layout: Label layout.

    Returns:
        `colours_<layout>.ctbl` for 3D Slicer and `colours_<layout>.label.txt` for ITK-SNAP.

    Raises:
        LabelError: There is no such layout.
    """
    name = "own" if layout.startswith(OWN) else re.sub(r"\W+", "_", layout)
    slicer, snap = folder / f"colours_{name}.ctbl", folder / f"colours_{name}.label.txt"
    for path, text in ((slicer, slicer_colours(layout)), (snap, snap_colours(layout))):
        with replacing(path) as temporary:
            temporary.write_text(text, encoding="utf-8")
    return slicer, snap


def slicer_colours(layout: str) -> str:
    """A colour table of 3D Slicer: code, name, red, green, blue, opacity.

    >>> slicer_colours("emidec").splitlines()[2]
    '1 lv_pool 213 94 0 255'
    """
    lines = [
        f"{code} {name} {red} {green} {blue} {255 if code else 0}"
        for code, name, (red, green, blue) in _entries(layout)
    ]
    return "\n".join(["# Colours of scarmap's labels", *lines, ""])


def snap_colours(layout: str) -> str:
    """A label description of ITK-SNAP: code, colour, opacity, visibility, name."""
    lines = [
        f"{code:5d} {red:5d} {green:4d} {blue:4d} {int(code > 0):6d} {int(code > 0):4d} "
        f'{int(code > 0):3d}  "{name}"'
        for code, name, (red, green, blue) in _entries(layout)
    ]
    return _SNAP_HEADING + "\n".join([*lines, ""])


def _entries(layout: str) -> list[tuple[int, str, tuple[int, int, int]]]:
    entries = []
    for name, code in codes(layout).items():
        red, green, blue = bytes.fromhex(TISSUES[INDEX[name]].colour.removeprefix("#"))
        entries.append((code, name, (red, green, blue)))
    return sorted(entries)

"""Names that a case may have: what is safe as a file, in a table, on a page and in a log."""

import unicodedata

from scarmap.errors import DataError

LONGEST = 150
"""Characters; file systems allow 255 bytes, endings and other alphabets included."""
_UNSEEN = ("Cc", "Cf", "Cs", "Zl", "Zp")
"""Kinds of characters that nobody sees: control, bidirectional marks, bytes that are no UTF-8, line
ends."""
_FORMULA = ("=", "+", "-", "@")
"""A cell that begins so is a formula in a spreadsheet."""


def check_name(name: str) -> str:
    """The name, if a case may have it.

    Raises:
        DataError: It is empty, too long, holds what nobody sees, leads out of its folder, or would
            be a formula in a spreadsheet.

    >>> check_name("Patient 01")
    'Patient 01'
    """
    wrong = _wrong(name)
    if wrong:
        shown = ascii(name if len(name) <= LONGEST else f"{name[:60]}...")
        raise DataError(f"A case is called {shown}, which {wrong}. Rename its files.")
    return name


def _wrong(name: str) -> str | None:
    if not name.strip():
        return "is no name"
    if len(name) > LONGEST:
        return f"is longer than {LONGEST} characters"
    if any(unicodedata.category(each) in _UNSEEN for each in name):
        return "holds characters that cannot be seen or are no UTF-8"
    if "/" in name or "\\" in name or name in (".", ".."):
        return "leads to another folder"
    if name.startswith(_FORMULA):
        return f"begins with {name[0]}, so a spreadsheet would take it for a formula"
    return None

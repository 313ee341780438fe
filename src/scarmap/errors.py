"""Everything scarmap raises on purpose.

::

    ScarmapError
    ├── DataError        a file or folder is missing, broken or not what was expected
    │   ├── GeometryError    images or masks do not lie on the same grid
    │   └── LabelError       a mask holds values that its layout does not define
    ├── RecipeError      an unknown recipe, keyword or an impossible combination
    └── RunError         a run folder is incomplete, foreign or cannot be resumed

Each message is one paragraph that says what was found, where, what was expected and what to do. The
command line prints it and exits with code 2.
"""

from collections.abc import Iterable
from difflib import get_close_matches


class ScarmapError(Exception):
    """Root of all errors that a user can cause and mend."""


class DataError(ScarmapError):
    """A file or folder is missing, broken or not what was expected."""


class GeometryError(DataError):
    """Images or masks do not lie on the same grid."""


class LabelError(DataError):
    """A mask holds values that its layout does not define."""


class RecipeError(ScarmapError):
    """An unknown recipe or keyword, or a combination that cannot be trained."""


class RunError(ScarmapError):
    """A run folder is incomplete, belongs to something else or cannot be resumed."""


def suggest(name: str, known: Iterable[str]) -> str:
    """Name the closest known spellings, for the end of an error message.

    >>> suggest("mfunet/no-atention", ["mfunet", "mfunet/no-attention"])
    "Did you mean 'mfunet/no-attention' or 'mfunet'?"
    >>> suggest("zzz", ["mfunet", "cascade"])
    'Known: cascade, mfunet.'
    """
    names = sorted(known)
    close = get_close_matches(name, names, n=3, cutoff=0.5)
    if close:
        return f"Did you mean {' or '.join(repr(match) for match in close)}?"
    return f"Known: {', '.join(names)}."

"""Where a reader goes from the page of a study: to the one before, the next, or the cohort."""

from collections.abc import Sequence
from dataclasses import dataclass
from urllib.parse import quote


@dataclass(frozen=True)
class Link:
    """A page.

    Attributes:
        title: What it shows.
        address: Relative to the page of the study.
    """

    title: str
    address: str


@dataclass(frozen=True)
class Neighbours:
    """Pages beside that of a study.

    Attributes:
        cohort: Page of the cohort.
        previous: The study before it; None for the first.
        next: The study after it; None for the last.
    """

    cohort: Link
    previous: Link | None = None
    next: Link | None = None


def neighbours_of(name: str, names: Sequence[str], *, cohort: str, address: str) -> Neighbours:
    """Find the pages beside that of a study; all studies' pages lie in one folder.

    Args:
        name: The study.
        names: All studies of the cohort, it included, in any order.
        cohort: What the cohort is called.
        address: Page of the cohort, relative to that of the study.
    """
    ordered = sorted(names)
    place = ordered.index(name)
    before, after = ordered[:place][-1:], ordered[place + 1 :][:1]
    return Neighbours(
        Link(cohort, address),
        *(Link(each[0], f"{quote(each[0])}.html") if each else None for each in (before, after)),
    )

"""`--align`: what commands share that take sequences on different grids."""

from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, cast

from scarmap.errors import DataError, suggest

if TYPE_CHECKING:
    from scarmap.alignment.cohort import AlignedCohort
    from scarmap.alignment.result import How
    from scarmap.datasets.case_files import CaseFiles
    from scarmap.inference.cohort import Shard
    from scarmap.inference.segment import Segmenter

CHOICES = ("none", "headers", "full")


def align_studies(
    files: "Sequence[CaseFiles]", out: Path, how: str, *, device: str, shard: "Shard | None" = None
) -> "AlignedCohort":
    """Put the sequences of each study on one grid, as asked for; "none" leaves them.

    Args:
        files: The studies.
        out: Folder of the masks.
        how: One of `CHOICES`.
        device: Where the built-in model works.
        shard: Align only this part of the studies.

    Raises:
        DataError: The choice is unknown.
    """
    from scarmap.alignment.cohort import AlignedCohort, align_cohort
    from scarmap.cli.progress import case_progress

    if how not in CHOICES:
        raise DataError(f"--align {how!r} is not known. {suggest(how, CHOICES)}")
    if how == "none":
        return AlignedCohort(tuple(files))
    chosen = files if shard is None else shard.part(files)
    with case_progress("aligning", len(chosen)) as on_case:
        return align_cohort(
            files,
            out,
            how=cast("How", how),
            only={each.name for each in chosen},
            load_segmenter=lambda: one_view(device),
            on_case=on_case,
        )


def one_view(device: str) -> "Segmenter":
    """The built-in model, which sees a heart in any one sequence; one view is enough."""
    from scarmap.systems.scarmap.builtin import load_builtin

    return load_builtin(device, views=1)

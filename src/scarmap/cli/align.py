"""`--align`: what commands share that take sequences on different grids."""

from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, cast

if TYPE_CHECKING:
    from scarmap.alignment.cohort import AlignedCohort
    from scarmap.alignment.result import How
    from scarmap.datasets.case_files import CaseFiles
    from scarmap.inference.cohort import Shard


def align_studies(
    files: "Sequence[CaseFiles]", out: Path, how: str, *, device: str, shard: "Shard | None" = None
) -> "AlignedCohort":
    """Put the sequences of each study on one grid, as asked for; "none" leaves them.

    Args:
        files: The studies.
        out: Folder of the masks.
        how: "none", "headers" or "full".
        device: Where the built-in model works.
        shard: Align only this part of the studies.

    Raises:
        DataError: The choice is unknown.
    """
    from scarmap.alignment.cohort import AlignedCohort, align_cohort, check_choice
    from scarmap.cli.progress import case_progress
    from scarmap.workflow.models import load_one_view

    check_choice(how)
    if how == "none":
        return AlignedCohort(tuple(files))
    chosen = files if shard is None else shard.part(files)
    with case_progress("aligning", len(chosen)) as on_case:
        return align_cohort(
            files,
            out,
            how=cast("How", how),
            only={each.name for each in chosen},
            load_segmenter=lambda: load_one_view(device),
            on_case=on_case,
        )

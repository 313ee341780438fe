"""Folders of studies in the layouts found in the wild, and how their cases are split.

`folder` reads any of them, `myops2020`, `emidec` and `plain` one layout each. `case_files` are the
files of one study, `masks` those that are to be measured; `manifest` tells where predicted masks
come from. `folds` and `split` divide patients into those to train on and those to validate on.
"""

from typing import TYPE_CHECKING

from scarmap.lazy import attach

if TYPE_CHECKING:
    from scarmap.datasets.case_files import CaseFiles, load_case
    from scarmap.datasets.folder import find_cases
    from scarmap.datasets.folds import Fold, contiguous_folds, no_folds, seeded_folds
    from scarmap.datasets.mask_files import find_masks
    from scarmap.datasets.masks import load_study, one_study, studies_of_folder
    from scarmap.datasets.split import Split, recorded_split, split_cases

__all__ = [
    "CaseFiles",
    "Fold",
    "Split",
    "contiguous_folds",
    "find_cases",
    "find_masks",
    "load_case",
    "load_study",
    "no_folds",
    "one_study",
    "recorded_split",
    "seeded_folds",
    "split_cases",
    "studies_of_folder",
]

if not TYPE_CHECKING:
    __getattr__, __dir__ = attach(__name__)

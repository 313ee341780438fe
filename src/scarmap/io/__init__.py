"""Files: images and masks, run folders, scores, weights, pictures.

`nifti` reads and writes images and masks, `coding` turns their values into tissues. `run` knows
where things lie in a run folder, `scores` is its `cases.csv`, `weights` its networks, and
`illustrations` a system's own pictures. `files` writes whole files or none, `lock` keeps two
writers apart.
"""

from typing import TYPE_CHECKING

from scarmap.lazy import attach

if TYPE_CHECKING:
    from scarmap.io.files import read_json, replacing, write_csv, write_json
    from scarmap.io.nifti import read_image, read_labels, read_maps, write_image, write_labels
    from scarmap.io.run import RunFolder
    from scarmap.io.scores import Score, read_scores, write_scores
    from scarmap.io.weights import read_weights, write_weights

__all__ = [
    "RunFolder",
    "Score",
    "read_image",
    "read_json",
    "read_labels",
    "read_maps",
    "read_scores",
    "read_weights",
    "replacing",
    "write_csv",
    "write_image",
    "write_json",
    "write_labels",
    "write_scores",
    "write_weights",
]

if not TYPE_CHECKING:
    __getattr__, __dir__ = attach(__name__)

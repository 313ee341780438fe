"""scarmap: segment and quantify myocardial pathology in cardiac MR.

The names below are the public surface. Each is fetched from its module when it is first used, so
that `import scarmap` costs nothing: torch is imported by what needs it, and by nothing else.

>>> import scarmap
>>> [tissue.name for tissue in scarmap.TISSUES][4:6]
['edema', 'scar']
"""

from importlib import import_module
from typing import TYPE_CHECKING

from scarmap.version import __version__

if TYPE_CHECKING:
    from scarmap.datasets.case_files import load_case
    from scarmap.datasets.folder import find_cases
    from scarmap.errors import ScarmapError
    from scarmap.evaluation.table import evaluate_pair
    from scarmap.inference.segment import segment
    from scarmap.io.nifti import read_image, read_labels, write_labels
    from scarmap.io.run import RunFolder
    from scarmap.labels import REGIONS, TISSUES, region_mask
    from scarmap.quantification.study import quantify
    from scarmap.recipes.trained import load_segmenter
    from scarmap.systems.catalogue import choose
    from scarmap.volume import Case, LabelMap, Volume


__all__ = [
    "REGIONS",
    "TISSUES",
    "Case",
    "LabelMap",
    "RunFolder",
    "ScarmapError",
    "Volume",
    "__version__",
    "choose",
    "evaluate_pair",
    "find_cases",
    "load_case",
    "load_segmenter",
    "quantify",
    "read_image",
    "read_labels",
    "region_mask",
    "segment",
    "write_labels",
]

_HOMES = {
    "REGIONS": "scarmap.labels",
    "TISSUES": "scarmap.labels",
    "Case": "scarmap.volume",
    "LabelMap": "scarmap.volume",
    "RunFolder": "scarmap.io.run",
    "ScarmapError": "scarmap.errors",
    "Volume": "scarmap.volume",
    "choose": "scarmap.systems.catalogue",
    "evaluate_pair": "scarmap.evaluation.table",
    "find_cases": "scarmap.datasets.folder",
    "load_case": "scarmap.datasets.case_files",
    "load_segmenter": "scarmap.recipes.trained",
    "quantify": "scarmap.quantification.study",
    "read_image": "scarmap.io.nifti",
    "read_labels": "scarmap.io.nifti",
    "region_mask": "scarmap.labels",
    "segment": "scarmap.inference.segment",
    "write_labels": "scarmap.io.nifti",
}

if not TYPE_CHECKING:

    def __getattr__(name: str) -> object:
        if name not in _HOMES:
            raise AttributeError(f"module 'scarmap' has no attribute {name!r}")
        return getattr(import_module(_HOMES[name]), name)


def __dir__() -> list[str]:
    return __all__

"""scarmap: segment and quantify myocardial pathology in cardiac MR.

The names below are the public surface. Each is fetched from its module when it is first used, so
that `import scarmap` costs nothing: torch is imported by what needs it, and by nothing else.

>>> import scarmap
>>> [tissue.name for tissue in scarmap.TISSUES][4:6]
['edema', 'scar']
"""

from typing import TYPE_CHECKING

from scarmap.lazy import attach
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
    from scarmap.recipes.trained import load_segmenter
    from scarmap.systems.catalogue import choose
    from scarmap.volume import Case, LabelMap, Volume
    from scarmap.workflow.evaluate import evaluate
    from scarmap.workflow.models import load_model
    from scarmap.workflow.pages import write_report
    from scarmap.workflow.predict import Prediction, predict, predict_folder
    from scarmap.workflow.quantify import quantify
    from scarmap.workflow.study import study_from_dicom
    from scarmap.workflow.train import train


__all__ = [
    "REGIONS",
    "TISSUES",
    "Case",
    "LabelMap",
    "Prediction",
    "RunFolder",
    "ScarmapError",
    "Volume",
    "__version__",
    "choose",
    "evaluate",
    "evaluate_pair",
    "find_cases",
    "load_case",
    "load_model",
    "load_segmenter",
    "predict",
    "predict_folder",
    "quantify",
    "read_image",
    "read_labels",
    "region_mask",
    "segment",
    "study_from_dicom",
    "train",
    "write_labels",
    "write_report",
]

if not TYPE_CHECKING:
    __getattr__, __dir__ = attach(__name__)

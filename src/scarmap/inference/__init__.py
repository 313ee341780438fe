"""From a case to probabilities and a label map on its own grid.

- `segment`: one case, by a trained system; `locate` finds a heart away from the image's centre.
- `ensemble`, `postprocess`: averages of probabilities, and from probabilities to clean masks.
- `stream`, `cohort`, `wanted`: many cases, in this process or on workers, and what is done.
- `origin`: what the files beside a mask tell of where it comes from.
- `engine`: a network in ONNX, without torch.
"""

from typing import TYPE_CHECKING

from scarmap.lazy import attach

if TYPE_CHECKING:
    from scarmap.inference.cohort import Model, Outcome, Shard, segment_cohort
    from scarmap.inference.ensemble import average, average_views
    from scarmap.inference.postprocess import compose_nested, keep_largest, slices_without_heart
    from scarmap.inference.segment import Segmentation, Segmenter

__all__ = [
    "Model",
    "Outcome",
    "Segmentation",
    "Segmenter",
    "Shard",
    "average",
    "average_views",
    "compose_nested",
    "keep_largest",
    "segment_cohort",
    "slices_without_heart",
]

if not TYPE_CHECKING:
    __getattr__, __dir__ = attach(__name__)

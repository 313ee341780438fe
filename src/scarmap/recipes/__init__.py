"""What the author of a system needs.

- `recipe`: what a recipe is made of: stages and phases, and the table row that it reproduces.
- `settings`, `describe`, `names`: what a user sets, recipes as JSON, and the names in records.
- `schedules`, `validation`, `pictures`: parts that the recipes of several systems share.
- `trained`: from a run folder to a segmenter.

>>> from scarmap.recipes import Phase
>>> Phase(epochs=100, learning_rate=1e-3, decay=lambda epoch, epochs: 1.0).patience is None
True
"""

from typing import TYPE_CHECKING

from scarmap.lazy import attach

if TYPE_CHECKING:
    from scarmap.recipes.describe import build
    from scarmap.recipes.recipe import Losses, Phase, Recipe, Row, Stage
    from scarmap.recipes.schedules import modern_training
    from scarmap.recipes.settings import check_choices, check_sequences, check_sizes
    from scarmap.recipes.trained import load_segmenter, load_stages
    from scarmap.recipes.validation import region_dice

__all__ = [
    "Losses",
    "Phase",
    "Recipe",
    "Row",
    "Stage",
    "build",
    "check_choices",
    "check_sequences",
    "check_sizes",
    "load_segmenter",
    "load_stages",
    "modern_training",
    "region_dice",
]

if not TYPE_CHECKING:
    __getattr__, __dir__ = attach(__name__)

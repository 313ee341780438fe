"""The published systems, one room each, and the catalogue of their recipes.

`catalogue` knows every recipe by name. A room holds what is peculiar to one paper: `recipe` says
what the system is and which rows its tables have, `stages` how its networks are trained, `network`
and its neighbours what they are, `objective` what they minimise, `inference` and `postprocess` how
a mask comes about, `illustrate` what it looks like inside.
"""

from typing import TYPE_CHECKING

from scarmap.lazy import attach

if TYPE_CHECKING:
    from scarmap.systems.catalogue import RECIPES, Choice, change_all, choose, rows_of

__all__ = ["RECIPES", "Choice", "change_all", "choose", "rows_of"]

if not TYPE_CHECKING:
    __getattr__, __dir__ = attach(__name__)

"""Words on figures are words: a run, a column or a case may have a dollar sign in its name."""

from matplotlib.figure import Figure
from matplotlib.text import Text


def without_formulas(figure: Figure) -> Figure:
    """The figure, with every text as it is written and none read as a formula."""
    for text in figure.findobj(Text):
        if "$" in text.get_text():
            text.set_parse_math(False)
    return figure

"""Parts of a study that are summed: an artery's territory, core and border of an infarct."""

from dataclasses import dataclass


@dataclass(frozen=True)
class Territory:
    """The segments that one coronary artery nominally feeds, added up.

    Attributes:
        name: "LAD", "RCA" or "LCX".
        num_segments: Its segments that the stack shows.
        num_viable_segments: Those whose class of transmurality is 0, 1-25 or 26-50; NaN where
            infarct was not assessed.
        myocardium_g: Their mass.
        infarct_g: Mass of infarct in them, no-reflow included.
        infarct_percent: The same in percent of their mass.
        edema_g: Mass of edema outside the infarct; NaN where edema is not labelled.
        mvo_g: Mass of no-reflow; NaN where it is not labelled.
    """

    name: str
    num_segments: int
    num_viable_segments: float
    myocardium_g: float
    infarct_g: float
    infarct_percent: float
    edema_g: float
    mvo_g: float


@dataclass(frozen=True)
class GreyZone:
    """Core and border of the infarct by two cut-offs on the LGE image.

    Attributes:
        method: A name in `scarmap.quantification.thresholds.grey_zone.GREY_ZONES`.
        title: The same for people.
        border_cutoff: Lower cut-off, image units; NaN where the method is undefined, as are the
            sizes then.
        core_cutoff: Upper cut-off, image units.
        border_ml: Volume between the cut-offs, joined to the infarct of the mask.
        border_g: Its mass.
        border_percent_lv: The same in percent of the mass of the wall.
        core_ml: Volume that reaches the upper cut-off, and no-reflow.
        core_g: Its mass.
        core_percent_lv: The same in percent of the mass of the wall.
    """

    method: str
    title: str
    border_cutoff: float
    core_cutoff: float
    border_ml: float
    border_g: float
    border_percent_lv: float
    core_ml: float
    core_g: float
    core_percent_lv: float

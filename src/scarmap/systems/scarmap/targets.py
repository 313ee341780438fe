"""What is found in the heart, and how the regions nest. Imports no torch."""

POOLS = ("lv_pool", "rv_pool")
NESTED = {
    "whole_myocardium": "normal_myocardium",
    "scar_and_edema": "edema",
    "whole_infarct": "scar",
    "mvo": "mvo",
}
"""Regions of the wall from the outermost to the innermost, each with the tissue that it holds
outside the next one."""

FOUND = (*POOLS, *NESTED)

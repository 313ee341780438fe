"""Measures of one segmentation against another, under named conventions. Nothing here needs torch."""

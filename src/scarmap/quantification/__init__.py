"""Masks become millilitres, grams, percentages and segments. Nothing here needs torch."""

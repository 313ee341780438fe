"""Folders of studies in the layouts found in the wild, and patient-level folds. Nothing here needs torch."""

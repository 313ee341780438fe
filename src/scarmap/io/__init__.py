"""Files: NIfTI images and masks, run folders, weights."""

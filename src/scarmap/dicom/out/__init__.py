"""What goes back: segmentation, structured report and document, as new series of the same study."""

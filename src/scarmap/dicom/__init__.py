"""DICOM: what scanners and archives speak."""

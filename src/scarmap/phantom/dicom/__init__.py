"""Whole synthetic studies as DICOM, as scanners of several makers export them."""

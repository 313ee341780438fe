"""Sequences of one study on one grid: by the scanner's geometry, then by what images show."""

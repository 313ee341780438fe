"""Sequences of one study on one grid: by the scanner's geometry first, then by what their images show."""

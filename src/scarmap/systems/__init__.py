"""The published systems, a folder each."""

"""Synthetic hearts whose truth is known, written in the layout of a real data set."""

"""The version of scarmap, for the package's front and for what records it."""

__version__ = "0.1.0"

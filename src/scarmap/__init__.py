"""scarmap: segment and quantify myocardial pathology in cardiac MR."""

__version__ = "0.1.0"

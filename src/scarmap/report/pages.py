"""Templates become pages that carry everything inside themselves."""

from pathlib import Path
from typing import Any

from jinja2 import Environment, PackageLoader, StrictUndefined

from scarmap import __version__
from scarmap.io.files import replacing


def write_page(path: Path, template: str, **values: Any) -> Path:
    """Fill a template and write it.

    Args:
        path: Target; written under a temporary name and renamed.
        template: Name of a file in `templates/`.
        **values: What it shows; a value that it asks for and that is missing is an error. It knows `version`.

    Returns:
        The target.
    """
    text = _environment().get_template(template).render(version=__version__, **values)
    with replacing(path) as temporary:
        temporary.write_text(text, encoding="utf-8")
    return path


def _environment() -> Environment:
    return Environment(
        loader=PackageLoader("scarmap.report"),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )

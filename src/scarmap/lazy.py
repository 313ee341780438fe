"""Packages whose public names are fetched from their modules when they are first used.

So importing a package costs nothing: torch is imported by what needs it, and by nothing else.
"""

import ast
import sys
from collections.abc import Callable
from importlib import import_module
from pathlib import Path


def attach(package: str) -> tuple[Callable[[str], object], Callable[[], list[str]]]:
    """Make `__getattr__` and `__dir__` of a package from what it imports under `TYPE_CHECKING`.

    A type checker reads those imports, this function reads where they come from, and nothing is
    written twice.

    Args:
        package: Its `__name__`.
    """
    module = sys.modules[package]
    homes = _homes(Path(str(module.__file__)))

    def fetch(name: str) -> object:
        if name not in homes:
            raise AttributeError(f"module {package!r} has no attribute {name!r}")
        return getattr(import_module(homes[name]), name)

    return fetch, lambda: list(module.__all__)


def _homes(source: Path) -> dict[str, str]:
    tree = ast.parse(source.read_text(encoding="utf-8"))
    blocks = [node for node in tree.body if isinstance(node, ast.If)]
    imports = [node for block in blocks for node in block.body if isinstance(node, ast.ImportFrom)]
    return {alias.name: str(node.module) for node in imports for alias in node.names}

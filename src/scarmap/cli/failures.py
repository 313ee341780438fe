"""What could not be done of many things, told after the rest was done."""

from collections.abc import Mapping

import typer

SOME_FAILED = 3
"""Exit code of a command that did the rest."""


def tell_unmeasured(told: Mapping[str, Mapping[str, str]]) -> None:
    """Name what could not be measured, and end with `SOME_FAILED` if there is any.

    Args:
        told: How many of what, in words, to what is wrong with each.

    Raises:
        typer.Exit: There is any.
    """
    for what, problems in told.items():
        if problems:
            typer.echo(f"scarmap: {what} could not be measured.", err=True)
        for message in problems.values():
            typer.echo(f"- {message}", err=True)
    if any(told.values()):
        raise typer.Exit(SOME_FAILED)

"""`scarmap recipes`: list, show and compare recipes."""

import json
from typing import Annotated, Any

import typer

recipes = typer.Typer(
    help="List, show and compare recipes.", no_args_is_help=True, rich_markup_mode=None
)
RECOMMENDED = "scarmap"
"""The recipe that `scarmap train` takes where none is named."""
_Json = Annotated[bool, typer.Option("--json", help="Print JSON.")]


@recipes.command("list")
def list_recipes(as_json: _Json = False) -> None:
    """List every named recipe, the recommended one first, with its table and published Dice."""
    from scarmap.io.published import published_decimals, published_text
    from scarmap.recipes.describe import describe_row
    from scarmap.systems.catalogue import RECIPES

    rows_by_name = {RECOMMENDED: RECIPES[RECOMMENDED], **RECIPES}
    if as_json:
        rows = [
            {**describe_row(name, row), "recommended": name == RECOMMENDED}
            for name, row in rows_by_name.items()
        ]
        typer.echo(json.dumps(rows, indent=2))
        return
    from rich.console import Console
    from rich.table import Table

    table = Table(
        "recipe",
        "table",
        "published Dice (%)",
        caption="Figures as printed in the papers: mean ± sd.",
    )
    for name, row in rows_by_name.items():
        published = row.published.items()
        decimals = published_decimals(row.published)
        dice = ", ".join(f"{name} {published_text(score, decimals)}" for name, score in published)
        marked = name == RECOMMENDED
        about = "our own: for any subset of LGE, T2 and bSSFP" if marked else dice
        table.add_row(
            f"{name} (recommended)" if marked else name, f"{row.paper} {row.table}", about
        )
    Console().print(table)


@recipes.command()
def show(
    name: Annotated[str, typer.Argument(help="Name of a recipe, or module:function.")],
    as_json: _Json = False,
) -> None:
    """Show every setting of a recipe and what it builds, defaults included."""
    from scarmap.recipes.describe import describe, describe_row, settings
    from scarmap.systems.catalogue import choose

    choice = choose(name)
    shown = {
        **describe_row(choice.name, choice.row),
        "settings": settings(choice.row.recipe),
        "recipe": describe(choice.build()),
    }
    if as_json:
        typer.echo(json.dumps(shown, indent=2))
    else:
        typer.echo("\n".join(_outline(shown)))


@recipes.command()
def diff(
    first: Annotated[str, typer.Argument(help="A recipe.")],
    second: Annotated[str, typer.Argument(help="Another recipe.")],
    as_json: _Json = False,
) -> None:
    """Print the settings in which two recipes differ; of two systems, each one's settings."""
    from scarmap.recipes.describe import differences
    from scarmap.systems.catalogue import choose

    found = differences(choose(first).row.recipe, choose(second).row.recipe)
    if as_json:
        typer.echo(json.dumps(found, indent=2))
        return
    for key, (one, other) in found.items():
        if "." in key:  # a setting of one function only
            typer.echo(f"{key}: {json.dumps(one if other is None else other)}")
        else:
            typer.echo(f"{key}: {json.dumps(one)} -> {json.dumps(other)}")
    if not found:
        typer.echo("The two recipes are the same.")


def _outline(value: dict[str, Any], indent: int = 0) -> list[str]:
    """Nested values as indented lines."""
    lines = []
    for key, item in value.items():
        inside = _parts(key, item)
        if inside:
            lines += [f"{'  ' * indent}{key}:", *_outline(inside, indent + 1)]
        else:
            text = item if isinstance(item, str) else json.dumps(item)
            lines.append(f"{'  ' * indent}{key}: {text}")
    return lines


def _parts(key: str, item: Any) -> dict[str, Any]:
    """What is outlined below a key: a dict, or the items of a list of dicts, numbered."""
    if isinstance(item, list) and any(isinstance(part, dict) for part in item):
        return {f"{key} {number}": part for number, part in enumerate(item)}
    return item if isinstance(item, dict) else {}

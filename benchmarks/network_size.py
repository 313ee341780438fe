"""Parameters and operations of every network of a recipe, for one slice of its window.

::

    python benchmarks/network_size.py cascade mfunet
    python benchmarks/network_size.py linear-codec --width 16 8 --set size=128 --set spacing_mm=1.5

An operation is a multiplication or an addition, counted by `torch.utils.flop_counter`. Stages with
the same network share a line. What a detector does with the objects that it finds is not counted:
untrained, it finds none.
"""

import argparse
import json
import warnings

import torch
from torch.utils.flop_counter import FlopCounterMode

from scarmap.recipes.describe import describe
from scarmap.recipes.recipe import Recipe, Stage
from scarmap.recipes.settings import parse_setting
from scarmap.systems.catalogue import choose


def main() -> None:
    """Print a Markdown table."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("recipes", nargs="+", help="names of recipes")
    parser.add_argument(
        "--width", type=int, nargs="+", default=[32, 16], help="channels at full resolution"
    )
    parser.add_argument(
        "--set", dest="settings", action="append", default=[], metavar="KEY=VALUE", help="a setting"
    )
    asked = parser.parse_args()
    changes = dict(parse_setting(text) for text in asked.settings)
    print("| Recipe | Width | Network | Parameters, millions | GFLOPs per slice |")
    print("|---|---:|---|---:|---:|")
    for name in asked.recipes:
        for width in asked.width:
            recipe = choose(name, {"width": width, **changes}).build()
            for alike in networks(recipe):
                parameters, operations = size(alike[0], recipe)
                names = ", ".join(stage.name for stage in alike)
                print(
                    f"| `{name}` | {width} | {names} | {parameters / 1e6:.2f} | "
                    f"{operations / 1e9:.2f} |"
                )


def networks(recipe: Recipe) -> list[list[Stage]]:
    """The stages of a recipe, those with the same network together."""
    groups: dict[str, list[Stage]] = {}
    for stage in recipe.stages:
        groups.setdefault(json.dumps(describe(stage.model)), []).append(stage)
    return list(groups.values())


def size(stage: Stage, recipe: Recipe) -> tuple[int, int]:
    """Parameters, and operations of one slice, of a stage's network."""
    model = stage.model().eval()
    masks_alone = stage.name == "denoiser"
    described = describe(stage.model)
    own = described.get("in_channels") if isinstance(described, dict) else None
    channels = own or (1 if masks_alone else len(recipe.preparation.sequences))
    window = torch.zeros(1, channels, recipe.preparation.size, recipe.preparation.size)
    with warnings.catch_warnings(), torch.no_grad(), FlopCounterMode(display=False) as counter:
        warnings.simplefilter("ignore")
        model(window)
    return sum(parameter.numel() for parameter in model.parameters()), counter.get_total_flops()


if __name__ == "__main__":
    main()

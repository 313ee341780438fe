"""Parameters and operations of every network of a recipe, for one slice of its window.

::

    python benchmarks/network_size.py cascade mfunet

An operation is a multiplication or an addition, counted by `torch.utils.flop_counter`.
"""

import argparse
import warnings

import torch
from torch.utils.flop_counter import FlopCounterMode

from scarmap.systems.catalogue import choose
from scarmap.training.recipe import Recipe, Stage


def main() -> None:
    """Print a Markdown table."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("recipes", nargs="+", help="names of recipes")
    parser.add_argument("--width", type=int, nargs="+", default=[32, 16], help="channels at full resolution")
    asked = parser.parse_args()
    print("| Recipe | Width | Network | Parameters, millions | GFLOPs per slice |")
    print("|---|---:|---|---:|---:|")
    for name in asked.recipes:
        for width in asked.width:
            recipe = choose(name, {"width": width}).build()
            for stage in recipe.stages:
                parameters, operations = size(stage, recipe)
                print(f"| `{name}` | {width} | {stage.name} | {parameters / 1e6:.2f} | {operations / 1e9:.2f} |")


def size(stage: Stage, recipe: Recipe) -> tuple[int, int]:
    """Parameters, and operations of one slice, of a stage's network."""
    model = stage.model().eval()
    masks_alone = stage.name == "denoiser"
    channels = 1 if masks_alone else len(recipe.preparation.sequences)
    window = torch.zeros(1, channels, recipe.preparation.size, recipe.preparation.size)
    with warnings.catch_warnings(), torch.no_grad(), FlopCounterMode(display=False) as counter:
        warnings.simplefilter("ignore")
        model(window)
    return sum(parameter.numel() for parameter in model.parameters()), counter.get_total_flops()


if __name__ == "__main__":
    main()

"""Pictures of the network: what it finds in each sequence alone, and what it is trained on."""

from collections.abc import Mapping, Sequence

import torch
from torch import Tensor, nn

from scarmap.io.illustrations import Illustration, Panel
from scarmap.recipes.pictures import contours, most_pathological, most_pathological_rows, upright
from scarmap.sampling.bank import Bank
from scarmap.sampling.batch import Batch
from scarmap.sampling.presence import present_sequences
from scarmap.sampling.samplers import Sampler
from scarmap.systems.scarmap.inference import probabilities
from scarmap.systems.scarmap.targets import FOUND

_SHOWN = ("lv_pool", "whole_myocardium", "scar_and_edema", "whole_infarct")


@torch.inference_mode()
def illustrate(
    stages: Mapping[str, nn.Module],
    bank: Bank,
    rows: Tensor,
    *,
    sequences: Sequence[str],
    sampler: Sampler,
) -> list[Illustration]:
    """Draw masks from each sequence alone and from all, and slices as training sees them.

    Args:
        stages: Trained stages.
        bank: All slices.
        rows: Slices to choose from.
        sequences: Order of the channels.
        sampler: The training's.
    """
    model = stages["segment"].eval()
    batch = most_pathological(bank, rows, count=3)
    return [
        _subset_picture(model, batch, sequences),
        _training_picture(bank, rows, sequences, sampler),
    ]


def _subset_picture(model: nn.Module, batch: Batch, sequences: Sequence[str]) -> Illustration:
    """The expert's mask beside what the network finds in each sequence alone and in all."""
    picture_rows = []
    for index in range(len(batch.images)):
        image, truth = (
            batch.images[index : index + 1],
            contours(batch.labels[index].cpu().numpy(), _SHOWN),
        )
        present = present_sequences(image)[0].tolist()
        channels = [channel for channel, is_there in enumerate(present) if is_there]
        panels = [Panel("expert", upright(image[0, channels[0]]), truth)]
        for channel in channels:
            alone = torch.zeros_like(image)
            alone[:, channel] = image[:, channel]
            panels.append(_found(f"{sequences[channel]} alone", model, alone, channel))
        picture_rows.append((*panels, _found("all", model, image, channels[0])))
    return Illustration(
        "1-subsets",
        "Each sequence alone, and all",
        "The slices with the most pathology, of different patients. One network sees whatever "
        "sequences there are; a missing one is zero and said to be missing.",
        tuple(picture_rows),
    )


def _training_picture(
    bank: Bank, rows: Tensor, sequences: Sequence[str], sampler: Sampler
) -> Illustration:
    """One batch as the sampler yields it."""
    generator = torch.Generator(bank.images.device).manual_seed(1)
    batch = next(iter(sampler(bank, most_pathological_rows(bank, rows)[:4], generator)))
    picture_rows = [
        tuple(
            Panel(
                name,
                upright(batch.images[index, channel]),
                contours(batch.labels[index].cpu().numpy(), _SHOWN),
            )
            for channel, name in enumerate(sequences)
        )
        for index in range(min(4, len(batch.images)))
    ]
    return Illustration(
        "2-training",
        "What it is trained on",
        "Slices are turned, stretched and bent, their contrast is redrawn, and sequences are left "
        "out (black).",
        tuple(picture_rows),
    )


def _found(title: str, model: nn.Module, image: Tensor, channel: int) -> Panel:
    maps = probabilities(model, image)[0]
    masks = {region: maps[FOUND.index(region)] > 0.5 for region in _SHOWN}
    return Panel(
        title,
        upright(image[0, channel]),
        {name: mask.cpu().numpy().T for name, mask in masks.items()},
    )

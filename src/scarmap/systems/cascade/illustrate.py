"""Pictures of the cascade at work: candidate region, auto-encoder, outputs of the branches."""

from collections.abc import Mapping, Sequence

import torch
from torch import Tensor, nn

from scarmap.io.illustrations import Illustration, Panel
from scarmap.recipes.pictures import contours, most_pathological, upright, upright_mask
from scarmap.sampling.bank import Bank
from scarmap.sampling.batch import Batch
from scarmap.systems.cascade.anatomy import region_probabilities
from scarmap.systems.cascade.candidates import Gate, region
from scarmap.systems.cascade.corruption import corrupt
from scarmap.systems.cascade.denoiser import epicardial_masks
from scarmap.systems.cascade.pathology import NESTED, nested_probabilities

_TRUTH = ("lv_epicardium", "whole_myocardium", "scar_and_edema", "scar")
_SHOWN_WITH = {"main": "LGE"}
"""Image behind an output that no single sequence has."""


@torch.inference_mode()
def illustrate(
    stages: Mapping[str, nn.Module],
    bank: Bank,
    rows: Tensor,
    *,
    sequences: Sequence[str],
    gate: Gate,
) -> list[Illustration]:
    """Draw what each network does on the two slices with the most pathology.

    Args:
        stages: Trained stages.
        bank: All slices.
        rows: Slices to choose from.
        sequences: Order of the channels.
        gate: Which anatomy output ends the candidate images.
    """
    batch = most_pathological(bank, rows, count=2)
    inside = region(stages, batch.images, gate=gate) > 0.5
    pictures = [_candidate_picture(batch, inside, sequences), _shape_picture(stages, batch)]
    if "pathology" in stages:
        pictures.append(_branch_picture(stages["pathology"], batch, inside, sequences))
    return pictures


def _candidate_picture(batch: Batch, inside: Tensor, sequences: Sequence[str]) -> Illustration:
    """Each image with the expert's contour beside its candidate image with the found one."""
    rows = []
    for index in range(len(batch.images)):
        truth = contours(batch.labels[index].cpu().numpy(), ("lv_epicardium",))
        found = {"lv_epicardium": upright_mask(inside[index, 0])}
        for channel, sequence in enumerate(sequences):
            image = batch.images[index, channel]
            candidate = image * inside[index, 0]
            rows.append(
                (
                    Panel(f"{sequence}, expert", upright(image), truth),
                    Panel(f"{sequence}, found", upright(image), found),
                    Panel("candidate image", upright(candidate)),
                )
            )
    return Illustration(
        "1-candidate-region",
        "Candidate images",
        "The LV epicardial region by the expert and by the anatomy network, and the image inside "
        "it, which is all that a pathology network is shown. Pathology outside the contour is "
        "lost. Compare Fig. 1 of the paper.",
        tuple(rows),
    )


def _shape_picture(stages: Mapping[str, nn.Module], batch: Batch) -> Illustration:
    """The anatomy network's map and a corrupted gold mask before and after the auto-encoder."""
    gold = epicardial_masks(batch.labels)
    maps = {"anatomy network": region_probabilities(stages["anatomy"], batch.images)}
    if "denoiser" in stages:
        seeded = torch.Generator(gold.device).manual_seed(1)
        maps["corrupted gold mask"] = corrupt(gold, generator=seeded)
    rows = []
    for name, before in maps.items():
        shown = {name: before}
        if "denoiser" in stages:
            shown["after the auto-encoder"] = stages["denoiser"](before)
        for index in range(len(gold)):
            truth = {"lv_epicardium": upright_mask(gold[index, 0] > 0)}
            panels = (
                Panel(title, upright(each[index, 0]), truth, heat=True)
                for title, each in shown.items()
            )
            rows.append(tuple(panels))
    return Illustration(
        "2-shape",
        "The shape of the region",
        "Probability of the LV epicardial region with the expert's contour. The auto-encoder, "
        "where there is one, should fill holes, drop islands and smooth the border without moving "
        "it. Compare Fig. 2 of the paper.",
        tuple(rows),
    )


def _branch_picture(
    model: nn.Module, batch: Batch, inside: Tensor, sequences: Sequence[str]
) -> Illustration:
    """What each output of the pathology network finds, beside the expert."""
    logits: dict[str, Tensor] = model(batch.images * inside)
    rows = []
    for index in range(len(batch.images)):
        background = upright(batch.images[index, sequences.index("LGE")])
        panels = [Panel("expert", background, contours(batch.labels[index].cpu().numpy(), _TRUTH))]
        for output, each in logits.items():
            channel = sequences.index(_SHOWN_WITH.get(output, output))
            masks = (nested_probabilities(each)[index] > 0.5) & inside[index]
            drawn = dict(zip(NESTED[output], map(upright_mask, masks), strict=True))
            panels.append(Panel(f"{output} output", upright(batch.images[index, channel]), drawn))
        rows.append(tuple(panels))
    return Illustration(
        "3-branches",
        "Outputs of the pathology network",
        "Each branch is trained on what its sequence shows: bSSFP the wall, LGE the scar, T2 the "
        "scar and edema together. The main output fuses their features. Compare Fig. 3 of the "
        "paper.",
        tuple(rows),
    )

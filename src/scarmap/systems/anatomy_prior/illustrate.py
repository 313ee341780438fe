"""Pictures of the anatomy prior at work: mix-up (Fig. 1), masks (Fig. 3) and attention gates."""

from collections.abc import Mapping, Sequence

import torch
from torch import Tensor, nn

from scarmap.io.illustrations import Illustration, Panel
from scarmap.labels import INDEX, REGIONS
from scarmap.recipes.pictures import (
    contours,
    energy,
    most_pathological,
    most_pathological_rows,
    upright,
    upright_mask,
)
from scarmap.sampling.bank import Bank
from scarmap.sampling.batch import Batch, tissue_shares
from scarmap.systems.anatomy_prior.inference import probabilities
from scarmap.systems.anatomy_prior.mixup import draw_partners, mix_up, with_foreground
from scarmap.systems.anatomy_prior.network import GatedBlock, SegmentationNetwork
from scarmap.systems.anatomy_prior.postprocess import INFARCT
from scarmap.systems.anatomy_prior.targets import TARGETS

_FIXED_SHARE = 0.4
_PAIRS = 3


@torch.inference_mode()
def illustrate(
    stages: Mapping[str, nn.Module],
    bank: Bank,
    rows: Tensor,
    *,
    layout: str,
    sequences: Sequence[str],
) -> list[Illustration]:
    """Draw the mix-up, the masks and, where there are some, the gates.

    Args:
        stages: Trained stages.
        bank: All slices.
        rows: Slices to choose from.
        layout: Label layout.
        sequences: Order of the channels.
    """
    model = stages["segment"].eval()
    assert isinstance(model, SegmentationNetwork)
    shown = sequences.index("LGE") if "LGE" in sequences else 0
    batch = most_pathological(bank, rows, count=3)
    pictures = [
        _mixup_picture(bank, rows, layout=layout, channel=shown),
        _mask_picture(model, batch, layout=layout, channel=shown),
    ]
    if any(isinstance(module, GatedBlock) for module in model.modules()):
        pictures.append(_attention_picture(model, batch, channel=shown))
    return pictures


def _mixup_picture(bank: Bank, rows: Tensor, *, layout: str, channel: int) -> Illustration:
    """Figure 1: moving image, result and fixed image of pairs, and the infarct in the result."""
    generator = torch.Generator(bank.images.device).manual_seed(1)
    ranked = most_pathological_rows(bank, rows).to(bank.images.device)
    fixed_rows, candidates = ranked[:_PAIRS], with_foreground(bank, ranked)
    partners = draw_partners(bank.heights, fixed_rows, candidates, 0.1, generator)
    fixed, moving = bank.window(fixed_rows), bank.window(partners)
    result = mix_up(
        fixed, moving, torch.full((len(fixed_rows),), _FIXED_SHARE, device=bank.images.device)
    )
    drawn = TARGETS[layout].regions
    share = _infarct_share(result, layout)
    picture_rows = []
    for index in range(len(fixed_rows)):
        panels = [
            Panel(
                name,
                upright(each.images[index, channel]),
                contours(each.labels[index].cpu().numpy(), drawn),
            )
            for name, each in (("moving", moving), ("mixed", result), ("fixed", fixed))
        ]
        picture_rows.append(
            (*panels, Panel("infarct in the mixed truth", upright(share[index]), heat=True))
        )
    return Illustration(
        "1-pathology-mix-up",
        "Pathology mix-up",
        "The moving heart is laid over the fixed one by translation and scale and blended with "
        f"it, here with {1 - _FIXED_SHARE:.0%} of the moving heart; the background is the fixed "
        "image's. The truth is blended alike, so a pixel may be partly infarct. Contours of the "
        "mixed image show the likeliest tissue. A slice that has no partner of similar height is "
        "its own. Compare Fig. 1 of the paper.",
        tuple(picture_rows),
    )


def _infarct_share(batch: Batch, layout: str) -> Tensor:
    """Share of infarct in the truth of each pixel, (B, H, W)."""
    return tissue_shares(batch)[:, [INDEX[tissue] for tissue in REGIONS[INFARCT[layout]]]].sum(1)


def _mask_picture(
    model: SegmentationNetwork, batch: Batch, *, layout: str, channel: int
) -> Illustration:
    """Figure 3: the expert's masks, the found ones, and the probability of infarct."""
    regions = TARGETS[layout].regions
    maps = probabilities(model, batch.images, layout=layout, regions=regions)
    infarct = maps[:, regions.index(INFARCT[layout])]
    rows = []
    for index in range(len(batch.images)):
        image = upright(batch.images[index, channel])
        truth = contours(batch.labels[index].cpu().numpy(), regions)
        found = {region: upright_mask(maps[index, k] > 0.5) for k, region in enumerate(regions)}
        expert = {region: mask for region, mask in truth.items() if region == INFARCT[layout]}
        rows.append(
            (
                Panel("expert", image, truth),
                Panel("found", image, found),
                Panel("probability of infarct", upright(infarct[index]), expert, heat=True),
            )
        )
    return Illustration(
        "2-masks",
        "Expert and network",
        "The slices with the most pathology, of different patients. The contour in the probability "
        "of infarct is the expert's. Compare Fig. 3 of the paper.",
        tuple(rows),
    )


def _attention_picture(model: SegmentationNetwork, batch: Batch, *, channel: int) -> Illustration:
    """Gates of the first and of the last block, averaged over channels."""
    features = model.features(batch.images)
    before = torch.cat([model.enlarge[0](features.decoder[1]), *features.encoder[0]], dim=1)
    first, last = model.encoders[0][0], model.blocks[0]  # type: ignore[index]
    assert isinstance(first, GatedBlock)
    assert isinstance(last, GatedBlock)
    opened = {"first block": first.gate(batch.images), "last block": last.gate(before)}
    rows = []
    for index in range(len(batch.images)):
        image = Panel("image", upright(batch.images[index, channel]))
        gates = [
            Panel(f"gate of the {name}", energy(gate[index]), heat=True)
            for name, gate in opened.items()
        ]
        rows.append((image, *gates))
    return Illustration(
        "3-attention",
        "Attention gates",
        "Mean over channels of the gate, 0 to 1, that each block's output is multiplied with. The "
        "first block sees the image alone, the last one what the network has made of it. Compare "
        "Fig. 2 of the paper.",
        tuple(rows),
    )

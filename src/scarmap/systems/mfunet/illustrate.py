"""The paper's Figures 3, 5 and 6 of any trained MFU-Net. Figure 7 is drawn from the log."""

from collections.abc import Mapping, Sequence

import numpy as np
import torch
from torch import Tensor, nn

from scarmap.io.illustrations import Illustration, Panel
from scarmap.recipes.pictures import contours, energy, most_pathological, upright
from scarmap.sampling.bank import Bank
from scarmap.sampling.batch import Batch
from scarmap.systems.mfunet.attention import SpatialAttention
from scarmap.systems.mfunet.inference import probabilities
from scarmap.systems.mfunet.network import MFUNet
from scarmap.systems.mfunet.resampling import cut_patches, num_patches

_SHOWN = {
    "bSSFP": ("whole_myocardium", "lv_pool", "rv_pool"),
    "LGE": ("scar", "mvo"),
    "T2": ("edema",),
}
_PATCH_SHARES = (1 / 3, 4 / 9)


@torch.inference_mode()
def illustrate(
    stages: Mapping[str, nn.Module],
    bank: Bank,
    rows: Tensor,
    *,
    sequences: Sequence[str],
    regions: Sequence[str],
) -> list[Illustration]:
    """Draw what the network sees on two slices with the most pathology.

    Args:
        stages: Trained stages.
        bank: All slices.
        rows: Slices to choose from.
        sequences: Order of the channels.
        regions: Region of each probability map.
    """
    model = stages["segment"].eval()
    assert isinstance(model, MFUNet)
    batch = most_pathological(bank, rows, count=2)
    pictures = [_fusion_picture(model, batch, sequences), _patch_picture(batch, sequences)]
    if model.attention is not None:
        pictures.append(_attention_picture(model, batch, sequences, regions))
    return pictures


def _fusion_picture(model: MFUNet, batch: Batch, sequences: Sequence[str]) -> Illustration:
    """Figure 3: the finest features of each sequence and their maximum, with the truth."""
    finest = model.features(batch.images)[0]
    rows = []
    for index in range(len(batch.images)):
        labels = batch.labels[index].cpu().numpy()
        for channel, sequence in enumerate(sequences):
            drawn = contours(labels, _SHOWN[sequence])
            single, fused = energy(finest.sequences[channel][index]), energy(finest.fused[index])
            rows.append(
                (
                    Panel(sequence, upright(batch.images[index, channel]), drawn),
                    Panel(f"{sequence} features", single, drawn, heat=True),
                    Panel("max-fused features", fused, drawn, heat=True),
                )
            )
    return Illustration(
        "1-max-fusion",
        "Max-fused against single-sequence features",
        "Mean absolute activation of the first encoder level. Structures that only one sequence "
        "shows should stand out in the fused map. Compare Fig. 3 of the paper.",
        tuple(rows),
    )


def _attention_picture(
    model: MFUNet, batch: Batch, sequences: Sequence[str], regions: Sequence[str]
) -> Illustration:
    """Figure 5: the attention's output beside the predicted masks."""
    attended = model.attention_map(batch.images)
    found = (probabilities(model, batch.images) > 0.5).cpu().numpy()
    rows = []
    for index in range(len(batch.images)):
        predicted = {name: mask.T for name, mask in zip(regions, found[index], strict=True)}
        rows.append(
            (
                Panel(sequences[0], upright(batch.images[index, 0])),
                Panel("spatial attention output", upright(attended[index]), heat=True),
                Panel("prediction", upright(batch.images[index, 0]), predicted),
            )
        )
    learned = ""
    if isinstance(model.attention, SpatialAttention):
        scale = float(model.attention.attend.scale)
        digits = np.format_float_positional(scale, precision=3, fractional=False, trim="-")
        learned = f" The learned scale of the attention is {digits}; it started at 0."
    return Illustration(
        "2-spatial-attention",
        "Spatial attention",
        f"Mean absolute output of the attention module beside the predicted masks.{learned} "
        "Compare Fig. 5 of the paper.",
        tuple(rows),
    )


def _patch_picture(batch: Batch, sequences: Sequence[str]) -> Illustration:
    """Figure 6: patches that dynamic resampling cuts at two sizes, centred on pathology and not."""
    full = batch.images.shape[-1]
    generator = torch.Generator(batch.images.device).manual_seed(1)
    rows = []
    for share_of_window in _PATCH_SHARES:
        size = round(full * share_of_window / 16) * 16
        for share, title in ((1.0, "on pathology"), (0.0, "anywhere")):
            patch = cut_patches(batch, size=size, count=1, share=share, generator=generator)
            drawn = contours(
                patch.labels[0].cpu().numpy(), ("whole_myocardium", "scar", "edema", "mvo")
            )
            count = num_patches(size, full=full, batch_size=4)
            names = [f"{size} px, {count} a batch, {title}: {sequences[0]}", *sequences[1:]]
            rows.append(
                tuple(
                    Panel(name, upright(patch.images[0, c]), drawn) for c, name in enumerate(names)
                )
            )
    return Illustration(
        "3-dynamic-resampling",
        "Dynamically cropped patches",
        "Two patch sizes with the number of patches that fill the pixel budget of four full "
        "slices; some patches are centred on pathology, others lie anywhere. Compare Fig. 6 of the "
        "paper.",
        tuple(rows),
    )

"""Mask R-CNN: finds the target of a slice as one object, a box with a mask in it."""

import math
from typing import Literal

import torch
import torch.nn.functional as F
from torch import Tensor, nn
from torchvision.models import resnet
from torchvision.models.detection import MaskRCNN as Detector
from torchvision.models.detection.anchor_utils import AnchorGenerator
from torchvision.models.detection.backbone_utils import BackboneWithFPN
from torchvision.models.detection.faster_rcnn import FastRCNNPredictor, TwoMLPHead
from torchvision.models.detection.mask_rcnn import MaskRCNNHeads, MaskRCNNPredictor

from scarmap.systems.linear_codec.objects import make_targets, union

Backbone = Literal["resnet18", "resnet50"]

_ANCHOR_SCALES = (16, 32, 64, 128, 256)
"""Side of each pyramid level's anchors in input pixels, four times the distance between them.

Matterport has them in an image enlarged to 1024 pixels. Shrinking them with the image would leave
those of the size of a heart on the coarsest level, a few to a slice, and most objects without an
anchor that overlaps them.
"""
_ASPECT_RATIOS = (0.5, 1.0, 2.0)
_CLASSES = 2
"""Background and target."""
_GROUP_SIZE = 16
"""Channels that are normalised together: in Wu and He 2018 as good as 32 groups, which in the first
layers of a residual network hold two channels each.
"""
_BOX_SIDE = 7
"""Side of what the box head sees of a proposal; the mask head's input is twice and its output four
times as large."""
_MASK_CONVOLUTIONS = 4
"""Of the mask head, as in He et al. 2017."""
_LEVELS = ("0", "1", "2", "3")
"""Names that torchvision gives the levels of the pyramid that objects are cut from."""
_LOGIT_DEVIATION = 0.001
"""Of the random weights of the last mask layer, as in the authors' own Detectron, so that masks
begin at one half everywhere; torchvision draws weights a thousand times as large.
"""
IMAGE_MEAN, IMAGE_DEVIATION = 0.5, 0.25
"""Shift and scale of intensities in [0, 1] before the first convolution."""

_PROPOSALS = {
    "rpn_batch_size_per_image": 64,
    "rpn_fg_iou_thresh": 0.5,
    "rpn_pre_nms_top_n_train": 1000,
    "rpn_post_nms_top_n_train": 200,
    "rpn_pre_nms_top_n_test": 500,
    "rpn_post_nms_top_n_test": 50,
    "box_batch_size_per_image": 16,
    "box_positive_fraction": 0.5,
    "box_bg_iou_thresh": 0.3,
    "box_detections_per_img": 10,
}
"""Which anchors, proposals and detections of a slice are looked at.

Matterport's defaults serve photographs with dozens of objects: 256 anchors, 6000 proposals, of
these 2000 in training and 1000 in prediction, 200 to learn from, a third of them positive, 100
detections. A slice has one object at most: further proposals are copies of it or background, and
the heads would cost more than the backbone. An anchor is positive from an overlap of 0.5 instead of
0.7, since only two or three reach 0.7; a proposal is negative below 0.3 instead of 0.5, since one
that overlaps the only object by almost a half teaches no background.
"""


SOURCES = {
    "mask-rcnn: anchors": (
        f"{', '.join(map(str, _ANCHOR_SCALES[:-1]))} and {_ANCHOR_SCALES[-1]} pixels, ratios "
        f"{', '.join(f'{ratio:g}' for ratio in _ASPECT_RATIOS)}: Matterport's defaults; of the "
        "input and not of 1024 pixels: choice"
    ),
    "mask-rcnn: score, overlap": "0.7 and 0.3: Matterport's defaults",
    "mask-rcnn: masks": f"{4 * _BOX_SIDE} x {4 * _BOX_SIDE}: Matterport's default",
    "mask-rcnn: mask convolutions": f"{_MASK_CONVOLUTIONS}: He et al. 2017",
    "mask-rcnn: normalisation": f"groups of {_GROUP_SIZE} channels: choice after He et al. 2019",
    "mask-rcnn: mask logits": f"deviation {_LOGIT_DEVIATION:g}: Detectron",
    "mask-rcnn: input": f"({IMAGE_MEAN:g}, {IMAGE_DEVIATION:g}) shift and scale: choice",
    "mask-rcnn: proposals": (
        f"{_PROPOSALS['rpn_batch_size_per_image']} anchors, "
        f"{_PROPOSALS['rpn_pre_nms_top_n_train']} and {_PROPOSALS['rpn_post_nms_top_n_train']} "
        f"proposals in training, {_PROPOSALS['rpn_pre_nms_top_n_test']} and "
        f"{_PROPOSALS['rpn_post_nms_top_n_test']} in prediction, "
        f"{_PROPOSALS['box_batch_size_per_image']} boxes, "
        f"{_PROPOSALS['box_detections_per_img']} detections: choice, for one object a slice"
    ),
    "mask-rcnn: overlap of anchors and boxes": (
        f"positive from {_PROPOSALS['rpn_fg_iou_thresh']}, negative below "
        f"{_PROPOSALS['box_bg_iou_thresh']}: choice"
    ),
}
"""Where each number of the detector comes from."""


def group_normalisation(channels: int) -> nn.GroupNorm:
    """Normalisation over groups of channels of one image, whatever the batch holds beside it."""
    return nn.GroupNorm(channels // math.gcd(_GROUP_SIZE, channels), channels)


def _make_backbone(name: Backbone, *, in_channels: int, width: int) -> BackboneWithFPN:
    """A residual network with a feature pyramid, from random weights.

    Args:
        name: "resnet18" or "resnet50".
        in_channels: Channels of the image.
        width: Channels of every level of the pyramid.

    Returns:
        A module (B, in_channels, H, W) -> five levels (B, width, H / s, W / s), s from 4 to 64.
    """
    body = getattr(resnet, name)(weights=None, norm_layer=group_normalisation)
    if in_channels != 3:
        body.conv1 = nn.Conv2d(
            in_channels, body.conv1.out_channels, 7, stride=2, padding=3, bias=False
        )
        nn.init.kaiming_normal_(body.conv1.weight, mode="fan_out", nonlinearity="relu")
    deepest = body.fc.in_features
    return BackboneWithFPN(
        body,
        return_layers={f"layer{level + 1}": name for level, name in enumerate(_LEVELS)},
        in_channels_list=[deepest // 2**below for below in (3, 2, 1, 0)],
        out_channels=width,
        norm_layer=group_normalisation,
    )


class MaskRCNN(nn.Module):
    """Mask R-CNN with a feature pyramid, for one kind of object.

    Source: linear codec, section 2.4 (ResNet50, the Matterport library); anchors, thresholds and
        the 28 x 28 masks are defaults of that library and of the released code.
    Differs: torchvision's implementation. The released code starts from weights learned on COCO and
        trains the heads only, though the paper says that no other data was used; here all layers
        start from random weights. Batches of two slices are too small for batch normalisation,
        which Matterport freezes at COCO's statistics: group normalisation stands in its place, and
        in the pyramid and the mask head as in He et al. 2019, who train Mask R-CNN from random
        weights. Slices are worked on at `size` pixels, not enlarged to 1024, see `_ANCHOR_SCALES`.
        Fewer proposals, see `_PROPOSALS`. The released code adds detected masks up; `union` takes
        their maximum.

    Args:
        in_channels: Channels of the image; one sequence has one, and is not repeated to three.
        size: Side, in pixels, of the resampled slices that are looked at; masks come back at the
            slice's own size.
        backbone: "resnet50" as published, or "resnet18".
        width: Channels of the pyramid and of the heads' convolutions; linear layers of the box head
            have four times as many.
        score: Smallest detection score that counts, in [0, 1].
        overlap: Of two detections whose boxes overlap by more than this, the less certain one is
            dropped.
    """

    def __init__(
        self,
        *,
        in_channels: int = 1,
        size: int = 256,
        backbone: Backbone = "resnet50",
        width: int = 256,
        score: float = 0.7,
        overlap: float = 0.3,
    ) -> None:
        super().__init__()
        self.size = size
        scales = tuple((scale,) for scale in _ANCHOR_SCALES)
        self.detector = Detector(
            _make_backbone(backbone, in_channels=in_channels, width=width),
            min_size=size,
            max_size=size,
            image_mean=[IMAGE_MEAN] * in_channels,
            image_std=[IMAGE_DEVIATION] * in_channels,
            rpn_anchor_generator=AnchorGenerator(scales, (_ASPECT_RATIOS,) * len(scales)),
            box_score_thresh=score,
            box_nms_thresh=overlap,
            box_head=TwoMLPHead(width * _BOX_SIDE**2, 4 * width),
            box_predictor=FastRCNNPredictor(4 * width, _CLASSES),
            mask_head=MaskRCNNHeads(
                width, [width] * _MASK_CONVOLUTIONS, 1, norm_layer=group_normalisation
            ),
            mask_predictor=MaskRCNNPredictor(width, width, _CLASSES),
            **_PROPOSALS,
        )
        nn.init.normal_(
            self.detector.roi_heads.mask_predictor.mask_fcn_logits.weight, std=_LOGIT_DEVIATION
        )

    def forward(self, images: Tensor) -> Tensor:
        """Where the target is; evaluation mode only, training goes through `losses`.

        Args:
            images: (B, in_channels, H, W), float, in [0, 1].

        Returns:
            (B, 1, H, W), float32, in [0, 1]; zeros where nothing was found.
        """
        height, width = images.shape[-2:]
        resized, _ = self.detector.transform(list(self._resampled(images)))
        features = self.detector.backbone(resized.tensors)
        proposals, _ = self.detector.rpn(resized, features)
        found, _ = self.detector.roi_heads(features, proposals, resized.image_sizes)
        rows, columns = resized.image_sizes[0]
        zoom = images.new_tensor([width / columns, height / rows]).repeat(2)
        return torch.stack(
            [
                union(
                    each["masks"].float(),
                    (each["boxes"] + 0.5) * zoom - 0.5,
                    height=height,
                    width=width,
                )
                for each in found
            ]
        )

    def _resampled(self, images: Tensor) -> Tensor:
        shape = [round(side * self.size / max(images.shape[-2:])) for side in images.shape[-2:]]
        return F.interpolate(images, shape, mode="bilinear", antialias=True)

    def losses(self, images: Tensor, masks: Tensor) -> dict[str, Tensor]:
        """Torchvision's losses, training mode only, always in float32.

        In bfloat16 the boxes of proposals, and with them the true ones, would be rounded to whole
        pixels.

        Args:
            images: (B, in_channels, H, W), float, in [0, 1].
            masks: Targets (B, H, W), bool; a slice without target teaches what background looks
                like.

        Returns:
            Scalars loss_objectness and loss_rpn_box_reg of the proposals, loss_classifier and
                loss_box_reg of the
            boxes, loss_mask.
        """
        resampled = self._resampled(images)
        targets = (
            F.interpolate(masks[:, None].float(), resampled.shape[-2:], mode="nearest-exact")[:, 0]
            > 0
        )
        with torch.autocast(images.device.type, enabled=False):
            parts: dict[str, Tensor] = self.detector(list(resampled.float()), make_targets(targets))
        return parts

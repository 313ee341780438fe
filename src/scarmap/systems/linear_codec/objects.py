"""A mask as the one object of its slice, and detected objects as a map.

Boxes are x1, y1, x2, y2 in pixels, whole numbers at the centres of pixels, as they are to
torchvision where it cuts features and masks out of them; a box ends half a pixel beyond its
outermost pixels.
"""

import torch
import torch.nn.functional as F
from torch import Tensor
from torchvision.ops import masks_to_boxes


def make_targets(masks: Tensor) -> list[dict[str, Tensor]]:
    """What torchvision wants to know about each slice: one object, the whole mask, or none.

    Args:
        masks: (B, H, W), bool.

    Returns:
        For each slice boxes (n, 4), labels (n,), all 1, and masks (n, H, W), uint8; n is 0 or 1.
    """
    targets = []
    for mask in masks:
        objects = mask[None][: int(mask.any())]
        boxes = masks_to_boxes(objects)
        boxes += boxes.new_tensor([-0.5, -0.5, 0.5, 0.5])
        labels = torch.ones(len(objects), dtype=torch.int64, device=mask.device)
        targets.append({"boxes": boxes, "labels": labels, "masks": objects.to(torch.uint8)})
    return targets


def paste(masks: Tensor, boxes: Tensor, *, height: int, width: int) -> Tensor:
    """Stretch masks over their boxes.

    Torchvision's own pasting rounds boxes to whole pixels, which costs a thin scar several percent
    of its Dice.

    Args:
        masks: (n, 1, m, m), float, in [0, 1].
        boxes: (n, 4), in pixels of the slice.
        height: Of the slice in pixels.
        width: Of the slice in pixels.

    Returns:
        (n, 1, height, width), float, in [0, 1]; 0 outside the box.
    """
    left, top, right, bottom = boxes[:, :, None].unbind(1)
    columns = (torch.arange(width, device=boxes.device) - left) / (right - left)
    rows = (torch.arange(height, device=boxes.device) - top) / (bottom - top)
    shape = (len(boxes), height, width)
    grid = torch.stack([columns[:, None].expand(shape), rows[:, :, None].expand(shape)], dim=-1)
    return F.grid_sample(masks, 2 * grid - 1, align_corners=False)


def union(masks: Tensor, boxes: Tensor, *, height: int, width: int) -> Tensor:
    """All detections of a slice as one map (1, height, width): their maximum, or zeros for none.

    Above any threshold it is the union of the masks above that threshold, which their sum is not.
    """
    if len(masks) == 0:
        return masks.new_zeros(1, height, width)
    return paste(masks, boxes, height=height, width=width).amax(dim=0)

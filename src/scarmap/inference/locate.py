"""Find a heart that the centre window misses, without running every window of every slice.

The centre window is segmented first, as in training. If its answer does not look like a whole
heart, windows are moved over one slice, and over two more if that one shows none. A usual study
costs nothing extra.
"""

from collections.abc import Callable

import numpy as np
from numpy.typing import NDArray
from scipy import ndimage

from scarmap.inference.postprocess import largest_component
from scarmap.volume import crop_or_pad

_SMALLEST_HEART_MM2 = 400.0
"""Less than a normal left ventricle shows near its apex.

At mid level it shows 2,000 to 4,000 mm2: its inner diameter is 48 mm and its wall 6 to 10 mm
(Kawel-Boehm et al., Journal of Cardiovascular Magnetic Resonance 2015), less in systole.
"""

_HeartMap = Callable[[NDArray[np.float32]], NDArray[np.float32]]
"""Probability that a pixel belongs to the left ventricle, (N, H, W), of windows (N, S, H, W)."""


def looks_whole(
    heart: NDArray[np.float32], *, pixel_mm2: float, inner_borders: tuple[bool, bool]
) -> bool:
    """Whether the segmentation of a window shows a whole left ventricle.

    Args:
        heart: Probabilities (Z, H, W).
        pixel_mm2: Area of a pixel.
        inner_borders: Whether the image goes on beyond the window along (H, W); a heart may touch
            the image's border.

    Returns:
        True when the slice in which most is seen has one part of plausible size that is not cut
            off.
    """
    masks = heart > 0.5
    slice_of_most = int(masks.sum((1, 2)).argmax())
    part = largest_component(masks[slice_of_most])
    if part.sum() * pixel_mm2 < _SMALLEST_HEART_MM2:
        return False
    cut_rows = inner_borders[0] and bool(part[0].any() or part[-1].any())
    cut_columns = inner_borders[1] and bool(part[:, 0].any() or part[:, -1].any())
    return not (cut_rows or cut_columns)


def find_heart(
    images: NDArray[np.float32], heart_map: _HeartMap, *, size: int, pixel_mm2: float
) -> tuple[float, float] | None:
    """Search whole slices for the left ventricle.

    Args:
        images: Whole slices (Z, S, H, W), normalised.
        heart_map: Segments windows.
        size: Side of a window in pixels.
        pixel_mm2: Area of a pixel.

    Returns:
        Centre of the heart in pixels (row, column), or None when no searched slice shows one.
    """
    depth = len(images)
    # The middle of a stack shows most of the heart; a stack may reach far beyond base and apex.
    order = dict.fromkeys((depth // 2, depth // 4, (3 * depth) // 4))
    for z in order:
        heart = stitch(images[z], heart_map, size)
        part = largest_component(heart > 0.5)
        if part.sum() * pixel_mm2 >= _SMALLEST_HEART_MM2:
            row, column = ndimage.center_of_mass(part)
            return float(row) + 0.5, float(column) + 0.5
    return None


def stitch(image: NDArray[np.float32], heart_map: _HeartMap, size: int) -> NDArray[np.float32]:
    """Segment one whole slice by windows that overlap by half, the higher probability winning.

    Args:
        image: (S, H, W).
        heart_map: Segments windows.
        size: Side of a window.

    Returns:
        (H, W).
    """
    shape = (image.shape[1], image.shape[2])
    centres = [
        (row, column) for row in _centres(shape[0], size) for column in _centres(shape[1], size)
    ]
    heart = np.zeros(shape, dtype=np.float32)
    for row, column in centres:
        top, left = round(row - size / 2), round(column - size / 2)
        found = heart_map(_window(image, (row, column), size)[None])[0]
        target = heart[max(top, 0) : top + size, max(left, 0) : left + size]
        source = found[max(-top, 0) :, max(-left, 0) :][: target.shape[0], : target.shape[1]]
        np.maximum(target, source, out=target)
    return heart


def _window(
    image: NDArray[np.float32], centre: tuple[float, float], size: int
) -> NDArray[np.float32]:
    shown = [
        crop_or_pad(each, centre=centre, size=(size, size), fill=float(each.min()))
        for each in image
    ]
    return np.stack(shown)


def _centres(length: int, size: int) -> list[float]:
    if length <= size:
        return [length / 2]
    count = int(np.ceil((length - size) / (size / 2))) + 1
    return [float(centre) for centre in np.linspace(size / 2, length - size / 2, count)]

"""From the values of a data set's mask to tissue indices, and back."""

import numpy as np
from numpy.typing import NDArray

from scarmap.errors import LabelError
from scarmap.labels import INDEX, TISSUES, LabelArray, codes, label_indices


def encode(values: NDArray[np.generic], layout: str, *, where: str = "the mask") -> LabelArray:
    """Turn the values of a data set's mask into tissue indices.

    Args:
        values: Mask of any shape, whole numbers in any dtype.
        layout: Name of the label layout.
        where: Name of the mask's file, for the error message.

    Returns:
        Array of the same shape, uint8, indices into `TISSUES`.

    Raises:
        LabelError: The mask holds values that the layout does not define.
    """
    table = codes(layout)
    found = np.unique(values)
    unknown = sorted(set(found.tolist()) - set(table.values()))
    if unknown:
        shown = ", ".join(f"{value:g}" for value in unknown[:8])
        raise LabelError(
            f"{where} holds the label values {shown}, which layout {layout!r} does not define; it "
            f"defines {', '.join(f'{value} ({name})' for name, value in table.items())}. Check "
            "that this is a mask and not an image, that it was resampled with nearest neighbours, "
            "and that --layout is right."
        )
    labels = np.zeros(values.shape, dtype=np.uint8)
    for name, value in table.items():
        labels[values == value] = INDEX[name]
    return labels


def decode(labels: LabelArray, layout: str) -> NDArray[np.int16]:
    """Turn tissue indices into the values of a data set's mask, the inverse of `encode`.

    Args:
        labels: Tissue indices, uint8, any shape.
        layout: Name of the label layout.

    Returns:
        Array of the same shape, int16.

    Raises:
        LabelError: A tissue is present that the layout has no value for.
    """
    table = codes(layout)
    lookup = np.full(len(TISSUES), np.iinfo(np.int16).min, dtype=np.int16)
    for name, value in table.items():
        lookup[INDEX[name]] = value
    values = lookup[labels]
    homeless = labels[values < 0]
    if homeless.size:
        names = sorted(TISSUES[index].name for index in np.unique(homeless))
        raise LabelError(
            f"Layout {layout!r} has no mask value for {', '.join(names)}; use another --layout."
        )
    return values


def merge(labels: LabelArray, layout: str) -> LabelArray:
    """Replace the tissues that a layout does not label by what its experts label instead.

    See `scarmap.labels.merged`.

    Args:
        labels: Tissue indices, uint8, any shape.
        layout: Name of the label layout.

    Returns:
        Array of the same shape, uint8, which `decode` accepts for this layout.

    >>> merge(np.array([INDEX["mvo"], INDEX["edema"]], dtype=np.uint8), "myops2020").tolist()
    [5, 4]
    """
    codes(layout)
    return np.array(label_indices(layout), dtype=np.uint8)[labels]

"""What a scanner would have imaged of one synthetic patient: stacks, phases, planes across them."""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
from numpy.typing import NDArray
from scipy import ndimage

from scarmap.labels import INDEX
from scarmap.phantom.scan.motion import AS_ACQUIRED, STILL
from scarmap.phantom.scan.protocol import Style
from scarmap.phantom.scan.style import draw_style
from scarmap.phantom.signal.contrast import LateEnhancement
from scarmap.phantom.study import make_study
from scarmap.volume import Grid, LabelMap, Volume, resample_in_plane

NO_SIGNAL = 2048.0
"""Scanner units of no signal while a phase-sensitive image is made; taken away at the end."""

LGE_SHARE = 0.70
"""Share of the heartbeat at which LGE and T2 are acquired."""

CONTRACTION = 0.22
"""How much nearer to the axis the wall moves at the end of systole."""

REACH_MM = 55.0


@dataclass(frozen=True)
class Images:
    """Images of one patient.

    Attributes:
        stacks: "LGE" (signed), "T2" and "bSSFP" (at `LGE_SHARE`), each on its own grid.
        film: (X, Y, Z, P), the bSSFP stack over the heartbeat.
        shares: (P,), share of the heartbeat of each phase.
        labels: The truth, on the LGE grid.
        truth: Exact figures.
    """

    stacks: Mapping[str, Volume]
    film: NDArray[np.float32]
    shares: tuple[float, ...]
    labels: LabelMap
    truth: dict[str, Any]


def make_images(
    rng: np.random.Generator,
    *,
    name: str,
    num_slices: int = 9,
    in_plane: int = 128,
    phases: int = 25,
    keep_motion: bool = False,
) -> Images:
    """Draw a patient and image him.

    Args:
        rng: Source of randomness.
        name: Name of the case.
        num_slices: Slices of LGE and cine; T2 has every other one.
        in_plane: Voxels of the LGE along X and Y; the others have their own size.
        phases: Images of the heartbeat.
        keep_motion: Whether breath-holds shift the sequences against each other.
    """
    study = make_study(
        "scarmap",
        name=name,
        rng=rng,
        num_slices=num_slices,
        in_plane=in_plane,
        style=_signed(draw_style(rng, "myops2020")),
        motion=AS_ACQUIRED if keep_motion else STILL,
    )
    case = study.case
    assert case.labels is not None
    late, edema, cine = (case.images[each] for each in ("LGE", "T2", "bSSFP"))
    late = replace(late, array=late.array - np.float32(NO_SIGNAL))
    edema = _every_other(_resampled(edema, round(0.9 * in_plane)))
    cine = _resampled(cine, round(0.8 * in_plane))
    centre = _cavity(case.labels) * 0.8
    shares = tuple(float(phase) / phases for phase in range(phases))
    film = np.stack([_beating(cine, centre, share) for share in shares], axis=-1)
    return Images({"LGE": late, "T2": edema, "bSSFP": cine}, film, shares, case.labels, study.truth)


def _signed(style: Style) -> Style:
    late = style.protocols["LGE"]
    assert isinstance(late.contrast, LateEnhancement)
    signed = replace(
        late,
        contrast=replace(late.contrast, signed=True),
        quality=replace(late.quality, offset=NO_SIGNAL),
    )
    return replace(style, protocols={**style.protocols, "LGE": signed})


def _resampled(volume: Volume, size: int) -> Volume:
    grid = volume.grid
    shape = (size, size, grid.shape[2])
    zoom = np.array([grid.shape[0] / size, grid.shape[1] / size, 1.0])
    affine = grid.affine.copy()
    affine[:3, :3] = grid.affine[:3, :3] * zoom
    affine[:3, 3] += grid.affine[:3, :3] @ ((zoom - 1) / 2)
    spacing = tuple(float(each) for each in np.multiply(grid.spacing_mm, zoom))
    array = resample_in_plane(volume.array, shape=(size, size))
    return Volume(array, Grid(shape, (spacing[0], spacing[1], spacing[2]), affine))


def _every_other(volume: Volume) -> Volume:
    grid = volume.grid
    affine = grid.affine.copy()
    affine[:, 2] *= 2
    spacing = (*grid.spacing_mm[:2], 2 * grid.spacing_mm[2])
    array = volume.array[..., ::2]
    return Volume(array, Grid((*grid.shape[:2], array.shape[2]), spacing, affine))


def _cavity(labels: LabelMap) -> NDArray[np.float64]:
    """Centre of the left ventricle's cavity along X and Y of the labels."""
    inside = np.argwhere(labels.array == INDEX["lv_pool"])
    middle = inside.mean(axis=0)[:2] if len(inside) else np.array(labels.array.shape[:2]) / 2
    return np.asarray(middle, dtype=np.float64)


def _beating(volume: Volume, centre: NDArray[np.float64], share: float) -> NDArray[np.float32]:
    """The stack at another share of the heartbeat: the wall moves towards the axis and back."""
    systole = np.sin(np.pi * np.clip(share / 0.65, 0, 1)) ** 2
    if systole < 1e-6:
        return volume.array
    shape, pixel = volume.array.shape[:2], volume.grid.spacing_mm[0]
    offset = np.indices(shape) - centre[:, None, None]
    near = np.exp(-((np.hypot(*offset) * pixel / REACH_MM) ** 4))
    stretch = 1 + CONTRACTION * systole * near
    source = offset * stretch + centre[:, None, None]
    planes = [
        ndimage.map_coordinates(volume.array[..., k], source, order=1, mode="nearest")
        for k in range(volume.array.shape[2])
    ]
    return np.stack(planes, axis=-1).astype(np.float32)


def sample_plane(
    volume: Volume, *, row: NDArray[np.float64], column: NDArray[np.float64], size: int
) -> tuple[NDArray[np.float32], NDArray[np.float64], float]:
    """A plane across a stack, through its middle.

    Args:
        volume: The stack.
        row: (3,), unit vector along the rows of the plane, RAS.
        column: (3,), unit vector down its columns, RAS.
        size: Rows and columns.

    Returns:
        (rows, columns), the position of the first voxel (RAS), and the size of a voxel in
        millimetres.
    """
    grid = volume.grid
    pixel = float(max(grid.shape[0] * grid.spacing_mm[0], 100.0)) / size
    centre = (grid.affine @ (*(np.array(grid.shape) - 1) / 2, 1))[:3]
    first = centre - pixel * (size - 1) / 2 * (row + column)
    steps = pixel * np.indices((size, size))
    points = first[:, None, None] + column[:, None, None] * steps[0] + row[:, None, None] * steps[1]
    inverse = np.linalg.inv(grid.affine)
    voxels = np.einsum("ij,jrc->irc", inverse[:3, :3], points) + inverse[:3, 3][:, None, None]
    plane = ndimage.map_coordinates(volume.array, voxels, order=1, mode="nearest")
    return plane.astype(np.float32), first, pixel

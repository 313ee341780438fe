"""The series of one study, in the order in which a scanner would have made them."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
from numpy.typing import NDArray

from scarmap.phantom.dicom.images import LGE_SHARE, Images, sample_plane
from scarmap.phantom.dicom.series import Plane, Series
from scarmap.phantom.dicom.vendors import Vendor
from scarmap.volume import Grid, Volume

BEAT_MS = 880.0
MAP_TIMES_MS = (100.0, 180.0, 260.0, 1000.0, 1080.0, 1900.0, 2800.0, 3700.0)
SCOUT_TIMES_MS = tuple(90.0 + 25 * step for step in range(20))
START_HOUR = 9


@dataclass(frozen=True)
class Making:
    """What the series of one study share.

    Attributes:
        vendor: The scanner.
        rng: Source of names, lengths of heartbeats and numbers.
        images: The patient's images.
    """

    vendor: Vendor
    rng: np.random.Generator
    images: Images


def plan_study(vendor: Vendor, images: Images, rng: np.random.Generator) -> list[Series]:
    """All series of a study: localisers, films, a TI scout, T2, T1 source images and map, LGE.

    Args:
        vendor: The scanner.
        images: What it saw.
        rng: Source of names, numbers and heartbeats.
    """
    making = Making(vendor, rng, images)
    made = [
        _localiser(making),
        *_film(making),
        _long_axis(making),
        _map_source(making),
        _map(making),
        _t2(making),
        _scout(making),
        *_lge(making),
    ]
    step = 1 if not vendor.philips else 100
    return [
        replace(
            series, number=(index + 1) * step + (1 if step > 1 else 0), planes=_timed(series, index)
        )
        for index, series in enumerate(made)
    ]


def _timed(series: Series, index: int) -> tuple[Plane, ...]:
    """Each image with its moment: a minute per series, a second per image."""
    clock = [
        f"{START_HOUR + index // 60:02d}{index % 60:02d}{n % 60:02d}.{n // 60:03d}000"
        for n in range(len(series.planes))
    ]
    key = "FrameAcquisitionDateTime" if series.enhanced else "AcquisitionTime"
    day = "20240305" if series.enhanced else ""
    return tuple(
        replace(plane, own={**plane.own, key: day + time})
        for plane, time in zip(series.planes, clock, strict=True)
    )  # fmt: skip


def _series(
    making: Making, role: str, name: str, planes: Iterable[Plane], *, grid: Grid | None = None,
    pixel_mm: float = 0.0, description: str | None = None,
) -> Series:  # fmt: skip
    sequence = making.vendor.sequences[name]
    across, down = grid.spacing_mm[:2] if grid is not None else (pixel_mm, pixel_mm)
    signed = name == "LGE"
    slope, intercept, scale = _scaling(making.vendor, signed=signed)
    return Series(
        number=0,
        role=role,
        description=description or str(making.rng.choice(sequence.names)),
        header={
            key: value for key, value in sequence.header.items() if key != "ComplexImageComponent"
        }
        if not making.vendor.enhanced
        else sequence.header,
        planes=tuple(planes),
        spacing_mm=(down, across),
        thickness_mm=min(8.0, grid.spacing_mm[2]) if grid is not None else 8.0,
        slope=slope,
        intercept=intercept,
        scale=scale,
        enhanced=making.vendor.enhanced,
    )


def _scaling(vendor: Vendor, *, signed: bool) -> tuple[float, float, float | None]:
    if vendor.philips:
        return (0.7, -1400.0, 1.3) if signed else (1.4, 0.0, 0.9)
    if signed and vendor.series_per_slice:
        return 2.0, -4096.0, None
    return 1.0, 0.0, None


def stack_planes(
    grid: Grid, array: NDArray[np.float32], *, own: Mapping[str, Any] | None = None
) -> list[Plane]:
    """The slices of a stack.

    Args:
        grid: Where they lie.
        array: (X, Y, Z).
        own: Elements of each image.
    """
    affine = np.diag([-1.0, -1.0, 1.0, 1.0]) @ grid.affine
    axes = (affine[:3, :2] / np.linalg.norm(affine[:3, :2], axis=0)).T
    return [
        Plane(array[..., k].T, affine[:3, 3] + k * affine[:3, 2], axes, own or {})
        for k in range(grid.shape[2])
    ]


def _moment(vendor: Vendor, share: float, beat_ms: float) -> dict[str, Any]:
    if vendor.enhanced:
        names = ("NominalCardiacTriggerDelayTime", "RRIntervalTimeNominal")
    else:
        names = ("TriggerTime", "NominalInterval")
    beat: float | int = beat_ms if vendor.enhanced else round(beat_ms)
    return {names[0]: round(share * beat_ms, 3), names[1]: beat}


def _film(making: Making) -> list[Series]:
    images, vendor = making.images, making.vendor
    grid = images.stacks["bSSFP"].grid
    name = str(making.rng.choice(vendor.sequences["bSSFP"].names))
    slices = []
    for k in range(grid.shape[2]):
        beat = BEAT_MS + float(making.rng.normal(0, 50))
        slices.append(
            [
                stack_planes(grid, images.film[..., p], own=_moment(vendor, share, beat))[k]
                for p, share in enumerate(images.shares)
            ]
        )
    if vendor.series_per_slice:
        return [_series(making, "bSSFP", "bSSFP", s, grid=grid, description=name) for s in slices]
    together = [plane for phases in slices for plane in phases]
    return [_series(making, "bSSFP", "bSSFP", together, grid=grid, description=name)]


def _t2(making: Making) -> Series:
    stack = making.images.stacks["T2"]
    own = _moment(making.vendor, LGE_SHARE, BEAT_MS)
    return _series(
        making, "T2", "T2", stack_planes(stack.grid, stack.array, own=own), grid=stack.grid
    )


def _lge(making: Making) -> list[Series]:
    stack, vendor = making.images.stacks["LGE"], making.vendor
    own = _moment(vendor, LGE_SHARE, BEAT_MS)
    signed = stack_planes(stack.grid, stack.array, own=own)
    plain = stack_planes(stack.grid, np.abs(stack.array), own=own)
    phase_sensitive = _series(making, "LGE", "LGE", signed, grid=stack.grid)
    if vendor.philips:  # one series holds both, told apart by the type of each frame
        types = (vendor.sequences[name].header["FrameType"] for name in ("LGE magnitude", "LGE"))
        both = [
            replace(plane, own={**plane.own, "FrameType": kind})
            for planes, kind in zip((plain, signed), types, strict=True)
            for plane in planes
        ]
        return [replace(phase_sensitive, planes=tuple(both))]
    name = phase_sensitive.description or ""
    twin = name.replace("PS:", "MAG:") if name.startswith("PS:") else name[: -len("PSIR")] + "MAG"
    magnitude = _series(
        making, "LGE magnitude", "LGE magnitude", plain, grid=stack.grid, description=twin
    )
    return [magnitude, phase_sensitive]


def _middle(volume: Volume) -> tuple[Grid, NDArray[np.float32]]:
    k = volume.grid.shape[2] // 2
    affine = volume.grid.affine.copy()
    affine[:, 3] = volume.grid.affine @ (0, 0, k, 1)
    shape = (*volume.grid.shape[:2], 1)
    return Grid(shape, volume.grid.spacing_mm, affine), volume.array[..., k : k + 1]


def _inverted(making: Making, times: tuple[float, ...], *, beats: bool) -> list[Plane]:
    grid, array = _middle(making.images.stacks["bSSFP"])
    vendor, planes = making.vendor, []
    for time in times:
        share = (time / BEAT_MS) % 1.0 if beats else LGE_SHARE
        own = {"InversionTimes": [time]} if vendor.enhanced else {"InversionTime": time}
        moment = _moment(vendor, share, BEAT_MS)
        recovered = (np.abs(1 - 2 * np.exp(-time / 900.0)) * array).astype(np.float32)
        planes += stack_planes(grid, recovered, own={**own, **moment})
    return planes


def _map_source(making: Making) -> Series:
    grid, _ = _middle(making.images.stacks["bSSFP"])
    planes = _inverted(making, MAP_TIMES_MS, beats=False)
    return _series(making, "T1 source", "T1 source", planes, grid=grid)


def _map(making: Making) -> Series:
    grid, array = _middle(making.images.stacks["bSSFP"])
    planes = stack_planes(grid, (900 + array / 4).astype(np.float32))
    return _series(making, "T1 map", "T1 map", planes, grid=grid)


def _scout(making: Making) -> Series:
    grid, _ = _middle(making.images.stacks["bSSFP"])
    planes = _inverted(making, SCOUT_TIMES_MS, beats=True)
    return _series(making, "TI scout", "TI scout", planes, grid=grid)


def _across(making: Making, row: NDArray[Any], column: NDArray[Any]) -> tuple[Plane, float]:
    volume = making.images.stacks["bSSFP"]
    values, first, pixel = sample_plane(volume, row=row, column=column, size=volume.grid.shape[0])
    lps = np.array([-1.0, -1.0, 1.0])
    return Plane(values, lps * first, np.stack([lps * row, lps * column])), pixel


def _localiser(making: Making) -> Series:
    right, front, up = np.eye(3)
    made = [
        _across(making, -right, -front),
        _across(making, -right, -up),
        _across(making, -front, -up),
    ]
    return _series(
        making, "localiser", "localiser", [plane for plane, _ in made], pixel_mm=made[0][1]
    )


def _long_axis(making: Making) -> Series:
    affine = making.images.stacks["bSSFP"].grid.affine[:3, :3]
    row, _, along = (affine / np.linalg.norm(affine, axis=0)).T
    plane, pixel = _across(making, row, along)
    phases = [
        replace(plane, own=_moment(making.vendor, share, BEAT_MS)) for share in making.images.shares
    ]
    return _series(making, "long axis", "long axis", phases, pixel_mm=pixel)

"""One patient: a heart in its torso, imaged slice by slice in every sequence of a style."""

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from scarmap.labels import LabelArray, codes
from scarmap.phantom.contour import Field
from scarmap.phantom.heart.anatomy import heart_plane, label_stack
from scarmap.phantom.heart.population import POPULATIONS, Population, draw_heart
from scarmap.phantom.heart.surfaces import Heart, tabulate
from scarmap.phantom.heart.torso import Torso, draw_torso, torso_layers
from scarmap.phantom.scan.brightness import Signals
from scarmap.phantom.scan.canvas import blank_canvas, paint, smooth_noise
from scarmap.phantom.scan.geometry import (
    Geometry,
    draw_geometry,
    heart_points,
    plane_coordinates,
    sub_slices,
)
from scarmap.phantom.scan.motion import CORRECTED, Motion
from scarmap.phantom.scan.protocol import Style
from scarmap.phantom.scan.session import begin_session, image_plane
from scarmap.phantom.scan.style import draw_style
from scarmap.phantom.truth.measure import measure
from scarmap.volume import Case, LabelMap, Volume

HEART_BOX_MM = 160.0
"""Side of the window that holds both ventricles."""

BREATH_HOLD_MM = 1.6
"""Standard deviation of the heart's place in the plane from slice to slice, along each axis.
Source: MyoPS 2020."""

FLOW_MM = 16.0
"""Distance between independent values of the flow in the pool: a third of a cavity. Choice."""

LAYOUT_SEQUENCES = {"emidec": ("LGE",)}
"""Layouts that hold fewer sequences than a style images."""


@dataclass(frozen=True)
class Patient:
    """A heart, what surrounds it, and the slices through it.

    Attributes:
        heart: Its shape.
        table: Its surfaces, from `scarmap.phantom.heart.surfaces.tabulate`.
        torso: Its surroundings.
        geometry: The slices.
    """

    heart: Heart
    table: NDArray[np.float32]
    torso: Torso
    geometry: Geometry


@dataclass(frozen=True)
class Study:
    """One synthetic study: images and masks, and exact figures (see docs/phantom.md)."""

    case: Case
    truth: dict[str, Any]


def style_of(layout: str) -> str:
    """The style in which the studies of a layout are acquired unless another is asked for.

    >>> style_of("emidec"), style_of("scarmap")
    ('emidec', 'random')
    """
    codes(layout)
    return layout if layout in POPULATIONS else "random"


def make_study(
    layout: str,
    *,
    name: str,
    rng: np.random.Generator,
    num_slices: int | None = None,
    in_plane: int | None = None,
    shift_mm: tuple[float, float] = (0.0, 0.0),
    infarcted: bool = True,
    style: Style | None = None,
    population: Population | None = None,
    motion: Motion = CORRECTED,
) -> Study:
    """Draw one patient, image the heart, and measure its continuous shapes.

    Args:
        layout: "myops2020" (bSSFP, T2 and LGE), "emidec" (LGE) or "scarmap" (whatever the style
            images).
        name: Name of the case.
        rng: Source of randomness; the same state gives the same study.
        num_slices: Number of slices; drawn when None.
        in_plane: Voxels along X and Y over the usual field of view; at its native size when None.
        shift_mm: Movement of the patient in the plane, along (X, Y) of the array.
        infarcted: Whether the heart has an infarct.
        style: How the study is acquired; None draws the layout's own style.
        population: What the heart is drawn from; None takes that of the style.
        motion: How far the sequences lie from the labels.

    Returns:
        The study. Images hold whole numbers; the first slice is apical but in the random style.

    Raises:
        LabelError: There is no such layout.
    """
    style = style or draw_style(rng, style_of(layout))
    population = population or POPULATIONS[style.name]
    patient = draw_patient(
        rng, style, population, num_slices=num_slices, in_plane=in_plane, infarcted=infarcted
    )
    case = _image(rng, patient, style, layout=layout, name=name, shift_mm=shift_mm, motion=motion)
    return Study(case, measure(patient.heart, patient.table, patient.geometry))


def make_case(
    layout: str,
    *,
    name: str,
    rng: np.random.Generator,
    num_slices: int | None = None,
    in_plane: int | None = None,
    shift_mm: tuple[float, float] = (0.0, 0.0),
    infarcted: bool = True,
    style: Style | None = None,
    population: Population | None = None,
    motion: Motion = CORRECTED,
) -> Case:
    """Draw one patient and image the heart, as `make_study` does, without measuring it."""
    style = style or draw_style(rng, style_of(layout))
    population = population or POPULATIONS[style.name]
    patient = draw_patient(
        rng, style, population, num_slices=num_slices, in_plane=in_plane, infarcted=infarcted
    )
    return _image(rng, patient, style, layout=layout, name=name, shift_mm=shift_mm, motion=motion)


def draw_patient(
    rng: np.random.Generator,
    style: Style,
    population: Population,
    *,
    num_slices: int | None = None,
    in_plane: int | None = None,
    infarcted: bool = True,
) -> Patient:
    """Draw a heart, its surroundings and the slices, from the arguments of `make_study`."""
    heart = draw_heart(rng, population, infarcted=infarcted)
    geometry = draw_geometry(
        rng, style, heart_length_mm=heart.length_mm, num_slices=num_slices, in_plane=in_plane
    )
    return Patient(
        heart, tabulate(heart), draw_torso(rng, heart_radius_mm=heart.radius_mm), geometry
    )


def draw_plane(
    rng: np.random.Generator,
    patient: Patient,
    signals: Signals,
    *,
    lateral_mm: Field,
    anterior_mm: Field,
    index: int,
    layout: str,
) -> tuple[Field, LabelArray, Field]:
    """Paint one slice of a patient.

    Args:
        rng: Source of the texture.
        patient: Who is imaged.
        signals: Brightness of each tissue.
        lateral_mm: (X, 1), lateral distance of each voxel from the middle of the stack.
        anterior_mm: (1, Y), anterior distance from it.
        index: Which slice.
        layout: Label layout.

    Returns:
        The canvas of `scarmap.phantom.scanner.blank_canvas`, the labels (X, Y), and the texture (X,
            Y), smooth noise
        of unit spread.
    """
    geometry, pixel = patient.geometry, patient.geometry.pixel_mm
    shape = geometry.grid.shape[:2]
    texture = smooth_noise(rng, shape, scale=3.5 / pixel)
    canvas = blank_canvas(signals, shape)
    height = float(geometry.heights_mm[index])
    for layer in torso_layers(
        patient.torso, lateral_mm, anterior_mm, height_mm=height, pixel_mm=pixel, vessels=texture
    ):
        paint(canvas, {layer.tissue: layer.share}, signals, corner=layer.corner)
    columns = np.flatnonzero(np.abs(lateral_mm[:, 0] + 20) < HEART_BOX_MM / 2)
    rows = np.flatnonzero(np.abs(anterior_mm[0]) < HEART_BOX_MM / 2)
    labels = np.zeros(shape, dtype=np.uint8)
    if not (columns.size and rows.size):
        return canvas, labels, texture
    box = np.s_[columns[0] : columns[-1] + 1, rows[0] : rows[-1] + 1]
    thin = sub_slices(geometry, np.array([height]))[0]
    points = heart_points(
        geometry, lateral_mm[box[0]][..., None], anterior_mm[:, box[1]][..., None], heights_mm=thin
    )
    roughness = texture[box]
    flow = smooth_noise(rng, roughness.shape, scale=FLOW_MM / pixel)
    plane = heart_plane(
        patient.heart, patient.table, points, pixel_mm=pixel, roughness=roughness, flow=flow
    )
    paint(canvas, plane.tissues, signals, corner=(int(columns[0]), int(rows[0])))
    labels[box] = label_stack(plane.truth, layout)
    return canvas, labels, texture


def _image(
    rng: np.random.Generator,
    patient: Patient,
    style: Style,
    *,
    layout: str,
    name: str,
    shift_mm: tuple[float, float],
    motion: Motion,
) -> Case:
    grid = patient.geometry.grid
    sequences = LAYOUT_SEQUENCES.get(layout, tuple(style.protocols))
    session = begin_session(
        rng, style, patient.geometry, sequences=sequences, motion=motion, shift_mm=shift_mm
    )
    images = {
        sequence: np.zeros(grid.shape, dtype=np.float32) for sequence in session.signals.sequences
    }
    labels = np.zeros(grid.shape, dtype=np.uint8)
    for index in range(grid.shape[2]):
        moved = tuple(np.add(shift_mm, rng.normal(0, BREATH_HOLD_MM, 2)))
        lateral_mm, anterior_mm = plane_coordinates(patient.geometry, moved)
        canvas, labels[..., index], texture = draw_plane(
            rng,
            patient,
            session.signals,
            lateral_mm=lateral_mm,
            anterior_mm=anterior_mm,
            index=index,
            layout=layout,
        )
        for sequence, image in image_plane(
            session, canvas, texture=texture, index=index, rng=rng
        ).items():
            images[sequence][..., index] = image
    volumes = {sequence: Volume(image, grid) for sequence, image in images.items()}
    return Case(name, layout, volumes, LabelMap(labels, grid))

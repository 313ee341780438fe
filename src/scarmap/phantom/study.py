"""One patient: a heart in its torso, imaged slice by slice in every sequence of a layout."""

import numpy as np

from scarmap.labels import LabelArray, codes
from scarmap.phantom.anatomy import Heart, heart_plane, label_stack
from scarmap.phantom.contour import Field, draw_waves
from scarmap.phantom.geometry import Geometry, draw_geometry, plane_coordinates
from scarmap.phantom.infarct import draw_infarct
from scarmap.phantom.motion import CORRECTED, Motion
from scarmap.phantom.scanner import blank_canvas, paint, smooth_noise
from scarmap.phantom.session import begin_session, image_plane
from scarmap.phantom.signals import Signals
from scarmap.phantom.style import Style, draw_style
from scarmap.phantom.torso import Torso, draw_torso, torso_layers
from scarmap.volume import Case, LabelMap, Volume

HEART_BOX_MM = 156.0
"""Side of the window that holds both ventricles."""

SUB_SLICES = (-0.4, -0.2, 0.0, 0.2, 0.4)
"""Thin planes that are averaged into a slice, as shares of its thickness from its middle."""

LAYOUT_SEQUENCES = {"emidec": ("LGE",)}
"""Layouts that hold fewer sequences than a style images."""


def draw_heart(rng: np.random.Generator, *, layout: str, infarcted: bool = True) -> Heart:
    """Draw the shape of one heart.

    Args:
        rng: Source of randomness.
        layout: "myops2020" draws thick walls as at the end of contraction, "emidec" thin ones as in diastole.
        infarcted: Whether it has an infarct.
    """
    systolic = layout == "myops2020"
    wall = float(np.clip(rng.normal(10.8, 1.0), 8.5, 13.5) if systolic else np.clip(rng.normal(9.0, 1.0), 6.5, 11.5))
    cavity = float(np.clip(rng.normal(22.5, 2.3), 17, 29) if systolic else np.clip(rng.normal(24.5, 2.5), 18, 31))
    length = float(rng.uniform(88, 98))
    septum = float(rng.normal(192, 10))
    infarct = draw_infarct(rng, septum_deg=septum, heights_mm=(0.32 * length, 0.62 * length))
    return Heart(
        radius_mm=wall + cavity,
        wall_mm=wall,
        length_mm=length,
        widest_mm=float(rng.uniform(0.66, 0.78)) * length,
        base_taper=float(rng.uniform(0.03, 0.12)),
        septum_deg=septum,
        rv_size=float(np.clip(rng.normal(1.0, 0.10), 0.75, 1.25)),
        fat_mm=float(rng.uniform(1.5, 6.0)),
        papillary_mm=float(rng.uniform(2.5, 5.5)),
        papillary_deg=(septum - 145 + float(rng.normal(0, 12)), septum + 95 + float(rng.normal(0, 12))),
        outer=draw_waves(rng, {2: 0.036, 3: 0.018, 4: 0.012}),
        inner=draw_waves(rng, {2: 0.045, 3: 0.03, 4: 0.018, 7: 0.01}),
        right=draw_waves(rng, {2: 0.06, 3: 0.07, 5: 0.03}),
        infarct=infarct if infarcted else None,
    )


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
    motion: Motion = CORRECTED,
) -> Case:
    """Draw one patient and image the heart.

    Args:
        layout: "myops2020" (bSSFP, T2 and LGE) or "emidec" (LGE).
        name: Name of the case.
        rng: Source of randomness; the same state gives the same case.
        num_slices: Number of slices; drawn when None.
        in_plane: Voxels along X and Y over the usual field of view; at its native size when None.
        shift_mm: Movement of the patient in the plane, along (X, Y) of the array.
        infarcted: Whether the heart has an infarct.
        style: How the study is acquired; None draws the data set's own style.
        motion: How far the sequences lie from the labels.

    Returns:
        The case with its truth. Images hold whole numbers; the first slice is apical.

    Raises:
        LabelError: There is no such layout.
    """
    codes(layout)
    style = style or draw_style(rng, layout)
    geometry = draw_geometry(rng, layout, num_slices=num_slices, in_plane=in_plane)
    heart = draw_heart(rng, layout=layout, infarcted=infarcted)
    torso = draw_torso(rng, heart_radius_mm=heart.radius_mm)
    sequences = LAYOUT_SEQUENCES.get(layout, tuple(style.protocols))
    session = begin_session(rng, style, geometry, sequences=sequences, motion=motion, shift_mm=shift_mm)
    images = {sequence: np.zeros(geometry.grid.shape, dtype=np.float32) for sequence in session.signals.sequences}
    labels = np.zeros(geometry.grid.shape, dtype=np.uint8)
    for index in range(geometry.grid.shape[2]):
        moved = tuple(np.add(shift_mm, rng.normal(0, 1.6, 2)))
        u_mm, v_mm = plane_coordinates(geometry, moved)
        canvas, labels[..., index], vessels = _draw_plane(
            heart, torso, session.signals, geometry, u_mm=u_mm, v_mm=v_mm, index=index, layout=layout, rng=rng
        )
        for sequence, image in image_plane(session, canvas, texture=vessels, index=index, rng=rng).items():
            images[sequence][..., index] = image
    volumes = {sequence: Volume(image, geometry.grid) for sequence, image in images.items()}
    return Case(name, layout, volumes, LabelMap(labels, geometry.grid))


def _draw_plane(
    heart: Heart,
    torso: Torso,
    signals: Signals,
    geometry: Geometry,
    *,
    u_mm: Field,
    v_mm: Field,
    index: int,
    layout: str,
    rng: np.random.Generator,
) -> tuple[Field, LabelArray, Field]:
    shape, pixel = geometry.grid.shape[:2], geometry.pixel_mm
    texture = smooth_noise(rng, shape, scale=3.5 / pixel)
    canvas = blank_canvas(signals, shape)
    height = float(geometry.heights_mm[index])
    for layer in torso_layers(torso, u_mm, v_mm, height_mm=height, pixel_mm=pixel, vessels=texture):
        paint(canvas, {layer.tissue: layer.share}, signals, corner=layer.corner)
    columns = np.flatnonzero(np.abs(u_mm[:, 0] + 20) < HEART_BOX_MM / 2)
    rows = np.flatnonzero(np.abs(v_mm[0]) < HEART_BOX_MM / 2)
    labels = np.zeros(shape, dtype=np.uint8)
    if not (columns.size and rows.size):
        return canvas, labels, texture
    box = np.s_[columns[0] : columns[-1] + 1, rows[0] : rows[-1] + 1]
    thin = np.array([height + share * geometry.thickness_mm for share in SUB_SLICES], dtype=np.float32)
    plane = heart_plane(heart, u_mm[box[0]], v_mm[:, box[1]], heights_mm=thin, pixel_mm=pixel, roughness=texture[box])
    paint(canvas, plane.tissues, signals, corner=(int(columns[0]), int(rows[0])))
    labels[box] = label_stack(plane.truth, layout)
    return canvas, labels, texture

"""The bullseyes of one study, or its rings where the direction of the septum is not known."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from math import isnan

from markupsafe import Markup

from scarmap.quantification.result import APEX, Quantification, Reference, WallFigures
from scarmap.report.study.bullseye import (
    EDEMA,
    INFARCT,
    TRANSMURALITY,
    Scale,
    bullseye,
    legend,
    ring_disc,
)

_NOMINAL_INSERTIONS_DEG = (120.0, 240.0)
"""Borders of segments 1 and 2, and of 3 and 4, on a bullseye."""

DEPTHS: Mapping[str, str] = {
    "extent": "Endocardium to the outermost infarct on each chord across the wall, mean over all "
    "chords.",
    "fraction": "Infarcted share of each chord across the wall, mean over all chords.",
    "area": "Infarct voxels over wall voxels.",
}
"""Variant of transmurality to what the disc shows."""


@dataclass(frozen=True)
class Disc:
    """One drawing with its key.

    Attributes:
        title: Heading.
        drawing: SVG.
        legend: SVG.
        caption: Text below.
    """

    title: str
    drawing: Markup
    legend: Markup
    caption: str


@dataclass(frozen=True)
class Subject:
    """What a disc shows.

    Attributes:
        title: Heading.
        scale: Colours of the classes.
        figure: Its percentage of a part of the wall.
        caption: Text below.
    """

    title: str
    scale: Scale
    figure: Callable[[WallFigures], float]
    caption: str

    def of_segments(self, study: Quantification) -> dict[int, float]:
        """Segment to percent; empty without an angular reference."""
        return {part.number: self.figure(part.figures) for part in study.segments}

    def of_rings(self, study: Quantification) -> dict[str, float]:
        """Ring to percent."""
        return {part.name: self.figure(part.figures) for part in study.rings}


def subjects(study: Quantification) -> list[Subject]:
    """Transmurality, infarct share and, where the mask labels it, edema.

    Args:
        study: The figures.
    """
    variant = study.conventions.get("transmurality", "extent")
    marks = "A dot marks no-reflow." if any(part.figures.mvo for part in study.segments) else ""
    shown = [
        Subject("Transmurality", TRANSMURALITY, lambda wall: _mean(wall, variant), DEPTHS[variant]),
        Subject(
            "Infarct",
            INFARCT,
            lambda wall: wall.infarct_percent,
            f"Share of the mass. {marks}".strip(),
        ),
    ]
    if "edema" in study.tissues:
        caption = "Edema outside the infarct, share of the mass."
        shown.append(Subject("Edema", EDEMA, lambda wall: wall.edema_percent, caption))
    return shown


def discs(study: Quantification) -> list[Disc]:
    """Draw transmurality, infarct share and, where the mask labels it, edema.

    Args:
        study: The figures.
    """
    return [_disc(study, subject) for subject in subjects(study)]


def insertions_deg(reference: Reference, *, sectors: str) -> tuple[float, ...]:
    """Find where the right ventricle inserts on a bullseye.

    Args:
        reference: How the stack lies in the heart.
        sectors: "rigid" puts the middle of the septum on the left and the insertions where they
            were found; "rigid_from_insertion" makes the anterior one the border of segments 1 and
            2, "anatomical" also the inferior one that of 3 and 4.

    Returns:
        The anterior, then the inferior one, in degrees anticlockwise from the lateral wall; empty
            where the mask does not show them.
    """
    found = (reference.anterior_insertion_deg, reference.inferior_insertion_deg)
    if any(isnan(angle) for angle in found):
        return ()
    if sectors == "anatomical":
        return _NOMINAL_INSERTIONS_DEG
    if sectors == "rigid_from_insertion":
        anterior_deg = _NOMINAL_INSERTIONS_DEG[0]
        apart_deg = reference.sense * (found[1] - found[0])
        return anterior_deg, (anterior_deg + apart_deg) % 360.0
    return tuple(
        (180.0 + reference.sense * (angle - reference.septum_deg)) % 360.0 for angle in found
    )


def _disc(study: Quantification, subject: Subject) -> Disc:
    if study.segments:
        marked = (
            [part.number for part in study.segments if part.figures.mvo]
            if subject.scale is INFARCT
            else []
        )
        drawing = bullseye(
            subject.of_segments(study),
            subject.scale,
            title=subject.title,
            marked=marked,
            insertions_deg=insertions_deg(
                study.reference, sectors=study.conventions.get("sectors", "rigid")
            ),
        )
    else:
        rings = subject.of_rings(study)
        drawing = ring_disc(rings, subject.scale, title=subject.title, cap=rings.get(APEX))
    return Disc(subject.title, drawing, legend(subject.scale), subject.caption)


def _mean(wall: WallFigures, variant: str) -> float:
    depth = wall.transmurality
    return {
        "extent": depth.extent_mean_percent,
        "fraction": depth.fraction_mean_percent,
        "area": depth.area_percent,
    }[variant]

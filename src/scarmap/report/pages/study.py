"""The page of one study: key figures, bullseyes, every slice, and how to read them."""

from datetime import date
from pathlib import Path

from scarmap.alignment.result import Aligned
from scarmap.labels import INDEX, TISSUES
from scarmap.quantification.dictionary import GRAVE
from scarmap.quantification.result import Quantification
from scarmap.report.html import write_page
from scarmap.report.study.alignment import AlignmentSection, alignment_section
from scarmap.report.study.discs import discs
from scarmap.report.study.key_figures import intervals_note, key_figures
from scarmap.report.study.method import method_lines
from scarmap.report.study.neighbours import Neighbours
from scarmap.report.study.slices import Frames, make_frames
from scarmap.report.study.tables import threshold_table, volume_table, wall_table
from scarmap.report.study.view import View, standard_view
from scarmap.volume import Case


def build_study(
    case: Case,
    study: Quantification,
    out: Path,
    *,
    aligned: Aligned | None = None,
    neighbours: Neighbours | None = None,
) -> Path:
    """Write the page of one study.

    Args:
        case: Its images, if there are any, and the mask that was measured as its labels.
        study: What was measured in that mask.
        out: Target, an HTML file.
        aligned: How its images were put on one grid, if they were not on one before.
        neighbours: Pages to go to from there; None for a study on its own.

    Returns:
        The page.
    """
    order = base_to_apex(study)
    view = standard_view(study.reference, case.layout)
    frames = make_frames(case, order=order, view=view)
    names = slice_names(study)
    today = date.today().isoformat()
    return write_page(
        out,
        "study.html",
        name=case.name,
        neighbours=neighbours,
        facts=study_facts(case, study, today),
        figures=key_figures(study),
        figure_note=intervals_note(study),
        warnings=[flag.message for flag in study.flags if flag.code in GRAVE],
        flags=[flag.message for flag in study.flags if flag.code not in GRAVE],
        discs_title="Segments" if study.segments else "Rings",
        discs_note=discs_note(study),
        discs=discs(study),
        walls=wall_table(study),
        walls_caption=f"Figures of each {'segment' if study.segments else 'ring'}",
        frames=frames,
        slice_names=names,
        order=_order(frames, names),
        slices_note=_slices_note(study),
        alignment=_alignment(aligned, case, view),
        volumes=volume_table(study),
        thresholds=threshold_table(study.thresholds),
        method=method_lines(study),
        no_reflow_colour=TISSUES[INDEX["mvo"]].colour,
        date=today,
    )


def _alignment(aligned: Aligned | None, case: Case, view: View) -> AlignmentSection | None:
    if aligned is None or not aligned.moves:
        return None
    return alignment_section(aligned, layout=case.layout, view=view)


def build_unmeasured(name: str, problem: str, out: Path, *, neighbours: Neighbours) -> Path:
    """Write the page of a study that could not be measured, so that links to it lead somewhere.

    Args:
        name: The study.
        problem: Why it was not measured.
        out: Target, an HTML file.
        neighbours: Pages to go to from there.

    Returns:
        The page.
    """
    return write_page(out, "unmeasured.html", name=name, problem=problem, neighbours=neighbours)


def base_to_apex(study: Quantification) -> range:
    """Indices of the slices from the base to the apex."""
    count = study.shape[2]
    return range(count) if study.reference.base == "first" else range(count - 1, -1, -1)


def study_facts(case: Case, study: Quantification, today: str) -> list[tuple[str, str]]:
    """What was measured, with what: title and value, one line each."""
    x_mm, y_mm, z_mm = study.spacing_mm
    return [
        ("Sequences", ", ".join(sorted(case.images)) or "none given"),
        *_looked_at(case, study),
        ("Slices", f"{study.shape[2]}, {z_mm:.3g} mm apart"),
        ("Pixels", f"{x_mm:.3g} × {y_mm:.3g} mm"),
        ("Mask", study.origin.title),
        ("Labels", study.layout or "all tissues"),
        ("scarmap", study.scarmap_version),
        ("Made on", today),
    ]


def _looked_at(case: Case, study: Quantification) -> list[tuple[str, str]]:
    """What the mask was made from, where it is known and the page shows other images."""
    sequences = study.origin.sequences
    if sequences is None or set(sequences) == set(case.images):
        return []
    return [("Mask made from", ", ".join(sorted(sequences)))]


def discs_note(study: Quantification) -> str:
    """How to read the discs."""
    if study.segments:
        return (
            "Seen from the apex, septum on the left: outer ring basal, inner ring apical. Numbers "
            "are percent, small ones the segment. Ticks mark where the right ventricle inserts, if "
            "the mask shows it."
        )
    return (
        "No bullseye: the mask shows no right ventricle at the wall and no landmark was given, so "
        "nothing tells where the septum is. Whole rings stand instead. Give --reference-angle for "
        "segments."
    )


def _slices_note(study: Quantification) -> str:
    text = "From the base to the apex; numbers are those of the file, from 1."
    if study.reference.source == "none":
        return text
    return f"{text} Shown as the bullseyes are: septum left, anterior wall on top."


def slice_names(study: Quantification) -> dict[int, str]:
    """Number of a slice in the file, from 1, to its name."""
    return {
        each.index + 1: f"{each.index + 1} · {each.ring}" if each.ring else f"{each.index + 1}"
        for each in study.slices
    }


def _order(frames: Frames, names: dict[int, str]) -> list[dict[str, object]]:
    return [
        {"number": frame.number, "name": names[frame.number], "description": frame.description}
        for frame in frames.slices
    ]

"""What a reader must know to compare the figures of one study with others."""

from math import isnan

from scarmap.quantification.result import Quantification

_SEPTUM = {
    "rv_insertion": "The septum was found where the right ventricle of the mask touches the wall",
    "landmark": "The direction of the septum was given as a landmark",
}

_WIDTHS = {
    "rigid": "60° and 90° wide, set by the middle of the septum (rigid)",
    "rigid_from_insertion": "60° and 90° wide, set by the anterior insertion of the right "
    "ventricle (rigid)",
    "anatomical": "as wide as the insertions of the right ventricle make them (anatomical)",
}

_CLASSED = {
    "extent": "that mean",
    "fraction": "that mean",
    "area": "infarct voxels over wall voxels",
}

_BASE = {
    "cavity_area": "the size of the cavity",
    "affine": "the position in the scanner",
    "assumed": "an assumption",
}


def method_lines(study: Quantification) -> list[str]:
    """Say how the figures were made and what they cannot mean, one statement per line.

    Args:
        study: The figures.
    """
    in_plane = " × ".join(f"{value:.3g}" for value in study.spacing_mm[:2])
    return [
        "For research only. scarmap is no medical device: do not diagnose or treat with it.",
        f"Volumes are voxels times {in_plane} × {study.spacing_mm[2]:.3g} mm: each slice stands "
        "for the distance to the next, gap included; nothing is added beyond the first and the "
        "last. Masses are at 1.05 g/ml.",
        "“Of LV mass” divides by the wall of the same mask, infarct and edema included. A wall "
        "drawn on cine is often heavier than the one on LGE, so shares of the two differ.",
        *_infarct_lines(study),
        "Papillary muscles and trabeculae count to whatever the mask calls them: cavity, wall or "
        "infarct. Compare only masks drawn under one rule.",
        *_orientation_lines(study),
        *_salvage_lines(study),
        *_threshold_lines(study),
        "Infarcts shrink over the weeks after the event and edema fades: note the day of the scan "
        "beside the figures.",
    ]


def _infarct_lines(study: Quantification) -> list[str]:
    inside = " and contains no-reflow" if "mvo" in study.tissues else ""
    lines = [
        f"Infarct is what the mask calls scar{inside}. Transmurality is measured on rays from the "
        "centre of the left ventricle, over closed rings only; means are over all rays of a "
        "segment unless the column says otherwise. Classes are of "
        f"{_CLASSED[study.conventions.get('transmurality', 'extent')]}: 0, 1–25, 26–50, 51–75, "
        "76–100 %."
    ]
    if "mvo" not in study.tissues:
        lines.append(
            "This mask has no label for no-reflow; where it was drawn as normal wall, infarct is "
            "too small."
        )
    if "edema" not in study.tissues:
        lines.append("This mask has no label for edema.")
    return lines


def _orientation_lines(study: Quantification) -> list[str]:
    reference = study.reference
    lines = [f"Which end of the stack is the base was told by {_BASE[reference.base_source]}."]
    if not study.segments:
        return [
            *lines,
            "Nothing told which way the septum lies, so only figures that need no direction are "
            "given.",
        ]
    sectors = study.conventions.get("sectors", "rigid")
    widths = _WIDTHS[sectors]
    turn = (
        "the header's affine"
        if reference.sense_source == "affine"
        else "the usual display, which was assumed"
    )
    lines.append(
        f"{len(study.segments)} segments of the American Heart Association's model, {widths}. "
        f"{_SEPTUM[reference.source]}. Their direction follows {turn}. Arteries are nominal and "
        "vary between patients."
    )
    if len(study.segments) == 16:
        lines.append(
            "Segment 17, the apical cap, is left out: no slice beyond the cavity was imaged."
        )
    return lines


def _salvage_lines(study: Quantification) -> list[str]:
    if "edema" not in study.tissues:
        return []
    lines = [
        "“Edema and infarct” is often read as the area at risk. T2 brightness can follow the "
        "infarct rather than the area at risk, and the 2019 consensus on infarct end points does "
        "not recommend edema for it."
    ]
    if not isnan(study.figures["myocardial_salvage_index"]):
        lines.append(
            "The salvage index is (edema and infarct − infarct) / (edema and infarct); same "
            "caution."
        )
    return lines


def _threshold_lines(study: Quantification) -> list[str]:
    if not study.thresholds:
        return []
    remotes = [each.remote for each in study.thresholds if each.remote is not None]
    text = (
        "Thresholds act inside the wall of the mask, on the LGE image; methods are not "
        "interchangeable."
    )
    if remotes:
        text += f" Remote myocardium: {remotes[0].source}, {remotes[0].num_voxels} voxels."
    return [text]

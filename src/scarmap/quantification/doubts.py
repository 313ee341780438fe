"""Flags about where a mask comes from, its images and its intervals; the order of all flags."""

from collections.abc import Mapping, Sequence

from scarmap.labels import INDEX, LabelArray
from scarmap.quantification.contrast import Contrast, contrast, has_bright_blood, looks_wrong
from scarmap.quantification.dictionary import FLAGS
from scarmap.quantification.intervals.from_errors import FROM_ERRORS
from scarmap.quantification.measures.flags import flag
from scarmap.quantification.origin import NOT_ASSESSABLE, NOT_ASSESSED, SHOWN_BY, MaskOrigin
from scarmap.quantification.result import Flag, Interval, Quantification
from scarmap.volume import Grid, LabelMap, Volume

_PLAIN = {"scar": "infarct", "mvo": "no-reflow", "edema": "edema"}

_MANY_SLICES, _THIN = 30, 1.5
"""A stack of this many slices, each no thicker than this multiple of a pixel, is a 3D scan."""

_TITLES = {
    "infarct_g": "Infarct",
    "mvo_g": "No-reflow",
    "edema_g": "Edema",
    "myocardium_g": "LV mass",
}
"""Figures whose intervals are checked; volumes and shares follow from them."""

_WIDE = 1.0
"""Folds disagree when the interval of the infarct is wider than this multiple of the infarct
itself."""

_RANKS = {code: rank for rank, code in enumerate(FLAGS)}


def ranked(*flags: Flag) -> tuple[Flag, ...]:
    """Flags by gravity, the gravest first, each sentence once."""
    once = {flag.message: flag for flag in flags}
    return tuple(sorted(once.values(), key=lambda flag: _RANKS.get(flag.code, -1)))


def flags_of_origin(origin: MaskOrigin, labels: LabelMap, missing: Mapping[str, str]) -> list[Flag]:
    """Flags about what was told of a mask, and about what it cannot show.

    Args:
        origin: Where the mask comes from.
        labels: The mask.
        missing: What `scarmap.quantification.origin.unassessed` found.
    """
    flags = [flag("told_by_model", told) for told in origin.remarks]
    unseen = [tissue for tissue, why in missing.items() if why == NOT_ASSESSABLE]
    for sequence in dict.fromkeys(SHOWN_BY[tissue] for tissue in unseen):
        tissues = [tissue for tissue in unseen if SHOWN_BY[tissue] == sequence]
        flags.append(flag("not_assessable", _not_assessable(sequence, tissues, labels)))
    return flags + _flags_of_calls(origin, labels, missing)


def _flags_of_calls(origin: MaskOrigin, labels: LabelMap, missing: Mapping[str, str]) -> list[Flag]:
    """Flags about tissues that the model hardly ever calls."""
    flags = []
    never = [tissue for tissue, why in missing.items() if why == NOT_ASSESSED]
    if never:
        message = (
            f"{origin.name} hardly ever calls {_listed(never)}: not assessed. That none was found "
            "tells nothing."
        )
        flags.append(flag("not_assessed", message))
    seldom = [
        tissue
        for tissue in origin.hardly_calls
        if tissue not in missing and _volume_ml(labels, [tissue]) > 0
    ]
    if seldom:
        message = f"{origin.name} hardly ever calls {_listed(seldom)}; there may be more of it."
        flags.append(flag("hardly_called", message))
    return flags


def flags_of_images(
    images: Mapping[str, Volume], labels: LabelMap, *, origin: MaskOrigin | None = None
) -> list[Flag]:
    """Flags about images that do not look like their sequence, and about a stack that is none.

    What the mask's maker has told already is not told again.

    Args:
        images: Sequence to image, on the mask's grid.
        labels: The mask.
        origin: Where the mask comes from.
    """
    flags = [
        each
        for sequence, image in images.items()
        if (seen := contrast(image, labels))
        for each in _flags_of_contrast(sequence, seen)
    ]
    if is_three_dimensional(labels.grid):
        flags.append(flag("thin_slices", _thin(labels.grid)))
    told = origin.remarks if origin else ()
    return [each for each in flags if each.message not in told]


def flags_of_intervals(
    figures: Mapping[str, float], spread: Mapping[str, Interval], stated: Mapping[str, Interval]
) -> list[Flag]:
    """Whether folds or passes disagree about the infarct, and intervals without their own figure.

    Args:
        figures: The figures.
        spread: Intervals from probabilities.
        stated: The intervals that are given.
    """
    flags = [
        flag("interval_excludes", _excluded(title, figures[name], stated[name]))
        for name, title in _TITLES.items()
        if name in stated and excludes(stated[name], figures[name])
    ]
    interval = spread.get("infarct_g")
    if interval and interval.high - interval.low > _WIDE * figures["infarct_g"]:
        ends = f"{interval.low:.1f} to {interval.high:.1f} g ({interval.method})"
        flags.append(flag("folds_disagree", f"{FLAGS['folds_disagree'][:-1]}: {ends}."))
    return flags


def excludes(interval: Interval, value: float) -> bool:
    """Whether an interval lies beside its own figure; one without numbers does not."""
    return value < interval.low or value > interval.high


def _excluded(title: str, value: float, interval: Interval) -> str:
    side = "small" if value < interval.low else "large"
    why = (
        f"in nearly all of those cases the masks were too {side}, and this one is likely to be"
        if interval.method.startswith(FROM_ERRORS)
        else f"the folds' own masks differ from the one of their mean, which may be too {side}"
    )
    return (
        f"{title} {value:.1f} g lies outside its interval, {interval.low:.1f} to "
        f"{interval.high:.1f} g ({interval.method}): {why}."
    )


def is_three_dimensional(grid: Grid) -> bool:
    """Whether a stack has many slices as thin as its pixels, as 3D LGE has."""
    thin = grid.spacing_mm[2] <= _THIN * max(grid.spacing_mm[:2])
    return thin and grid.shape[2] >= _MANY_SLICES


def common_flags(studies: Sequence[Quantification]) -> dict[str, str]:
    """Flags that every study of a cohort of two or more has.

    Returns:
        Code to what to say once for all: the studies' own sentence where they share it, else the
            general one.
    """
    if len(studies) < 2:
        return {}
    shared = set.intersection(*({flag.code for flag in study.flags} for study in studies))
    return {code: _said_by_all(code, studies) for code in FLAGS if code in shared}


def _said_by_all(code: str, studies: Sequence[Quantification]) -> str:
    """The sentence of a flag that studies share, else the general one."""
    found = {flag.message for study in studies for flag in study.flags if flag.code == code}
    return next(iter(found)) if len(found) == 1 else FLAGS[code]


def _flags_of_contrast(sequence: str, seen: Contrast) -> list[Flag]:
    odd = looks_wrong(sequence, seen)
    if odd:
        return [flag("sequence_doubtful", f"The {sequence} image may be another one: {odd}.")]
    if sequence == "T2" and has_bright_blood(seen):
        return [flag("bright_blood_t2")]
    return []


def _not_assessable(sequence: str, tissues: Sequence[str], labels: LabelMap) -> str:
    message = f"No {sequence} image was given: {_listed(tissues)} not assessable."
    volume_ml = _volume_ml(labels, tissues)
    if volume_ml:
        message += f" The {volume_ml:.2f} ml that the mask calls so are a guess."
    return message


def _volume_ml(labels: LabelMap, tissues: Sequence[str]) -> float:
    return _voxels(labels.array, tissues) * labels.grid.voxel_ml


def _voxels(labels: LabelArray, tissues: Sequence[str]) -> int:
    return sum(int((labels == INDEX[tissue]).sum()) for tissue in tissues)


def _listed(tissues: Sequence[str]) -> str:
    return " and ".join(_PLAIN.get(tissue, tissue) for tissue in tissues)


def _thin(grid: Grid) -> str:
    return (
        f"{grid.shape[2]} slices {grid.spacing_mm[2]:.2g} mm apart, as in 3D LGE: they were taken "
        "for a short-axis stack, for which segments, rings and the model are made."
    )

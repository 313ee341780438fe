"""Figures of versions and drafts, by the functions of the command line."""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from math import isfinite, isnan, nan
from typing import Any

from scarmap.datasets.case_files import CaseFiles
from scarmap.datasets.masks import load_study
from scarmap.quantification.cohort import AS_USUAL, Measuring, measure_study
from scarmap.quantification.dictionary import FIGURES
from scarmap.quantification.files import read_quantification, write_quantification
from scarmap.quantification.result import Flag, Quantification, Transmurality
from scarmap.quantification.study import quantify
from scarmap.report.cells import with_unit
from scarmap.report.study.discs import discs
from scarmap.report.study.key_figures import chord_variant, key_figures
from scarmap.serving.shown import view_of
from scarmap.serving.store import Store
from scarmap.serving.studies import Study, update
from scarmap.serving.versions import MODEL, Version, layout_for, mask_of
from scarmap.volume import LabelMap

_OF_IMAGES = frozenset(
    {
        "sequence_doubtful",
        "image_left_out",
        "bright_blood_t2",
        "no_remote",
        "signed_image",
        "threshold_fills_wall",
    }
)
"""Flags that need an image, which no stroke changes; a draft has those of its version."""
_SHORT: Mapping[str, str] = {
    "infarct_g": "infarct_g",
    "infarct_percent": "infarct_percent_lv",
    "edema_g": "edema_g",
    "mvo_g": "mvo_g",
    "lv_mass_g": "myocardium_g",
}
"""Figures of the worklist, and their names in the data dictionary."""
_TITLES = {figure.name: figure.meaning.removesuffix(".") for figure in FIGURES}
_STYLE = re.compile(r' style="fill:(#[0-9a-fA-F]{3,8})"')


def files_of(store: Store, study: Study, version: Version | None = None) -> CaseFiles:
    """The files of a study, with the mask of a version as labels."""
    folder = store.folder(study.id)
    images = {sequence: folder.root / path for sequence, path in study.images.items()}
    if version is None:
        return CaseFiles(study.name, "scarmap", images)
    return CaseFiles(study.name, version.layout, images, folder.mask(version.number))


def measuring_of(study: Study, version: Version, measuring: Measuring = AS_USUAL) -> Measuring:
    """How a version is measured: a model's errors say nothing of what a reader has changed.

    Args:
        study: The study.
        version: Its version.
        measuring: How studies are measured here.
    """
    choices = measuring.choices
    if choices.signed is None and study.signed is not None:
        choices = replace(choices, signed=study.signed)
    errors = measuring.errors if version.kind == MODEL else None
    return replace(measuring, origin=version.origin, errors=errors, choices=choices)


def measure_all(
    store: Store, study: Study, version: Version, measuring: Measuring = AS_USUAL
) -> Quantification:
    """All figures of a version, thresholds included; measured once and kept beside the mask."""
    path = store.folder(study.id).figures(version.number)
    if path.is_file():
        return read_quantification(path)
    case = load_study(files_of(store, study, version))
    found = measure_study(case, measuring_of(study, version, measuring))
    found = replace(found, flags=(*study.told, *found.flags))
    write_quantification(path, found)
    return found


@dataclass
class Bench:
    """A mask that is measured again and again while it is drawn.

    What needs no mask, or takes the whole image, is left out: thresholds, and flags of images,
    which are those of the version that is changed.

    Attributes:
        study: The study.
        version: The version that is changed.
        measuring: How studies are measured here.
        kept: Flags that no stroke changes.
    """

    study: Study
    version: Version
    measuring: Measuring
    kept: tuple[Flag, ...]

    def __post_init__(self) -> None:
        """Begin with nothing remembered."""
        self._remembered: dict[Any, Any] = {}

    def measure(self, labels: LabelMap) -> Quantification:
        """Figures of a mask."""
        how = measuring_of(self.study, self.version, self.measuring)
        found = quantify(
            labels,
            case=self.study.name,
            layout=layout_for(self.version.layout, labels.array),
            origin=how.origin or self.version.origin,
            errors=how.errors,
            reference_deg=how.reference_deg,
            choices=replace(how.choices, methods=()),
            remembered=self._remembered,
        )
        return replace(found, flags=(*self.kept, *found.flags))


def bench_for(store: Store, study: Study, version: Version, measuring: Measuring) -> Bench:
    """What measures drafts of a version, as that version will be measured when it is saved.

    Args:
        store: The store.
        study: The study.
        version: What the draft would be saved as.
        measuring: How studies are measured here.
    """
    folder = store.folder(study.id)
    beside = [folder.figures(number) for number in (version.number, version.based_on) if number]
    path = next((each for each in beside if each.is_file()), beside[0])
    known = read_quantification(path).flags if path.is_file() else ()
    kept = tuple(each for each in known if each.code in _OF_IMAGES)
    return Bench(study, version, measuring, (*study.told, *kept))


def measure_soon(
    store: Store, study: Study, version: Version, measuring: Measuring = AS_USUAL
) -> Quantification:
    """Figures of a version: all of them where they are known, else those that take no image."""
    path = store.folder(study.id).figures(version.number)
    if path.is_file():
        return read_quantification(path)
    return bench_for(store, study, version, measuring).measure(mask_of(store, version))


def note_latest(store: Store, study: Study, found: Quantification, *, status: str) -> None:
    """Put the figures of the latest version into the worklist.

    Args:
        store: The store.
        study: The study.
        found: Its figures.
        status: What it is now.
    """
    figures = {
        short: None if isnan(found.figures[name]) else found.figures[name]
        for short, name in _SHORT.items()
    }
    update(
        store,
        study.id,
        status=status,
        reason=None,
        step=None,
        progress=None,
        figures=figures,
        infarct=figures["infarct_g"],
        flags=flags_of(found.flags),
        view=view_of(found.reference, found.shape[2]),
    )


def flags_of(flags: Sequence[Flag]) -> list[dict[str, str]]:
    """Flags as pages read them."""
    return [{"code": each.code, "text": each.message} for each in flags]


def answer(found: Quantification) -> dict[str, Any]:
    """Figures as pages read them: numbers, tiles, bullseyes, segments and flags."""
    return {
        "figures": {
            figure.name: {
                "value": number(found.figures[figure.name]),
                "unit": figure.unit,
                "title": _TITLES[figure.name],
                "text": with_unit(found.figures[figure.name], figure.unit),
            }
            for figure in FIGURES
            if figure.name in found.figures
        },
        "tiles": [
            {
                "title": tile.title,
                "value": tile.value,
                "unit": tile.unit,
                "lines": list(tile.lines),
                "colour": tile.colour,
                "missing": tile.missing,
            }
            for tile in key_figures(found)
        ],
        "bullseyes": [
            {
                "title": disc.title,
                "svg": _without_styles(str(disc.drawing)),
                "legend": _without_styles(str(disc.legend)),
                "caption": disc.caption,
            }
            for disc in discs(found)
        ],
        "segments": [
            {
                "segment": part.number,
                "infarct_percent": number(part.figures.infarct_percent),
                "transmurality_percent": number(_depth(found, part.figures.transmurality)),
            }
            for part in found.segments
        ],
        "flags": flags_of(found.flags),
    }


def number(value: float) -> float | None:
    """A number as JSON has it."""
    return float(value) if isfinite(value) else None


def _depth(found: Quantification, depth: Transmurality) -> float:
    """Depth along the chords, by the variant that the study's classes go by."""
    return getattr(depth, f"{chord_variant(found)}_mean_percent", nan)


def _without_styles(svg: str) -> str:
    """The same drawing where a page allows no inline styles."""
    return _STYLE.sub(r' fill="\1"', svg)

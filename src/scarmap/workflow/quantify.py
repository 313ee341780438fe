"""One mask becomes figures, whatever form it is given in."""

from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

from scarmap.datasets.masks import one_study
from scarmap.io.nifti import read_image
from scarmap.labels import MaskArray
from scarmap.quantification.origin import GIVEN, MaskOrigin
from scarmap.quantification.result import Quantification
from scarmap.quantification.study import DEFAULT, Choices
from scarmap.quantification.study import quantify as measure
from scarmap.volume import LabelMap, Volume
from scarmap.workflow.inputs import Image, Mask, Spacing, as_labels, as_volume

if TYPE_CHECKING:
    from scarmap.quantification.intervals.from_errors import KnownErrors
    from scarmap.quantification.intervals.from_probabilities import Probabilities
    from scarmap.workflow.predict import Prediction


def quantify(
    mask: "Mask | Prediction",
    *,
    case: str = "",
    layout: str | None = None,
    image: Image | None = None,
    spacing_mm: Spacing | None = None,
    remote: MaskArray | None = None,
    probabilities: "Mapping[str, Probabilities] | None" = None,
    errors: "KnownErrors | None" = None,
    reference_deg: float | None = None,
    area_at_risk_ml: float | None = None,
    body_surface_m2: float | None = None,
    choices: Choices = DEFAULT,
) -> Quantification:
    """Measure one mask: volumes, masses, AHA segments, transmurality; with LGE thresholds, too.

    Args:
        mask: What `scarmap.predict` found, a file, a mask in memory, or an array (X, Y, Z) of
            codes.
        case: Name of the study.
        layout: Label layout of the mask: of a file, None asks the manifest beside it; an array
            without one holds the codes of "scarmap".
        image: LGE on the same grid, for classical thresholds; that of a prediction, and that of a
            manifest, is taken where None is given. Nothing else known, whether there is edema is
            not assessable on LGE alone, unless the mask holds some.
        spacing_mm: Distance between voxel centres along (X, Y, Z), where arrays are given.
        remote: As of `scarmap.quantification.study.quantify`, and so are the rest.
        probabilities: Region to its probability.
        errors: Errors of the model on unseen cases.
        reference_deg: Direction of the middle of the septum.
        area_at_risk_ml: Area at risk drawn elsewhere.
        body_surface_m2: Body surface of the patient.
        choices: What the literature leaves open.

    Raises:
        DataError: A layout or a spacing is needed, or a file is damaged.
        GeometryError: The image lies on another grid than the mask.
        LabelError: The mask holds codes that its layout does not define.

    >>> import numpy as np, scarmap
    >>> ring = np.zeros((9, 9, 2), dtype=int)
    >>> ring[2:7, 2:7], ring[3:6, 3:6], ring[2, 2:4] = 3, 1, 5
    >>> study = scarmap.quantify(ring, spacing_mm=(5, 5, 10))
    >>> study.figures["infarct_ml"], study.figures["lv_pool_ml"]
    (1.0, 4.5)
    """
    labels, own_layout, own_image, name, origin = _parts(mask, layout, spacing_mm)
    if image is not None and origin.sequences is None:
        origin = replace(origin, sequences=("LGE",))
    return measure(
        labels,
        case=case or name,
        layout=own_layout,
        image=own_image if image is None else as_volume(image, spacing_mm),
        origin=origin,
        remote=remote,
        probabilities=probabilities,
        errors=errors,
        reference_deg=reference_deg,
        area_at_risk_ml=area_at_risk_ml,
        body_surface_m2=body_surface_m2,
        choices=choices,
    )


def _parts(
    mask: "Mask | Prediction", layout: str | None, spacing_mm: Spacing | None
) -> tuple[LabelMap, str | None, Volume | None, str, MaskOrigin]:
    """Labels, layout, LGE, name and origin of what was given."""
    from scarmap.inference.origin import Origins
    from scarmap.workflow.predict import Prediction

    if isinstance(mask, Prediction):
        lge = mask.case.images.get("LGE")
        return mask.labels, mask.layout, lge, mask.case.name, mask.origin
    labels = as_labels(mask, layout=layout, spacing_mm=spacing_mm)
    if isinstance(mask, str | Path):
        files = one_study(Path(mask), layout=layout, images={})
        lge = read_image(files.images["LGE"]) if "LGE" in files.images else None
        return labels, files.layout, lge, files.name, Origins().of(files)
    return labels, layout, None, "", GIVEN

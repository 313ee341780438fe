"""Images become masks: one study in memory, or many studies into a folder."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING

from scarmap.datasets.case_files import CaseFiles
from scarmap.datasets.folder import find_cases
from scarmap.datasets.manifest import UNKNOWN, read_entries
from scarmap.errors import DataError
from scarmap.io.colours import write_colours
from scarmap.io.nifti import write_in_layout
from scarmap.labels import codes
from scarmap.quantification.origin import GIVEN, MaskOrigin
from scarmap.volume import Case, LabelMap
from scarmap.workflow.inputs import Image, PathLike, Spacing, given_images, only, study_of
from scarmap.workflow.models import Chosen, choose_model

if TYPE_CHECKING:
    from scarmap.cluster.jobs import Scheduler
    from scarmap.inference.cohort import Outcome, Shard
    from scarmap.inference.segment import Segmenter


@dataclass(frozen=True)
class Prediction:
    """What a model found in one study.

    Attributes:
        case: The study, with the images that the model looked at.
        labels: Its mask, tissue indices on the images' own grid.
        layout: Label layout that the mask is written in.
        flags: What a reader of the mask must be told, one sentence each.
        origin: The model, where it is known, and what it looked at.
    """

    case: Case
    labels: LabelMap
    layout: str
    flags: tuple[str, ...] = ()
    origin: MaskOrigin = GIVEN

    def write(self, path: PathLike) -> Path:
        """Write the mask as NIfTI, in the codes of its layout and with the header of its image."""
        write_in_layout(Path(path), self.labels, self.layout)
        return Path(path)


def predict(
    lge: Image | None = None,
    *,
    t2: Image | None = None,
    bssfp: Image | None = None,
    spacing_mm: Spacing | None = None,
    model: "PathLike | Segmenter | None" = None,
    name: str = "",
    layout: str | None = None,
    device: str = "auto",
) -> Prediction:
    """Segment one study.

    Args:
        lge: Late enhancement, as a file, an image, or an array (X, Y, Z).
        t2: T2-weighted image.
        bssfp: bSSFP image. At least one of the three must be given, all on one grid.
        spacing_mm: Distance between voxel centres along (X, Y, Z), where arrays are given.
        model: Run or model folder, or what `scarmap.load_model` loaded; None for the built-in
            model.
        name: Name of the study; that of its first file where it is empty.
        layout: Label layout to write the mask in; None for that of the data set.
        device: "auto", "cpu" or "cuda".

    Raises:
        DataError: An image is missing or damaged, or an array has no spacing.
        GeometryError: The images lie on different grids.
        RunError: `model` is no usable run.

    >>> import numpy as np, scarmap
    >>> noise = np.random.default_rng(1).random((64, 64, 2))
    >>> found = scarmap.predict(noise, spacing_mm=(2, 2, 8), device="cpu")
    >>> found.labels.array.shape
    (64, 64, 2)
    """
    from scarmap.inference.origin import made_by
    from scarmap.inference.segment import segment

    case = study_of(given_images(lge, t2, bssfp), spacing_mm=spacing_mm, name=name, layout=layout)
    codes(case.layout)
    maker = UNKNOWN
    if model is None or isinstance(model, str | Path):
        chosen = choose_model(model, device=device)
        model, maker = chosen.model.load(), chosen.model.maker
    preparation = model.preparation
    case = only(case, preparation.sequences, optional=preparation.optional)
    found = segment(case, model)
    layout = model.layout_of(case.layout)
    origin = made_by(maker, tuple(case.images), found.flags)
    return Prediction(case, found.labels, layout, found.flags, origin)


def predict_folder(
    data: "PathLike | Sequence[CaseFiles]",
    out: PathLike,
    *,
    model: PathLike | Chosen | None = None,
    layout: str | None = None,
    shard: "Shard | None" = None,
    scheduler: "Scheduler | None" = None,
    save_probabilities: bool = False,
    remarks: Mapping[str, tuple[str, ...]] | None = None,
    failed: Mapping[str, str] | None = None,
    device: str = "auto",
    on_case: Callable[[str], None] = lambda _name: None,
) -> "Outcome":
    """Segment many studies; those that were done before are skipped, a broken one stops no other.

    Beside the masks, `manifest.jsonl` says where each comes from, so that measuring and reporting
    find images, label layout and model, and colour tables serve programs that edit masks.

    Args:
        data: Folder of cases, worklist, or the cases themselves.
        out: Folder for the masks, `<case>.nii.gz`.
        model: Run or model folder; None for the built-in model.
        layout: Label layout to write masks in; None for that of each case's data set.
        shard: Segment only this part.
        scheduler: Where to work; this process when None.
        save_probabilities: Keep the probability maps, too.
        remarks: What a reader of a mask must be told besides, by case.
        failed: Why cases cannot be segmented, where that is known already.
        device: "auto", "cpu" or "cuda".
        on_case: Called with each case's name when it is done or has failed.

    Raises:
        DataError: There is no case, or a mask of one in another label layout is there already.
        RunError: `model` is no usable run.
    """
    from scarmap.inference.cohort import segment_cohort

    files = _files_in(data, layout)
    chosen = model if isinstance(model, Chosen) else choose_model(model, device=device)
    folder = Path(out)
    masks = [replace(each, layout=chosen.layout_of(each.layout)) for each in files]
    _check_layouts(folder, masks)
    try:
        return segment_cohort(
            files,
            chosen.model,
            folder,
            shard=shard,
            scheduler=scheduler,
            save_probabilities=save_probabilities,
            remarks=remarks,
            failed=failed,
            on_case=on_case,
        )
    finally:
        _write_colours(folder, masks)  # Also where a user stops it: what is there can be edited.


def _files_in(data: "PathLike | Sequence[CaseFiles]", layout: str | None) -> list[CaseFiles]:
    """The cases of a folder or worklist, or those given; all in one layout where it is given."""
    files = find_cases(Path(data)) if isinstance(data, str | Path) else list(data)
    if not layout:
        return files
    codes(layout)
    return [replace(each, layout=layout) for each in files]


def _write_colours(folder: Path, masks: "Sequence[CaseFiles]") -> None:
    """Write colour tables for the layouts of the masks that are there."""
    made = {each.layout for each in masks if (folder / f"{each.name}.nii.gz").is_file()}
    for layout in sorted(made):
        write_colours(folder, layout)


def _check_layouts(folder: Path, masks: "Sequence[CaseFiles]") -> None:
    """Refuse to mix codes: a mask that is done already is kept as it is.

    Raises:
        DataError: The folder holds a mask of one of the cases in another label layout.
    """
    known = read_entries(folder)
    for each in masks:
        before = known[each.name].layout if each.name in known else ""
        if before not in ("", each.layout):
            raise DataError(
                f"{folder} holds a mask of case {each.name} in the codes of {before}, and this "
                f"command would write {each.layout}. Choose another --out, or --layout {before}."
            )

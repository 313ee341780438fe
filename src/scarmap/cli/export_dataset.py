"""`scarmap export-dataset`: labelled cases as the data set of another program."""

from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from scarmap.cli.options import completes
from scarmap.cli.progress import case_progress
from scarmap.errors import DataError, suggest

if TYPE_CHECKING:
    from scarmap.datasets.case_files import CaseFiles
    from scarmap.datasets.folds import Fold

_FORMATS = ("nnunet",)


def export_dataset(
    data: Annotated[Path, typer.Option("--data", "-i", help="Folder of labelled cases.")],
    out: Annotated[
        Path,
        typer.Option("--out", "-o", help="New folder, for nnU-Net named like Dataset501_MyoPS."),
    ],
    format: Annotated[  # noqa: A002 - it is --format on the command line
        str, typer.Option(help="nnunet.", autocompletion=completes(*_FORMATS))
    ] = "nnunet",
    sequences: Annotated[
        str | None,
        typer.Option(
            metavar="LGE,T2", help="Channels in their order; without, all that every case has."
        ),
    ] = None,
    regions: Annotated[
        bool, typer.Option("--regions", help="Learn nested regions instead of tissues.")
    ] = False,
    folds: Annotated[
        str | None,
        typer.Option(
            metavar="five|seeded|RUN",
            help="five as MFU-Net splits MyoPS, seeded for random fifths, or the folds of a run; "
            "without, five on MyoPS 2020 and seeded elsewhere.",
        ),
    ] = None,
) -> None:
    """Write labelled cases as nnU-Net wants them, with the same folds as a run of scarmap."""
    from scarmap.datasets.folder import find_cases
    from scarmap.datasets.nnunet_export import export_nnunet, shared_sequences

    if format not in _FORMATS:
        raise DataError(f"There is no format {format!r}. {suggest(format, _FORMATS)}")
    cases = find_cases(data)
    labelled = [case for case in cases if case.labels is not None]
    if not labelled:
        raise DataError(f"{data} holds no labelled case, so there is nothing to train on.")
    named = tuple(filter(None, (sequences or "").split(",")))
    split = folds or ("five" if labelled[0].layout == "myops2020" else "seeded")
    with case_progress("writing", len(cases)) as on_case:
        about = export_nnunet(
            cases,
            out,
            sequences=named or shared_sequences(cases),
            folds=_folds(split, labelled),
            regions=regions,
            on_case=on_case,
        )
    typer.echo(
        f"{len(labelled)} labelled cases: {about}\nFolds: {about.parent / 'splits_final.json'}, to "
        "be copied to nnUNet_preprocessed/<data set>/ after nnUNetv2_plan_and_preprocess.\nNext: "
        "docs/reproduce.md, 'nnU-Net beside a paper'"
    )


def _folds(split: str, labelled: "Sequence[CaseFiles]") -> "tuple[Fold, ...]":
    """Folds of the labelled cases.

    Raises:
        DataError: Nothing is called so, or a run has other cases.
    """
    from scarmap.datasets.folds import Fold, contiguous_folds, folds_of_patients, seeded_folds
    from scarmap.io.run import RunFolder

    patients = {case.name: case.patient or case.name for case in labelled}
    if split in ("five", "seeded"):
        return folds_of_patients(contiguous_folds if split == "five" else seeded_folds, patients)
    run = RunFolder(Path(split))
    if not run.record_file.is_file():
        raise DataError(
            f"--folds {split!r} is neither five nor seeded, nor a run folder with a run.json."
        )
    found = tuple(
        Fold(tuple(each["train"]), tuple(each["validation"])) for each in run.read_record()["folds"]
    )
    unknown = {name for fold in found for name in (*fold.train, *fold.validation)} - set(patients)
    if unknown:
        raise DataError(
            f"{run.root} was trained on cases that are not in --data, such as {min(unknown)}. Give "
            "its own data folder, or other folds."
        )
    return found

"""`scarmap export`: a run becomes a model folder, a mask goes back to its archive as DICOM."""

from contextlib import suppress
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from scarmap.errors import DataError

if TYPE_CHECKING:
    from scarmap.datasets.case_files import CaseFiles
    from scarmap.dicom.out.find import Found
    from scarmap.dicom.out.identity import Maker
    from scarmap.volume import Case, LabelMap, Volume

NOT_STATED = "not stated"


def export(
    source: Annotated[
        Path,
        typer.Argument(
            metavar="RUN|MODEL|MASK",
            help="Run folder of `scarmap train`, a model folder, or a NIfTI mask on the grid of "
            "the LGE images.",
        ),
    ],
    out: Annotated[
        Path,
        typer.Option(
            "--out", "-o", help="Model folder of a run, or folder for what goes back of a mask."
        ),
    ],
    recipe: Annotated[
        str | None,
        typer.Option(help="module:function that the run was trained with, if it is your own."),
    ] = None,
    eight_bit: Annotated[
        bool,
        typer.Option(
            "--eight-bit", help="Networks in 8 bits: a quarter of the size, a little faster."
        ),
    ] = False,
    one_network: Annotated[
        bool,
        typer.Option(
            "--one-network", help="One network with the mean of the folds' weights, of a run."
        ),
    ] = False,
    dicom: Annotated[
        Path | None,
        typer.Option(metavar="DIR", help="Folder with the DICOM study of the mask's images."),
    ] = None,
    layout: Annotated[
        str | None, typer.Option(help="Label layout of the mask: myops2020, emidec or scarmap.")
    ] = None,
    series: Annotated[
        str | None,
        typer.Option(
            help="Number or UID of the LGE series, where several lie in one place; several with "
            "commas where each slice is a series."
        ),
    ] = None,
    pseudonym: Annotated[
        str,
        typer.Option(
            "--name", help="Pseudonym of the study on its page; never the patient's name."
        ),
    ] = "study",
    made_by: Annotated[
        str | None,
        typer.Option(
            metavar="MODEL",
            help='Algorithm that made the mask, with its version, such as "scarmap 0.1".',
        ),
    ] = None,
    editor: Annotated[
        str, typer.Option(metavar="INITIALS", help="Reader who changed or drew the mask.")
    ] = "",
    by_hand: Annotated[
        bool, typer.Option("--by-hand", help="The editor drew the mask without any algorithm.")
    ] = False,
    reference_angle: Annotated[
        float | None,
        typer.Option(
            metavar="DEG",
            help="Direction of the middle of the septum, from the columns towards the rows.",
        ),
    ] = None,
) -> None:
    """Write a run as a model that needs no torch, or a mask as DICOM: SEG, report, PDF."""
    from scarmap.io.run import RunFolder
    from scarmap.recipes.model_folder import is_model_folder

    if is_model_folder(source):
        _export_model(source, out, eight_bit=eight_bit, one_network=one_network)
        return
    if RunFolder(source).record_file.is_file():
        _export_run(source, out, own_recipe=recipe, eight_bit=eight_bit, one_network=one_network)
        return
    if dicom is None:
        raise DataError(
            f"{source} is not a run folder, as it has no run.json. For a mask add --dicom DIR, the "
            "DICOM study that it was drawn on."
        )
    from scarmap.dicom.case_folder import check_name, recorded_frames
    from scarmap.dicom.out.find import frames_of_mask, image_of
    from scarmap.dicom.reading import identity_of, read_export
    from scarmap.io.nifti import read_labels
    from scarmap.volume import Case

    maker = _maker(made_by, editor, by_hand)
    files = _files(source, layout)
    labels = read_labels(source, files.layout)
    lge = files.images.get("LGE")
    used = recorded_frames(lge) if lge else ()
    found = frames_of_mask(read_export(dicom).exams, labels, series=series, used=used)
    check_name(pseudonym, identity_of(found.headers[0]))
    images = {"LGE": image_of(found), **_others(files, found.labels)}
    case = Case(pseudonym, files.layout, images, found.labels)
    _write(case, found, out, maker=maker, reference_deg=reference_angle)


def _export_run(
    run: Path, out: Path, *, own_recipe: str | None, eight_bit: bool, one_network: bool
) -> None:
    from tempfile import TemporaryDirectory

    from scarmap.io.run import RunFolder
    from scarmap.recipes.export import export_run

    with TemporaryDirectory() as folder:
        whole = Path(folder) / "model" if eight_bit else out
        difference = export_run(
            RunFolder(run), whole, own_recipe=own_recipe, one_network=one_network
        )
        typer.echo(f"Probabilities of ONNX Runtime and torch differ by {difference:.1g} at most.")
        if eight_bit:
            _export_model(whole, out, eight_bit=True, one_network=False)
            return
    _tell_model(out)


def _export_model(model: Path, out: Path, *, eight_bit: bool, one_network: bool) -> None:
    from scarmap.recipes.eight_bit import eight_bit_model

    if one_network:
        raise DataError(
            f"{model} is a model folder; folds are averaged where their weights are, in the run "
            "that it was exported from: scarmap export RUN --out MODEL --one-network."
        )
    if not eight_bit:
        raise DataError(
            f"{model} is a model folder already; copy it as it is, or add --eight-bit for one "
            "whose networks are smaller."
        )
    difference = eight_bit_model(model, out)
    typer.echo(
        f"Probabilities in 8 and 32 bits differ by {difference:.1g} at most, on synthetic hearts."
    )
    _tell_model(out)


def _tell_model(out: Path) -> None:
    typer.echo(f"Model: {out}\nNext: scarmap predict {out} --data DIR --out MASKS")


def _maker(made_by: str | None, editor: str, by_hand: bool) -> "Maker":
    from scarmap.dicom.out.identity import Maker

    if by_hand:
        if not editor or made_by:
            raise DataError(
                "--by-hand is for masks that a reader drew alone: give the initials with --editor, "
                "and no --made-by."
            )
        return Maker(name="", version="", editor=editor)
    model, *version = made_by.rsplit(" ", 1) if made_by else (NOT_STATED,)
    return Maker(model, version[0] if version else NOT_STATED, editor)


def _files(mask: Path, layout: str | None) -> "CaseFiles":
    from scarmap.datasets.masks import one_study

    return one_study(mask, layout=layout, images={})


def _others(files: "CaseFiles", labels: "LabelMap") -> "dict[str, Volume]":
    """Images besides the LGE that the manifest of the mask names, where they lie on its grid."""
    from scarmap.errors import ScarmapError
    from scarmap.io.nifti import read_image
    from scarmap.volume import check_same_grid

    found = {}
    for sequence in [each for each in files.images if each != "LGE"]:
        with suppress(ScarmapError):
            image = read_image(files.images[sequence])
            check_same_grid(labels.grid, image.grid, what=sequence)
            found[sequence] = image
    return found


def _write(
    case: "Case", found: "Found", out: Path, *, maker: "Maker", reference_deg: float | None
) -> None:
    from scarmap.quantification.origin import MaskOrigin
    from scarmap.quantification.study import quantify
    from scarmap.report.send_back import send_back

    made = maker.name and f"{maker.name} {maker.version}".replace(f" {NOT_STATED}", "")
    made_by = ", ".join(filter(None, (made, maker.editor and f"edited by {maker.editor}")))
    study = quantify(
        found.labels,
        case=case.name,
        layout=case.layout,
        image=case.images["LGE"],
        origin=MaskOrigin(made_by),
        reference_deg=reference_deg,
    )
    sent = send_back(
        out,
        case,
        study,
        found.headers,
        frame_numbers=found.frame_numbers,
        maker=maker,
    )
    typer.echo(
        f"Segmentation: {sent.dicom.segmentation}\nStructured report: {sent.dicom.report}\n"
        f"Page: {sent.dicom.document}, also {sent.pdf} and {sent.page}\nFigures: {sent.figures}"
    )
    for flag in study.flags:
        typer.echo(flag.message)

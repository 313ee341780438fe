"""`scarmap phantom`: write synthetic hearts whose truth is known."""

from pathlib import Path
from typing import Annotated

import typer

from scarmap.cli.options import LAYOUTS_OFFERED, completes
from scarmap.cli.progress import case_progress


def phantom(
    out: Annotated[
        Path, typer.Option("--out", "-o", help="Folder for the cohort; made when missing.")
    ],
    layout: Annotated[
        str | None,
        typer.Option(
            help="Data set to imitate: myops2020, emidec, or scarmap for every label.",
            autocompletion=LAYOUTS_OFFERED,
        ),
    ] = None,
    dicom: Annotated[
        str | None,
        typer.Option(
            help="Instead of a layout: whole studies as DICOM of a scanner by siemens, "
            "siemens-xa, ge or philips.",
            autocompletion=completes("siemens", "siemens-xa", "ge", "philips"),
        ),
    ] = None,
    cases: Annotated[
        int | None, typer.Option(help="Number of cases: 10, or 1 with --dicom.")
    ] = None,
    seed: Annotated[int, typer.Option(help="The same seed writes the same cohort.")] = 0,
    style: Annotated[
        str | None,
        typer.Option(help="Acquisition: myops2020, emidec or random; the layout's own by default."),
    ] = None,
    normal: Annotated[
        float | None, typer.Option(help="Share of normal hearts; the style's own by default.")
    ] = None,
    chronic: Annotated[
        float | None, typer.Option(help="Share of infarcts that are old, without edema.")
    ] = None,
    mvo: Annotated[
        float | None, typer.Option(help="Share of acute infarcts with a no-reflow core.")
    ] = None,
    keep_motion: Annotated[
        bool,
        typer.Option(
            "--keep-motion", help="Leave the sequences as far apart as breath-holds put them."
        ),
    ] = False,
    jobs: Annotated[
        int, typer.Option(help="Processes that share the work; the files are the same.")
    ] = 1,
) -> None:
    """Write a cohort of synthetic hearts with their truth, like a real data set or as DICOM."""
    if (layout is None) == (dicom is None):
        raise typer.BadParameter("give either --layout or --dicom")
    if dicom is not None:
        _write_dicom(out, dicom, cases=cases or 1, seed=seed, keep_motion=keep_motion)
        return
    from scarmap.phantom.cohort import write_cohort

    assert layout is not None
    cases = 10 if cases is None else cases
    with case_progress("simulating", cases) as on_case:
        written = write_cohort(
            out,
            layout=layout,
            num_cases=cases,
            seed=seed,
            style=style,
            normal=normal,
            chronic=chronic,
            mvo=mvo,
            keep_motion=keep_motion,
            jobs=jobs,
            on_case=on_case,
        )
    typer.echo(f"{cases} cases in {len(written)} files: {out}")


def _write_dicom(out: Path, vendor: str, *, cases: int, seed: int, keep_motion: bool) -> None:
    from scarmap.phantom.dicom.study import write_dicom_studies

    with case_progress("simulating", cases) as on_case:
        folders = write_dicom_studies(
            out,
            vendor=vendor,
            num_cases=cases,
            seed=seed,
            keep_motion=keep_motion,
            on_case=on_case,
        )
    typer.echo(f"{len(folders)} DICOM studies: {out}")

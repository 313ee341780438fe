"""`scarmap demo`: the whole way from images to a page, on synthetic hearts."""

from pathlib import Path
from typing import Annotated

import typer

TRAINING_CASES = 20
NEW_CASES = 4
MATRIX = 160
SLICES = 4
SETTINGS = {"schedule": "modern", "width": 8, "size": 96, "spacing_mm": 2.0}
EPOCHS_SCALE = 0.2
MARKER = ".scarmap-demo"


def demo(
    out: Annotated[Path, typer.Option(help="Folder for everything the demo makes.")] = Path("demo"),
    device: Annotated[str, typer.Option(help="auto, cpu or cuda.")] = "auto",
) -> None:
    """Simulate patients, train a small MFU-Net on them for about a minute, segment new ones, score and report."""
    from dataclasses import replace

    from scarmap.cli.evaluate import evaluate
    from scarmap.cli.predict import predict
    from scarmap.cli.progress import training_progress
    from scarmap.phantom.cohort import write_cohort
    from scarmap.report.build import build_report
    from scarmap.systems.catalogue import choose
    from scarmap.training.fit import Options
    from scarmap.training.record import Request
    from scarmap.training.run import train

    parts = prepared_folders(out)
    typer.echo(f"Simulating {TRAINING_CASES} patients to train on and {NEW_CASES} new ones")
    write_cohort(
        parts["patients"], layout="myops2020", num_cases=TRAINING_CASES, seed=1, num_slices=SLICES, in_plane=MATRIX
    )
    write_cohort(
        parts["new-patients"], layout="myops2020", num_cases=NEW_CASES, seed=2, num_slices=SLICES, in_plane=MATRIX
    )
    typer.echo("Training a small MFU-Net")
    row = replace(choose("mfunet", SETTINGS).row, published={})
    with training_progress() as progress:
        options = Options(epochs_scale=EPOCHS_SCALE, on_epoch=progress.on_epoch, on_stage=progress.on_stage)
        run = train(Request("mfunet", row, parts["patients"], parts["run"], (0,), device, options))
    predict(run.root, data=parts["new-patients"], out=parts["predictions"], device=device)
    evaluate(parts["predictions"], parts["new-patients"], layout="myops2020", out=parts["evaluation"])
    page = build_report(run)
    typer.echo(f"\nOpen this page in a browser: {page.resolve()}")


def prepared_folders(out: Path) -> dict[str, Path]:
    """The demo's folders below `out`, emptied if an earlier demo made them.

    Raises:
        DataError: Something else is in `out`; nothing is touched.
    """
    from shutil import rmtree

    from scarmap.errors import DataError

    marker = out / MARKER
    if out.exists() and not marker.is_file() and (not out.is_dir() or any(out.iterdir())):
        raise DataError(f"{out} is not empty and was not made by this demo. Give --out a new folder.")
    out.mkdir(parents=True, exist_ok=True)
    marker.write_text("Made by `scarmap demo`, which replaces what is in this folder.\n", encoding="utf-8")
    parts = {name: out / name for name in ("patients", "new-patients", "run", "predictions", "evaluation")}
    for part in parts.values():
        rmtree(part, ignore_errors=True)
    return parts

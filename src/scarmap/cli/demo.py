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


def demo(
    out: Annotated[Path, typer.Option(help="Folder for everything the demo makes.")] = Path("demo"),
    device: Annotated[str, typer.Option(help="auto, cpu or cuda.")] = "auto",
) -> None:
    """Simulate patients, train a small MFU-Net on them for about a minute, segment new ones, score and report."""
    from dataclasses import replace
    from shutil import rmtree

    from scarmap.cli.evaluate import evaluate
    from scarmap.cli.predict import predict
    from scarmap.cli.progress import training_progress
    from scarmap.errors import DataError
    from scarmap.phantom.cohort import write_cohort
    from scarmap.report.build import build_report
    from scarmap.systems.catalogue import choose
    from scarmap.training.fit import Options
    from scarmap.training.run import Request, train

    parts = {name: out / name for name in ("patients", "new-patients", "run", "predictions", "evaluation")}
    foreign = sorted(path.name for path in out.iterdir() if path.name not in parts) if out.is_dir() else []
    if foreign:
        raise DataError(f"{out} holds other files ({', '.join(foreign[:5])}). Give --out a folder of the demo's own.")
    for part in parts.values():
        rmtree(part, ignore_errors=True)

    typer.echo(f"Simulating {TRAINING_CASES} patients to train on and {NEW_CASES} new ones")
    write_cohort(
        parts["patients"], layout="myops2020", num_cases=TRAINING_CASES, seed=1, num_slices=SLICES, in_plane=MATRIX
    )
    write_cohort(
        parts["new-patients"], layout="myops2020", num_cases=NEW_CASES, seed=2, num_slices=SLICES, in_plane=MATRIX
    )
    typer.echo("Training a small MFU-Net")
    row = replace(choose("mfunet", SETTINGS).row, published={})
    with training_progress() as on_epoch:
        options = Options(epochs_scale=EPOCHS_SCALE, on_epoch=on_epoch)
        run = train(Request("mfunet", row, parts["patients"], parts["run"], (0,), device, options))
    predict(run.root, data=parts["new-patients"], out=parts["predictions"], device=device)
    evaluate(parts["predictions"], parts["new-patients"], layout="myops2020", out=parts["evaluation"])
    page = build_report(run)
    typer.echo(f"\nOpen this page in a browser: {page.resolve()}")

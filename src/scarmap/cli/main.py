"""The `scarmap` command: parse, call one public function, print where the result is.

Each command lives in a file of its own and imports what is heavy inside its function, so that
`scarmap --help` answers at once.
"""

import sys
from typing import Annotated

import typer

from scarmap.cli.command import everyday
from scarmap.cli.demo import demo
from scarmap.cli.dicom import dicom, import_
from scarmap.cli.evaluate import evaluate
from scarmap.cli.export import export
from scarmap.cli.export_dataset import export_dataset
from scarmap.cli.phantom import phantom
from scarmap.cli.predict import predict
from scarmap.cli.quantify import quantify
from scarmap.cli.recipes import recipes
from scarmap.cli.report import report
from scarmap.cli.reproduce import reproduce
from scarmap.cli.serve import serve
from scarmap.cli.study import study
from scarmap.cli.train import train
from scarmap.errors import ScarmapError
from scarmap.version import __version__

app = typer.Typer(
    help="Segment and quantify myocardial scar, edema and microvascular obstruction in cardiac MR.",
    no_args_is_help=True,
    pretty_exceptions_enable=False,
    rich_markup_mode=None,
)
_EVERYDAY = (*(demo, study, phantom, train, predict, evaluate, quantify, export, reproduce, dicom),)
for command in _EVERYDAY:
    app.command()(everyday(command))
app.command()(everyday(report, written_to=None))
app.command()(everyday(serve, written_to="store"))
app.command("import")(everyday(import_))
app.command("export-dataset")(everyday(export_dataset))
app.add_typer(recipes, name="recipes")


_OF_TRAINING = frozenset(
    {"einops", "lightning_fabric", "onnx", "safetensors", "tensorboard", "torch", "torchvision"}
)
"""Packages of the extra `train`, as they are imported."""


def _version(wanted: bool) -> None:
    if wanted:
        typer.echo(__version__)
        raise typer.Exit


@app.callback()
def options(
    version: Annotated[
        bool,
        typer.Option(
            "--version", callback=_version, is_eager=True, help="Print the version and stop."
        ),
    ] = False,
) -> None:
    """Segment and quantify myocardial scar, edema and microvascular obstruction in cardiac MR."""


def main() -> None:
    """Run the `scarmap` command; a user's mistake ends with one paragraph and exit code 2."""
    try:
        app()
    except (ScarmapError, OSError) as problem:
        typer.echo(f"scarmap: {_explain(problem)}", err=True)
        sys.exit(2)
    except ModuleNotFoundError as problem:
        needed = str(problem.name).partition(".")[0]
        if needed not in _OF_TRAINING:
            raise
        typer.echo(
            f"scarmap: This needs {needed}, which is installed with what trains networks. Type: "
            "pip install 'scarmap[train]'",
            err=True,
        )
        sys.exit(2)


def _explain(problem: ScarmapError | OSError) -> str:
    """One paragraph about what went wrong; it names the file of an operating system's error."""
    if isinstance(problem, ScarmapError):
        return str(problem)
    where = f"{problem.filename}: " if problem.filename else ""
    return (
        f"{where}{problem.strerror or problem}. Check that the path is right, may be written, and "
        "has room."
    )

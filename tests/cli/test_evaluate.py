import json
import subprocess
import sys

import nibabel
import numpy as np
import pytest
import typer
from typer.testing import CliRunner

from scarmap.cli.evaluate import evaluate
from scarmap.errors import DataError


@pytest.fixture
def folders(tmp_path):
    """Predictions as a flat folder, the truth in EMIDEC's layout; one true case is not
    predicted."""
    values = np.zeros((8, 8, 2), dtype=np.uint8)
    values[1:7, 1:4], values[1:3, 1] = 2, 3
    for case in ("Case_P001", "Case_P002", "Case_P003"):
        truth = tmp_path / "truth" / case / "Contours" / f"{case}.nii.gz"
        truth.parent.mkdir(parents=True)
        nibabel.save(nibabel.Nifti1Image(values, np.eye(4)), truth)
    (tmp_path / "predicted").mkdir()
    for case in ("Case_P001", "Case_P002"):
        nibabel.save(
            nibabel.Nifti1Image(values, np.eye(4)), tmp_path / "predicted" / f"{case}.nii.gz"
        )
    return tmp_path / "predicted", tmp_path / "truth"


def _invoke(*arguments):
    app = typer.Typer()
    app.command()(evaluate)
    return CliRunner().invoke(
        app, [str(argument) for argument in arguments], env={"COLUMNS": "200"}
    )


def test_evaluate_writes_both_files_and_prints_the_table(folders, tmp_path, caplog):
    result = _invoke(*folders, "--layout", "emidec", "--out", tmp_path / "scores")
    assert result.exit_code == 0
    assert "1.000 ± 0.000" in result.output
    assert "Case_P003" in caplog.text
    assert str(tmp_path / "scores" / "cases.csv") in result.output.replace("\n", "")
    summary = json.loads((tmp_path / "scores" / "summary.json").read_text())
    assert summary["missing"] == ["Case_P003"]
    assert summary["scores"]["case3d"]["scar"]["dice"]["n"] == 2
    assert summary["scores"]["case3d"]["mvo"]["dice"]["n_undefined"] == 2


def test_the_table_shows_distance_volume_and_presence_of_the_convention_asked_for(
    folders, tmp_path
):
    usual = _invoke(*folders, "--layout", "emidec", "--out", tmp_path / "scores").output
    for told in ("HD95 (mm)", "volume difference (ml)", "case3d", "sensitivity", "2 of 2"):
        assert told in usual, told
    options = ("--layout", "emidec", "--out", tmp_path / "scores")
    official = _invoke(*folders, *options, "--convention", "emidec_official").output
    assert "emidec_official" in official
    assert "HD (mm)" in official
    wrong = _invoke(*folders, *options, "--convention", "slicewize")
    assert "Did you mean 'slicewise'" in str(wrong.exception)


def test_a_folder_without_masks_is_an_error_that_names_it(folders, tmp_path):
    result = _invoke(
        tmp_path / "nowhere", folders[1], "--layout", "emidec", "--out", tmp_path / "scores"
    )
    assert isinstance(result.exception, DataError)
    assert str(tmp_path / "nowhere") in str(result.exception)


def test_measuring_masks_does_not_import_torch(folders, tmp_path):
    code = (
        "import sys; from pathlib import Path; from scarmap.cli.evaluate import evaluate;"
        f"evaluate(Path({str(folders[0])!r}), Path({str(folders[1])!r}), "
        f"Path({str(tmp_path / 'o')!r}), 'emidec');print('torch' in sys.modules, 'monai' in "
        "sys.modules)"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.splitlines()[-1] == "False False"
    assert (tmp_path / "o" / "cases.csv").is_file()

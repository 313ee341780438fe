"""The page on a system of one's own: its code, as it stands there, from training to a report."""

import re
from pathlib import Path

import pytest

from scarmap.datasets.folder import find_cases
from scarmap.io.nifti import read_labels

PAGE = Path(__file__).parents[2] / "docs" / "own_system.md"
OWN = "my_system:segresnet"


@pytest.fixture
def folder(tmp_path, monkeypatch):
    pytest.importorskip("monai", reason="the page's network is one of MONAI")
    (code,) = re.findall(r"```python\n(.*?)```", PAGE.read_text(encoding="utf-8"), flags=re.DOTALL)
    (tmp_path / "my_system.py").write_text(code, encoding="utf-8")
    monkeypatch.syspath_prepend(tmp_path)
    return tmp_path


def test_the_pages_network_goes_from_training_to_a_report(scarmap, myops_phantom, folder):
    run, masks = folder / "run", folder / "masks"
    shown = scarmap("recipes", "show", OWN)
    assert "SegResNet" in shown.out, shown.err
    trained = scarmap(
        "train", OWN, "--data", myops_phantom, "--out", run, "--smoke", "--device", "cpu"
    )
    assert trained.code == 0, trained.err
    assert (run / "evaluation" / "cases.csv").is_file()
    assert scarmap("report", run).code == 0
    one = [f"--{name.lower()}={path}" for name, path in find_cases(myops_phantom)[0].images.items()]
    predicted = scarmap("predict", run, "--recipe", OWN, *one, "--out", masks)
    assert predicted.code == 0, predicted.err
    (mask,) = masks.glob("*.nii.gz")
    read_labels(mask, "myops2020")
    ended = scarmap("export", run, "--recipe", OWN, "--out", folder / "model")
    assert ended.code == 0, ended.err
    again = scarmap("predict", folder / "model", *one, "--out", masks)
    assert "done before" in again.out

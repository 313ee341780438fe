"""Everything but training works where torch and what comes with it are not installed."""

import subprocess
import sys
from pathlib import Path

import pytest

from scarmap.phantom.cohort import write_cohort

WITHOUT = """
import sys

class Missing:
    def find_spec(self, name, path=None, target=None):
        if name.partition(".")[0] in {
            "torch", "torchvision", "lightning_fabric", "monai", "tensorboard", "safetensors",
            "einops", "onnx", "onnxscript",
        }:
            raise ModuleNotFoundError(f"No module named {name!r}", name=name)

sys.meta_path.insert(0, Missing())
import scarmap.cli.demo
from scarmap.cli.main import main

scarmap.cli.demo.PATIENTS = 1
scarmap.cli.demo.NUM_SLICES, scarmap.cli.demo.IN_PLANE, scarmap.cli.demo.PHASES = 3, 96, 4
for words in COMMANDS:
    sys.argv = ["scarmap", *words]
    try:
        main()
    except SystemExit as ended:
        if ended.code:
            sys.exit(ended.code)
"""


@pytest.fixture(scope="module")
def two_cases(tmp_path_factory):
    """Folder of 2 small cases in EMIDEC layout."""
    folder = tmp_path_factory.mktemp("two_cases")
    write_cohort(folder, layout="emidec", num_cases=2, seed=5, num_slices=2, in_plane=96)
    return folder


def without_torch(*commands):
    """Run commands one after the other in one process that cannot import torch."""
    words = [[str(word) for word in command] for command in commands]
    code = f"COMMANDS = {words!r}\n{WITHOUT}"
    return subprocess.run(
        [sys.executable, "-c", code], capture_output=True, text=True, check=False, timeout=600
    )


def test_cases_are_predicted_scored_measured_and_reported(two_cases, tmp_path):
    masks = tmp_path / "masks"
    ended = without_torch(
        ("recipes", "list"),
        ("predict", "--data", two_cases, "--out", masks, "--save-probabilities"),
        ("evaluate", masks, two_cases, "--out", tmp_path / "scores"),
        ("quantify", masks, "--layout", "emidec", "--out", tmp_path / "figures"),
        ("report", masks, "--data", two_cases, "--layout", "emidec", "--out", tmp_path / "pages"),
    )
    assert ended.returncode == 0, ended.stderr
    assert len(list(masks.glob("*_probabilities.nii.gz"))) == 2
    assert (tmp_path / "scores" / "summary.json").is_file()
    assert (tmp_path / "figures" / "cohort.csv").is_file()
    assert (tmp_path / "pages" / "cohort.html").is_file()


def test_the_demo_simulates_patients_and_goes_all_the_way(tmp_path):
    ended = without_torch(("demo", "--out", tmp_path / "demo"))
    assert ended.returncode == 0, ended.stderr
    page = Path(tmp_path / "demo" / "run" / "report.html").read_text(encoding="utf-8")
    assert "scarmap-synthetic" in page
    assert (tmp_path / "demo" / "study" / "segmentation.dcm").is_file()


@pytest.mark.parametrize(
    "words",
    [
        ("train", "--data", "DATA", "--out", "RUN"),
        ("predict", "RUN", "--data", "DATA"),
        ("export", "RUN", "--out", "MODEL"),
        ("recipes", "show", "scarmap"),
    ],
)
def test_a_command_that_needs_torch_says_which_line_to_type(words, tmp_path, two_cases):
    run = tmp_path / "run"
    run.mkdir()
    (run / "run.json").write_text(
        '{"recipe": {}, "data": {}, "folds": [], "provenance": {}, "state": {}}', encoding="utf-8"
    )
    places = {"DATA": two_cases, "RUN": run, "MODEL": tmp_path / "model"}
    ended = without_torch([places.get(word, word) for word in words])
    assert ended.returncode == 2
    assert "pip install 'scarmap[train]'" in ended.stderr
    assert "Traceback" not in ended.stderr


LEAN = """
import sys
from scarmap.cli.main import main

sys.argv = ["scarmap", *WORDS]
try:
    main()
except SystemExit as ended:
    assert not ended.code
assert not {"pydicom", "highdicom", "matplotlib", "scipy.spatial"} & set(sys.modules)
import pydicom
"""


def test_a_prediction_imports_nothing_that_it_does_not_use(two_cases, tmp_path):
    words = ["predict", "--data", str(two_cases), "--out", str(tmp_path / "masks")]
    code = f"WORDS = {words!r}\n{LEAN}"
    ended = subprocess.run(
        [sys.executable, "-c", code], capture_output=True, text=True, check=False, timeout=600
    )
    assert not ended.returncode, ended.stderr

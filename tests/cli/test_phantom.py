import typer
from typer.testing import CliRunner

from scarmap.cli.phantom import phantom
from scarmap.datasets.folder import find_cases
from scarmap.errors import DataError


def _invoke(*arguments):
    app = typer.Typer()
    app.command()(phantom)
    return CliRunner().invoke(app, [str(argument) for argument in arguments])


def test_phantom_writes_a_cohort_and_says_where(tmp_path):
    out = tmp_path / "cohort"
    result = _invoke("--layout", "emidec", "--cases", 2, "--seed", 3, "--out", out)
    assert result.exit_code == 0
    assert str(out) in result.output
    assert [case.name for case in find_cases(out, labelled=True)] == ["Case_N002", "Case_P001"]


def test_phantom_leaves_a_foreign_cohort_alone(tmp_path):
    assert _invoke("--layout", "emidec", "--cases", 1, "--out", tmp_path).exit_code == 0
    refused = _invoke("--layout", "myops2020", "--cases", 1, "--out", tmp_path)
    assert isinstance(refused.exception, DataError)
    assert not (tmp_path / "train25").exists()


def test_options_reach_the_cohort(tmp_path):
    options = (
        "--style",
        "emidec",
        "--normal",
        0,
        "--chronic",
        1,
        "--mvo",
        0.5,
        "--keep-motion",
        "--jobs",
        1,
    )
    assert _invoke("--layout", "scarmap", "--cases", 1, *options, "--out", tmp_path).exit_code == 0
    assert sorted(path.name for path in (tmp_path / "case_0001").iterdir()) == [
        "LGE.nii.gz",
        "case_0001_truth.json",
        "labels.nii.gz",
    ]
    assert '"stage": "chronic"' in (tmp_path / "case_0001" / "case_0001_truth.json").read_text()


def test_layout_and_folder_must_be_given(tmp_path):
    assert _invoke("--layout", "emidec").exit_code == 2
    assert _invoke("--out", tmp_path).exit_code == 2

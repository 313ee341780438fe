import sys
from dataclasses import dataclass

import pytest

from scarmap.cli.main import main
from scarmap.phantom.cohort import write_cohort

SMALL = ("--set", "size=96", "--set", "width=4")


@dataclass(frozen=True)
class Ended:
    code: int
    out: str
    err: str


@pytest.fixture
def scarmap(monkeypatch, capsys):
    """Run the `scarmap` command in this process: exit code, standard output and standard error."""
    monkeypatch.setenv("COLUMNS", "200")

    def run(*arguments):
        monkeypatch.setattr(sys, "argv", ["scarmap", *map(str, arguments)])
        capsys.readouterr()
        with pytest.raises(SystemExit) as ended:
            main()
        printed = capsys.readouterr()
        return Ended(ended.value.code or 0, printed.out, printed.err)

    return run


def smoke_train(recipe, data, out, *settings):
    """Train two steps in-process, from a session fixture that has no `monkeypatch`."""
    before, sys.argv = (
        sys.argv,
        ["scarmap", "train", recipe, "--data", str(data), "--out", str(out), "--smoke", *settings],
    )
    try:
        with pytest.raises(SystemExit) as ended:
            main()
    finally:
        sys.argv = before
    assert not ended.value.code
    return out


@pytest.fixture(scope="session")
def myops_run(myops_phantom, tmp_path_factory):
    """Run folder of a smoke-trained MFU-Net on the MyoPS phantom."""
    return smoke_train("mfunet", myops_phantom, tmp_path_factory.mktemp("myops") / "run", *SMALL)


@pytest.fixture(scope="session")
def six_emidec_cases(tmp_path_factory):
    """Folder of 6 small cases in EMIDEC layout."""
    folder = tmp_path_factory.mktemp("six_emidec")
    write_cohort(folder, layout="emidec", num_cases=6, seed=5, num_slices=2, in_plane=96)
    return folder


@pytest.fixture(scope="session")
def emidec_run(six_emidec_cases, tmp_path_factory):
    """Run folder of a smoke-trained LGE-only MFU-Net on the EMIDEC phantom."""
    settings = ("--set", "layout=emidec", "--set", "sequences=LGE", *SMALL)
    return smoke_train(
        "mfunet", six_emidec_cases, tmp_path_factory.mktemp("emidec") / "run", *settings
    )

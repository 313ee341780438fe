import shutil
import subprocess
from types import SimpleNamespace

import pytest
from tests.dicom import tiny_study

from scarmap.dicom.out.identity import Maker
from scarmap.dicom.out.source import grid_of, read_source
from scarmap.dicom.out.write import write_results
from scarmap.quantification.study import quantify
from scarmap.volume import LabelMap

PDF = b"%PDF-1.4\n1 0 obj<<>>endobj\ntrailer<<>>\n%%EOF\n"


@pytest.fixture(scope="session")
def make_results():
    """Write what goes back for a tiny heart on some headers."""

    def make(out, headers, *, layout="scarmap", maker=None, numbers=None, pdf=PDF, labels=None):
        grid = grid_of(read_source(headers, numbers))
        if labels is None:
            labels = LabelMap(tiny_study.heart(grid.shape, spacing_mm=grid.spacing_mm), grid)
        study = quantify(labels, case="study-1", layout=layout)
        maker = maker or Maker()
        written = write_results(
            out, headers, labels, study, layout=layout, maker=maker, pdf=pdf, frame_numbers=numbers
        )
        return SimpleNamespace(
            files=written, labels=labels, study=study, headers=headers, layout=layout
        )

    return make


@pytest.fixture(scope="session")
def results(make_results, tmp_path_factory):
    """What goes back for a stack of four slices of 64 x 56 pixels, in our own layout."""
    return make_results(tmp_path_factory.mktemp("results"), tiny_study.stack(rows=64, columns=56))


@pytest.fixture(scope="session")
def errors_of():
    """Errors that dciodvfy finds in a file."""
    if shutil.which("dciodvfy") is None:
        pytest.skip("dciodvfy, of Debian's dicom3tools, is not installed")

    def check(path):
        ended = subprocess.run(["dciodvfy", path], capture_output=True, text=True, check=False)
        said = (ended.stdout + ended.stderr).splitlines()
        assert any(line and "Error" not in line and "Warning" not in line for line in said)
        return [line for line in said if line.startswith("Error")]

    return check

import json

import nibabel
import numpy as np
import pytest

from scarmap.datasets.case_files import load_case
from scarmap.datasets.folder import find_cases
from scarmap.io.nifti import write_image
from scarmap.labels import SEQUENCES
from scarmap.volume import Grid


@pytest.fixture
def on_own_grids(myops_phantom, tmp_path):
    """Folder of one case whose T2 has other pixels and lacks a slice."""
    case = load_case(find_cases(myops_phantom)[0], sequences=SEQUENCES)
    folder = tmp_path / "cases" / "p1"
    for sequence in ("LGE", "bSSFP"):
        write_image(folder / f"{sequence}.nii.gz", case.images[sequence].array, case.grid)
    array, grid = case.images["T2"].array[8:-8, 4:-8, 1:], case.grid
    affine = grid.affine.copy()
    affine[:, 3] = grid.affine @ (8, 4, 1, 1)
    write_image(folder / "T2.nii.gz", array, Grid(array.shape, grid.spacing_mm, affine))
    return folder.parent


def test_the_error_about_different_grids_names_the_option(scarmap, on_own_grids, tmp_path):
    ended = scarmap("predict", "--data", on_own_grids, "--out", tmp_path / "masks")
    assert ended.code == 2
    assert "--align headers" in ended.err


@pytest.mark.parametrize("how", ["headers", "full"])
def test_sequences_are_put_on_the_grid_of_lge_and_what_was_done_is_kept(
    scarmap, on_own_grids, tmp_path, how
):
    out = tmp_path / "masks"
    command = ("predict", "--data", on_own_grids, "--out", out, "--align", how)
    ended = scarmap(*command)
    assert ended.code == 0
    assert "T2 has no slice 1." in ended.out
    assert json.loads((out / "flags.json").read_text())["p1"][0] == "T2 has no slice 1."
    mask, lge, t2 = (
        nibabel.load(path)
        for path in (
            out / "p1.nii.gz",
            on_own_grids / "p1" / "LGE.nii.gz",
            out / "aligned" / "p1" / "T2.nii.gz",
        )
    )
    assert mask.shape == lge.shape == t2.shape
    assert np.allclose(mask.affine, lge.affine)
    assert np.allclose(t2.affine, lge.affine)
    assert not (out / "aligned" / "p1" / "LGE.nii.gz").exists()
    told = json.loads((out / "aligned" / "p1" / "alignment.json").read_text())
    assert told["align"] == how
    assert [each["from_slice"] for each in told["sequences"]["T2"]["slices"]] == [None, 1, 2]
    written = (out / "aligned" / "p1" / "T2.nii.gz").stat().st_mtime_ns
    assert "1 skipped" in scarmap(*command).out
    assert (out / "aligned" / "p1" / "T2.nii.gz").stat().st_mtime_ns == written


def test_a_way_that_does_not_exist_is_refused(scarmap, on_own_grids, tmp_path):
    ended = scarmap("predict", "--data", on_own_grids, "--out", tmp_path, "--align", "image")
    assert ended.code == 2
    assert "--align 'image' is not known" in ended.err

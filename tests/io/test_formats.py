import sys
from pathlib import Path

import nibabel
import numpy as np
import pytest

from scarmap.datasets.folder import find_cases
from scarmap.datasets.mask_files import find_masks
from scarmap.errors import DataError
from scarmap.io.colours import slicer_colours, snap_colours, write_colours
from scarmap.io.formats import by_name, has_image_ending, is_dicom
from scarmap.io.nifti import read_image, read_labels, write_labels
from scarmap.labels import codes
from scarmap.volume import LabelMap


@pytest.fixture
def nifti(tmp_path):
    affine = np.array([[1.5, 0.2, 0, -40], [-0.2, 1.4, 0.3, 12], [0, 0.1, 8, 3], [0, 0, 0, 1.0]])
    affine[:3, :3] = np.linalg.qr(affine[:3, :3])[0] @ np.diag([1.5, 1.4, 8])
    values = np.arange(60, dtype=np.int16).reshape(5, 4, 3)
    path = tmp_path / "p7.nii.gz"
    nibabel.save(nibabel.Nifti1Image(values, affine), path)
    return path


@pytest.mark.parametrize("ending", [".nrrd", ".mha", ".mhd"])
def test_other_formats_lie_where_their_nifti_does_and_lend_their_grid_to_masks(
    nifti, tmp_path, ending
):
    itk = pytest.importorskip("SimpleITK")
    other = tmp_path / f"other{ending}"
    itk.WriteImage(itk.ReadImage(str(nifti)), str(other))
    wanted, found = read_image(nifti), read_image(other)
    assert np.array_equal(found.array, wanted.array)
    assert found.grid.affine == pytest.approx(wanted.grid.affine, abs=1e-4)
    assert found.grid.spacing_mm == pytest.approx(wanted.grid.spacing_mm, abs=1e-5)
    mask = LabelMap((found.array > 30).astype(np.uint8), found.grid)
    write_labels(tmp_path / "mask.nii.gz", mask, "scarmap")
    assert np.array_equal(read_labels(tmp_path / "mask.nii.gz", "scarmap").array, mask.array)


def test_a_damaged_file_of_another_format_is_one_paragraph(tmp_path):
    pytest.importorskip("SimpleITK")
    (tmp_path / "p7.nrrd").write_bytes(b"no image")
    with pytest.raises(DataError, match=r"p7\.nrrd cannot be read"):
        read_image(tmp_path / "p7.nrrd")


def test_dicom_where_nifti_is_expected_names_the_command_for_it(tmp_path):
    series = tmp_path / "a study" / "series"
    series.mkdir(parents=True)
    (series / "IM1").write_bytes(bytes(128) + b"DICM" + bytes(2))
    with pytest.raises(DataError, match=r"IM1 is a DICOM file.*scarmap import .*series' --out"):
        read_image(series / "IM1")
    with pytest.raises(DataError, match=r"holds DICOM files.*scarmap dicom .*a study'\."):
        read_image(tmp_path / "a study")
    with pytest.raises(DataError, match=r"a study holds DICOM files.*then --data cases"):
        find_cases(tmp_path / "a study")
    with pytest.raises(DataError, match="scarmap import"):
        find_masks(tmp_path / "a study")
    with pytest.raises(DataError, match="IM1 is a DICOM file"):
        find_cases(series / "IM1")
    (tmp_path / "export.zip").write_bytes(b"PK")
    with pytest.raises(DataError, match=r"scarmap import .*export\.zip --out cases"):
        find_cases(tmp_path / "export.zip")


@pytest.mark.parametrize("layout", ["myops2020", "emidec", "scarmap", "own:scar=7"])
def test_colour_tables_name_every_code_of_a_layout(tmp_path, layout):
    lines = [line.split() for line in slicer_colours(layout).splitlines() if line[0] != "#"]
    assert {name: int(code) for code, name, *_ in lines} == codes(layout)
    assert all(0 <= int(value) <= 255 for _, _, *rgba in lines for value in rgba)
    snap = [line.split(None, 7) for line in snap_colours(layout).splitlines() if line[0] != "#"]
    assert {line[7].strip('"'): int(line[0]) for line in snap} == codes(layout)
    assert all(path.is_file() for path in write_colours(tmp_path, layout))
    if layout == "emidec":
        assert ["1", "lv_pool", "213", "94", "0", "255"] in lines  # D55E00, vermilion of Okabe-Ito


def test_two_files_of_one_name_are_named_both(tmp_path):
    twins = [tmp_path / "a.nii", tmp_path / "a.nii.gz"]
    assert by_name([twins[0], tmp_path / "b.nii.gz"]).keys() == {"a", "b"}
    with pytest.raises(DataError, match=r"a\.nii and .*a\.nii\.gz have the same name"):
        by_name(twins)


def itk_image(values, *, spacing=(1.5, 1.4, 8.0), origin=(0.0, 0.0, 0.0), vector=False):
    itk = pytest.importorskip("SimpleITK")
    image = itk.GetImageFromArray(values, isVector=vector)
    image.SetSpacing(spacing)
    image.SetOrigin(origin)
    return image


def written(path, image):
    pytest.importorskip("SimpleITK").WriteImage(image, str(path))
    return path


@pytest.mark.parametrize(
    ("kind", "values"),
    [
        (np.int64, [-7, 0, 70_000]),
        (np.uint64, [7, 0, 70_000]),
        (np.uint32, [7, 0, 3_000_000_000]),
        (np.float64, [-0.5, 0, 0.25]),
    ],
)
def test_numbers_of_any_type_are_read_from_other_formats(tmp_path, kind, values):
    path = written(tmp_path / "a.mha", itk_image(np.array([[values]], dtype=kind)))
    assert read_image(path).array.ravel().tolist() == values


@pytest.mark.parametrize(
    ("keywords", "told"),
    [
        ({"spacing": (0.01, 1.4, 8.0)}, r"voxels of 0\.01 x 1\.4 x 8 mm in its spacing"),
        ({"origin": (1e9, 0.0, 0.0)}, r"the corner \[1\.e\+09 0\.e\+00 0\.e\+00\], which"),
    ],
)
def test_other_formats_are_checked_as_they_are_stored(tmp_path, keywords, told):
    path = written(tmp_path / "a.mha", itk_image(np.arange(24.0).reshape(2, 3, 4), **keywords))
    with pytest.raises(DataError, match=rf"a\.mha .*{told}"):
        read_image(path)


def test_other_formats_have_a_limit_of_voxels_and_one_number_in_each(tmp_path, monkeypatch):
    values = np.arange(48.0).reshape(2, 3, 4, 2)
    path = written(tmp_path / "pairs.mha", itk_image(values, vector=True))
    with pytest.raises(DataError, match=r"pairs\.mha .*several numbers per voxel"):
        read_image(path)
    path = written(tmp_path / "a.mha", itk_image(values[..., 0]))
    monkeypatch.setenv("SCARMAP_MAX_VOXELS", "23")
    with pytest.raises(DataError, match=r"a\.mha announces \(4, 3, 2\) voxels"):
        read_image(path)
    monkeypatch.setenv("SCARMAP_MAX_VOXELS", "24")
    assert read_image(path).array.shape == (4, 3, 2)


def test_a_fourth_axis_of_one_time_is_left_away_whatever_its_step(tmp_path):
    itk = pytest.importorskip("SimpleITK")
    stack = itk_image(np.arange(24.0).reshape(2, 3, 4), origin=(10.0, 20.0, 30.0))
    series = itk.JoinSeries([stack], 0.0, 200.0)
    alone = read_image(written(tmp_path / "a.nrrd", stack))
    joined = read_image(written(tmp_path / "b.nrrd", series))
    np.testing.assert_array_equal(joined.array, alone.array)
    np.testing.assert_array_equal(joined.grid.affine, alone.grid.affine)


def test_without_simpleitk_its_formats_name_what_to_install(tmp_path, monkeypatch):
    monkeypatch.setitem(sys.modules, "SimpleITK", None)
    (tmp_path / "a.mha").touch()
    with pytest.raises(DataError, match=r"reads \.mha files, is not installed.*pip install"):
        read_image(tmp_path / "a.mha")


def test_an_image_is_known_by_its_ending_in_any_case_and_is_not_hidden():
    names = ["p7.nii", "p7.NII.GZ", "p7.mha", "._p7.nii.gz", "p7.txt", "p7.gz", ".hidden"]
    assert [has_image_ending(Path(name)) for name in names] == [True] * 3 + [False] * 4


@pytest.mark.parametrize(("others", "found"), [(199, True), (200, False)])
def test_among_the_first_200_files_of_a_folder_dicom_is_found(tmp_path, monkeypatch, others, found):
    for number in range(others):
        (tmp_path / f"{number:03d}.txt").touch()
    (tmp_path / "IM1").write_bytes(bytes(128) + b"DICM")
    listed = sorted(tmp_path.iterdir())
    monkeypatch.setattr(Path, "rglob", lambda _folder, _pattern: iter(listed))
    assert is_dicom(tmp_path) is found

import nibabel
import numpy as np
import pytest

from scarmap.datasets.folder import find_cases
from scarmap.datasets.masks import find_masks
from scarmap.errors import DataError
from scarmap.io.colours import slicer_colours, snap_colours, write_colours
from scarmap.io.formats import by_name
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
    (series / "IM1").write_bytes(bytes(128) + b"DICM")
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


def test_two_files_of_one_name_are_named_both(tmp_path):
    twins = [tmp_path / "a.nii", tmp_path / "a.nii.gz"]
    assert by_name([twins[0], tmp_path / "b.nii.gz"]).keys() == {"a", "b"}
    with pytest.raises(DataError, match=r"a\.nii and .*a\.nii\.gz have the same name"):
        by_name(twins)

import pytest

from scarmap.datasets.case_files import CaseFiles
from scarmap.datasets.folder import find_cases
from scarmap.datasets.mask_files import find_masks
from scarmap.datasets.names import LONGEST, check_name
from scarmap.errors import DataError


@pytest.mark.parametrize("name", ["p1", "Patient 01", "Müller", "<b>p1", "患者一", "a=b", "p.1"])
def test_names_that_people_give_are_kept(name):
    assert check_name(name) == name
    assert CaseFiles(name, "emidec", {}).name == name


@pytest.mark.parametrize(
    ("name", "told"),
    [
        ("", "is no name"),
        ("  ", "is no name"),
        ("a" * (LONGEST + 1), "is longer than 150 characters"),
        ("a\nb", "cannot be seen"),
        ("a\u202eb", "cannot be seen"),
        ("a\udcff", "are no UTF-8"),
        ("..", "leads to another folder"),
        ("a/../b", "leads to another folder"),
        ("=cmd|x", "for a formula"),
        ("-1+2", "for a formula"),
    ],
)
def test_other_names_are_refused_in_plain_letters(name, told):
    with pytest.raises(DataError, match=told) as caught:
        CaseFiles(name, "emidec", {})
    assert str(caught.value).isascii()


@pytest.mark.parametrize("name", ["=1+1", "a\u202eb"])
def test_files_so_named_are_refused_as_images_and_as_masks(tmp_path, name):
    (tmp_path / f"{name}_LGE.nii.gz").touch()
    with pytest.raises(DataError, match="Rename its files"):
        find_cases(tmp_path)
    (tmp_path / "masks").mkdir()
    (tmp_path / "masks" / f"{name}.nii.gz").touch()
    with pytest.raises(DataError, match="Rename its files"):
        find_masks(tmp_path / "masks")

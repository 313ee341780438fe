import numpy as np
import pytest

from scarmap.datasets.case_files import CaseFiles, load_case
from scarmap.errors import DataError, GeometryError, LabelError
from scarmap.labels import INDEX


@pytest.fixture
def files(tmp_path, write_volume):
    values = np.arange(60, dtype=np.int16).reshape(6, 5, 2)
    images = {
        sequence: write_volume(tmp_path / f"a_{sequence}.nii.gz", values + level)
        for level, sequence in enumerate(("LGE", "T2"), start=1)
    }
    labels = write_volume(tmp_path / "a_gd.nii.gz", np.full((6, 5, 2), 2221, dtype=np.int16))
    return CaseFiles("a", "myops2020", images, labels)


def test_a_case_holds_the_sequences_in_the_order_asked_for(files):
    case = load_case(files, sequences=("T2", "LGE"))
    assert list(case.images) == ["T2", "LGE"]
    assert [image.array[0, 0, 0] for image in case.images.values()] == [2, 1]
    assert case.grid.source == files.images["T2"]
    assert case.labels is None


def test_labels_are_read_as_tissues_when_asked_for(files):
    case = load_case(files, sequences=("LGE",), labelled=True)
    assert (case.labels.array == INDEX["scar"]).all()


def test_a_missing_sequence_is_named_with_what_was_found(files):
    with pytest.raises(
        DataError, match=r"Case a has no bSSFP image; found: LGE \(.*a_LGE\.nii\.gz\), T2"
    ):
        load_case(files, sequences=("LGE", "bSSFP"))


def test_missing_labels_are_named(files):
    unlabelled = CaseFiles("a", "myops2020", files.images)
    with pytest.raises(DataError, match=r"Case a has no labels beside .*a_LGE\.nii\.gz"):
        load_case(unlabelled, sequences=("LGE",), labelled=True)


def test_sequences_on_different_grids_are_refused_with_both_files(files, write_volume):
    write_volume(files.images["T2"], np.arange(90, dtype=np.int16).reshape(6, 5, 3))
    with pytest.raises(
        GeometryError,
        match=r"Case a: LGE .*a_LGE\.nii\.gz.* and T2 .*a_T2\.nii\.gz.* different sizes",
    ):
        load_case(files, sequences=("LGE", "T2"))


def test_labels_on_another_grid_are_refused_with_both_files(files, write_volume):
    shifted = np.eye(4)
    shifted[1, 3] = 4
    write_volume(files.labels, affine=shifted)
    with pytest.raises(
        GeometryError,
        match=r"LGE .*a_LGE\.nii\.gz.* and its labels .*a_gd\.nii\.gz.* 4\.0 mm apart",
    ):
        load_case(files, sequences=("LGE",), labelled=True)


def test_labels_of_another_layout_are_refused_with_the_file(files, write_volume):
    write_volume(files.labels, np.full((6, 5, 2), 3, dtype=np.int16))
    with pytest.raises(LabelError, match=r"a_gd\.nii\.gz holds the label values 3"):
        load_case(files, sequences=("LGE",), labelled=True)


def test_optional_sequences_may_be_missing_but_not_all_of_them(files):
    case = load_case(files, sequences=("bSSFP", "T2"), optional=True)
    assert list(case.images) == ["T2"]
    with pytest.raises(
        DataError, match=r"Case a has no bSSFP image; found: LGE .* needs at least one of bSSFP"
    ):
        load_case(files, sequences=("bSSFP",), optional=True)

import shutil

import pytest

from scarmap.datasets.folder import find_cases
from scarmap.datasets.mask_files import find_masks
from scarmap.datasets.masks import load_study, one_study, studies_of_folder
from scarmap.errors import DataError, GeometryError, LabelError
from scarmap.quantification.cohort import measure_study


def test_a_data_set_with_its_truth_needs_no_layout_and_brings_its_images(emidec_phantom):
    studies = studies_of_folder(emidec_phantom)
    assert [each.layout for each in studies] == ["emidec"] * 4
    assert all(each.labels is not None and list(each.images) == ["LGE"] for each in studies)
    case = load_study(studies[0])
    assert case.labels is not None
    assert case.grid is case.images["LGE"].grid


@pytest.fixture
def bare(myops_phantom, tmp_path):
    """Two masks of the phantom alone, named by case."""
    folder = tmp_path / "masks"
    folder.mkdir()
    for case, path in list(find_masks(myops_phantom).items())[:2]:
        shutil.copy(path, folder / f"{case}.nii.gz")
    return folder


def test_masks_alone_need_their_layout(bare):
    with pytest.raises(
        DataError,
        match=r"label layout of .*masks is not known.*--layout myops2020, emidec or scarmap",
    ):
        studies_of_folder(bare)
    with pytest.raises(LabelError, match="no label layout 'myops'"):
        studies_of_folder(bare, layout="myops")
    studies = studies_of_folder(bare, layout="myops2020")
    assert [each.name for each in studies] == ["myops_training_101", "myops_training_102"]
    assert all(not each.images for each in studies)
    assert load_study(studies[0]).grid.shape == (128, 128, 3)


def test_images_that_were_aligned_beside_masks_hide_none_of_them(bare):
    aligned = bare / "aligned" / "myops_training_101"
    aligned.mkdir(parents=True)
    shutil.copy(bare / "myops_training_101.nii.gz", aligned / "T2.nii.gz")
    assert sorted(find_masks(bare)) == ["myops_training_101", "myops_training_102"]


def test_masks_get_the_images_of_the_same_case_from_elsewhere(bare, myops_phantom):
    studies = studies_of_folder(bare, layout="myops2020", data=myops_phantom)
    assert [sorted(each.images) for each in studies] == [["LGE", "T2", "bSSFP"]] * 2
    assert all(each.labels.parent == bare for each in studies)


def test_images_of_other_cases_are_refused(bare, emidec_phantom):
    with pytest.raises(
        DataError, match=r"No mask in .*myops_training_101.* has a case of the same name in .*Case_"
    ):
        studies_of_folder(bare, layout="myops2020", data=emidec_phantom)


def test_a_mask_on_another_grid_than_its_image_is_refused(bare, emidec_phantom):
    image = next(emidec_phantom.glob("*/Images/*"))
    files = one_study(bare / "myops_training_101.nii.gz", layout="myops2020", images={"LGE": image})
    with pytest.raises(GeometryError, match="different sizes"):
        load_study(files)


def test_an_image_on_another_grid_is_left_out_unless_the_mask_needs_it(
    bare, myops_phantom, emidec_phantom
):
    stray = next(emidec_phantom.glob("*/Images/*"))
    own = next(each.images["LGE"] for each in find_cases(myops_phantom))
    mask = bare / "myops_training_101.nii.gz"
    case = load_study(one_study(mask, layout="myops2020", images={"T2": stray, "LGE": own}))
    assert (list(case.images), case.left_out) == (["LGE"], ("T2",))
    (flag,) = (each for each in measure_study(case).flags if each.code == "image_left_out")
    assert flag.message.startswith("The T2 image lies on another grid")
    for images in ({"T2": own, "LGE": stray}, {"T2": stray}):
        with pytest.raises(GeometryError, match="different sizes"):
            load_study(one_study(mask, layout="myops2020", images=images))


@pytest.mark.parametrize(
    ("file", "name"), [("p7_gd.nii.gz", "p7"), ("p7.nii", "p7"), ("p9/labels.nii.gz", "p9")]
)
def test_a_study_is_named_after_its_mask_or_its_folder(tmp_path, file, name):
    assert one_study(tmp_path / file, layout="scarmap", images={}).name == name


@pytest.mark.parametrize(
    "names",
    [("p1.nii", "p1.nii.gz"), ("P1/Contours/P1.nii", "P1/Contours/P1.nii.gz")],
    ids=["flat", "emidec"],
)
def test_two_masks_of_one_case_are_an_error_that_names_both(tmp_path, names):
    for name in names:
        (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / name).touch()
    with pytest.raises(DataError, match="have the same name"):
        find_masks(tmp_path)

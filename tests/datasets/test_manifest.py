import json

import pytest

from scarmap.datasets.case_files import CaseFiles
from scarmap.datasets.masks import one_study, studies_of_folder
from scarmap.datasets.origins import Origin, note_origins, read_origins
from scarmap.errors import DataError


@pytest.fixture
def predicted(tmp_path, write_volume):
    """A folder with a mask of a case, and the case's image elsewhere."""
    image = write_volume(tmp_path / "images" / "p7_LGE.nii.gz")
    write_volume(tmp_path / "masks" / "p7.nii.gz")
    studies = [CaseFiles("p7", "emidec", {"LGE": image})]
    note_origins(tmp_path / "masks" / "manifest.jsonl", studies, model="the model")
    return tmp_path / "masks", image, studies


def test_what_is_noted_is_read_again(predicted):
    masks, image, _ = predicted
    assert read_origins(masks) == {"p7": Origin("emidec", {"LGE": image.resolve()}, "the model")}


def test_layout_and_images_of_masks_are_found_through_their_manifest(predicted):
    masks, image, _ = predicted
    (study,) = studies_of_folder(masks)
    assert (study.layout, study.images) == ("emidec", {"LGE": image.resolve()})
    assert one_study(masks / "p7.nii.gz", layout=None, images={}) == study


def test_what_the_user_says_wins_over_the_manifest(predicted):
    masks, image, _ = predicted
    assert [each.layout for each in studies_of_folder(masks, layout="scarmap")] == ["scarmap"]
    other = one_study(masks / "p7.nii.gz", layout="scarmap", images={"T2": image})
    assert (other.layout, other.images) == ("scarmap", {"T2": image})


def test_images_that_were_moved_are_left_out(predicted):
    masks, image, _ = predicted
    image.unlink()
    assert studies_of_folder(masks)[0].images == {}


def test_a_mask_that_no_manifest_knows_needs_its_layout(predicted, write_volume):
    masks, _, _ = predicted
    write_volume(masks / "p8.nii.gz")
    with pytest.raises(DataError, match=r"label layout of .* is not known"):
        studies_of_folder(masks)


def test_the_same_is_noted_once_and_a_change_is_noted_again(predicted):
    masks, _, studies = predicted
    manifest = masks / "manifest.jsonl"
    before = manifest.read_text()
    note_origins(manifest, studies, model="the model")
    assert manifest.read_text() == before
    note_origins(manifest, studies, model="another model")
    assert read_origins(masks)["p7"].model == "another model"


def test_lines_about_something_else_and_damaged_lines_are_skipped(predicted):
    masks, _, _ = predicted
    with (masks / "manifest.jsonl").open("a") as file:
        file.write('[1]\n{"case": "p7", "mask": "p7.nii.gz"}\n{"study": "p9", "layout": "no')
    note_origins(masks / "manifest.jsonl", [CaseFiles("p8", "scarmap", {})], model="m")
    assert sorted(read_origins(masks)) == ["p7", "p8"]
    unknown = {"study": "p9", "layout": "none such", "images": {}, "made_by": ""}
    with (masks / "manifest.jsonl").open("a") as file:
        file.write(json.dumps(unknown) + "\n")
    assert sorted(read_origins(masks)) == ["p7", "p8"]

"""The everyday calls, with files, with images in memory, and with arrays."""

from functools import partial

import numpy as np
import pytest

import scarmap
from scarmap.datasets.folder import find_cases
from scarmap.errors import DataError
from scarmap.io.nifti import read_image
from scarmap.labels import region_mask
from scarmap.recipes.describe import settings
from scarmap.systems.mfunet.recipe import mfunet
from scarmap.systems.scarmap.builtin import about_builtin

VERSION = about_builtin()["version"]


@pytest.fixture(scope="module")
def files(plain_phantom):
    """A case with LGE and labels."""
    return next(each for each in find_cases(plain_phantom) if "LGE" in each.images)


@pytest.fixture(scope="module")
def found(files):
    """What the built-in model finds in it, from its file."""
    return scarmap.predict(str(files.images["LGE"]), device="cpu")


def test_a_file_an_image_and_an_array_give_the_same_mask(files, found):
    image = read_image(files.images["LGE"])
    model = scarmap.load_model(device="cpu")
    again = scarmap.predict(image, model=model)
    array = scarmap.predict(image.array, spacing_mm=image.grid.spacing_mm, model=model)
    assert found.labels.array.any()
    assert np.array_equal(found.labels.array, again.labels.array)
    assert np.array_equal(found.labels.array, array.labels.array)
    assert (again.case.name, array.layout) == ("study", "scarmap")


def test_a_prediction_is_written_measured_and_scored(files, found, tmp_path):
    path = found.write(str(tmp_path / "mask.nii.gz"))
    study = scarmap.quantify(found)
    infarct = region_mask(found.labels.array, "whole_infarct").sum() * found.case.grid.voxel_ml
    assert study.figures["infarct_ml"] == pytest.approx(infarct)
    assert study.thresholds
    same = scarmap.quantify(str(path), layout=found.layout, image=files.images["LGE"])
    for name in (name for name, value in study.figures.items() if not np.isnan(value)):
        assert same.figures[name] == pytest.approx(study.figures[name]), name
    # The file alone tells no model, so that what it holds was drawn by somebody who saw it.
    edema, no_reflow = (region_mask(found.labels.array, each).any() for each in ("edema", "mvo"))
    unseen = {"edema": "not assessable"}
    assert same.unassessed == ({} if edema else unseen)
    assert study.unassessed == unseen | ({} if no_reflow else {"mvo": "not assessed"})
    scores = scarmap.evaluate(path, files.labels, layout="scarmap", out=tmp_path / "scores")
    assert {row.convention for row in scores.rows} >= {"case3d", "slicewise"}
    assert (tmp_path / "scores" / "summary.json").is_file()


def test_arrays_without_a_spacing_and_of_other_shapes_are_refused():
    with pytest.raises(DataError, match="spacing_mm="):
        scarmap.predict(np.zeros((8, 8, 2)))
    with pytest.raises(DataError, match="shape"):
        scarmap.predict(np.zeros((8, 8, 2, 2)), spacing_mm=(1, 1, 8))
    with pytest.raises(DataError, match="must be positive"):
        scarmap.quantify(np.zeros((8, 8, 2), dtype=int), spacing_mm=(1, 1, 0))
    with pytest.raises(DataError, match="No image was given"):
        scarmap.predict()


def test_an_array_becomes_a_page(files, tmp_path):
    image = read_image(files.images["LGE"])
    page = scarmap.write_report(
        lge=image.array, spacing_mm=image.grid.spacing_mm, name="p7", out=tmp_path, device="cpu"
    )
    assert page == tmp_path / "p7.html"
    text = page.read_text(encoding="utf-8")
    assert f"scarmap-synthetic, version {VERSION}: trained on synthetic hearts only" in text


def test_a_folder_of_masks_becomes_the_page_of_a_cohort(emidec_phantom, tmp_path):
    page = scarmap.write_report(emidec_phantom, out=tmp_path)
    assert page == tmp_path / "cohort.html"


def test_a_partial_of_a_recipe_is_trained_with_its_keywords(monkeypatch):
    asked = []
    monkeypatch.setattr("scarmap.training.run.train.train", asked.append)
    scarmap.train(
        "data", "out", partial(mfunet, width=8, fusion="concatenation"), settings={"width": 16}
    )
    (request,) = asked
    assert request.name == "scarmap.systems.mfunet.recipe:mfunet"
    found = settings(request.row.recipe)
    assert (found["width"], found["fusion"]) == (16, "concatenation")

import os
from math import isnan
from pathlib import Path

import nibabel
import numpy as np
import pytest

from scarmap.datasets.mask_files import find_masks
from scarmap.io.nifti import read_labels
from scarmap.labels import INDEX, codes
from scarmap.quantification.measures.sizes import salvage_index, sizes, volume_ml
from scarmap.volume import Grid, LabelMap

SAMPLE = os.environ.get("SCARMAP_EMIDEC_SAMPLE")
ALL = tuple(INDEX)


def _labels(counts, spacing_mm=(1.0, 2.0, 5.0)):
    values = [INDEX[name] for name, number in counts.items() for _ in range(number)]
    array = np.array(values, dtype=np.uint8).reshape(-1, 1, 1)
    return LabelMap(array, Grid(array.shape, spacing_mm, np.eye(4)))


@pytest.fixture
def figures():
    """Voxels of 0.01 ml; the affine states another size, which must not count."""
    counts = {
        "lv_pool": 300,
        "rv_pool": 200,
        "normal_myocardium": 500,
        "edema": 250,
        "scar": 200,
        "mvo": 50,
    }
    return sizes(_labels(counts), ALL)


def test_a_volume_is_voxels_times_pixdim_and_a_mass_is_a_volume_times_the_density(figures):
    assert figures["lv_pool_ml"] == pytest.approx(3.0)
    assert figures["rv_pool_ml"] == pytest.approx(2.0)
    assert figures["myocardium_ml"] == pytest.approx(10.0)
    assert figures["myocardium_g"] == pytest.approx(10.5)
    assert figures["infarct_g"] == pytest.approx(2.5 * 1.05)


def test_infarct_holds_no_reflow_and_is_given_without_it_too(figures):
    assert figures["infarct_ml"] == pytest.approx(2.5)
    assert figures["infarct_without_mvo_ml"] == pytest.approx(2.0)
    assert figures["mvo_percent_infarct"] == pytest.approx(20.0)
    assert figures["area_at_risk_percent_lv"] == pytest.approx(50.0)


def test_the_parts_of_the_wall_sum_to_a_hundred_percent(figures):
    parts = ("normal_myocardium", "edema", "infarct_without_mvo", "mvo")
    assert sum(figures[f"{part}_percent_lv"] for part in parts) == pytest.approx(100.0)


def test_what_a_layout_does_not_label_is_undefined_and_not_zero():
    labels = _labels({"lv_pool": 3, "normal_myocardium": 5, "scar": 5})
    emidec, myops = sizes(labels, codes("emidec")), sizes(labels, codes("myops2020"))
    assert all(isnan(emidec[name]) for name in ("rv_pool_ml", "edema_g", "area_at_risk_percent_lv"))
    assert emidec["mvo_g"] == 0
    assert isnan(myops["mvo_g"])
    assert myops["edema_g"] == 0
    assert myops["infarct_percent_lv"] == emidec["infarct_percent_lv"] == 50.0


def test_a_volume_of_a_mask_is_its_voxels_times_theirs_whatever_its_shape():
    grid = Grid((9, 9, 9), (1.0, 2.0, 5.0), np.eye(4))
    mask = np.array([[True, False, True], [True, False, False]])
    assert volume_ml(mask, grid) == pytest.approx(3 * 0.01)
    assert volume_ml(mask & False, grid) == 0


def test_shares_of_no_wall_are_undefined():
    figures = sizes(_labels({"lv_pool": 3}), ALL)
    assert figures["myocardium_g"] == figures["infarct_ml"] == 0
    assert isnan(figures["infarct_percent_lv"])


def test_salvage_is_undefined_without_an_area_at_risk_and_never_clipped():
    assert salvage_index(40.0, 10.0) == 0.75
    assert salvage_index(10.0, 12.0) == pytest.approx(-0.2)
    assert isnan(salvage_index(0.0, 0.0))


@pytest.mark.skipif(SAMPLE is None, reason="SCARMAP_EMIDEC_SAMPLE is not set")
def test_volumes_of_the_organisers_samples_are_voxels_times_pixdim():
    masks = find_masks(Path(SAMPLE) / "GT")
    assert len(masks) == 2
    for path in masks.values():
        header = nibabel.load(path)
        values, voxel_ml = (
            np.asanyarray(header.dataobj),
            float(np.prod(header.header["pixdim"][1:4])) / 1000,
        )
        figures = sizes(read_labels(path, "emidec"), codes("emidec"))
        counted = {"lv_pool": (1,), "myocardium": (2, 3, 4), "infarct": (3, 4), "mvo": (4,)}
        for name, held in counted.items():
            assert figures[f"{name}_ml"] == pytest.approx(
                np.isin(values, held).sum() * voxel_ml, rel=1e-6
            )
        assert figures["myocardium_g"] == pytest.approx(
            1.05 * (values >= 2).sum() * voxel_ml, rel=1e-6
        )

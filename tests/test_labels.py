import numpy as np
import pytest

from scarmap.errors import LabelError
from scarmap.io.coding import decode, encode, merge
from scarmap.labels import (
    INDEX,
    LAYOUTS,
    MERGED,
    REGIONS,
    TISSUES,
    codes,
    declare,
    is_defined,
    merged,
    region_mask,
    regions_of,
)


def test_the_codes_are_those_of_the_data_sets():
    assert codes("myops2020") == {
        "background": 0, "lv_pool": 500, "rv_pool": 600,
        "normal_myocardium": 200, "edema": 1220, "scar": 2221,
    }  # fmt: skip
    assert codes("emidec") == {
        "background": 0,
        "lv_pool": 1,
        "normal_myocardium": 2,
        "scar": 3,
        "mvo": 4,
    }


def test_our_own_layout_labels_every_tissue_by_its_index():
    assert codes("scarmap") == dict(INDEX)
    assert set(LAYOUTS["scarmap"]) == set(REGIONS)


def test_background_is_index_zero():
    assert INDEX["background"] == 0


@pytest.mark.parametrize("layout", LAYOUTS)
@pytest.mark.parametrize("dtype", [np.int16, np.uint16, np.float32, np.float64])
def test_masks_return_from_indices_unchanged_in_any_dtype(layout, dtype):
    values = np.array(sorted(codes(layout).values()) * 2, dtype=dtype).reshape(2, -1)
    labels = encode(values, layout)
    assert labels.dtype == np.uint8
    assert decode(labels, layout).dtype == np.int16
    np.testing.assert_array_equal(decode(labels, layout), values)


def test_encode_gives_the_index_of_the_tissue():
    np.testing.assert_array_equal(
        encode(np.array([0, 2221, 1220]), "myops2020"), [0, INDEX["scar"], INDEX["edema"]]
    )


def test_unknown_values_are_listed_with_the_file_and_what_was_expected():
    with pytest.raises(
        LabelError, match=r"^case7\.nii\.gz holds the label values 5, 7, .*emidec.*3 \(scar\)"
    ):
        encode(np.array([0, 3, 7, 5]), "emidec", where="case7.nii.gz")


@pytest.mark.parametrize("value", [0.5, float("nan")])
def test_fractions_and_nan_are_no_labels(value):
    with pytest.raises(LabelError, match=f"{value:g}"):
        encode(np.array([0, value]), "emidec")


def test_a_tissue_without_a_code_cannot_be_written():
    with pytest.raises(LabelError, match="'emidec' has no mask value for edema"):
        decode(np.array([INDEX["scar"], INDEX["edema"]], dtype=np.uint8), "emidec")


@pytest.mark.parametrize("layout", LAYOUTS)
def test_merged_tissues_are_those_without_a_code_and_can_be_written(layout):
    unlabelled = set(INDEX) - set(codes(layout))
    assert set(MERGED[layout]) == unlabelled
    labels = np.arange(len(TISSUES), dtype=np.uint8)
    merged = merge(labels, layout)
    assert decode(merged, layout).shape == labels.shape
    kept = [index for name, index in INDEX.items() if name not in unlabelled]
    assert merged[kept].tolist() == kept


def test_an_unknown_layout_suggests_the_close_one():
    with pytest.raises(LabelError, match="Did you mean 'myops2020'"):
        codes("myops2021")


def test_an_unknown_region_suggests_the_close_one():
    with pytest.raises(LabelError, match="Did you mean 'whole_infarct'"):
        region_mask(np.zeros(3, dtype=np.uint8), "whole_infract")


@pytest.mark.parametrize(
    ("region", "values"),
    [
        ("whole_myocardium", {2, 3, 4}),
        ("whole_infarct", {3, 4}),
        ("lv_epicardium", {1, 2, 3, 4}),
        ("scar", {3}),
    ],
)
def test_regions_are_the_unions_that_clinics_measure(region, values):
    mask = np.arange(5)
    expected = [value in values for value in range(5)]
    assert region_mask(encode(mask, "emidec"), region).tolist() == expected


def test_microvascular_obstruction_belongs_to_every_region_that_holds_scar_and_more():
    holding = {
        region for region, tissues in REGIONS.items() if "scar" in tissues and len(tissues) > 1
    }
    assert holding == {"whole_myocardium", "lv_epicardium", "scar_and_edema", "whole_infarct"}
    every_tissue = np.arange(len(TISSUES), dtype=np.uint8)
    assert all(region_mask(every_tissue, region)[INDEX["mvo"]] for region in holding)


@pytest.mark.parametrize("layout", LAYOUTS)
def test_the_regions_of_a_layout_are_told_apart_by_its_labels(layout):
    assert all(is_defined(region, layout) for region in LAYOUTS[layout])


@pytest.mark.parametrize("layout", LAYOUTS)
def test_every_region_of_a_layout_has_a_tissue_with_a_code(layout):
    for region in LAYOUTS[layout]:
        assert set(REGIONS[region]) & set(codes(layout))


def test_colours_and_names_are_unique():
    assert (
        len({tissue.colour for tissue in TISSUES})
        == len({tissue.name for tissue in TISSUES})
        == len(TISSUES)
    )


def test_codes_of_ones_own_are_read_and_written():
    layout = declare({"lv_pool": 10, "normal_myocardium": 20, "scar": 30})
    assert codes(layout) == {"background": 0, "lv_pool": 10, "normal_myocardium": 20, "scar": 30}
    values = np.array([0, 10, 20, 30])
    labels = encode(values, layout)
    assert labels.tolist() == [INDEX[name] for name in codes(layout)]
    assert decode(labels, layout).tolist() == values.tolist()
    found = np.array([INDEX[name] for name in ("mvo", "edema", "rv_pool")], dtype=np.uint8)
    assert decode(merge(found, layout), layout).tolist() == [30, 20, 0]


@pytest.mark.parametrize("layout", ["emidec", "scarmap"])
def test_a_known_data_set_declared_as_ones_own_means_the_same(layout):
    own = declare(codes(layout))
    assert (codes(own), merged(own), set(regions_of(own))) == (
        codes(layout),
        merged(layout),
        set(regions_of(layout)),
    )


def test_what_is_not_labelled_is_not_defined():
    layout = declare({"scar": 1})
    assert regions_of(layout) == ("scar", "whole_infarct")
    assert not is_defined("whole_myocardium", layout)
    assert merged(layout)["edema"] == "background"


@pytest.mark.parametrize(
    ("values", "told"),
    [
        ({"scarr": 1}, "Did you mean 'scar'"),
        ({"scar": 1, "mvo": 1}, "scar and mvo the same value"),
        ({"scar": 0}, "background and scar the same value"),
        ({"scar": 1.5}, "whole numbers"),
        ({"scar": -1}, "from 0 to 32767"),
        ({}, "labels no tissue"),
    ],
)
def test_a_label_set_that_cannot_be_is_explained(values, told):
    with pytest.raises(LabelError, match=told):
        declare(values, where="labels.json")


def test_the_name_of_a_layout_that_is_spelt_wrong_is_explained():
    with pytest.raises(LabelError, match="tissue=value pairs"):
        codes("own:scar")

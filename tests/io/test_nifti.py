import gzip
import logging

import nibabel
import numpy as np
import pytest

from scarmap.errors import DataError, GeometryError, LabelError
from scarmap.io import nifti
from scarmap.io.nifti import (
    read_image,
    read_labels,
    read_maps,
    write_image,
    write_in_layout,
    write_labels,
)
from scarmap.labels import INDEX
from scarmap.volume import Grid, LabelMap, check_same_grid

OBLIQUE = np.array(
    [[-1.1, 0.3, 2.0, 40], [0.4, 1.2, 3.0, -20], [0.2, 0.4, -9.0, 7], [0, 0, 0, 1.0]]
)
GEOMETRY = ["dim", "pixdim", "qform_code", "sform_code", "srow_x", "srow_y", "srow_z", "xyzt_units"]
GEOMETRY += ["quatern_b", "quatern_c", "quatern_d", "qoffset_x", "qoffset_y", "qoffset_z"]


def _write(path, array, *, affine=OBLIQUE, **header):
    image = nibabel.Nifti1Image(array, affine)
    for field, value in header.items():
        image.header[field] = value
    nibabel.save(image, path)
    return path


def _write_like_emidec(path, array):
    """The affine is the identity with two axes turned round, and pixdim holds the true spacing."""
    image = nibabel.Nifti1Image(array, np.diag([-1.0, -1.0, 1.0, 1.0]))
    image.header["pixdim"][1:4] = (1.40625, 1.40625, 13.0)
    image.header["xyzt_units"] = 0
    nibabel.save(image, path)
    return path


def _write_like_myops(path, array):
    """Only the qform is set; pixdim[0] is -1."""
    image = nibabel.Nifti1Image(array, None)
    image.header.set_qform(OBLIQUE, code=1)
    image.header.set_sform(None, code=0)
    nibabel.save(nibabel.Nifti1Image(array, None, image.header), path)
    return path


def _values(shape=(7, 6, 3)):
    return np.random.default_rng(0).integers(0, 1000, shape).astype(np.int16)


@pytest.mark.parametrize("writer", [_write, _write_like_emidec, _write_like_myops])
def test_a_mask_carries_the_geometry_of_its_image_byte_for_byte(tmp_path, writer):
    source = writer(tmp_path / "image.nii.gz", _values())
    image = read_image(source)
    labels = LabelMap(np.full(image.array.shape, INDEX["scar"], dtype=np.uint8), image.grid)
    write_labels(tmp_path / "mask.nii.gz", labels, "emidec")
    first, second = (nibabel.load(path).header for path in (source, tmp_path / "mask.nii.gz"))
    for field in GEOMETRY:
        assert first[field].tobytes() == second[field].tobytes(), field
    np.testing.assert_array_equal(
        nibabel.load(source).affine, nibabel.load(tmp_path / "mask.nii.gz").affine
    )
    np.testing.assert_array_equal(
        nibabel.load(tmp_path / "mask.nii.gz").dataobj, np.full(image.array.shape, 3)
    )


def test_pixdim_wins_over_the_affine_and_the_user_is_told_once(tmp_path, caplog):
    nifti._warn_once.cache_clear()
    path = _write_like_emidec(tmp_path / "image.nii.gz", _values())
    with caplog.at_level(logging.WARNING):
        grids = [read_image(path).grid for _ in range(2)]
    assert grids[0].spacing_mm == pytest.approx((1.40625, 1.40625, 13.0))
    assert caplog.text.count("pixdim is used") == 1


@pytest.mark.parametrize("dtype", [np.uint8, np.int16, np.float32, np.float64])
def test_images_of_any_number_type_read_as_float32(tmp_path, dtype):
    values = (_values() % 200).astype(dtype)
    image = read_image(_write(tmp_path / "image.nii.gz", values))
    assert image.array.dtype == np.float32
    np.testing.assert_array_equal(image.array, values)


# nibabel already forgets the scaling of a header that it has loaded, so masks are the same bytes,
# whether or not writing one makes it forget again.
def test_stored_scaling_is_applied_to_the_image_but_not_to_its_mask(tmp_path):
    path = tmp_path / "image.nii"
    _write(path, _values())
    raw = bytearray(path.read_bytes())
    raw[112:120] = np.array([0.5, -3.0], dtype="<f4").tobytes()
    path.write_bytes(raw)
    image = read_image(path)
    np.testing.assert_allclose(image.array, _values() * 0.5 - 3)
    mask = np.full(image.array.shape, INDEX["mvo"], dtype=np.uint8)
    write_labels(tmp_path / "mask.nii.gz", LabelMap(mask, image.grid), "emidec")
    np.testing.assert_array_equal(
        nibabel.load(tmp_path / "mask.nii.gz").dataobj, np.full(mask.shape, 4)
    )
    np.testing.assert_array_equal(read_labels(tmp_path / "mask.nii.gz", "emidec").array, mask)


def test_a_single_slice_stored_as_two_axes_returns_as_two_axes(tmp_path):
    image = read_image(_write(tmp_path / "slice.nii.gz", _values((7, 6))))
    assert image.array.shape == image.grid.shape == (7, 6, 1)
    assert image.grid.spacing_mm[2] == pytest.approx(np.linalg.norm(OBLIQUE[:3, 2]))
    write_labels(
        tmp_path / "mask.nii.gz", LabelMap(np.zeros((7, 6, 1), np.uint8), image.grid), "emidec"
    )
    assert nibabel.load(tmp_path / "mask.nii.gz").shape == (7, 6)


def test_a_trailing_axis_of_one_is_kept_on_disk(tmp_path):
    image = read_image(_write(tmp_path / "image.nii.gz", _values((7, 6, 3, 1))))
    assert image.array.shape == (7, 6, 3)
    write_labels(
        tmp_path / "mask.nii.gz", LabelMap(np.zeros((7, 6, 3), np.uint8), image.grid), "emidec"
    )
    assert nibabel.load(tmp_path / "mask.nii.gz").shape == (7, 6, 3, 1)


def test_labels_made_in_memory_are_written_on_their_grid(tmp_path):
    spacing = tuple(float(value) for value in np.linalg.norm(OBLIQUE[:3, :3], axis=0))
    grid = Grid((4, 4, 2), spacing, OBLIQUE)
    labels = np.random.default_rng(1).choice([0, 1, 3, 5], (4, 4, 2)).astype(np.uint8)
    write_labels(tmp_path / "mask.nii.gz", LabelMap(labels, grid), "myops2020")
    back = read_labels(tmp_path / "mask.nii.gz", "myops2020")
    np.testing.assert_array_equal(back.array, labels)
    check_same_grid(grid, back.grid, what="both", tolerance_mm=1e-3)


def test_probability_maps_keep_the_spacing_of_their_image(tmp_path):
    image = read_image(_write_like_emidec(tmp_path / "image.nii.gz", _values()))
    maps = np.random.default_rng(2).random((7, 6, 3, 2))
    write_image(tmp_path / "maps.nii.gz", maps, image.grid)
    back = nibabel.load(tmp_path / "maps.nii.gz")
    assert back.header.get_zooms()[:3] == pytest.approx(image.grid.spacing_mm)
    np.testing.assert_allclose(back.get_fdata(), maps, atol=1e-6)


def test_a_missing_file_is_named(tmp_path):
    with pytest.raises(DataError, match=r"nowhere\.nii\.gz does not exist"):
        read_image(tmp_path / "nowhere.nii.gz")


def _whole(path):
    return _write(
        path, np.random.default_rng(0).integers(0, 1000, (30, 30, 3)).astype(np.int16)
    ).read_bytes()


@pytest.mark.parametrize(
    "damage",
    [
        lambda whole: whole[: len(whole) // 2],
        lambda whole: whole[:100],
        lambda whole: b"",
        lambda whole: b"not an image" * 100,
        lambda whole: gzip.compress(gzip.decompress(whole)[:1000]),
        lambda whole: gzip.compress(
            gzip.decompress(whole)[:70] + b"\xff\x7f" + gzip.decompress(whole)[72:]
        ),
    ],
    ids=[
        "cut in half",
        "cut in the header",
        "no bytes",
        "text",
        "voxels missing",
        "unknown number type",
    ],
)
def test_damaged_files_are_named_in_one_paragraph(tmp_path, damage):
    path = tmp_path / "image.nii.gz"
    path.write_bytes(damage(_whole(path)))
    with pytest.raises(
        DataError, match=r"image\.nii\.gz (cannot be read as NIfTI|is cut short|states)"
    ) as caught:
        read_image(path)
    assert "\n" not in str(caught.value)


def test_a_time_series_is_refused_with_its_shape(tmp_path):
    path = _write(tmp_path / "cine.nii.gz", _values((7, 6, 3, 2)))
    with pytest.raises(DataError, match=r"cine\.nii\.gz has the shape \(7, 6, 3, 2\)"):
        read_image(path)


def test_a_volume_without_voxels_is_refused(tmp_path):
    path = tmp_path / "image.nii"
    _write(path, _values())
    raw = bytearray(path.read_bytes())
    raw[46:48] = b"\x00\x00"
    path.write_bytes(raw)
    with pytest.raises(DataError, match=r"image\.nii has the shape \(7, 6, 0\)"):
        read_image(path)


@pytest.mark.parametrize("value", [np.nan, np.inf])
def test_an_image_with_undefined_voxels_is_refused(tmp_path, value):
    array = np.ones((7, 6, 3), dtype=np.float32)
    array[0, 0, 0] = value
    with pytest.raises(DataError, match=r"image\.nii\.gz holds NaN or infinite voxels \(0\.79 %"):
        read_image(_write(tmp_path / "image.nii.gz", array))


@pytest.mark.parametrize("dtype", [[("R", "u1"), ("G", "u1"), ("B", "u1")], np.complex64])
def test_colour_and_complex_images_are_refused(tmp_path, dtype):
    path = _write(tmp_path / "image.nii.gz", np.zeros((4, 4, 2), dtype=dtype))
    with pytest.raises(DataError, match=r"image\.nii\.gz holds colour or complex voxels"):
        read_image(path)


def test_undefined_label_values_are_named_with_the_file(tmp_path):
    path = _write(tmp_path / "mask.nii.gz", np.full((4, 4, 2), 9, dtype=np.int16))
    with pytest.raises(LabelError, match=r"mask\.nii\.gz holds the label values 9"):
        read_labels(path, "emidec")


def test_undefined_spacing_is_refused(tmp_path):
    path = tmp_path / "image.nii"
    _write(path, _values())
    raw = bytearray(path.read_bytes())
    raw[80:84] = np.array([np.nan], dtype="<f4").tobytes()
    path.write_bytes(raw)
    with pytest.raises(DataError, match=r"image\.nii states voxels of nan x"):
        read_image(path)


def test_a_mask_that_cannot_be_coded_leaves_no_partial_file(tmp_path):
    image = read_image(_write(tmp_path / "image.nii.gz", _values()))
    edema = LabelMap(np.full(image.array.shape, INDEX["edema"], dtype=np.uint8), image.grid)
    with pytest.raises(LabelError, match="edema"):
        write_labels(tmp_path / "mask.nii.gz", edema, "emidec")
    assert [path.name for path in tmp_path.iterdir()] == ["image.nii.gz"]


def test_maps_come_back_with_their_grid_and_a_single_stack_is_none(tmp_path):
    grid = Grid((4, 3, 2), (1.5, 1.5, 10.0), np.diag([1.5, 1.5, 10.0, 1.0]))
    maps = np.random.default_rng(0).random((4, 3, 2, 5)).astype(np.float32)
    write_image(tmp_path / "maps.nii.gz", maps, grid)
    read, placed = read_maps(tmp_path / "maps.nii.gz")
    assert (read == maps).all()
    assert (placed.shape, placed.spacing_mm) == (grid.shape, grid.spacing_mm)
    write_image(tmp_path / "stack.nii.gz", maps[..., 0], grid)
    with pytest.raises(DataError, match="expected maps"):
        read_maps(tmp_path / "stack.nii.gz")


def test_a_link_that_leads_to_itself_is_named(tmp_path):
    (tmp_path / "loop.nii.gz").symlink_to("loop.nii.gz")
    with pytest.raises(DataError, match=r"loop\.nii\.gz"):
        read_image(tmp_path / "loop.nii.gz")


def test_an_oblique_image_has_the_lengths_of_its_columns_as_spacing_and_warns_of_nothing(
    tmp_path, caplog
):
    nifti._warn_once.cache_clear()
    image = read_image(_write(tmp_path / "image.nii.gz", _values()))
    assert image.grid.shape == (7, 6, 3)
    # sqrt(1.21 + .16 + .04), sqrt(.09 + 1.44 + .16), sqrt(4 + 9 + 81)
    assert image.grid.spacing_mm == pytest.approx((1.41**0.5, 1.69**0.5, 94**0.5))
    assert not caplog.records


@pytest.mark.parametrize(("spacing", "axis"), [((3.0, 1.5, 1.5), 1), ((1.0, 8.0, 1.5), 2)])
def test_slices_along_another_axis_are_refused_from_twice_the_third_spacing_on(
    tmp_path, spacing, axis
):
    path = _write(tmp_path / "image.nii.gz", _values(), affine=np.diag([*spacing, 1]))
    with pytest.raises(GeometryError, match=rf"image\.nii\.gz has voxels of .*along axis {axis};"):
        read_image(path)
    nearly = [min(size, 2.9) for size in spacing]
    _write(path, _values(), affine=np.diag([*nearly, 1]))
    assert read_image(path).grid.spacing_mm == pytest.approx(nearly)


def test_one_value_in_two_voxels_shows_nothing_and_one_voxel_is_an_image(tmp_path):
    path = tmp_path / "image.nii.gz"
    with pytest.raises(DataError, match=r"image\.nii\.gz holds the value 5 in every voxel"):
        read_image(_write(path, np.full((1, 1, 2), 5, dtype=np.int16)))
    assert read_image(_write(path, np.full((1, 1, 1), 5, dtype=np.int16))).array.tolist() == [[[5]]]


def test_a_mask_has_whole_numbers_and_no_display_range_whatever_its_image_has(tmp_path):
    values = _values().astype(np.float32) / 7
    image = read_image(_write(tmp_path / "image.nii.gz", values, cal_min=20, cal_max=500))
    labels = np.zeros(values.shape, dtype=np.uint8)
    labels[0, 0] = INDEX["scar"], INDEX["mvo"], INDEX["edema"]
    write_in_layout(tmp_path / "mask.nii.gz", LabelMap(labels, image.grid), "myops2020")
    header = nibabel.load(tmp_path / "mask.nii.gz").header
    assert header.get_data_dtype() == np.int16
    assert (header["cal_min"], header["cal_max"]) == (0, 0)
    read = read_labels(tmp_path / "mask.nii.gz", "myops2020").array
    assert read[0, 0].tolist() == [INDEX["scar"], INDEX["scar"], INDEX["edema"]]
    assert not read[1:].any()


def test_maps_of_one_slice_and_one_region_keep_a_spacing_that_is_not_that_of_their_affine(tmp_path):
    grid = Grid((4, 3, 1), (1.5, 1.25, 10.0), np.diag([1.0, 1.0, 1.0, 1.0]))
    maps = np.linspace(0, 1, 12, dtype=np.float32).reshape(4, 3, 1, 1)
    write_image(tmp_path / "maps.nii.gz", maps, grid)
    assert nibabel.load(tmp_path / "maps.nii.gz").header.get_zooms() == (1.5, 1.25, 10.0, 1.0)
    read, placed = read_maps(tmp_path / "maps.nii.gz")
    np.testing.assert_array_equal(read, maps)
    assert (placed.shape, placed.spacing_mm) == (grid.shape, grid.spacing_mm)


def test_a_slice_of_two_axes_is_as_thick_as_its_header_says(tmp_path):
    thick = np.diag([2.1, 2.1, 8.0, 1.0])
    two = _write(
        tmp_path / "two.nii.gz",
        _values()[..., 0],
        affine=thick,
        pixdim=[1.0, 2.1, 2.1, 8.0, 0.0, 0.0, 0.0, 0.0],
    )
    three = _write(tmp_path / "three.nii.gz", _values()[..., :1], affine=thick)
    assert read_image(two).grid.spacing_mm == read_image(three).grid.spacing_mm
    assert read_image(two).grid.spacing_mm == pytest.approx((2.1, 2.1, 8.0))

"""Headers that were damaged or made up, one field at a time."""

import gzip
import struct

import nibabel
import numpy as np
import pytest

from scarmap.errors import DataError
from scarmap.io.gate import check_placement, check_voxel_size, check_voxels
from scarmap.io.nifti import read_image, read_labels

PLACE = np.diag([1.5, 1.5, 8.0, 1.0])
PLACES = {
    "dim": (40, "<8h"),
    "sizeof_hdr": (0, "<i"),
    "datatype": (70, "<h"),
    "pixdim": (76, "<8f"),
    "vox_offset": (108, "<f"),
    "scl_slope": (112, "<f"),
    "scl_inter": (116, "<f"),
    "xyzt_units": (123, "B"),
    "codes": (252, "<2h"),
    "quatern_b": (256, "<f"),
    "srow_x": (280, "<4f"),
    "srow_y": (296, "<4f"),
}
"""Byte and format of fields of a NIfTI-1 header."""


def whole_file():
    values = np.arange(7 * 6 * 3, dtype=np.int16).reshape(7, 6, 3) % 5
    return nibabel.Nifti1Image(values, PLACE).to_bytes()


def changed(field, *values):
    raw = bytearray(whole_file())
    put(raw, field, *values)
    if field == "quatern_b":
        put(raw, "codes", 1, 0)
    return bytes(raw)


def put(raw, field, *values):
    start, form = PLACES[field]
    raw[start : start + struct.calcsize(form)] = struct.pack(form, *values)


CASES = [
    ("dim", (3, 20000, 32767, 2048, 1, 1, 1, 1), "announces"),
    ("dim", (4, 7, 6, 3, 32767, 1, 1, 1), "is cut short: it holds"),
    ("dim", (3, 7, 6, -1, 1, 1, 1, 1), "holds no voxel"),
    ("dim", (3, 7, 6, 0, 1, 1, 1, 1), "holds no voxel"),
    ("dim", (3, 7, 6, 300, 1, 1, 1, 1), "is cut short: it holds"),
    ("dim", (1, 126, 1, 1, 1, 1, 1, 1), r"has the shape \(126,\)"),
    ("dim", (12, 7, 6, 3, 1, 1, 1, 1), "axes in dim"),
    ("sizeof_hdr", (349,), "does not begin like"),
    ("datatype", (32767,), "number type 32767"),
    ("pixdim", (1, 1.5, 1.5, 0, 0, 0, 0, 0), "1.5 x 1.5 x 0 mm"),
    ("pixdim", (1, 1e-45, 1.5, 8, 0, 0, 0, 0), "in pixdim"),
    ("pixdim", (1, 1e30, 1.5, 8, 0, 0, 0, 0), "in pixdim"),
    ("pixdim", (1, 1500, 1500, 8000, 0, 0, 0, 0), "1500 x 1500 x 8000 mm"),
    ("pixdim", (1, float("nan"), 1.5, 8, 0, 0, 0, 0), "nan x 1.5 x 8 mm"),
    ("pixdim", (1, 1.5, 1.5, 60, 0, 0, 0, 0), "60 mm apart"),
    ("vox_offset", (float("inf"),), "inf in vox_offset"),
    ("vox_offset", (1e30,), "in vox_offset"),
    ("vox_offset", (float("nan"),), "nan in vox_offset"),
    ("vox_offset", (2.0**31 + 512,), "in vox_offset"),
    ("vox_offset", (351.0,), "351 in vox_offset, .* expected 352 or"),
    ("scl_slope", (float("inf"),), "inf in scl_slope"),
    ("scl_inter", (float("-inf"),), "-inf in scl_inter"),
    ("xyzt_units", (1,), "in metres"),
    ("xyzt_units", (3,), "in micrometres"),
    ("srow_x", (float("nan"), 0, 0, 0), "not finite, flat"),
    ("srow_x", (0, 0, 0, float("inf")), "not finite, flat"),
    ("srow_x", (0, 0, 0, 0), "not finite, flat"),
    ("srow_y", (1.5, 0, 0, 0), "not finite, flat"),
    ("srow_x", (1.5, 0, 0, 1e9), "far from any scanner"),
    ("quatern_b", (2.0,), "cannot be read as NIfTI .w2 should be positive"),
]


@pytest.mark.parametrize("packed", [False, True], ids=["nii", "gz"])
@pytest.mark.parametrize(("field", "values", "told"), CASES)
def test_a_field_that_no_study_has_is_one_paragraph_that_names_it(
    tmp_path, field, values, told, packed
):
    raw = changed(field, *values)
    path = tmp_path / ("image.nii.gz" if packed else "image.nii")
    path.write_bytes(gzip.compress(raw) if packed else raw)
    for read in (read_image, lambda each: read_labels(each, "emidec")):
        with pytest.raises(DataError, match=rf"image\.nii.*({told})") as caught:
            read(path)
        assert "\n" not in str(caught.value)


def test_a_matrix_that_the_header_does_not_use_is_not_asked(tmp_path):
    raw = bytearray(changed("srow_x", float("nan"), 0, 0, 0))
    put(raw, "codes", 0, 0)
    (tmp_path / "image.nii").write_bytes(raw)
    assert np.isfinite(read_image(tmp_path / "image.nii").grid.affine).all()


@pytest.mark.parametrize("axes", [3, 4, 7])
def test_what_a_header_holds_of_axes_beyond_the_stack_is_not_asked(tmp_path, axes):
    raw = bytearray(changed("dim", axes, 7, 6, 3, *[1] * (axes - 3), *[0] * (7 - axes)))
    put(raw, "pixdim", 1, 1.5, 1.5, 8, *[0] * 4)
    (tmp_path / "image.nii").write_bytes(raw)
    assert read_image(tmp_path / "image.nii").array.shape == (7, 6, 3)


@pytest.mark.parametrize("magic", [b"ni1", b"n+2", b"n+\0"])
def test_what_does_not_call_itself_nifti_in_one_file_is_refused(tmp_path, magic):
    raw = bytearray(whole_file())
    raw[344:347] = magic
    (tmp_path / "image.nii").write_bytes(raw)
    with pytest.raises(DataError, match="does not begin like a NIfTI file"):
        read_image(tmp_path / "image.nii")


@pytest.mark.parametrize(("start", "given"), [(0, b"\x1d\x02"), (4, b"n+1"), (4, b"\0+2")])
def test_the_second_version_needs_its_own_length_and_its_own_name(tmp_path, start, given):
    image = nibabel.Nifti2Image(np.arange(126, dtype=np.int16).reshape(7, 6, 3), PLACE)
    raw = bytearray(image.to_bytes())
    raw[start : start + len(given)] = given
    (tmp_path / "image.nii").write_bytes(raw)
    with pytest.raises(DataError, match="does not begin like a NIfTI file"):
        read_image(tmp_path / "image.nii")


@pytest.mark.parametrize("place", [-8, -5, -1])
def test_a_wrong_checksum_or_length_of_gzip_is_refused(tmp_path, place):
    packed = bytearray(gzip.compress(whole_file()))
    packed[place] ^= 1
    (tmp_path / "image.nii.gz").write_bytes(packed)
    with pytest.raises(DataError, match=r"image\.nii\.gz cannot be read"):
        read_image(tmp_path / "image.nii.gz")


@pytest.mark.parametrize("lost", [1, 8, 9])
def test_a_gzip_file_without_its_last_bytes_is_refused(tmp_path, lost):
    (tmp_path / "image.nii.gz").write_bytes(gzip.compress(whole_file())[:-lost])
    with pytest.raises(DataError, match=r"image\.nii\.gz cannot be read"):
        read_image(tmp_path / "image.nii.gz")


def test_a_flipped_bit_in_the_voxels_of_a_packed_image_never_passes(tmp_path):
    noise = np.random.default_rng(0).integers(0, 4, (32, 32, 4)).astype(np.int16)
    packed = gzip.compress(nibabel.Nifti1Image(noise, PLACE).to_bytes())
    for byte in np.linspace(20, len(packed) - 9, 60).astype(int):
        damaged = bytearray(packed)
        damaged[byte] ^= 4
        (tmp_path / "image.nii.gz").write_bytes(damaged)
        with pytest.raises(DataError):
            read_image(tmp_path / "image.nii.gz")


def test_a_file_that_unpacks_to_much_more_than_it_announces_is_left(tmp_path):
    (tmp_path / "image.nii.gz").write_bytes(gzip.compress(whole_file() + bytes(2**22)))
    with pytest.raises(DataError, match="goes on after the voxels"):
        read_image(tmp_path / "image.nii.gz")


@pytest.mark.parametrize("slices", [1, 90])
def test_a_mebibyte_may_follow_the_voxels_of_a_packed_image_and_no_more(tmp_path, slices):
    values = np.arange(2 * slices, dtype=np.int16).reshape(2, 1, slices)
    whole = nibabel.Nifti1Image(values, PLACE).to_bytes()
    path = tmp_path / "image.nii.gz"
    path.write_bytes(gzip.compress(whole + bytes(2**20)))
    np.testing.assert_array_equal(read_image(path).array, values)
    path.write_bytes(gzip.compress(whole + bytes(2**20 + 1)))
    with pytest.raises(DataError, match="goes on after the voxels"):
        read_image(path)


def test_the_limit_on_voxels_can_be_raised_and_must_be_a_number(tmp_path, monkeypatch):
    path = tmp_path / "image.nii"
    path.write_bytes(whole_file())
    monkeypatch.setenv("SCARMAP_MAX_VOXELS", "100")
    with pytest.raises(DataError, match=r"SCARMAP_MAX_VOXELS"):
        read_image(path)
    monkeypatch.setenv("SCARMAP_MAX_VOXELS", "126")
    assert read_image(path).array.shape == (7, 6, 3)
    for wrong in ("many", "0", "-5", ""):
        monkeypatch.setenv("SCARMAP_MAX_VOXELS", wrong)
        with pytest.raises(DataError, match=f"SCARMAP_MAX_VOXELS is '{wrong}'"):
            read_image(path)


def test_headers_of_both_versions_and_byte_orders_pass(tmp_path):
    values = np.arange(7 * 6 * 3, dtype=np.int16).reshape(7, 6, 3)
    for number, kind in enumerate((nibabel.Nifti1Image, nibabel.Nifti2Image)):
        for order in "<>":
            image = kind(values, PLACE, kind.header_class(endianness=order))
            image.header.set_data_dtype(np.int16)
            path = tmp_path / f"{number}{ord(order)}.nii.gz"
            nibabel.save(image, path)
            np.testing.assert_array_equal(read_image(path).array, values)


@pytest.mark.parametrize(
    ("check", "given"),
    [(check_voxels, (5000, 5000, 5000)), (check_voxel_size, (0.01, 1, 8))],
)
def test_other_formats_are_held_to_the_same_limits(check, given, tmp_path):
    with pytest.raises(DataError, match="p1"):
        check(given, tmp_path / "p1.mha")


def test_each_limit_itself_is_kept_and_what_lies_beyond_it_is_not(tmp_path):
    path = tmp_path / "image.nii"
    for check, kept, refused in (
        (check_voxels, (8192, 8192, 1), (8193, 8192, 1)),
        (check_voxels, (1,), ()),
        (check_voxel_size, (0.05, 100.0, 50.0), (0.0499, 100.0, 50.0)),
        (check_voxel_size, (1.5, 60.0), (1.5, 100.5)),
        (check_voxel_size, (1.5, 1.5, 50.0), (1.5, 1.5, 50.5)),
    ):
        check(kept, path)
        with pytest.raises(DataError, match=r"image\.nii (announces|holds|has|states)"):
            check(refused, path)


def placed(columns, corner=(0, 0, 0)):
    affine = np.eye(4)
    affine[:3, :3], affine[:3, 3] = np.transpose(columns), corner
    return affine


WELL_PLACED = [
    placed([(0.05, 0, 0), (0, 100, 0), (0, 0, 50)]),
    placed([(0.1, 0, 0), (0, 0.1, 0), (0, 0, 0.1)], (-1e5, 1e5, 0)),
    placed([(60, 80, 0), (60, -80, 0), (0, 0, 9)]),  # columns of 100, rows of 85 and 113 mm
]
ILL_PLACED = [
    placed([(0.0499, 0, 0), (0, 1, 0), (0, 0, 8)]),
    placed([(80, 70, 0), (-7, 8, 0), (0, 0, 9)]),  # a column of 106, rows below 81 mm
    placed([(1, 0, 0), (0, 1, 0), (0, 0, 8)], (0, -100000.5, 0)),
    placed([(5, 0, 0), (5, 0.004, 0), (0, 0, 5)]),  # two axes that are nearly one
]


def test_a_place_is_plausible_by_the_length_of_its_axes_their_angles_and_its_corner(tmp_path):
    for affine in WELL_PLACED:
        check_placement(affine, tmp_path / "image.nii")
    for affine in ILL_PLACED:
        with pytest.raises(DataError, match=r"image\.nii says where it lies"):
            check_placement(affine, tmp_path / "image.nii")


def test_an_implausible_place_is_told_with_its_corner_in_three_digits(tmp_path):
    affine = placed([(1, 0, 0), (0, 1, 0), (0, 0, 8)], (1.23456, 2, 1e9))
    with pytest.raises(DataError, match=r"corner \[1\.235e\+00 2\.000e\+00 1\.000e\+09\], which"):
        check_placement(affine, tmp_path / "image.nii")

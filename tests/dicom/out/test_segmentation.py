import numpy as np
import pydicom
import pytest
from tests.dicom import tiny_study

from scarmap.dicom.out.identity import Maker
from scarmap.dicom.out.placement import on_frames
from scarmap.dicom.out.segmentation import segmentation, segments_of
from scarmap.dicom.out.source import LPS_TO_RAS, grid_of, read_source
from scarmap.labels import INDEX, region_mask
from scarmap.volume import LabelMap


def frames_of(path):
    """Segment number and place in mm, towards right-anterior-head, of every frame, with its pixels
    and its image."""
    written = pydicom.dcmread(path)
    orientation = written.SharedFunctionalGroupsSequence[0].PlaneOrientationSequence[0]
    directions = np.array(orientation.ImageOrientationPatient, float).reshape(2, 3)
    down, across = written.SharedFunctionalGroupsSequence[0].PixelMeasuresSequence[0].PixelSpacing
    axes = np.stack([directions[0] * float(across), directions[1] * float(down)], axis=1)
    for pixels, item in zip(
        written.pixel_array, written.PerFrameFunctionalGroupsSequence, strict=True
    ):
        place = np.array(item.PlanePositionSequence[0].ImagePositionPatient, float)
        (image,) = item.DerivationImageSequence[0].SourceImageSequence
        number = item.SegmentIdentificationSequence[0].ReferencedSegmentNumber
        yield number, LPS_TO_RAS @ place, LPS_TO_RAS @ axes, pixels, image


def voxels_in_mm(labels, name):
    """Centres of a segment's voxels by the affine of the mask, in a fixed order."""
    index = np.argwhere(region_mask(labels.array, name))
    return _sorted(index @ labels.grid.affine[:3, :3].T + labels.grid.affine[:3, 3])


def pixels_in_mm(path, number):
    """The same by the planes of the segmentation."""
    found = [
        np.argwhere(pixels)[:, ::-1] @ axes.T + place
        for each, place, axes, pixels, _ in frames_of(path)
        if each == number
    ]
    return _sorted(np.concatenate(found))


def _sorted(points):
    return points[np.lexsort(np.round(points, 2).T)]


@pytest.mark.parametrize("seed", range(16))
def test_every_voxel_keeps_its_place_and_tissue_in_any_stack(seed, tmp_path):
    rng = np.random.default_rng(seed)
    slices, rows, columns = rng.integers(1, 6), rng.integers(16, 25), rng.integers(16, 25)
    headers = tiny_study.stack(
        slices=int(slices),
        rows=int(rows),
        columns=int(columns),
        pixel_mm=tuple(rng.uniform(0.7, 2.6, 2)),
        step_mm=float(rng.uniform(5, 12)),
        plane=tiny_study.directions(rng),
        backwards=bool(seed % 2),
    )
    source = read_source(headers)
    grid = grid_of(source)
    drawn = rng.integers(0, len(INDEX), grid.shape).astype(np.uint8)
    labels = LabelMap(drawn, grid)
    file = tmp_path / "segmentation.dcm"
    segmentation(
        source, on_frames(labels, source), layout="scarmap", maker=Maker(), content=str(seed)
    ).save_as(file, enforce_file_format=True)
    assert np.sign(np.linalg.det(grid.affine)) == (-1 if slices > 1 and seed % 2 else 1)
    for number, name in enumerate(segments_of("scarmap"), start=1):
        ours, theirs = voxels_in_mm(labels, name), pixels_in_mm(file, number)
        assert ours.shape == theirs.shape
        assert abs(ours - theirs).max() < 1e-3
    normal = np.cross(
        headers[0].ImageOrientationPatient[:3], headers[0].ImageOrientationPatient[3:]
    )
    places = [np.dot(header.ImagePositionPatient, normal) for header in headers]
    apart = abs(places[1] - places[0]) if slices > 1 else 8.0
    voxel_ml = float(np.prod([float(each) for each in headers[0].PixelSpacing])) * apart / 1000
    assert grid.voxel_ml == pytest.approx(voxel_ml, rel=1e-4)


def test_corners_of_the_grid_lie_where_the_headers_place_them():
    headers = tiny_study.stack(slices=3, pixel_mm=(1.7, 0.9), backwards=True)
    grid = grid_of(read_source(headers))
    for z, header in enumerate(headers):
        row, column = np.array(header.ImageOrientationPatient, float).reshape(2, 3)
        for x, y in ((0, 0), (19, 0), (0, 23), (19, 23)):
            mm = np.array(header.ImagePositionPatient, float) + row * 0.9 * x + column * 1.7 * y
            assert (grid.affine @ [x, y, z, 1])[:3] == pytest.approx(mm * [-1, -1, 1], abs=1e-3)


AWKWARD = {
    "a series for each slice": {"series_each": True},
    "a gap": {"depths_mm": [0, 9, 27, 36]},
    "slices shifted in plane": {"shift_mm": 1.5},
    "uneven steps": {"depths_mm": [0, 9.3, 17.6, 27.1]},
    "one slice": {"slices": 1},
}


@pytest.mark.parametrize("options", AWKWARD.values(), ids=AWKWARD.keys())
def test_stacks_that_a_volume_cannot_hold_are_written_frame_by_frame(
    options, make_results, errors_of, tmp_path
):
    headers = tiny_study.stack(**options)
    made = make_results(tmp_path, headers)
    _check_frames(made, {header.SOPInstanceUID: z for z, header in enumerate(headers)})
    assert [errors_of(path) for path in (made.files.segmentation, made.files.report)] == [[], []]
    written = pydicom.dcmread(made.files.segmentation)
    referenced = {
        (str(series.SeriesInstanceUID), str(image.ReferencedSOPInstanceUID))
        for series in written.ReferencedSeriesSequence
        for image in series.ReferencedInstanceSequence
    }
    assert referenced == {
        (str(each.SeriesInstanceUID), str(each.SOPInstanceUID)) for each in headers
    }


def test_directions_that_differ_in_the_fourth_digit_become_one_plane_at_right_angles(
    make_results, errors_of, tmp_path
):
    headers = tiny_study.stack()
    rng = np.random.default_rng(3)
    for header in headers:
        noisy = np.array(header.ImageOrientationPatient, float) + rng.normal(size=6) * 2e-4
        header.ImageOrientationPatient = [f"{value:.6f}" for value in noisy]
    made = make_results(tmp_path, headers)
    _check_frames(made, {header.SOPInstanceUID: z for z, header in enumerate(headers)})
    assert errors_of(made.files.segmentation) == []
    shared = pydicom.dcmread(made.files.segmentation).SharedFunctionalGroupsSequence[0]
    row, column = np.array(
        shared.PlaneOrientationSequence[0].ImageOrientationPatient, float
    ).reshape(2, 3)
    assert abs(row @ column) < 1e-9
    assert np.linalg.norm(row) == pytest.approx(1, abs=1e-9)


def test_frames_of_an_enhanced_object_are_named_by_their_number(make_results, errors_of, tmp_path):
    """Every second frame, from the last to the first, as when an object holds two kinds of
    image."""
    images = tiny_study.stack(slices=6)
    whole = tiny_study.enhanced(images)
    numbers = [6, 4, 2]
    made = make_results(tmp_path, [whole] * 3, numbers=numbers)
    seen = set()
    for number, place, _, pixels, image in frames_of(made.files.segmentation):
        assert image.ReferencedSOPClassUID == tiny_study.ENHANCED_MR
        assert image.ReferencedSOPInstanceUID == whole.SOPInstanceUID
        frame = int(image.ReferencedFrameNumber)
        truth = np.array(images[frame - 1].ImagePositionPatient, float) * [-1, -1, 1]
        assert place == pytest.approx(truth, abs=1e-3)
        mask = region_mask(
            made.labels.array[..., numbers.index(frame)], segments_of("scarmap")[number - 1]
        )
        assert (mask == pixels.T).all()
        seen.add(frame)
    assert seen == set(numbers)
    assert [errors_of(path) for path in (made.files.segmentation, made.files.report)] == [[], []]


def test_one_phase_of_a_cine_is_referenced_and_no_other(make_results, tmp_path):
    phases = [
        tiny_study.stack(number=40 + phase, time_ms=30.0 * phase, seed=phase) for phase in range(3)
    ]
    made = make_results(tmp_path, phases[1])
    named = {image.ReferencedSOPInstanceUID for *_, image in frames_of(made.files.segmentation)}
    assert named == {each.SOPInstanceUID for each in phases[1]}


def test_highdicom_reads_the_same_voxels_by_source_image(results):
    from highdicom.seg import segread

    written = segread(results.files.segmentation)
    pixels = written.get_pixels_by_source_instance(
        [header.SOPInstanceUID for header in results.headers],
        assert_missing_frames_are_empty=True,
    )
    for number, name in enumerate(segments_of("scarmap")):
        mask = np.transpose(region_mask(results.labels.array, name), (2, 1, 0))
        assert (pixels[..., number] == mask).all()
        assert mask.any()


def test_the_file_is_valid(results, errors_of):
    assert errors_of(results.files.segmentation) == []


def test_segments_are_the_tissues_of_the_layout_and_the_whole_infarct():
    assert segments_of("myops2020") == (
        *("lv_pool", "rv_pool", "normal_myocardium", "edema", "scar"),
        "whole_infarct",
    )
    assert "whole_infarct" not in segments_of("own:lv_pool=1,normal_myocardium=2")


def test_segments_carry_codes_colours_and_where_they_come_from(results):
    written = pydicom.dcmread(results.files.segmentation)
    by_name = dict(zip(segments_of("scarmap"), written.SegmentSequence, strict=True))
    kinds = {name: each.SegmentedPropertyTypeCodeSequence[0] for name, each in by_name.items()}
    assert {
        name: (kind.CodingSchemeDesignator, kind.CodeValue) for name, kind in kinds.items()
    } == {
        "lv_pool": ("SCT", "87878005"),
        "rv_pool": ("SCT", "53085002"),
        "normal_myocardium": ("SCT", "49848007"),
        "edema": ("SCT", "79654002"),
        "scar": ("SCT", "12402003"),
        "mvo": ("99SCARMAP", "MVO"),
        "whole_infarct": ("SCT", "22298006"),
    }
    assert {each.SegmentAlgorithmType for each in by_name.values()} == {"AUTOMATIC"}
    assert "not verified" in written.ContentDescription
    assert (written.SegmentationType, written.SegmentsOverlap) == ("BINARY", "YES")
    assert written.StudyInstanceUID == tiny_study.STUDY
    assert written.SeriesInstanceUID not in {each.SeriesInstanceUID for each in results.headers}
    assert written.NumberOfFrames == 4 * 7


@pytest.mark.parametrize(
    ("maker", "kind"),
    [(Maker(editor="AB"), "SEMIAUTOMATIC"), (Maker(name="", editor="AB"), "MANUAL")],
)
def test_an_edited_mask_says_so_with_the_editors_initials(
    maker, kind, make_results, errors_of, tmp_path
):
    made = make_results(tmp_path, tiny_study.stack(), maker=maker)
    written = pydicom.dcmread(made.files.segmentation)
    assert {each.SegmentAlgorithmType for each in written.SegmentSequence} == {kind}
    assert "AB" in written.ContentDescription
    for path in (made.files.segmentation, made.files.report, made.files.document):
        assert errors_of(path) == []


def test_an_empty_mask_is_written(make_results, errors_of, tmp_path):
    headers = tiny_study.stack()
    grid = grid_of(read_source(headers))
    empty = LabelMap(np.zeros(grid.shape, np.uint8), grid)
    made = make_results(tmp_path, headers, labels=empty)
    assert not pydicom.dcmread(made.files.segmentation).pixel_array.any()
    assert errors_of(made.files.segmentation) == errors_of(made.files.report) == []


def _check_frames(made, slices):
    """Every frame of every segment, by the image that it names and by its place, holds the mask's
    voxels."""
    names, seen = segments_of(made.layout), set()
    for number, place, _, pixels, image in frames_of(made.files.segmentation):
        z = slices[image.ReferencedSOPInstanceUID]
        truth = np.array(made.headers[z].ImagePositionPatient, float) * [-1, -1, 1]
        assert place == pytest.approx(truth, abs=1e-3)
        assert (region_mask(made.labels.array[..., z], names[number - 1]) == pixels.T).all()
        seen.add((number, z))
    assert len(seen) == len(names) * len(slices)

import copy
from dataclasses import replace

import numpy as np
import pytest
from tests.dicom import tiny_study

from scarmap.dicom.case_folder import recorded_frames
from scarmap.dicom.cases import import_study
from scarmap.dicom.out.find import frames_of_mask
from scarmap.dicom.out.source import grid_of, read_source
from scarmap.dicom.reading import read_export
from scarmap.errors import DataError, GeometryError
from scarmap.io.nifti import read_image
from scarmap.labels import INDEX
from scarmap.volume import Grid, LabelMap


def _mask(headers, *, seed=0):
    grid = grid_of(read_source(headers))
    drawn = np.random.default_rng(seed).integers(0, len(INDEX), grid.shape).astype(np.uint8)
    return LabelMap(drawn, grid)


@pytest.fixture
def find(tmp_path):
    """Find the frames of a mask among images, which are written in the order given."""

    def find(images, labels, **options):
        return frames_of_mask(
            read_export(tiny_study.save(images, tmp_path / "dicom")).exams, labels, **options
        )

    return find


def _uids(images):
    return [str(each.SOPInstanceUID) for each in images]


def _stored(labels, *, flips=(), exchanged=False):
    """The same mask as other software stores it."""
    array, affine = labels.array, labels.grid.affine.copy()
    spacing = list(labels.grid.spacing_mm)
    for axis in flips:
        array = np.flip(array, axis)
        affine[:, 3] = affine @ [*(np.eye(3)[axis] * (array.shape[axis] - 1)), 1]
        affine[:, axis] *= -1
    if exchanged:
        array, affine = array.swapaxes(0, 1), affine[:, [1, 0, 2, 3]]
        spacing[:2] = spacing[1::-1]
    return LabelMap(array, Grid(array.shape, tuple(spacing), affine))


def _study():
    """LGE, a cine of three phases in the same planes, and a stack elsewhere."""
    cine = [
        image
        for phase in range(3)
        for image in tiny_study.stack(
            number=20, time_ms=30.0 * phase, description="cine_trufi_sa", seed=phase
        )
    ]
    for index, image in enumerate(cine):
        image.SOPInstanceUID = f"{tiny_study.STUDY}.20.300.{index}"
    other = tiny_study.stack(number=30, step_mm=7.0, description="T2 SA")
    return [*tiny_study.stack(), *cine, *other]


@pytest.mark.parametrize("flips", [(), (0,), (1,), (2,), (0, 1, 2)])
@pytest.mark.parametrize("exchanged", [False, True])
def test_a_mask_stored_in_any_order_is_turned_to_its_frames(find, flips, exchanged):
    study = _study()
    headers = study[:4]
    labels = _mask(headers)
    shuffled = [study[index] for index in np.random.default_rng(1).permutation(len(study))]
    found = find(shuffled, _stored(labels, flips=flips, exchanged=exchanged))
    assert _uids(found.headers) == [each.uid for each in found.frames] == _uids(headers)
    assert (found.labels.array == labels.array).all()


def test_slices_stored_from_the_other_end_come_in_the_order_of_the_frames(find):
    headers = tiny_study.stack(backwards=True)
    labels = _mask(headers)
    found = find(headers, labels)
    assert _uids(found.headers) == _uids(reversed(headers))
    assert (found.labels.array == labels.array[..., ::-1]).all()


def test_a_stack_of_single_slice_series_with_a_gap_is_found(find):
    headers = tiny_study.stack(series_each=True, depths_mm=[0, 9, 27, 36])
    labels = _mask(headers)
    middle = labels.grid.affine.copy()
    middle[:3, 3] += middle[:3, 2] / 9.0 * 4.5
    for affine in (labels.grid.affine, middle):
        moved = replace(labels, grid=replace(labels.grid, affine=affine))
        assert _uids(find(headers, moved).headers) == _uids(headers)


def test_frames_of_an_enhanced_object_are_found_with_their_numbers(find):
    images = tiny_study.stack(slices=5)
    whole = tiny_study.enhanced(images[::-1])
    found = find([whole], _mask(images))
    assert found.frame_numbers == [5, 4, 3, 2, 1]


@pytest.mark.parametrize(
    "moved", [(2.0, 0, 0), (0, 0, 5.0)], ids=["in plane", "through the planes"]
)
def test_a_mask_that_lies_elsewhere_is_refused(find, moved):
    headers = tiny_study.stack()
    labels = _mask(headers)
    affine = labels.grid.affine.copy()
    affine[:3, 3] += affine[:3, :3] @ moved
    elsewhere = replace(labels, grid=replace(labels.grid, affine=affine))
    with pytest.raises(GeometryError, match="same study"):
        find(headers, elsewhere)


def test_two_series_in_one_place_are_named_and_the_option_chooses(find):
    study = [
        *tiny_study.stack(number=8, description="LGE MAG", kind=("ORIGINAL", "PRIMARY", "M")),
        *tiny_study.stack(number=9, description="LGE PSIR", kind=("ORIGINAL", "PRIMARY", "R")),
    ]
    labels = _mask(study[:4])
    with pytest.raises(DataError, match=r"8 \(LGE MAG\); 9 \(LGE PSIR\).*--series"):
        find(study, labels)
    for asked in ("9", f"{tiny_study.STUDY}.9"):
        assert _uids(find(study, labels, series=asked).headers) == _uids(study[4:])


def _repeated(*, own_series):
    images = tiny_study.stack(slices=6)
    later = copy.deepcopy(images[2])
    later.SOPInstanceUID, later.AcquisitionTime, later.InstanceNumber = "2.25.9", "101300", 99
    if own_series:
        later.SeriesInstanceUID, later.SeriesNumber = f"{tiny_study.STUDY}.99", 99
    for number, image in enumerate(images):
        image.AcquisitionTime = f"1012{number:02d}"
    return [*images, later]


def _halves():
    base = tiny_study.stack(description="SAX LGE base", depths_mm=[0, 9, 18, 27])
    return [
        *base,
        *tiny_study.stack(description="SAX LGE apex", number=8, depths_mm=[36, 45, 54]),
    ]


@pytest.mark.parametrize(
    "images",
    [
        _repeated(own_series=False),
        _repeated(own_series=True),
        tiny_study.stack(depths_mm=[0, 9, 18, 27, 36, 54, 63]),
        _halves(),
    ],
    ids=["repeated slice", "repeated in a series of its own", "gap", "halves under two names"],
)
def test_the_frames_that_an_import_took_are_found_again(tmp_path, images):
    folder, _ = import_study(tiny_study.save(images, tmp_path / "dicom"), tmp_path / "cases")
    grid = read_image(folder / "LGE.nii.gz").grid
    labels = LabelMap(np.zeros(grid.shape, np.uint8), grid)
    found = frames_of_mask(read_export(tmp_path / "dicom").exams, labels)
    taken = recorded_frames(folder / "LGE.nii.gz")
    assert {(frame.uid, frame.index) for frame in found.frames} == taken
    assert len(found.frames) == len(taken) == grid.shape[2]


def test_a_record_of_the_frames_tells_twins_apart_unless_a_series_is_asked_for(find, tmp_path):
    twins = [*tiny_study.stack(number=8), *tiny_study.stack(number=9, description="LGE MAG SA")]
    folder, _ = import_study(
        tiny_study.save(twins, tmp_path / "dicom"), tmp_path / "cases", asked={"LGE": "9"}
    )
    used = recorded_frames(folder / "LGE.nii.gz")
    labels = _mask(twins[:4])
    assert _uids(find(twins, labels, used=used).headers) == _uids(twins[4:])
    assert _uids(find(twins, labels, used=used, series="8").headers) == _uids(twins[:4])
    (folder / "source.json").write_text('{"sequences": {"LGE": {}}}')
    assert not recorded_frames(folder / "LGE.nii.gz")


def test_slices_that_are_a_series_each_can_be_asked_for(find):
    study = [
        *tiny_study.stack(number=10, series_each=True, description="LGE early"),
        *tiny_study.stack(number=20, series_each=True, description="LGE late"),
    ]
    assert _uids(find(study, _mask(study[:4]), series="20,21,22,23").headers) == _uids(study[4:])


def test_series_are_named_without_the_patient(find):
    names = ("LGE SAX Quaestor Zebedee", "LGE_late_quaestor_zebedee")
    study = [
        image
        for number, name in enumerate(names)
        for image in tiny_study.stack(number=number, description=name)
    ]
    with pytest.raises(DataError, match=r"0 \(LGE SAX \[removed\] \[removed\]\); 1") as told:
        find(study, _mask(study[:4]))
    assert "quaestor" not in str(told.value).lower()


@pytest.mark.parametrize(
    ("keyword", "told"),
    [("FrameOfReferenceUID", "FrameOfReferenceUID"), ("ImagePositionPatient", "position")],
)
def test_headers_that_tie_results_to_nothing_are_refused(keyword, told):
    headers = tiny_study.stack()
    del headers[2][keyword]
    with pytest.raises(DataError, match=told):
        read_source(headers)


def test_frames_of_two_studies_or_two_planes_make_no_source():
    headers = tiny_study.stack()
    headers[1].StudyInstanceUID = "1.2.3"
    with pytest.raises(DataError, match="2 studies"):
        read_source(headers)
    mixed = [*tiny_study.stack(), *tiny_study.stack(plane=(np.eye(3)[0], np.eye(3)[1]))]
    with pytest.raises(GeometryError, match="degrees"):
        read_source(mixed)

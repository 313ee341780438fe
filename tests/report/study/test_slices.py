import re
from dataclasses import replace

import numpy as np
import pytest

from scarmap.labels import INDEX
from scarmap.report.study.slices import Frame, Frames, make_frames, svg_path
from scarmap.volume import LabelMap


def _polygons(path):
    for part in re.findall(r"M([^Z]*)Z", path):
        yield np.array([[float(value) for value in point.split()] for point in part.split("L")])


def _area(points):
    x, y = points.T
    return abs(np.dot(x, np.roll(y, 1)) - np.dot(y, np.roll(x, 1))) / 2


def test_a_border_runs_along_the_edges_of_voxels_in_millimetres():
    mask = np.zeros((10, 10), dtype=bool)
    mask[2:6, 3:9] = True
    (points,) = _polygons(svg_path(mask, side_mm=20.0))
    assert (points.min(axis=0).tolist(), points.max(axis=0).tolist()) == ([6.0, 4.0], [18.0, 12.0])
    # Corners are cut across half a voxel each: a triangle of an eighth of a voxel.
    assert _area(points) == pytest.approx(24 * 4 - 4 * 4 / 8)


def test_a_mask_that_fills_the_window_keeps_its_border():
    (points,) = _polygons(svg_path(np.ones((4, 4), dtype=bool), side_mm=8.0))
    assert (points.min(), points.max()) == (0.0, 8.0)


def test_a_hole_is_a_second_polygon_and_nothing_is_no_path():
    mask = np.zeros((9, 9), dtype=bool)
    mask[1:8, 1:8] = True
    mask[4, 4] = False
    assert len(list(_polygons(svg_path(mask, side_mm=9.0)))) == 2
    assert svg_path(np.zeros((4, 4), dtype=bool), side_mm=4.0) == ""


def test_every_slice_has_every_sequence_and_the_outlines_of_its_tissues(case):
    frames = make_frames(case, order=[1, 0])
    assert frames.sequences == ("LGE", "T2")
    assert [frame.number for frame in frames.slices] == [2, 1]
    for frame in frames.slices:
        assert list(frame.images) == ["LGE", "T2"]
        assert all(
            address.startswith("data:image/webp;base64,") for address in frame.images.values()
        )
        assert [outline.tissue for outline in frame.outlines] == [
            "normal_myocardium",
            "lv_pool",
            "edema",
            "scar",
        ]
        assert [bool(outline.area) for outline in frame.outlines] == [False, False, True, True]
    assert [title for title, _ in frames.key] == [
        "epicardium",
        "endocardium",
        "edema (scar included)",
        "scar",
    ]
    assert (
        frames.slices[0].description
        == "slice 2: epicardium, endocardium, edema (scar included), scar"
    )


def test_a_mask_without_images_is_outlined_too(case):
    frames = make_frames(replace(case, images={}))
    assert frames.sequences == ()
    assert [frame.images for frame in frames.slices] == [{}, {}]
    assert all(frame.outlines for frame in frames.slices)


def test_the_viewer_begins_where_most_pathology_is(case):
    array = case.labels.array.copy()
    array[..., 0][array[..., 0] == INDEX["scar"]] = INDEX["normal_myocardium"]
    frames = make_frames(replace(case, labels=LabelMap(array, case.grid)))
    assert frames.middle == 1


def test_slices_without_a_heart_are_not_in_the_montage_but_in_the_viewer(case):
    array = case.labels.array.copy()
    array[..., 0] = 0
    frames = make_frames(replace(case, labels=LabelMap(array, case.grid)))
    assert [frame.number for frame in frames.marked] == [2]
    assert len(frames.slices) == 2


@pytest.mark.parametrize(
    ("count", "sequences", "printed"),
    [(3, 1, 1), (3, 3, 3), (8, 1, 1), (8, 3, 3), (18, 1, 1), (18, 3, 1), (40, 3, 1)],
)
def test_a_printed_montage_leaves_room_for_tables_on_its_sheet(count, sequences, printed):
    slices = tuple(Frame(number, {}, ()) for number in range(count))
    frames = Frames(100.0, ("LGE", "T2", "bSSFP")[:sequences], slices, ())
    assert frames.printed_sequences == ("LGE", "T2", "bSSFP")[:printed]
    assert frames.printed_columns >= 4
    strip_mm = 4 + -(-count // frames.printed_columns) * (186 / frames.printed_columns + 4)
    assert printed * strip_mm <= 104


@pytest.mark.parametrize(("count", "columns"), [(2, 4), (6, 6), (7, 7), (8, 4), (9, 5), (18, 6)])
def test_rows_of_a_montage_on_a_screen_are_of_nearly_equal_length(count, columns):
    assert (
        Frames(100.0, ("LGE",), tuple(Frame(number, {}, ()) for number in range(count)), ()).columns
        == columns
    )


def test_a_slice_that_a_sequence_lacks_has_no_picture(case):
    lacking = case.images["T2"].array.copy()
    lacking[..., 1] = 0
    images = {**case.images, "T2": replace(case.images["T2"], array=lacking)}
    first, second = make_frames(replace(case, images=images)).slices
    assert all(first.images.values())
    assert [name for name, address in second.images.items() if not address] == ["T2"]

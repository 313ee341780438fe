import itertools
from math import atan2, degrees, hypot, nan
from xml.etree import ElementTree

import pytest

from scarmap.report.study.bullseye import (
    EDEMA,
    TRANSMURALITY,
    bullseye,
    class_of,
    legend,
    ring_disc,
    sector,
    text_colour,
)


def _tiles(drawing):
    root = ElementTree.fromstring(str(drawing))
    return {tile.get("data-segment"): tile for tile in root.findall("g")}


def _place(tile):
    """Direction of the value's text, degrees anticlockwise from the right, and its distance."""
    text = tile.find("text[@class='value']")
    x, y = float(text.get("x")), float(text.get("y")) - 3.5
    return degrees(atan2(-y, x)) % 360, hypot(x, y)


def test_a_value_has_the_colour_of_its_class_and_is_printed_with_its_segment():
    tiles = _tiles(
        bullseye({1: 0.0, 2: 25.0, 3: 25.2, 4: 75.0, 5: 99.6, 6: 0.3}, TRANSMURALITY, title="t")
    )
    colours = [tiles[str(number)].find("path").get("fill") for number in range(1, 7)]
    none, low, middle, high, full = TRANSMURALITY.colours
    assert colours == [none, low, middle, high, full, low]
    texts = [[text.text for text in tiles[str(number)].findall("text")] for number in range(1, 7)]
    assert texts == [["1", "0"], ["2", "25"], ["3", "25"], ["4", "75"], ["5", "100"], ["6", "<1"]]


@pytest.mark.parametrize("value", [None, nan])
def test_what_could_not_be_measured_is_hatched_and_said_to_be_missing(value):
    drawing = bullseye({1: 10.0, 2: value}, EDEMA, title="Edema")
    tiles = _tiles(drawing)
    for number in ("2", "16"):
        assert tiles[number].find("path").get("class") == "hatched"
        assert tiles[number].find("path").get("fill") is None
        assert tiles[number].findall("text")[1].text == "–"
    label = ElementTree.fromstring(str(drawing)).get("aria-label")
    assert label.startswith(
        "Edema. edema, % of the segment: segment 1 10 %; segment 2 not measured; "
    )


@pytest.mark.parametrize(
    ("segment", "direction"),
    # Standard display: anterior on top, septum left, numbers rise anticlockwise (Cerqueira 2002,
    # Fig. 4).
    [
        (1, 90),
        (2, 150),
        (3, 210),
        (4, 270),
        (5, 330),
        (6, 30),
        (7, 90),
        (9, 210),
        (13, 90),
        (14, 180),
        (15, 270),
        (16, 0),
    ],
)
def test_segments_lie_where_the_standard_display_has_them(segment, direction):
    angle, _ = _place(_tiles(bullseye({}, EDEMA, title="t"))[str(segment)])
    assert (angle - direction + 180) % 360 - 180 == pytest.approx(0, abs=0.2)


def test_rings_lie_inside_each_other_and_the_cap_is_drawn_only_where_it_was_measured():
    tiles = _tiles(bullseye({17: 5.0}, EDEMA, title="t"))
    distances = [_place(tiles[number])[1] for number in ("1", "7", "13", "17")]
    assert distances == sorted(distances, reverse=True)
    assert distances[-1] == 0
    assert "17" not in _tiles(bullseye({16: 5.0}, EDEMA, title="t"))


def test_sectors_of_each_ring_cover_the_circle_once():
    for numbers in (range(1, 7), range(7, 13), range(13, 17)):
        starts = sorted(sector(number).start_deg % 360 for number in numbers)
        width = sector(numbers[0]).width_deg
        assert width * len(numbers) == 360
        assert {round(b - a) for a, b in itertools.pairwise(starts)} == {width}


def test_insertions_are_ticks_outside_the_disc_at_their_angle():
    root = ElementTree.fromstring(
        str(bullseye({}, EDEMA, title="t", insertions_deg=(120.0, 235.0)))
    )
    ends = [(float(line.get("x2")), -float(line.get("y2"))) for line in root.findall("line")]
    assert [degrees(atan2(y, x)) % 360 for x, y in ends] == pytest.approx([120, 235], abs=0.1)
    assert min(hypot(x, y) for x, y in ends) > 98


def test_a_dot_marks_a_segment_inside_itself():
    root = ElementTree.fromstring(str(bullseye({}, EDEMA, title="t", marked=[4])))
    (dot,) = root.findall("circle")
    x, y = float(dot.get("cx")), -float(dot.get("cy"))
    place = sector(4)
    assert place.inner < hypot(x, y) < place.outer
    assert place.start_deg < degrees(atan2(y, x)) % 360 < place.start_deg + place.width_deg


def test_rings_without_a_direction_are_whole_circles():
    drawing = ring_disc({"basal": 0.0, "mid": 60.0}, TRANSMURALITY, title="Transmurality")
    tiles = _tiles(drawing)
    assert list(tiles) == ["basal", "mid", "apical"]
    assert tiles["mid"].find("path").get("fill") == TRANSMURALITY.colours[3]
    assert tiles["apical"].find("path").get("class") == "hatched"
    assert "mid-ventricular ring 60 %; apical ring not measured" in str(drawing)


def test_the_key_names_every_class_and_its_colour():
    root = ElementTree.fromstring(str(legend(EDEMA)))
    assert [box.get("fill") for box in root.findall("rect")] == [*EDEMA.colours, None]
    assert [text.text for text in root.findall("text")] == [
        "0",
        "1–25",
        "26–50",
        "51–75",
        "76–100",
        "missing",
    ]


def test_classes_follow_in_lightness_so_that_they_can_be_told_apart_without_hue():
    for scale in (TRANSMURALITY, EDEMA):
        light = [_luminance(colour) for colour in scale.colours]
        assert light == sorted(light, reverse=True)
        assert min(a - b for a, b in itertools.pairwise(light)) > 0.06
        for colour in scale.colours:
            bright, dark = sorted(
                (_luminance(colour), _luminance(text_colour(colour))), reverse=True
            )
            assert (bright + 0.05) / (dark + 0.05) >= 4.5  # WCAG 2.2, contrast of text


def test_class_edges_belong_to_the_class_below():
    assert [class_of(value) for value in (0, 25, 25.01, 50, 50.01, 75, 75.01)] == [
        0,
        1,
        2,
        2,
        3,
        3,
        4,
    ]


def test_a_title_cannot_break_out_of_the_drawing():
    root = ElementTree.fromstring(str(bullseye({}, EDEMA, title='"><script>&')))
    assert root.get("aria-label").startswith('"><script>&')


def _luminance(colour):
    parts = [int(colour[start : start + 2], 16) / 255 for start in (1, 3, 5)]
    linear = [
        part / 12.92 if part <= 0.04045 else ((part + 0.055) / 1.055) ** 2.4 for part in parts
    ]
    return 0.2126 * linear[0] + 0.7152 * linear[1] + 0.0722 * linear[2]

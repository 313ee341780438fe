from dataclasses import replace
from math import isnan, nan

import pytest

from scarmap.quantification.measures.territories import is_viable, measure_territories
from scarmap.quantification.study import quantify


@pytest.fixture(scope="module")
def segment(make_heart):
    return quantify(make_heart()).segments[0]


@pytest.fixture
def made(segment):
    """A segment of given mass, infarct and class of transmurality."""

    def make(territory, grams, infarct_percent, grade):
        depth = replace(segment.figures.transmurality, grade=grade)
        figures = replace(
            segment.figures,
            myocardium_g=grams,
            infarct_percent=infarct_percent,
            edema_percent=10.0,
            mvo_percent=nan,
            transmurality=depth,
        )
        return replace(segment, territory=territory, figures=figures)

    return make


def test_an_artery_holds_the_sum_of_its_segments(made):
    parts = [
        made("LAD", 10.0, 50.0, "51-75"),
        made("LAD", 30.0, 10.0, "1-25"),
        made("LCX", 20.0, 0.0, "0"),
        made("RCA", 0.0, nan, ""),
    ]
    first, second = measure_territories(parts)
    assert (first.name, first.num_segments, first.num_viable_segments) == ("LAD", 2, 1)
    assert (first.myocardium_g, first.infarct_g, first.infarct_percent) == (40.0, 8.0, 20.0)
    assert first.edema_g == 4.0
    assert isnan(first.mvo_g)
    assert (second.name, second.num_viable_segments, second.infarct_g) == ("LCX", 1, 0.0)


def test_a_segment_of_less_than_a_gram_counts(made):
    (territory,) = measure_territories([made("RCA", 0.5, 50.0, "51-75"), made("LAD", 0.0, nan, "")])
    assert (territory.name, territory.num_segments, territory.infarct_g) == ("RCA", 1, 0.25)


def test_what_was_not_assessed_is_neither_viable_nor_hurt(made):
    unseen = made("LAD", 10.0, nan, "")
    assert is_viable(unseen.figures) is None
    (territory,) = measure_territories([unseen])
    assert isnan(territory.num_viable_segments)
    assert isnan(territory.infarct_g)
    assert territory.myocardium_g == 10.0


@pytest.mark.parametrize(
    ("grade", "viable"),
    [("0", True), ("1-25", True), ("26-50", True), ("51-75", False), ("76-100", False)],
)
def test_a_segment_is_viable_up_to_half_of_its_wall(made, grade, viable):
    assert is_viable(made("LAD", 1.0, 1.0, grade).figures) is viable

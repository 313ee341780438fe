import pytest

from scarmap.report.study.neighbours import Link, neighbours_of


@pytest.mark.parametrize(
    ("name", "previous", "following"),
    [
        ("a", None, Link("b", "b.html")),
        ("b", Link("a", "a.html"), Link("c#1", "c%231.html")),
        ("c#1", Link("b", "b.html"), None),
    ],
)
def test_studies_are_beside_each_other_in_the_order_of_their_names(name, previous, following):
    found = neighbours_of(name, ["c#1", "a", "b"], cohort="trial", address="../cohort.html")
    assert (found.previous, found.next) == (previous, following)
    assert found.cohort == Link("trial", "../cohort.html")


def test_a_single_study_has_only_its_cohort():
    found = neighbours_of("a", ["a"], cohort="trial", address="../cohort.html")
    assert (found.previous, found.next) == (None, None)

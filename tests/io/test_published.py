from scarmap.io.published import published_decimals, published_text


def test_a_row_has_the_decimals_of_its_longest_mean_or_deviation():
    assert published_decimals({"scar": [57.5, 23.09], "edema": 53}) == 2
    assert published_decimals({"scar": [53, None], "edema": 60.0}) == 1
    assert published_decimals({"scar": [8.25, 9.06, 0.00125]}) == 2
    assert published_decimals({}) == 1


def test_a_figure_is_its_mean_and_its_deviation_where_there_is_one():
    assert published_text([53.0, 20.5]) == "53.0 ± 20.5"
    assert published_text([53, None]) == published_text(53) == "53.0"
    assert published_text([8.25, 9.06, 1.5], 2) == "8.25 ± 9.06"

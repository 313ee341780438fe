import pytest
from matplotlib.figure import Figure

from scarmap.report.html import chart_address, picture_address


@pytest.mark.parametrize("address", [chart_address, picture_address])
def test_a_name_with_dollar_signs_is_drawn_as_it_is_written(address):
    figure = Figure(figsize=(2, 2))
    axes = figure.subplots()
    axes.set_title(r"$\bad{$")
    axes.plot([1, 2], label=r"a $ and $\nothing$")
    axes.set_yscale("log")
    axes.legend()
    assert address(figure).startswith("data:image")

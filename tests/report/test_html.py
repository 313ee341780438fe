import base64
import gc
import io
import weakref
from xml.etree import ElementTree

import matplotlib.image
from matplotlib.figure import Figure

from scarmap.report.html import _environment, chart_address, picture_address


def _figure(width=2.0):
    figure = Figure(figsize=(width, 1.0))
    figure.subplots().plot([0, 1])
    return figure


def _content(address, media_type):
    head, _, body = address.partition(",")
    assert head == f"data:{media_type};base64"
    return base64.b64decode(body)


def test_a_chart_is_svg_and_the_same_bytes_each_time():
    address = chart_address(_figure())
    assert ElementTree.fromstring(_content(address, "image/svg+xml")).tag.endswith("svg")
    assert chart_address(_figure()) == address


def test_a_wide_picture_gets_no_more_pixels_than_allowed():
    content = _content(picture_address(_figure(width=20.0), widest_pixels=400), "image/webp")
    assert matplotlib.image.imread(io.BytesIO(content), format="webp").shape[1] == 400


def test_nothing_keeps_a_figure_that_was_embedded():
    figure = _figure()
    chart_address(figure)
    kept = weakref.ref(figure)
    del figure
    gc.collect()
    assert kept() is None


def test_a_template_is_compiled_once():
    first = _environment().get_template("study.html")
    assert _environment().get_template("study.html") is first

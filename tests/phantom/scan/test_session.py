from dataclasses import replace

import numpy as np
import pytest

from scarmap.phantom.scan.canvas import blank_canvas, paint
from scarmap.phantom.scan.geometry import draw_geometry
from scarmap.phantom.scan.motion import AS_ACQUIRED, STILL, Pose
from scarmap.phantom.scan.session import begin_session, image_plane
from scarmap.phantom.scan.style import draw_style

SEQUENCES = ("bSSFP", "T2", "LGE")


def _session(*, motion=STILL, shift_mm=(0.0, 0.0), **quality):
    style = draw_style(np.random.default_rng(0), "myops2020")
    changed = {
        name: replace(protocol, quality=replace(protocol.quality, **quality))
        for name, protocol in style.protocols.items()
    }
    style = replace(style, protocols=changed)
    rng = np.random.default_rng(1)
    geometry = draw_geometry(rng, style, heart_length_mm=90.0, num_slices=2, in_plane=120)
    return begin_session(
        rng, style, geometry, sequences=SEQUENCES, motion=motion, shift_mm=shift_mm
    )


def _image(session, *, index=0, seed=0):
    canvas = blank_canvas(session.signals, (120, 120))
    paint(
        canvas,
        {"lv_blood": np.ones((100, 100), dtype=np.float32)},
        session.signals,
        corner=(10, 10),
    )
    texture = np.zeros((120, 120), dtype=np.float32)
    return image_plane(
        session, canvas, texture=texture, index=index, rng=np.random.default_rng(seed)
    )


def test_a_slice_is_imaged_in_every_sequence_the_same_for_the_same_state():
    first, second = _image(_session()), _image(_session())
    assert tuple(first) == SEQUENCES
    for name, image in first.items():
        assert image.shape == (120, 120)
        assert image.dtype == np.float32
        assert (image >= 0).all()
        assert (image == np.rint(image)).all()
        np.testing.assert_array_equal(image, second[name])


def test_late_enhancement_is_the_position_of_the_labels_and_others_move():
    session = _session(motion=AS_ACQUIRED)
    assert set(session.poses["LGE"]) == {Pose()}
    assert Pose() not in session.poses["T2"]


def test_coils_move_with_the_patient():
    near, far = (_session(shift_mm=shift).sensitivity for shift in ((0.0, 0.0), (20.0, 0.0)))
    peaks = [np.unravel_index(each.argmax(), each.shape)[0] for each in (near, far)]
    assert peaks[1] > peaks[0]


def test_a_still_clean_scan_shows_tissue_in_units_at_the_heart():
    clean = {"noise": 0.0, "ghost": 0.0, "unrest": 0.0, "patches": 0.0, "mottle": 0.0}
    session = _session(**clean, units=1000.0)
    x, y = (round(each) for each in session.centre)
    value = float(session.signals.values["lv_blood"][2])
    assert _image(session)["LGE"][x, y] == pytest.approx(1000 * value, rel=0.05)


def test_unexplained_texture_stays_near_the_heart():
    still = {"noise": 0.0, "ghost": 0.0, "unrest": 0.0, "patches": 0.0, "shading": 0.0}
    plain, rough = (_image(_session(**still, mottle=mottle))["LGE"] for mottle in (0.0, 0.2))
    x, y = (round(each) for each in _session().centre)
    difference = np.abs(rough - plain)
    assert difference[x - 15 : x + 15, y - 15 : y + 15].mean() > 5 * difference[14:24, 14:24].mean()

from itertools import chain

import numpy as np
import pytest

from scarmap.io.illustrations import Illustration, Panel, read_illustration, write_illustration


def illustration():
    image = np.arange(12, dtype=np.float32).reshape(3, 4)
    ring = image > 5
    rows = (
        (
            Panel("image", image, {"scar": ring, "lv_pool": ~ring}),
            Panel("map", image.astype(np.float64), heat=True),
        ),
        (Panel("whole numbers, µm", (image * 2).astype(np.int16)),),
    )
    return Illustration("2-attention", "Attention", "What to see: “edges”.", rows)


def test_a_picture_round_trips(tmp_path):
    path = write_illustration(tmp_path / "new", illustration())
    assert path == tmp_path / "new" / "2-attention.npz"
    back, made = read_illustration(path), illustration()
    assert (back.name, back.title, back.caption) == (made.name, made.title, made.caption)
    assert [[panel.heat for panel in row] for row in back.rows] == [[False, True], [False]]
    for mine, theirs in zip(chain(*back.rows), chain(*made.rows), strict=True):
        assert (mine.title, mine.heat, list(mine.contours)) == (
            theirs.title,
            theirs.heat,
            list(theirs.contours),
        )
        np.testing.assert_array_equal(mine.image, theirs.image)
        for region, mask in theirs.contours.items():
            assert mine.contours[region].dtype == bool
            np.testing.assert_array_equal(mine.contours[region], mask)


def test_nothing_is_left_beside_the_file(tmp_path):
    write_illustration(tmp_path, illustration())
    assert [path.name for path in tmp_path.iterdir()] == ["2-attention.npz"]


def test_pickled_objects_are_not_read(tmp_path):
    path = tmp_path / "1-evil.npz"
    np.savez(path, layout=np.array([print], dtype=object))
    with pytest.raises(ValueError, match="allow_pickle"):
        read_illustration(path)

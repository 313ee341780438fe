import numpy as np
import pytest

from scarmap.inference.ensemble import average, average_views


def noise(*shape):
    return np.random.default_rng(0).random(shape, dtype=np.float32)


def first_pixel_only(view):
    found = np.zeros_like(view)
    found[..., 0, 0] = view[..., 0, 0]
    return found


def test_average_is_the_mean_of_its_members():
    slices = noise(2, 3, 4, 4)
    np.testing.assert_allclose(average([lambda x: x, lambda x: 3 * x], slices), 2 * slices)


@pytest.mark.parametrize("views", [1, 4, 8])
def test_views_leave_a_pixelwise_segmenter_alone(views):
    slices = noise(2, 3, 8, 8)
    found = average_views(lambda view: view**2, slices, views=views)
    np.testing.assert_allclose(found, slices**2, rtol=1e-6)


@pytest.mark.parametrize("views", [4, 8])
def test_each_corner_is_the_first_pixel_of_as_many_views(views):
    slices = np.array([[1.0, 2.0], [3.0, 4.0]], dtype=np.float32)[None, None]
    found = average_views(first_pixel_only, slices, views=views)
    np.testing.assert_allclose(found, slices / 4)


@pytest.mark.parametrize("views", [4, 8])
def test_four_views_are_never_mirrored_and_eight_views_all_differ(views):
    slices = np.arange(4, dtype=np.float32).reshape(1, 1, 2, 2)
    seen = []
    average_views(lambda view: seen.append(view.copy()) or view, slices, views=views)
    assert len({each.tobytes() for each in seen}) == views
    turns = {np.rot90(slices[0, 0], number).tobytes() for number in range(4)}
    assert sum(each[0, 0].tobytes() in turns for each in seen) == 4


def test_a_network_is_given_arrays_that_lie_in_order_in_memory():
    lying = []
    average_views(
        lambda view: lying.append(view.flags["C_CONTIGUOUS"]) or view, noise(1, 1, 4, 4), views=8
    )
    assert lying == [True] * 8

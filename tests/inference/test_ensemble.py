import numpy as np

from scarmap.inference.ensemble import average, eight_views


def noise(*shape):
    return np.random.default_rng(0).random(shape, dtype=np.float32)


def test_average_is_the_mean_of_its_members():
    slices = noise(2, 3, 4, 4)
    np.testing.assert_allclose(average([lambda x: x, lambda x: 3 * x], slices), 2 * slices)


def test_eight_views_leave_a_pixelwise_segmenter_alone():
    slices = noise(2, 3, 8, 8)
    np.testing.assert_allclose(eight_views(lambda view: view**2, slices), slices**2, rtol=1e-6)


def test_eight_views_see_every_corner_once_as_the_first_pixel():
    def first_pixel_only(view):
        found = np.zeros_like(view)
        found[..., 0, 0] = view[..., 0, 0]
        return found

    slices = np.array([[1.0, 2.0], [3.0, 4.0]], dtype=np.float32)[None, None]
    np.testing.assert_allclose(eight_views(first_pixel_only, slices), slices / 4)


def test_a_network_is_given_arrays_that_lie_in_order_in_memory():
    lying = []
    eight_views(lambda view: lying.append(view.flags["C_CONTIGUOUS"]) or view, noise(1, 1, 4, 4))
    assert lying == [True] * 8

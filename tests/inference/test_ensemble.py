import torch

from scarmap.inference.ensemble import average, eight_views


def test_average_is_the_mean_of_its_members():
    slices = torch.rand(2, 3, 4, 4)
    torch.testing.assert_close(average([lambda x: x, lambda x: 3 * x], slices), 2 * slices)


def test_eight_views_leave_a_pixelwise_segmenter_alone():
    slices = torch.rand(2, 3, 8, 8)
    torch.testing.assert_close(eight_views(lambda view: view**2, slices), slices**2)


def test_eight_views_see_every_corner_once_as_the_first_pixel():
    def first_pixel_only(view):
        found = torch.zeros_like(view)
        found[..., 0, 0] = view[..., 0, 0]
        return found

    slices = torch.tensor([[1.0, 2.0], [3.0, 4.0]]).view(1, 1, 2, 2)
    torch.testing.assert_close(eight_views(first_pixel_only, slices), slices / 4)

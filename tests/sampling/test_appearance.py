import numpy as np
import pytest
import torch
from scipy import ndimage

from scarmap.sampling.appearance import Appearance, blur, change_appearance, follow_curve


def images(*, seed=0, shape=(4, 3, 40, 40)):
    return torch.rand(shape, generator=torch.Generator().manual_seed(seed))


def change(appearance, *, shown=None, seed=5):
    return change_appearance(
        images() if shown is None else shown, appearance, torch.Generator().manual_seed(seed)
    )


def test_the_defaults_change_nothing():
    assert torch.equal(change(Appearance()), images())
    torch.testing.assert_close(
        change(Appearance(remap=1, blur_px=2, shading=1, noise=1, share=0.0)), images()
    )


def test_remapping_keeps_the_order_and_the_ends_of_each_sequence():
    shown = images() * 7 - 3
    changed = change(Appearance(remap=1.0), shown=shown)
    order = shown.flatten(2).argsort(2)
    assert (changed.flatten(2).gather(2, order).diff(dim=2) >= -1e-5).all()
    torch.testing.assert_close(changed.amin((2, 3)), shown.amin((2, 3)))
    torch.testing.assert_close(changed.amax((2, 3)), shown.amax((2, 3)))
    assert ((changed - shown).abs().mean((2, 3)) > 0.01).all()


def test_the_curve_is_piecewise_linear_as_numpy_draws_it():
    values, slopes = images(shape=(1, 2, 6, 6)), torch.tensor([[[1.0, 3.0], [2.0, 2.0]]])
    curved = follow_curve(values, slopes)
    expected = np.interp(values[0, 0].numpy(), [0, 0.5, 1], [0, 0.25, 1])
    np.testing.assert_allclose(curved[0, 0].numpy(), expected, rtol=1e-5)
    torch.testing.assert_close(curved[0, 1], values[0, 1])


@pytest.mark.parametrize("deviation", [0.5, 1.2])
def test_the_blur_is_scipys(deviation):
    deviations = torch.zeros(4, 3, 1, 1)
    deviations[1, 2] = deviation
    blurred = blur(images(), deviations)
    expected = ndimage.gaussian_filter(images()[1, 2].numpy(), deviation, mode="nearest", radius=4)
    np.testing.assert_allclose(blurred[1, 2].numpy(), expected, atol=1e-5)
    torch.testing.assert_close(blurred[0], images()[0])


def test_shading_is_smooth_and_multiplies():
    shown = torch.full((8, 1, 40, 40), 2.0)
    shown[..., 0, 0] = 0
    factor = change(Appearance(shading=0.3), shown=shown)[..., 1:, 1:] / 2
    assert factor.log().std() == pytest.approx(0.2, abs=0.1)
    assert factor.diff(dim=-1).abs().max() < 0.25


def test_noise_is_measured_in_the_slices_own_range():
    shown = images(shape=(64, 1, 40, 40)) * 100
    added = (change(Appearance(noise=0.1), shown=shown) - shown).std((2, 3)) / 100
    assert added.mean() == pytest.approx(0.05, abs=0.012)
    assert added.max() < 0.105

import numpy as np
import pytest
import torch
from torch import nn

from scarmap.inference import ensemble
from scarmap.nn.views import average_views, has_views_of_the_whole, views_of_the_whole


@pytest.mark.parametrize("views", [1, 4, 8])
def test_views_with_torch_are_those_without(views):
    network = nn.Conv2d(2, 3, 3, padding=1)
    slices = np.random.default_rng(0).random((2, 2, 8, 8), dtype=np.float32)

    def predict(view):
        return network(torch.from_numpy(view)).numpy()

    with torch.inference_mode():
        found = average_views(network, torch.from_numpy(slices), views=views).numpy()
        other = ensemble.average_views(predict, slices, views=views)
        np.testing.assert_allclose(found, other, atol=1e-6)
        assert np.allclose(found, predict(slices), atol=1e-3) == (views == 1)


def test_only_an_inference_that_was_marked_has_views_of_the_whole():
    def assemble(stages, slices, *, views):
        return slices

    assert not has_views_of_the_whole(assemble)
    assert has_views_of_the_whole(views_of_the_whole(assemble))

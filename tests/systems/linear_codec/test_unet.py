import pytest
import torch

from scarmap.systems.linear_codec.unet import ShallowUNet


@pytest.mark.parametrize("in_channels", [1, 3])
def test_shape_and_a_gradient_for_every_parameter(in_channels):
    network = ShallowUNet(in_channels=in_channels, width=4)
    logits = network(torch.rand(2, in_channels, 24, 32))
    assert logits.shape == (2, 1, 24, 32)
    logits.square().sum().backward()
    assert all(parameter.grad is not None for parameter in network.parameters())


def test_number_of_parameters_by_hand():
    def block(before, after):
        return 9 * before * after + after + 9 * after * after + after

    expected = block(1, 16) + block(16, 32) + block(32, 64) + block(64, 128)
    expected += block(128 + 64, 64) + block(64 + 32, 32) + block(32 + 16, 16) + 16 + 1
    assert sum(each.numel() for each in ShallowUNet().parameters()) == expected


def test_there_is_no_normalisation_and_weights_are_glorots():
    network = ShallowUNet()
    assert not any("Norm" in type(module).__name__ for module in network.modules())
    weight = network.down[1][0].weight
    bound = (6 / (9 * (16 + 32))) ** 0.5
    assert bound * 0.98 < weight.abs().max() <= bound
    assert not network.down[1][0].bias.any()


def test_what_the_deepest_level_sees_and_the_finest_details_both_reach_the_output():
    torch.manual_seed(0)
    network = ShallowUNet(width=4).eval()
    image = torch.rand(1, 1, 64, 64, requires_grad=True)
    network(image)[0, 0, 32, 32].backward()
    seen = image.grad[0, 0].nonzero()
    assert (seen.amin(0) <= 12).all()
    assert (seen.amax(0) >= 52).all()

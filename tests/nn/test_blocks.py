import pytest
import torch
import torch.nn.functional as F
from torch import nn

from scarmap.nn.blocks import ConvBlock, DilatedBlock, SideConvolution, initialise_glorot

KINDS = ["plain", "residual", "side"]


def receptive_field(block):
    """Side of the input region that the centre output pixel depends on."""
    for module in block.modules():
        if isinstance(module, nn.Conv2d):
            nn.init.constant_(module.weight, 0.1)
    x = torch.ones(1, 1, 31, 31, requires_grad=True)
    block.eval()(x)[0, 0, 15, 15].backward()
    touched = x.grad[0, 0].nonzero()
    return (touched.max(dim=0).values - touched.min(dim=0).values + 1).tolist()


@pytest.mark.parametrize("kind", KINDS)
def test_conv_block_keeps_the_size_and_every_parameter_has_a_gradient(kind):
    torch.manual_seed(0)
    block = ConvBlock(2, 5, kind=kind)
    y = block(torch.randn(3, 2, 8, 12))
    assert y.shape == (3, 5, 8, 12)
    assert y.min() >= 0
    (y * torch.randn_like(y)).sum().backward()
    for name, parameter in block.named_parameters():
        assert parameter.grad.abs().max() > 0, name


@pytest.mark.parametrize(
    ("kind", "count"),
    [
        ("plain", 9 * 10 + 9 * 25 + 20),
        ("residual", 9 * 10 + 9 * 25 + 30 + 10),
        ("side", 15 * 10 + 15 * 25 + 60),
    ],
)
def test_conv_block_parameter_count(kind, count):
    assert sum(p.numel() for p in ConvBlock(2, 5, kind=kind).parameters()) == count


@pytest.mark.parametrize("kind", KINDS)
def test_two_convolutions_see_five_pixels(kind):
    assert receptive_field(ConvBlock(1, 2, kind=kind)) == [5, 5]


def test_dilations_of_one_two_and_four_see_fifteen_pixels():
    assert receptive_field(DilatedBlock(1, 2)) == [15, 15]


def test_dilated_block_keeps_the_size_and_every_parameter_has_a_gradient():
    torch.manual_seed(0)
    block = DilatedBlock(3, 4)
    y = block(torch.randn(2, 3, 6, 6))
    assert y.shape == (2, 4, 6, 6)
    (y * torch.randn_like(y)).sum().backward()
    assert all(parameter.grad.abs().max() > 0 for parameter in block.parameters())


def test_side_convolution_equals_one_convolution_with_the_summed_kernels():
    torch.manual_seed(0)
    side = SideConvolution(2, 3).double().eval()
    kernel = side.square[0].weight.clone()
    kernel[:, :, :, 1:2] += side.vertical[0].weight
    kernel[:, :, 1:2, :] += side.horizontal[0].weight
    x = torch.randn(1, 2, 7, 7, dtype=torch.float64)
    fresh_normalisation = 1 / (1 + side.square[1].eps) ** 0.5
    torch.testing.assert_close(side(x), F.conv2d(x, kernel, padding=1) * fresh_normalisation)


def test_residual_block_adds_the_shortcut_before_the_last_relu():
    torch.manual_seed(0)
    block = ConvBlock(2, 3, kind="residual").eval()
    nn.init.zeros_(block.second[1].weight)
    x = torch.randn(1, 2, 6, 6)
    torch.testing.assert_close(block(x), block.shortcut(x).relu())


def test_glorot_weights_stay_in_their_bound_and_biases_are_zero():
    torch.manual_seed(0)
    layer = nn.Conv2d(20, 30, 3)
    layer.apply(initialise_glorot)
    bound = (6 / (9 * 20 + 9 * 30)) ** 0.5
    assert layer.weight.abs().max() <= bound
    assert layer.weight.std().item() == pytest.approx(bound / 3**0.5, rel=0.05)
    assert layer.bias.abs().max() == 0

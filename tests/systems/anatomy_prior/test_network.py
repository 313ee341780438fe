import pytest
import torch

from scarmap.nn.unet import UNet
from scarmap.systems.anatomy_prior.network import GatedBlock, SegmentationNetwork


@pytest.mark.parametrize("attention", [True, False])
def test_logits_have_the_size_of_the_image_and_every_parameter_a_gradient(attention):
    torch.manual_seed(0)
    network = SegmentationNetwork(sequences=2, labels=5, attention=attention, width=4)
    logits = network(torch.rand(2, 2, 32, 48))
    assert logits.shape == (2, 5, 32, 48)
    logits.square().sum().backward()
    assert all(parameter.grad is not None for parameter in network.parameters())


def test_a_gate_scales_the_output_of_its_block_between_nothing_and_all():
    torch.manual_seed(0)
    block, x = GatedBlock(3, 8).eval(), torch.rand(2, 3, 8, 8)
    gate = block.gate(x)
    assert gate.shape == (2, 8, 8, 8)
    assert 0 < gate.min() < gate.max() < 1
    torch.testing.assert_close(block(x), block.block(x) * gate)
    with torch.no_grad():
        block.look[-1].bias.fill_(100.0)
    torch.testing.assert_close(block(x), block.block(x))


def test_every_block_has_a_gate_or_none_has():
    def gates(**keywords):
        return sum(
            isinstance(module, GatedBlock)
            for module in SegmentationNetwork(width=2, **keywords).modules()
        )

    assert gates(attention=True) == 9
    assert gates(attention=False) == 0


def test_number_of_parameters_by_hand():
    def count(network):
        return sum(parameter.numel() for parameter in network.parameters())

    def gate(before, after):
        return 9 * before * after + 2 * after + after * after + after

    widths = [2, 4, 8, 16, 32]
    gates = sum(gate(*pair) for pair in zip([1, *widths[:-1]], widths, strict=True))
    gates += sum(gate(2 * width, width) for width in widths[:-1])
    plain = count(UNet(encoders=(1,), outputs=5, width=2))
    assert count(SegmentationNetwork(width=2, attention=False)) == plain
    assert count(SegmentationNetwork(width=2, attention=True)) == plain + gates


def test_weights_are_saved_and_loaded():
    torch.manual_seed(1)
    first, second = (SegmentationNetwork(width=2).eval() for _ in range(2))
    image = torch.rand(1, 1, 16, 16)
    assert not torch.allclose(first(image), second(image))
    second.load_state_dict(first.state_dict())
    assert torch.equal(first(image), second(image))

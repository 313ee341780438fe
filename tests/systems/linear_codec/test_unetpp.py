import pytest
import torch
import torch.nn.functional as F
from torchvision.models.vgg import cfgs, make_layers

from scarmap.io.weights import read_weights, write_weights
from scarmap.systems.linear_codec.unetpp import DECODER_WIDTHS, Node, UNetPlusPlus

VGG16_FEATURES = 14_714_688
"""Parameters of VGG16 without its linear layers, for three channels."""


@pytest.fixture(scope="module")
def small():
    torch.manual_seed(1)
    return UNetPlusPlus(width=4).eval()


def outputs(network, image):
    """What every node computes for an image, by (row, column)."""
    found = {}
    hooks = [
        network.nodes[row][column - 1].register_forward_hook(
            lambda _module, _inputs, result, place=(row, column): found.update({place: result})
        )
        for row in range(5)
        for column in range(1, 6 - row)
    ]
    with torch.no_grad():
        network(image)
    for hook in hooks:
        hook.remove()
    return found


@pytest.mark.parametrize(("channels", "height", "width"), [(1, 64, 96), (3, 32, 32)])
def test_logits_have_the_size_of_the_image(channels, height, width):
    network = UNetPlusPlus(in_channels=channels, width=4)
    assert network(torch.rand(2, channels, height, width)).shape == (2, 1, height, width)


def test_every_parameter_has_a_gradient():
    network = UNetPlusPlus(width=4)
    network(torch.rand(2, 1, 64, 64)).square().sum().backward()
    assert all(parameter.grad.abs().sum() > 0 for parameter in network.parameters())


def test_number_of_parameters_is_that_of_vgg16_and_fifteen_nodes():
    with torch.device("meta"):
        network = UNetPlusPlus()
    encoder = sum(parameter.numel() for parameter in network.encoder.parameters())
    assert encoder == VGG16_FEATURES - 2 * 64 * 9
    # By hand, without biases, with two normalisations of 2 w parameters each: a node of width w
    # that enlarges b channels beside s others has 16 b w + 9 (w + s) w + 4 w parameters. Row by
    # row, (b, s) of each node:
    rows = {
        32: [(64, 64), (64, 96), (64, 128), (64, 160), (64, 192)],
        64: [(128, 128), (128, 192), (128, 256), (128, 320)],
        128: [(256, 256), (256, 384), (256, 512)],
        256: [(512, 512), (16, 768)],
        16: [(512, 512)],
    }
    nodes = sum(
        16 * b * w + 9 * (w + s) * w + 4 * w for w, places in rows.items() for b, s in places
    )
    head = 9 * 32 + 1
    assert sum(parameter.numel() for parameter in network.parameters()) == encoder + nodes + head


def test_the_encoder_is_torchvisions_vgg16():
    torch.manual_seed(2)
    theirs = make_layers([size if size == "M" else size // 8 for size in cfgs["D"]])
    network = UNetPlusPlus(in_channels=3, width=4)
    network.encoder.load_state_dict(
        dict(zip(network.encoder.state_dict(), theirs.state_dict().values(), strict=True))
    )
    x = image = torch.rand(1, 3, 32, 32)
    with torch.no_grad():
        for block in network.encoder:
            x = F.max_pool2d(block(x), 2)
        torch.testing.assert_close(x, theirs(image))


def test_the_deepest_row_is_the_narrowest():
    with torch.device("meta"):
        network = UNetPlusPlus()
    widths = [{node.convolve[0].out_channels for node in row} for row in network.nodes]
    assert widths == [{32}, {64}, {128}, {256}, {16}]
    assert [32 * multiple for multiple in DECODER_WIDTHS] == [32, 64, 128, 256, 16]


def test_rows_hold_five_to_one_nodes(small):
    found = outputs(small, torch.rand(1, 1, 64, 64))
    assert {place: tuple(each.shape[-2:]) for place, each in found.items()} == {
        (row, column): (64 // 2**row,) * 2 for row in range(5) for column in range(1, 6 - row)
    }


def test_wiring_by_hand(small):
    image = torch.rand(1, 1, 64, 64)
    found = outputs(small, image)
    with torch.no_grad():
        blocks, x = [], image
        for block in small.encoder:
            blocks.append(block(x))
            x = F.max_pool2d(blocks[-1], 2)
        first = small.nodes[3][0](F.max_pool2d(blocks[3], 2), [blocks[3]])
        torch.testing.assert_close(first, found[3, 1])
        last = small.nodes[3][1](found[4, 1], [blocks[3], found[3, 1]])
        torch.testing.assert_close(last, found[3, 2])
        top = small.nodes[0][4](
            found[1, 4], [blocks[0], *(found[0, column] for column in range(1, 5))]
        )
        torch.testing.assert_close(top, found[0, 5])
        torch.testing.assert_close(small.head(top), small(image))


def test_stored_weights_meet_the_enlarged_map_first_and_then_the_rows_nodes_in_order():
    torch.manual_seed(0)
    node = Node(below=3, beside=2 + 4, out_channels=5).eval()
    joined = []
    node.convolve.register_forward_pre_hook(lambda _convolve, inputs: joined.extend(inputs))
    below, beside = torch.rand(1, 3, 8, 8), [torch.rand(1, 2, 16, 16), torch.rand(1, 4, 16, 16)]
    node(below, beside)
    enlarged, first, second = joined[0].split([5, 2, 4], dim=1)
    assert torch.equal(enlarged, node.enlarge(below))
    assert torch.equal(first, beside[0])
    assert torch.equal(second, beside[1])


def test_the_first_column_sees_the_pooled_map_not_the_next_convolution(small):
    image = torch.rand(1, 1, 64, 64)
    before = outputs(small, image)
    weight = small.encoder[1][0].weight
    with torch.no_grad():
        kept = weight.clone()
        weight.zero_()
        after = outputs(small, image)
        weight.copy_(kept)
    same = {place: torch.equal(before[place], after[place]) for place in before}
    assert [place for place, equal in same.items() if equal] == [(0, 1)]


def test_saved_weights_give_the_same_output(small, tmp_path):
    write_weights(tmp_path / "weights.safetensors", small.state_dict(), {})
    other = UNetPlusPlus(width=4).eval()
    other.load_state_dict(read_weights(tmp_path / "weights.safetensors")[0])
    image = torch.rand(1, 1, 32, 32)
    assert torch.equal(small(image), other(image))

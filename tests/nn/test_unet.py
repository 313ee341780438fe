import pytest
import torch
from torch import nn

from scarmap.nn.unet import UNet


@pytest.mark.parametrize("encoders", [(1,), (3,), (1, 1, 1)])
def test_logits_have_the_size_of_the_image_and_every_parameter_a_gradient(encoders):
    network = UNet(encoders=encoders, outputs=3, width=4)
    logits = network(torch.rand(2, sum(encoders), 32, 48))
    assert logits.shape == (2, 3, 32, 48)
    logits.square().sum().backward()
    assert all(parameter.grad is not None for parameter in network.parameters())


def test_features_of_every_level():
    features = UNet(encoders=(1, 1), outputs=1, width=4).features(torch.rand(2, 2, 32, 32))
    assert [tuple(each.shape[1:]) for each in features.decoder] == [
        (4, 32, 32),
        (8, 16, 16),
        (16, 8, 8),
        (32, 4, 4),
    ]
    assert [len(level) for level in features.encoder] == [2, 2, 2, 2]
    assert [level[0].shape for level in features.encoder] == [
        each.shape for each in features.decoder
    ]
    assert features.bottleneck.shape == (2, 64, 2, 2)


@pytest.mark.parametrize("level", range(4))
def test_stored_weights_meet_the_enlarged_map_first_and_then_each_encoder_in_order(level):
    network = UNet(encoders=(1, 1), outputs=1, width=2).eval()
    joined = []
    network.blocks[level].register_forward_pre_hook(lambda _block, inputs: joined.extend(inputs))
    features = network.features(torch.rand(1, 2, 32, 32))
    coarser = (*features.decoder, features.bottleneck)[level + 1]
    enlarged, *skips = joined[0].chunk(3, dim=1)
    assert torch.equal(enlarged, network.enlarge[level](coarser))
    assert all(torch.equal(*pair) for pair in zip(skips, features.encoder[level], strict=True))


def test_encoders_share_no_weights():
    network = UNet(encoders=(1, 1), outputs=1, width=4).eval()
    image = torch.rand(1, 1, 32, 32)
    levels = network.features(torch.cat([image, image], dim=1)).encoder
    assert not torch.allclose(*levels[0])


def test_number_of_parameters_by_hand():
    def block(before, after):
        return 9 * before * after + 9 * after * after + 4 * after

    w = [2, 4, 8, 16, 32]
    expected = block(1, 2) + block(2, 4) + block(4, 8) + block(8, 16) + block(16, 32)
    expected += sum(block(2 * each, each) + 4 * 2 * each * each + each for each in w[:-1]) + (2 + 1)
    assert (
        sum(each.numel() for each in UNet(encoders=(1,), outputs=1, width=2).parameters())
        == expected
    )


def test_blocks_of_another_kind_take_the_place_of_all_nine():
    built = []

    def block(before, after):
        built.append((before, after))
        return nn.Conv2d(before, after, 1)

    network = UNet(encoders=(1,), outputs=1, width=2, block=block)
    assert network(torch.rand(1, 1, 16, 16)).shape == (1, 1, 16, 16)
    assert built[:5] == [(1, 2), (2, 4), (4, 8), (8, 16), (16, 32)]
    assert built[5:] == [(4, 2), (8, 4), (16, 8), (32, 16)]

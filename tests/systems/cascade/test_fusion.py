import pytest
import torch
from torch import nn

from scarmap.errors import RecipeError
from scarmap.systems.cascade.fusion import ChannelAttentionFusion, SumProductMaxFusion, make_fusion

KINDS = ("channel-attention", "sum-product-max", "concatenation")


class Recording(nn.Module):
    """Keeps what it is given and hands the first channel on."""

    def forward(self, joined):
        self.seen = joined
        return joined[:, :1]


def branches(count=3, channels=4):
    return [torch.rand(2, channels, 8, 8) for _ in range(count)]


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("own", [0, 8])
def test_shape_range_and_a_gradient_for_every_parameter_and_branch(kind, own):
    given = [each.requires_grad_() for each in branches()]
    mine = [torch.rand(2, own // 2, 8, 8, requires_grad=True) for _ in range(2 if own else 0)]
    block = make_fusion(kind, channels=4, own=own)
    fused = block(given, mine)
    assert fused.shape == (2, 4, 8, 8)
    assert fused.min() >= 0
    fused.square().sum().backward()
    assert all(each.grad.abs().sum() > 0 for each in [*given, *mine])
    assert all(parameter.grad is not None for parameter in block.parameters())


def test_channel_weights_lie_between_0_and_1_and_depend_on_the_mean_alone():
    block = ChannelAttentionFusion(4, own=4)
    joined = torch.rand(2, 16, 8, 8)
    weights = block.weights(joined)
    assert weights.shape == (2, 16, 1, 1)
    assert 0 < weights.min() <= weights.max() < 1
    shuffled = joined.flatten(2)[..., torch.randperm(64)].reshape(joined.shape)
    torch.testing.assert_close(block.weights(shuffled), weights)


def test_channel_weights_by_hand():
    block = ChannelAttentionFusion(1, own=1, reduction=4)
    nn.init.constant_(block.squeeze.weight, 0.5)
    nn.init.constant_(block.excite.weight, 2.0)
    joined = torch.tensor([1.0, 2.0, 3.0, 4.0]).view(1, 4, 1, 1).expand(1, 4, 2, 2)
    expected = torch.sigmoid(torch.tensor(2 * 0.5 * 10))
    torch.testing.assert_close(block.weights(joined), expected.expand(1, 4, 1, 1))


def test_the_attention_can_silence_a_branch():
    block = ChannelAttentionFusion(4, own=0).eval()
    block.weights = lambda joined: torch.ones(1, 12, 1, 1).index_fill(1, torch.arange(4), 0)
    first, other = branches(), branches()
    with torch.no_grad():
        assert torch.equal(block(first, []), block([other[0], *first[1:]], []))
        assert not torch.equal(block(first, []), block([*first[:2], other[2]], []))


def test_sum_product_and_maximum_by_hand():
    block = SumProductMaxFusion(1, own=0)
    block.fuse, block.output = Recording(), nn.Identity()
    block([torch.full((1, 1, 1, 1), value) for value in (2.0, 3.0, 4.0)], [])
    assert block.fuse.seen.flatten().tolist() == [9, 24, 4]


def test_an_unknown_fusion_lists_close_ones():
    with pytest.raises(
        RecipeError, match=r"no fusion 'sum-product'\. Did you mean 'sum-product-max'\?"
    ):
        make_fusion("sum-product", channels=4, own=0)

import pytest
import torch
from torch import nn

from scarmap.systems.mfunet.attention import (
    FigureAttention,
    ReleasedAttention,
    SelfAttention,
    SpatialAttention,
    fused_attention,
)


@pytest.mark.parametrize(("narrow", "wide"), [(8, 8), (8, 16), (12, 6)])
def test_fused_attention_equals_the_explicit_softmax(narrow, wide):
    generator = torch.Generator().manual_seed(0)
    query, key = torch.randn(2, 2, 20, narrow, generator=generator, dtype=torch.float64)
    value = torch.randn(2, 20, wide, generator=generator, dtype=torch.float64)
    explicit = (query @ key.transpose(1, 2)).softmax(dim=-1) @ value
    torch.testing.assert_close(fused_attention(query, key, value), explicit)


def test_self_attention_equals_one_by_one_convolutions_and_a_softmax_over_positions():
    torch.manual_seed(0)
    module = SelfAttention(16)
    nn.init.constant_(module.scale, 0.5)
    s = torch.randn(1, 16, 3, 4)
    query, key, value = (
        nn.functional.conv2d(s, layer.weight[:, :, None, None], layer.bias).flatten(2)[0]
        for layer in (module.query, module.key, module.value)
    )
    attended = value @ (query.T @ key).softmax(dim=1).T
    torch.testing.assert_close(module(s), s + 0.5 * attended.view(1, 16, 3, 4))


def test_self_attention_starts_as_the_identity():
    s = torch.randn(2, 8, 4, 4)
    assert torch.equal(SelfAttention(8)(s), s)


def test_no_matrix_of_all_positions_is_kept_for_the_gradient():
    """At 288 pixels N = 72 * 72 positions attend to each other; the widths of Q and V differ."""
    module, largest = SpatialAttention(32), 0

    def record(tensor):
        nonlocal largest
        largest = max(largest, tensor.numel())
        return tensor

    with torch.autograd.graph.saved_tensors_hooks(record, lambda tensor: tensor):
        module(torch.randn(1, 32, 288, 288))
    assert 0 < largest < (72 * 72) ** 2


def test_spatial_attention_keeps_the_shape_and_every_parameter_has_a_gradient():
    torch.manual_seed(0)
    module = SpatialAttention(8)
    nn.init.constant_(module.attend.scale, 0.7)
    y = module(torch.randn(2, 8, 16, 24))
    assert y.shape == (2, 8, 16, 24)
    (y * torch.randn_like(y)).sum().backward()
    for name, parameter in module.named_parameters():
        assert parameter.grad.abs().max() > 1e-6, name


def test_features_pass_unchanged_where_the_branch_is_silent():
    torch.manual_seed(0)
    module, x = SpatialAttention(8), torch.randn(2, 8, 16, 24)
    assert not torch.equal(module(x), x)
    nn.init.zeros_(module.enlarge[-1].weight)
    nn.init.zeros_(module.enlarge[-1].bias)
    assert torch.equal(module(x), x)


def test_the_scale_itself_learns_from_the_start():
    torch.manual_seed(0)
    module = SpatialAttention(8)
    module(torch.randn(1, 8, 16, 16)).square().sum().backward()
    assert module.attend.scale.grad.abs() > 0


def test_the_figures_attention_equals_its_drawing_by_hand():
    torch.manual_seed(0)
    module, x = FigureAttention(4, sequences=2).eval(), torch.randn(1, 8, 16, 24)
    query, key, value = (part(x).flatten(2)[0] for part in (module.query, module.key, module.value))
    assert (query.shape, key.shape, value.shape) == ((8, 24), (8, 24), (8, 24))
    attended = (value @ (query.T @ key).softmax(dim=1).T).view(1, 8, 4, 6)
    torch.testing.assert_close(module(x), x + module.enlarge(attended))


def test_every_parameter_of_the_figures_attention_has_a_gradient():
    torch.manual_seed(0)
    module = FigureAttention(4, sequences=3)
    y = module(torch.randn(2, 12, 16, 24))
    assert y.shape == (2, 12, 16, 24)
    (y * torch.randn_like(y)).sum().backward()
    for name, parameter in module.named_parameters():
        assert parameter.grad.abs().max() > 1e-7, name


def test_released_attention_gives_one_map_per_head_channel_and_learns():
    torch.manual_seed(0)
    module = ReleasedAttention(8, maps=6)
    y = module(torch.randn(2, 8, 16, 24))
    assert y.shape == (2, 6, 16, 24)
    (y * torch.randn_like(y)).sum().backward()
    assert all(parameter.grad.abs().max() > 0 for parameter in module.parameters())

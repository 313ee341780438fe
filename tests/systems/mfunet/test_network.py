import pytest
import torch
from safetensors.torch import load_file, save_file
from torch import nn

from scarmap.errors import RecipeError
from scarmap.systems.mfunet.network import MFUNet

BACKBONES = ["residual", "dilation", "side", "plain"]


def count_by_hand(*, fusion, attention, backbone, width=64):
    """Parameters with three sequences: convolutions, two per normalised channel, heads."""
    square = 15 if backbone == "side" else 9
    normalisation = 6 if backbone == "side" else 2

    def convolution(before, after):
        return square * before * after + normalisation * after

    def block(before, after):
        shortcut = before * after + 2 * after if backbone == "residual" else 0
        return convolution(before, after) + convolution(after, after) + shortcut

    widths = [width, 2 * width, 4 * width, 8 * width]
    encoder = sum(
        block(before, after) for before, after in zip([1, *widths[:3]], widths, strict=True)
    )
    bottleneck = block(24 * width, 16 * width)
    if backbone == "dilation":
        bottleneck += convolution(16 * width, 16 * width)
    joined = 5 if fusion == "max" else 4
    decoder = sum(convolution(2 * after, after) + block(joined * after, after) for after in widths)
    reduce = 2 * (9 * width**2 + 2 * width)
    project = 2 * width * width // 2 + width // 2 + width**2 + width
    enlarge = 2 * (16 * width**2 + width)
    heads = 8 * width + 8
    return 3 * encoder + bottleneck + decoder + attention * (reduce + project + 1 + enlarge) + heads


def small(**keywords):
    torch.manual_seed(0)
    return MFUNet(width=4, **keywords)


@pytest.mark.parametrize("fusion", ["max", "concatenation"])
@pytest.mark.parametrize("attention", [True, False])
@pytest.mark.parametrize("backbone", BACKBONES)
def test_parameter_count_at_full_width(fusion, attention, backbone):
    with torch.device("meta"):
        network = MFUNet(fusion=fusion, attention=attention, backbone=backbone)
    expected = count_by_hand(fusion=fusion, attention=attention, backbone=backbone)
    assert sum(parameter.numel() for parameter in network.parameters()) == expected


def test_plain_network_has_62_7_million_convolution_weights_as_released():
    with torch.device("meta"):
        network = MFUNet(attention=False, backbone="plain")
    weights = sum(m.weight.numel() for m in network.modules() if isinstance(m, nn.Conv2d))
    assert round(weights / 1e6, 1) == 62.7


@pytest.mark.parametrize("backbone", BACKBONES)
@pytest.mark.parametrize("variant", ["paper", "figure", "released"])
def test_every_parameter_has_a_gradient(backbone, variant):
    network = small(backbone=backbone, attention_variant=variant)
    if variant == "paper":
        nn.init.constant_(network.attention.attend.scale, 0.5)
    heads = network(torch.randn(2, 3, 32, 48))
    assert heads.anatomy.shape == (2, 4, 32, 48)
    assert [tuple(pathology.shape) for pathology in heads.pathologies] == [(2, 2, 32, 48)] * 2
    sum(
        (part * torch.randn_like(part)).sum() for part in (heads.anatomy, *heads.pathologies)
    ).backward()
    for name, parameter in network.named_parameters():
        assert parameter.grad.abs().max() > 0, name


def test_the_figures_attention_is_on_the_sequences_finest_features_before_the_last_layer():
    network = small(attention_variant="figure").eval()
    x = torch.randn(1, 3, 32, 32)
    encoding = network.encode(x)
    attended = network.attention(torch.cat(encoding.skips[0], dim=1))
    expected = network.decoder(
        encoding._replace(skips=(attended.chunk(3, dim=1), *encoding.skips[1:]))
    )
    assert torch.equal(network.decode(encoding), expected)
    assert torch.equal(network(x).anatomy, network.heads[0](expected))
    assert not torch.equal(expected, network.decoder(encoding))
    assert network.attention_map(x).shape == (1, 32, 32)


def test_parameter_count_of_the_figures_attention():
    """Q, K and V are downsampled apart from 3c channels, V keeps them."""
    with torch.device("meta"):
        network = MFUNet(attention_variant="figure")
    wide, narrow = 3 * 64, 32

    def reduce(after, bias):
        return 9 * wide * after + 2 * after + 9 * after**2 + bias * after

    expected = reduce(narrow, True) + reduce(narrow, False) + reduce(wide, True)
    expected += 2 * (16 * wide**2 + wide)
    assert sum(each.numel() for each in network.attention.parameters()) == expected


def test_released_attention_gives_maps_in_the_shapes_of_the_heads():
    heads = small(attention_variant="released")(torch.randn(2, 3, 16, 16))
    assert [maps.shape[1] for maps in heads.auxiliary] == [4, 2, 2]
    assert small()(torch.randn(2, 3, 16, 16)).auxiliary == ()


@pytest.mark.parametrize("fusion", ["max", "concatenation"])
def test_one_sequence_and_other_heads_work(fusion):
    heads = small(sequences=1, anatomy=3, pathologies=1, fusion=fusion)(torch.randn(2, 1, 16, 16))
    assert heads.anatomy.shape == (2, 3, 16, 16)
    assert len(heads.pathologies) == 1


def test_weights_survive_safetensors(tmp_path):
    network = small()
    network(torch.randn(2, 3, 32, 32))
    save_file(network.state_dict(), tmp_path / "weights.safetensors")
    torch.manual_seed(1)
    other = MFUNet(width=4)
    other.load_state_dict(load_file(tmp_path / "weights.safetensors"))
    x = torch.randn(1, 3, 32, 32)
    assert torch.equal(network.eval()(x).anatomy, other.eval()(x).anatomy)


def test_same_seed_gives_same_weights_and_biases_start_at_zero():
    first, second = small().state_dict(), small().state_dict()
    assert all(torch.equal(first[name], second[name]) for name in first)
    assert all(first[name].abs().max() == 0 for name in first if name.endswith(".bias"))


def test_features_are_those_of_the_encoders_and_their_maximum():
    network = small(fusion="concatenation").eval()
    levels = network.features(torch.randn(1, 3, 32, 32))
    assert [level.fused.shape[1] for level in levels] == [4, 8, 16, 32]
    for level in levels:
        assert torch.equal(level.fused, torch.stack(level.sequences).amax(dim=0))


def test_the_maximum_reaches_the_prediction():
    network = small(attention=False).eval()
    x = torch.randn(1, 3, 16, 16)
    before = network(x).anatomy
    for block, width in zip(network.decoder.blocks, (4, 8, 16, 32), strict=True):
        nn.init.zeros_(block.first[0].weight[:, -width:])
        nn.init.zeros_(block.shortcut[0].weight[:, -width:])
    assert (network(x).anatomy - before).abs().max() > 1e-3


@pytest.mark.parametrize("variant", ["paper", "released"])
def test_attention_map_is_a_picture_per_image(variant):
    picture = small(attention_variant=variant).attention_map(torch.randn(2, 3, 16, 32))
    assert picture.shape == (2, 16, 32)
    assert picture.min() >= 0
    assert picture.std() > 0


def test_attention_map_needs_attention():
    with pytest.raises(RecipeError, match="attention=False"):
        small(attention=False).attention_map(torch.zeros(1, 3, 16, 16))


def test_unknown_attention_variant_names_the_known_ones():
    with pytest.raises(RecipeError, match=r"attention_variant cannot be 'release'.*released"):
        small(attention_variant="release")

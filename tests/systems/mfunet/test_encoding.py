import pytest
import torch
from torch import nn

from scarmap.errors import RecipeError
from scarmap.systems.mfunet.encoding import Decoder, Encoders, Encoding, max_fusion


def test_max_fusion_takes_the_largest_value_of_each_pixel():
    first, second, third = torch.tensor([[1.0, 5.0, 2.0], [4.0, 0.0, 2.0], [3.0, 1.0, 7.0]]).view(
        3, 1, 1, 1, 3
    )
    assert max_fusion((first, second, third)).flatten().tolist() == [4.0, 5.0, 7.0]


def test_levels_halve_in_size_and_double_in_width():
    encoding = Encoders(sequences=2, width=4)(torch.randn(2, 2, 32, 48))
    assert [[tuple(skip.shape) for skip in level] for level in encoding.skips] == [
        [(2, 4, 32, 48)] * 2,
        [(2, 8, 16, 24)] * 2,
        [(2, 16, 8, 12)] * 2,
        [(2, 32, 4, 6)] * 2,
    ]
    assert encoding.bottleneck.shape == (2, 64, 2, 3)


def test_each_encoder_sees_its_own_sequence_only():
    encoders = Encoders(sequences=3, width=4).eval()
    x = torch.randn(1, 3, 16, 16, requires_grad=True)
    encoders(x).skips[2][1].sum().backward()
    assert x.grad[0, 1].abs().max() > 0
    assert x.grad[0, [0, 2]].abs().max() == 0


def test_encoders_do_not_share_weights():
    encoders = Encoders(sequences=2, width=4).eval()
    first, second = encoders(torch.randn(1, 1, 16, 16).expand(1, 2, 16, 16)).skips[0]
    assert not torch.allclose(first, second)


@pytest.mark.parametrize("shape", [(1, 3, 40, 32), (1, 3, 32, 40), (1, 2, 32, 32), (3, 32, 32)])
def test_images_that_do_not_fit_are_refused(shape):
    with pytest.raises(ValueError, match=r"takes \(B, 3, H, W\) with H and W multiples of 16"):
        Encoders(sequences=3, width=4)(torch.zeros(shape))


@pytest.mark.parametrize(
    ("sequences", "fusion", "parts"), [(3, "max", 5), (3, "concatenation", 4), (1, "max", 2)]
)
def test_decoder_joins_the_maximum_only_where_there_is_something_to_fuse(sequences, fusion, parts):
    decoder = Decoder(sequences=sequences, width=4, fusion=fusion)
    joined = [block.first[0].in_channels for block in decoder.blocks]
    assert joined == [parts * 4 * 2**level for level in range(4)]


def random_encoding(*, sequences, width):
    generator = torch.Generator().manual_seed(0)
    skips = tuple(
        tuple(
            torch.rand(1, width * 2**level, 32 // 2**level, 32 // 2**level, generator=generator)
            for _ in range(sequences)
        )
        for level in range(4)
    )
    return Encoding(skips, torch.rand(1, 16 * width, 2, 2, generator=generator))


@pytest.mark.parametrize("level", range(4))
def test_what_the_decoder_fuses_is_the_same_for_any_order_of_the_sequences_and_hears_each_of_them(
    level,
):
    torch.manual_seed(0)
    decoder, encoding = Decoder(sequences=3, width=4).eval(), random_encoding(sequences=3, width=4)
    for block, channels in zip(decoder.blocks, (4, 8, 16, 32), strict=True):
        own = slice(
            channels, -channels
        )  # the sequences' own skips, between the enlarged map and the maximum
        nn.init.zeros_(block.first[0].weight[:, own])
        nn.init.zeros_(block.shortcut[0].weight[:, own])
    found = decoder(encoding)
    permuted = encoding._replace(
        skips=tuple((third, first, second) for first, second, third in encoding.skips)
    )
    torch.testing.assert_close(decoder(permuted), found)
    for sequence in range(3):
        louder = [list(skips) for skips in encoding.skips]
        louder[level][sequence] = 2 + louder[level][sequence]
        assert not torch.allclose(decoder(encoding._replace(skips=louder)), found)


def test_unknown_choices_name_the_known_ones():
    with pytest.raises(RecipeError, match=r"fusion cannot be 'maximum'.*max"):
        Decoder(fusion="maximum", width=4)
    with pytest.raises(RecipeError, match=r"backbone cannot be 'dilated'.*dilation"):
        Encoders(backbone="dilated", width=4)

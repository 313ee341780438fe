import pytest
import torch

from scarmap.errors import RecipeError
from scarmap.systems.mfunet.encoding import Decoder, Encoders, max_fusion


def test_max_fusion_takes_the_largest_value_of_each_pixel():
    first, second, third = torch.tensor([[1.0, 5.0, 2.0], [4.0, 0.0, 2.0], [3.0, 1.0, 7.0]]).view(3, 1, 1, 1, 3)
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


@pytest.mark.parametrize(("sequences", "fusion", "parts"), [(3, "max", 5), (3, "concatenation", 4), (1, "max", 2)])
def test_decoder_joins_the_maximum_only_where_there_is_something_to_fuse(sequences, fusion, parts):
    decoder = Decoder(sequences=sequences, width=4, fusion=fusion)
    joined = [block.first[0].in_channels for block in decoder.blocks]
    assert joined == [parts * 4 * 2**level for level in range(4)]


def test_unknown_choices_name_the_known_ones():
    with pytest.raises(RecipeError, match=r"fusion cannot be 'maximum'.*max"):
        Decoder(fusion="maximum", width=4)
    with pytest.raises(RecipeError, match=r"backbone cannot be 'dilated'.*dilation"):
        Encoders(backbone="dilated", width=4)

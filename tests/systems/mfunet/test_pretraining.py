import math

import pytest
import torch
from torch import nn

from scarmap.errors import RecipeError
from scarmap.sampling.batch import Batch
from scarmap.systems.mfunet.network import MFUNet
from scarmap.systems.mfunet.pretraining import (
    Reconstructed,
    Reconstruction,
    ReconstructionObjective,
    straight_through_round,
    transfer_encoders,
)


def images(*, sequences=3):
    return torch.rand(2, sequences, 32, 48, generator=torch.Generator().manual_seed(0)) * 2 - 1


def batch():
    return Batch(images(), torch.zeros(2, 32, 48, dtype=torch.uint8))


def small(**keywords):
    torch.manual_seed(0)
    return Reconstruction(width=4, **keywords)


def test_rounding_lets_the_gradient_through():
    soft = torch.tensor([0.2, 0.7, 0.9], requires_grad=True)
    hard = straight_through_round(soft)
    (hard * torch.tensor([1.0, 2.0, 3.0])).sum().backward()
    assert hard.tolist() == pytest.approx([0, 1, 1])
    assert soft.grad.tolist() == [1, 2, 3]


def test_anatomy_is_binary_with_one_tissue_at_most():
    anatomy = small().anatomy(images())
    assert anatomy.shape == (2, 8, 32, 48)
    torch.testing.assert_close(anatomy, anatomy.round())
    assert anatomy.sum(dim=1).max().item() == pytest.approx(1)


@pytest.mark.parametrize("sequences", [1, 3])
def test_each_sequence_gets_an_image_and_a_code(sequences):
    network, shape = small(sequences=sequences), (2, sequences, 8)
    made = network(images(sequences=sequences), torch.zeros(shape), torch.zeros(shape))
    assert made.images.shape == (2, sequences, 32, 48)
    assert made.images.abs().max() <= 1
    assert made.mean.shape == made.log_variance.shape == made.regressed.shape == shape


def test_a_code_changes_only_the_image_of_its_own_sequence():
    network, codes = small().eval(), torch.zeros(2, 3, 8)
    before = network(images(), codes, codes).images
    noise = codes.clone()
    noise[1, 2] = 3
    changed = (network(images(), noise, codes).images - before).abs().amax(dim=(2, 3)) > 1e-6
    assert changed.nonzero().tolist() == [[1, 2]]


class SameLook(nn.Module):
    """Finds a code of mean 1 and variance 9 in every image."""

    def forward(self, anatomy, image):
        mean = torch.ones(len(image), 8)
        return mean, mean * math.log(9)


class ShowsCode(nn.Module):
    """Makes flat images whose intensity is the first number of the code."""

    def forward(self, anatomy, code):
        return code[:, 0, None, None, None].expand(-1, 1, *anatomy.shape[2:])


def test_codes_are_drawn_with_the_standard_deviation_that_was_found():
    network = small()
    network.appearance, network.renderer = SameLook(), ShowsCode()
    noise = torch.tensor([[-1.0, 0.0, 2.0], [0.5, 1.0, -2.0]])[..., None].expand(2, 3, 8)
    made = network(images(), noise, torch.zeros(2, 3, 8)).images
    drawn = torch.tensor([[-2.0, 1.0, 7.0], [2.5, 4.0, -5.0]])  # 1 + 3 noise
    torch.testing.assert_close(made, drawn[..., None, None].expand(2, 3, 32, 48))


def test_every_parameter_has_a_gradient():
    network = small()
    sum(ReconstructionObjective()(network, batch()).values()).backward()
    for name, parameter in network.named_parameters():
        assert parameter.grad.abs().max() > 0, name


class Fixed(nn.Module):
    """Remakes images 0.5 too bright; its codes have mean 1, log-variance 0, and are found again."""

    def forward(self, images, noise, codes):
        return Reconstructed(images + 0.5, torch.ones_like(codes), torch.zeros_like(codes), codes)


def test_losses_by_hand():
    parts = ReconstructionObjective()(Fixed(), batch())
    values = {name: part.item() for name, part in parts.items()}
    assert values == pytest.approx(
        {"reconstruction": 10 * 0.5, "divergence": 0.1 * 8 * 0.5, "regression": 0.0}
    )


def test_divergence_equals_that_of_torch_distributions():
    class Spread(Fixed):
        def forward(self, images, noise, codes):
            return Reconstructed(
                images, 0.3 * torch.ones_like(codes), -0.7 * torch.ones_like(codes), codes
            )

    part = ReconstructionObjective()(Spread(), batch())["divergence"]
    drawn = torch.distributions.Normal(torch.tensor(0.3), torch.tensor(-0.35).exp())
    standard = torch.distributions.Normal(torch.tensor(0.0), torch.tensor(1.0))
    assert part.item() == pytest.approx(
        0.1 * 8 * torch.distributions.kl_divergence(drawn, standard).item()
    )


def test_same_generator_seed_gives_same_losses():
    network = small().eval()
    first, second, other = (
        ReconstructionObjective(generator=torch.Generator().manual_seed(seed))(network, batch())[
            "regression"
        ]
        for seed in (1, 1, 2)
    )
    assert first == second
    assert first != other


@pytest.mark.parametrize("backbone", ["residual", "dilation"])
def test_transfer_copies_encoders_and_bottleneck_and_nothing_else(backbone):
    source, target = (
        small(backbone=backbone),
        MFUNet(width=4, backbone=backbone, fusion="concatenation"),
    )
    source(images(), torch.zeros(2, 3, 8), torch.zeros(2, 3, 8))
    decoder = {name: value.clone() for name, value in target.decoder.state_dict().items()}
    transfer_encoders(source, target)
    encoded, expected = target.eval().encode(images()), source.eval().encoders(images())
    assert torch.equal(encoded.bottleneck, expected.bottleneck)
    assert all(
        torch.equal(value, decoder[name]) for name, value in target.decoder.state_dict().items()
    )


@pytest.mark.parametrize("keywords", [{"width": 8}, {"sequences": 2}, {"backbone": "plain"}])
def test_transfer_refuses_another_kind_of_network(keywords):
    with pytest.raises(RecipeError, match="sequences, width or backbone"):
        transfer_encoders(small(), MFUNet(**({"width": 4} | keywords)))

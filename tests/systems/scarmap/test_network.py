import pytest
import torch

from scarmap.io.weights import read_weights, write_weights
from scarmap.systems.scarmap.network import AnySequenceNetwork, ResidualNetwork, standardise_window


@pytest.fixture
def network():
    torch.manual_seed(0)
    return AnySequenceNetwork(sequences=3, width=4).eval()


def slices(*, seed=1):
    return torch.rand(2, 3, 32, 32, generator=torch.Generator().manual_seed(seed))


def test_every_tissue_has_a_logit_and_every_parameter_a_gradient(network):
    logits = network.train()(slices())
    assert logits.shape == (2, 7, 32, 32)
    logits.square().sum().backward()
    assert all(parameter.grad is not None for parameter in network.parameters())


def test_it_is_light():
    count = sum(parameter.numel() for parameter in AnySequenceNetwork().parameters())
    assert count == 1_943_111
    assert 4 * count < 15e6


def test_units_and_offsets_of_a_scanner_do_not_matter(network):
    seen, rescaled = slices(), slices() * torch.tensor([4.0, 0.5, 30.0]).view(1, 3, 1, 1) - 2
    torch.testing.assert_close(network(seen), network(rescaled), rtol=1e-3, atol=1e-4)


def test_a_missing_sequence_is_told_from_a_dark_one(network):
    missing, dark = slices(), slices()
    missing[:, 1] = 0
    dark[:, 1] = 1e-3
    assert not torch.allclose(network(missing), network(dark), atol=1e-3)


def test_a_missing_sequence_stays_zero_and_a_window_gets_mean_0_and_deviation_1():
    images = slices() * 5 + 3
    images[:, 2] = 0
    shown = standardise_window(images)
    assert (shown[:, 2] == 0).all()
    deviation, mean = torch.std_mean(shown[:, :2], dim=(2, 3))
    torch.testing.assert_close(mean, torch.zeros_like(mean), atol=1e-5, rtol=0)
    torch.testing.assert_close(deviation, torch.ones_like(deviation))


def test_weights_return_from_disk(network, tmp_path):
    write_weights(tmp_path / "w.safetensors", network.state_dict(), {})
    other = AnySequenceNetwork(sequences=3, width=4).eval()
    other.load_state_dict(read_weights(tmp_path / "w.safetensors")[0])
    assert torch.equal(network(slices()), other(slices()))


def test_residual_blocks_add_a_shortcut_to_every_block_and_nothing_else():
    plain, residual = (
        network(width=4).state_dict() for network in (AnySequenceNetwork, ResidualNetwork)
    )
    added = residual.keys() - plain.keys()
    assert plain.keys() < residual.keys()
    assert len({name.split(".shortcut.")[0] for name in added}) == 9
    assert all(".shortcut." in name for name in added)
    assert 4 * sum(parameter.numel() for parameter in ResidualNetwork().parameters()) < 15e6

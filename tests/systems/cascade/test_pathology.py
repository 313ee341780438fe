from itertools import pairwise, product

import pytest
import torch

from scarmap.labels import INDEX, REGIONS
from scarmap.nn.unet import LEVELS
from scarmap.systems.cascade.pathology import (
    NESTED,
    PathologyNetwork,
    SingleNetwork,
    nested_probabilities,
    target_classes,
)

TISSUES = ("background", "lv_pool", "rv_pool", "normal_myocardium", "edema", "scar")


@pytest.mark.parametrize(
    ("output", "classes"),
    [
        ("main", [0, 0, 0, 1, 2, 3]),
        ("bSSFP", [0, 0, 0, 1, 1, 1]),
        ("LGE", [0, 0, 0, 1, 1, 2]),
        ("T2", [0, 0, 0, 1, 2, 2]),
    ],
)
def test_classes_of_every_tissue(output, classes):
    labels = torch.tensor([[[INDEX[tissue] for tissue in TISSUES]]], dtype=torch.uint8)
    assert target_classes(labels, output)[0, 0].tolist() == classes


@pytest.mark.parametrize("regions", NESTED.values())
def test_regions_of_an_output_lie_in_one_another(regions):
    sets = [set(REGIONS[region]) for region in regions]
    assert all(outer > inner for outer, inner in pairwise(sets))


def test_nested_probabilities_by_hand():
    classes = torch.tensor([0.1, 0.2, 0.3, 0.4])
    nested = nested_probabilities(classes.log().view(1, 4, 1, 1))
    torch.testing.assert_close(nested.flatten(), torch.tensor([0.9, 0.7, 0.4]))


@pytest.mark.parametrize("fusion", ["channel-attention", "sum-product-max", "concatenation"])
def test_every_output_has_its_classes_and_every_parameter_a_gradient(fusion):
    network = PathologyNetwork(width=4, fusion=fusion)
    logits = network(torch.rand(2, 3, 32, 32))
    assert {name: tuple(each.shape) for name, each in logits.items()} == {
        "main": (2, 4, 32, 32),
        "bSSFP": (2, 2, 32, 32),
        "LGE": (2, 3, 32, 32),
        "T2": (2, 3, 32, 32),
    }
    sum(each.square().sum() for each in logits.values()).backward()
    assert all(parameter.grad is not None for parameter in network.parameters())


def test_the_main_output_alone_reaches_every_branch():
    network = PathologyNetwork(width=4)
    network(torch.rand(2, 3, 32, 32))["main"].square().sum().backward()
    for branch in network.branches.values():
        missing = {name for name, parameter in branch.named_parameters() if parameter.grad is None}
        assert missing == {"head.weight", "head.bias"}


def test_the_main_decoder_joins_its_enlarged_maps_before_its_skip_as_saved_weights_expect():
    network, seen = PathologyNetwork(width=4).eval(), {}
    for part, level in product(("down", "enlarge", "up"), range(LEVELS)):

        def keep(module, given, made, key=(part, level)):
            seen[key] = given, made

        getattr(network.main, part)[level].register_forward_hook(keep)
    network(torch.rand(1, 3, 32, 32))
    for level in range(LEVELS):
        (_, own), _ = seen["up", level]
        expected = [seen["enlarge", level][1], seen["down", level][1]]
        assert all(torch.equal(each, other) for each, other in zip(own, expected, strict=True))


def test_a_branch_sees_its_own_sequence_only():
    network = PathologyNetwork(width=4).eval()
    images = torch.rand(1, 3, 32, 32)
    other = images.clone()
    other[:, 2] = torch.rand(1, 32, 32)
    first, second = network(images), network(other)
    same = {name: torch.equal(first[name], second[name]) for name in first}
    assert same == {"main": False, "bSSFP": True, "LGE": True, "T2": False}


@pytest.mark.parametrize(
    ("sequences", "output", "channels"), [((2,), "T2", 3), ((1,), "LGE", 3), ((0, 1, 2), "main", 4)]
)
def test_a_single_network_has_one_output(sequences, output, channels):
    network = SingleNetwork(sequences=sequences, output=output, width=4)
    logits = network(torch.rand(2, 3, 32, 32))
    assert {name: tuple(each.shape) for name, each in logits.items()} == {
        output: (2, channels, 32, 32)
    }
    assert [len(network.unet.encoders), network.unet.inputs] == [1, (len(sequences),)]


def test_a_single_network_sees_its_own_sequence_only():
    network = SingleNetwork(sequences=(1,), output="LGE", width=4).eval()
    images = torch.rand(1, 3, 32, 32)
    other = images.clone()
    other[:, [0, 2]] = torch.rand(1, 2, 32, 32)
    assert torch.equal(network(images)["LGE"], network(other)["LGE"])

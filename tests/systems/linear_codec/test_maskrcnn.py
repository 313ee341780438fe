import pytest
import torch
from torch import nn
from torch.nn.modules.batchnorm import _BatchNorm
from torchvision.models.detection.image_list import ImageList
from torchvision.ops import FrozenBatchNorm2d

from scarmap.io.weights import read_weights, write_weights
from scarmap.systems.linear_codec.maskrcnn import MaskRCNN, group_normalisation

SIZE = 64
SMALL = {"backbone": "resnet18", "width": 32, "size": SIZE}
LOSSES = {"loss_objectness", "loss_rpn_box_reg", "loss_classifier", "loss_box_reg", "loss_mask"}


@pytest.fixture(scope="module")
def network():
    torch.manual_seed(1)
    return MaskRCNN(**SMALL)


@pytest.fixture(scope="module")
def eager():
    """A network that counts everything as found."""
    torch.manual_seed(1)
    return MaskRCNN(**SMALL, score=0.0).eval()


@pytest.fixture
def masks():
    """Two masks of 64 x 64 pixels; the second one is empty."""
    masks = torch.zeros(2, SIZE, SIZE, dtype=torch.bool)
    masks[0, 20:40, 10:35] = True
    masks[0, 25:30, 15:20] = False
    return masks


def images(count=2, channels=1, size=SIZE):
    return torch.rand(count, channels, size, size, generator=torch.Generator().manual_seed(2))


def test_losses_have_torchvisions_names_and_reach_every_parameter(network, masks):
    network.train().zero_grad(set_to_none=True)
    parts = network.losses(images(), masks)
    assert set(parts) == LOSSES
    assert all(part.ndim == 0 and part.isfinite() for part in parts.values())
    torch.stack(list(parts.values())).sum().backward()
    assert [name for name, parameter in network.named_parameters() if parameter.grad is None] == []
    assert all(parameter.grad.isfinite().all() for parameter in network.parameters())


def test_a_batch_without_target_trains(network, masks):
    network.train().zero_grad(set_to_none=True)
    parts = network.losses(images(), torch.zeros_like(masks))
    assert {
        name: float(parts[name].detach())
        for name in ("loss_rpn_box_reg", "loss_box_reg", "loss_mask")
    } == {
        "loss_rpn_box_reg": 0,
        "loss_box_reg": 0,
        "loss_mask": 0,
    }
    total = torch.stack(list(parts.values())).sum()
    total.backward()
    assert total > 0
    assert all(
        parameter.grad.isfinite().all()
        for parameter in network.parameters()
        if parameter.grad is not None
    )


def test_masks_come_back_at_the_size_of_the_slice(eager):
    with torch.inference_mode():
        found = eager(images(count=3, size=96))
    assert (found.shape, found.dtype) == ((3, 1, 96, 96), torch.float32)
    assert 0 < found.max() <= 1 + 1e-6
    assert found.min() == 0


def test_slices_that_are_not_square_keep_their_shape(eager):
    with torch.inference_mode():
        assert eager(images()[..., :48, :]).shape == (2, 1, 48, 64)


def test_a_slice_and_its_target_are_resampled_alike(masks):
    network = MaskRCNN(**{**SMALL, "size": 96})
    heard = {}
    network.detector.register_forward_pre_hook(
        lambda _module, given: heard.update(images=given[0], targets=given[1])
    )
    network.losses(masks[:, None].float(), masks)
    for image, target in zip(heard["images"], heard["targets"], strict=True):
        assert image.shape == (1, 96, 96)
        assert ((image > 0.5) != target["masks"].any(0)).float().mean() < 0.01


def test_an_unsure_network_finds_nothing():
    network = MaskRCNN(**SMALL, score=0.999).eval()
    with torch.inference_mode():
        assert not network(images()).any()


def test_a_slice_does_not_depend_on_the_others_of_its_chunk(eager):
    with torch.inference_mode():
        torch.testing.assert_close(eager(images())[:1], eager(images()[:1]))


def test_training_goes_on_after_prediction_under_inference_mode(masks):
    network = MaskRCNN(**SMALL).eval()
    with torch.inference_mode():
        network(images())
    torch.stack(list(network.train().losses(images(), masks).values())).sum().backward()


def test_mixed_precision_trains_on_exact_boxes_and_predicts(masks):
    network = MaskRCNN(**SMALL, score=0.0)
    kinds = []
    heads = network.detector.roi_heads
    heads.register_forward_pre_hook(
        lambda _module, given: kinds.extend(boxes.dtype for boxes in given[1])
    )
    with torch.autocast("cpu", dtype=torch.bfloat16):
        parts = network.losses(images(), masks)
        torch.stack(list(parts.values())).sum().backward()
        with torch.inference_mode():
            found = network.eval()(images())
    assert all(part.isfinite() for part in parts.values())
    assert set(kinds[: len(masks)]) == {torch.float32}
    assert found.dtype == torch.float32


def test_several_sequences_are_channels(masks):
    network = MaskRCNN(in_channels=3, **SMALL)
    network.losses(images(channels=3), masks)
    assert network.detector.backbone.body.conv1.in_channels == 3


def test_nothing_is_normalised_over_a_batch_or_frozen(network):
    assert not any(
        isinstance(module, _BatchNorm | FrozenBatchNorm2d) for module in network.modules()
    )
    assert sum(isinstance(module, nn.GroupNorm) for module in network.modules()) == 20 + 8 + 4
    assert all(parameter.requires_grad for parameter in network.parameters())


@pytest.mark.parametrize(("channels", "groups"), [(2048, 128), (64, 4), (24, 3), (4, 1)])
def test_groups_share_channels_out_evenly(channels, groups):
    assert group_normalisation(channels).num_groups == groups


def test_anchors_are_four_times_as_large_as_the_distance_between_them(network):
    generator = network.detector.rpn.anchor_generator
    levels = [torch.zeros(1, 1, SIZE // stride, SIZE // stride) for stride in (4, 8, 16, 32, 64)]
    counts = [len(level[0, 0]) ** 2 * 3 for level in levels]
    for level in generator(ImageList(torch.zeros(1, 1, SIZE, SIZE), [(SIZE, SIZE)]), levels)[
        0
    ].split(counts):
        width, height = (level[:3, 2:] - level[:3, :2]).unbind(1)
        side = 4 * SIZE / (len(level) / 3) ** 0.5
        torch.testing.assert_close(height / width, torch.tensor([0.5, 1.0, 2.0]), atol=0.2, rtol=0)
        torch.testing.assert_close(
            (height * width) ** 0.5, torch.full((3,), side), atol=1.0, rtol=0
        )


def test_number_of_parameters_of_the_published_network():
    with torch.device("meta"):
        network = MaskRCNN()
    counts = {
        name: sum(parameter.numel() for parameter in module.parameters())
        for name, module in {
            "body": network.detector.backbone.body,
            "pyramid": network.detector.backbone.fpn,
            "rpn": network.detector.rpn,
            "box": nn.ModuleList(
                [network.detector.roi_heads.box_head, network.detector.roi_heads.box_predictor]
            ),
            "mask": nn.ModuleList(
                [network.detector.roi_heads.mask_head, network.detector.roi_heads.mask_predictor]
            ),
        }.items()
    }
    assert counts == {
        # ResNet50 has 25,557,032 parameters, its last layer 2,049,000; two of three input channels
        # are missing.
        "body": 25_557_032 - 2_049_000 - 2 * 49 * 64,
        # 1x1 from 256, 512, 1024 and 2048 channels and four 3x3, each normalised.
        "pyramid": (256 + 512 + 1024 + 2048) * 256 + 4 * 9 * 256**2 + 8 * 2 * 256,
        # 3x3, then one score and four offsets for each of three anchors.
        "rpn": 9 * 256**2 + 256 + 257 * 3 * 5,
        # 7 x 7 x 256 to 1024 to 1024, then two scores and four offsets for each of the two.
        "box": (7 * 7 * 256 + 1) * 1024 + 1025 * 1024 + 1025 * 2 * 5,
        # Four normalised 3x3, a 2x2 transposed convolution, a mask for each of two classes.
        "mask": 4 * (9 * 256**2 + 2 * 256) + 4 * 256**2 + 256 + 257 * 2,
    }


def test_saved_weights_give_the_same_masks(eager, tmp_path):
    write_weights(tmp_path / "weights.safetensors", eager.state_dict(), {})
    other = MaskRCNN(**SMALL, score=0.0).eval()
    other.load_state_dict(read_weights(tmp_path / "weights.safetensors")[0])
    with torch.inference_mode():
        assert torch.equal(eager(images()), other(images()))

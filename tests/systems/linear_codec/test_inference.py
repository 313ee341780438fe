import pytest
import torch
from torch import nn

from scarmap.systems.linear_codec.codec import class_problems, coded_problems
from scarmap.systems.linear_codec.inference import assemble, member_maps, networks_of, stage_name

ALL = ("unet", "mask-rcnn", "unetpp")
PROBLEMS = coded_problems()


class Logit(nn.Module):
    """Answers with the logit of a probability wherever its first channel is bright."""

    def __init__(self, probability):
        super().__init__()
        self.logit = torch.logit(torch.tensor(probability))

    def forward(self, images):
        return torch.where(images[:, :1] > 0.5, self.logit, -self.logit)


class Detection(nn.Module):
    """Answers with a probability wherever its first channel is bright, and nothing elsewhere."""

    def __init__(self, probability):
        super().__init__()
        self.probability = probability

    def forward(self, images):
        return (images[:, :1] > 0.5).float() * self.probability


@pytest.fixture
def stages():
    """U-Nets are certain to 0.9, Mask R-CNN to 0.6 and U-Net++ to 0.3."""
    made = {stage_name("unet", problem): Logit(0.9) for problem in PROBLEMS}
    for problem in PROBLEMS[3:]:
        made[stage_name("mask-rcnn", problem)] = Detection(0.6)
        made[stage_name("unetpp", problem)] = Logit(0.3)
    return made


@pytest.fixture
def slices():
    """Two slices; each sequence is bright in rows of its own."""
    images = torch.zeros(2, 3, 16, 16)
    for channel in range(3):
        images[:, channel, 4 * channel : 4 * channel + 4] = 1
    return images


@pytest.mark.parametrize("views", [1, 8])
@pytest.mark.parametrize(
    ("members", "bright"),
    [
        (("unet",), 0.9),
        (("mask-rcnn",), 0.6),
        (("unetpp",), 0.3),
        (("unet", "unetpp"), 0.6),
        (ALL, 0.6),
    ],
)
def test_pathology_is_the_members_mean_and_anatomy_the_unets_alone(
    stages, slices, members, bright, views
):
    found = assemble(stages, slices, problems=PROBLEMS, members=members, views=views)
    assert found.shape == (2, 5, 16, 16)
    for k, rows in enumerate((0, 0, 0, 4, 8)):  # bSSFP, bSSFP, bSSFP, LGE, T2
        expected = 0.9 if k < 3 else bright
        torch.testing.assert_close(found[:, k, rows : rows + 4], torch.full((2, 4, 16), expected))


def test_where_nothing_is_detected_the_others_are_averaged_with_zero(stages, slices):
    found = assemble(stages, slices, problems=PROBLEMS, members=ALL)
    torch.testing.assert_close(found[:, 3, 12:], torch.full((2, 4, 16), (0.1 + 0.0 + 0.7) / 3))


def test_swapped_sequences_change_the_image_that_pathology_is_found_in(stages, slices):
    found = assemble(stages, slices, problems=coded_problems(swap_lge_t2=True), members=("unet",))
    assert (found[0, 3, 8:12] > 0.5).all()
    assert (found[0, 4, 4:8] > 0.5).all()


def test_networks_that_are_not_members_need_not_exist(stages, slices):
    only = {
        name: model
        for name, model in stages.items()
        if name.startswith("unet-") and "scar" not in name
    }
    only |= {name: model for name, model in stages.items() if name.startswith("unetpp-")}
    assert assemble(only, slices, problems=PROBLEMS, members=("unetpp",)).shape == (2, 5, 16, 16)


def test_the_maps_of_the_members_by_name(stages, slices):
    maps = member_maps(stages, slices, PROBLEMS[4], members=ALL)
    assert list(maps) == list(ALL)
    assert {name: round(each.max().item(), 4) for name, each in maps.items()} == {
        "unet": 0.9,
        "mask-rcnn": 0.6,
        "unetpp": 0.7,
    }


def test_without_encoder_edema_and_scar_have_all_members():
    asked = [networks_of(problem, ALL) for problem in class_problems()]
    assert asked == [("unet",), ("unet",), ("unet",), ALL, ALL]

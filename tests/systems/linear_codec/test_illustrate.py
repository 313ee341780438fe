from functools import partial

import numpy as np
import pytest
import torch

from scarmap.io.illustrations import read_illustration, write_illustration
from scarmap.labels import REGIONS
from scarmap.systems.linear_codec.codec import class_problems, coded_problems
from scarmap.systems.linear_codec.illustrate import illustrate
from scarmap.systems.linear_codec.inference import stage_name
from scarmap.systems.linear_codec.postprocess import compose_classes, compose_coded
from scarmap.systems.linear_codec.unet import ShallowUNet
from scarmap.systems.linear_codec.unetpp import UNetPlusPlus

MEMBERS = ("unet", "unetpp")


def pictures(bank, problems, compose, members=MEMBERS):
    torch.manual_seed(0)
    networks = {"unet": partial(ShallowUNet, width=2), "unetpp": partial(UNetPlusPlus, width=2)}
    stages = {
        stage_name(member, problem): networks[member](in_channels=len(problem.sequences)).eval()
        for problem in problems
        for member in members
    }
    regions = tuple(problem.region for problem in problems)
    compose = partial(compose, regions=regions)
    return illustrate(
        stages, bank, torch.arange(4), problems=problems, members=members, compose=compose
    )


@pytest.mark.parametrize(
    ("problems", "compose"),
    [(coded_problems(), compose_coded), (class_problems(), compose_classes)],
)
def test_pictures_survive_the_disk_and_hold_real_numbers(bank, tmp_path, problems, compose):
    made = pictures(bank, problems, compose)
    assert [picture.name for picture in made] == ["1-problems", "2-members", "3-decoder"]
    for picture in made:
        back = read_illustration(write_illustration(tmp_path, picture))
        panels = [panel for row in back.rows for panel in row]
        assert [len(row) for row in back.rows] == [len(row) for row in picture.rows]
        assert all(
            np.isfinite(panel.image).all() and panel.image.shape == (32, 32) for panel in panels
        )
        assert all(set(panel.contours) <= set(REGIONS) for panel in panels)


def test_every_problem_is_shown_on_the_image_that_its_network_sees(bank):
    rows = pictures(bank, coded_problems(), compose_coded)[0].rows
    assert [row[0].title for row in rows] == [
        "lv_pool: expert, bSSFP",
        "rv_pool: expert, bSSFP",
        "lv_epicardium: expert, bSSFP",
        "scar_and_edema: expert, LGE",
        "scar: expert, T2",
    ]
    assert {len(row) for row in rows} == {6}
    shown = {row[0].image.tobytes() for row in rows}
    assert len(shown) == 3
    assert all(set(row[0].contours) == {row[0].title.split(":")[0]} for row in rows)


def test_pathology_shows_every_member_and_their_mean(bank):
    rows = pictures(bank, coded_problems(), compose_coded)[1].rows
    assert [[panel.title for panel in row] for row in rows[:2]] == [
        ["scar_and_edema: unet", "scar_and_edema: unetpp", "mean", "above one half"]
    ] * 2
    assert len(rows) == 4
    for unet, unetpp, mean, above in rows:
        np.testing.assert_allclose(mean.image, (unet.image + unetpp.image) / 2, atol=1e-6)
        (mask,) = above.contours.values()
        np.testing.assert_array_equal(mask, mean.image > 0.5)


def test_a_single_member_is_its_own_mean(bank):
    for single, mean, _ in pictures(bank, coded_problems(), compose_coded, members=("unet",))[
        1
    ].rows:
        np.testing.assert_allclose(single.image, mean.image, atol=1e-6)


def test_images_and_contours_lie_the_same_way_round(bank):
    bank.images[:, 0] = (bank.labels > 0).float()
    bank.labels[:, :20] = 0
    bank.images[:, 0, :20] = 0
    expert = pictures(bank, coded_problems(), compose_coded)[0].rows[2][0]
    assert expert.image[expert.contours["lv_epicardium"]].min() == 1

import numpy as np
import pytest
import torch

from scarmap.io.illustrations import read_illustration, write_illustration
from scarmap.labels import REGIONS
from scarmap.systems.cascade.anatomy import AnatomyNetwork
from scarmap.systems.cascade.denoiser import Denoiser
from scarmap.systems.cascade.illustrate import illustrate
from scarmap.systems.cascade.pathology import PathologyNetwork, SingleNetwork

SEQUENCES = ("bSSFP", "LGE", "T2")


@pytest.fixture
def stages():
    torch.manual_seed(0)
    anatomy = AnatomyNetwork(width=4)
    torch.nn.init.constant_(anatomy.unet.head.bias, 1.0)
    made = {
        "denoiser": Denoiser(size=32, code=8),
        "anatomy": anatomy,
        "pathology": PathologyNetwork(width=4),
    }
    return {name: model.eval() for name, model in made.items()}


def pictures(stages, bank, sequences=SEQUENCES):
    return illustrate(stages, bank, torch.arange(4), sequences=sequences, gate="segmentation")


def test_pictures_survive_the_disk_and_hold_real_numbers(stages, bank, tmp_path):
    made = pictures(stages, bank)
    assert [picture.name for picture in made] == ["1-candidate-region", "2-shape", "3-branches"]
    for picture in made:
        back = read_illustration(write_illustration(tmp_path, picture))
        panels = [panel for row in back.rows for panel in row]
        assert [len(row) for row in back.rows] == [len(row) for row in picture.rows]
        assert all(
            np.isfinite(panel.image).all() and panel.image.shape == (32, 32) for panel in panels
        )
        assert all(set(panel.contours) <= set(REGIONS) for panel in panels)


def test_the_candidate_image_is_the_image_inside_the_contour(stages, bank):
    for _, found, candidate in pictures(stages, bank)[0].rows:
        inside = found.contours["lv_epicardium"]
        np.testing.assert_array_equal(candidate.image, np.where(inside, found.image, 0))


def test_the_auto_encoder_is_shown_before_and_after_on_found_and_on_corrupted_masks(stages, bank):
    titles = [[panel.title for panel in row] for row in pictures(stages, bank)[1].rows]
    after = "after the auto-encoder"
    assert titles == [["anatomy network", after]] * 2 + [["corrupted gold mask", after]] * 2


def test_every_branch_is_shown_beside_the_expert(stages, bank):
    rows = pictures(stages, bank)[2].rows
    assert [panel.title for panel in rows[0]] == [
        "expert",
        "main output",
        "bSSFP output",
        "LGE output",
        "T2 output",
    ]
    assert set(rows[0][0].contours) == {
        "lv_epicardium",
        "whole_myocardium",
        "scar_and_edema",
        "scar",
    }


def test_an_anatomy_network_on_bssfp_alone(stages, bank):
    alone = {"anatomy": AnatomyNetwork(sequences=(0,), width=4).eval()}
    made = pictures(alone, bank, sequences=("bSSFP",))
    assert [picture.name for picture in made] == ["1-candidate-region", "2-shape"]
    assert [[panel.title for panel in row] for row in made[1].rows] == [["anatomy network"]] * 2


def test_a_single_network_shows_its_one_output(stages, bank):
    single = {**stages, "pathology": SingleNetwork(sequences=(2,), output="T2", width=4).eval()}
    assert [panel.title for panel in pictures(single, bank)[2].rows[0]] == ["expert", "T2 output"]

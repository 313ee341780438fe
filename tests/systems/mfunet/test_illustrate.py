import numpy as np
import pytest
import torch

from scarmap.io.illustrations import read_illustration, write_illustration
from scarmap.labels import INDEX, REGIONS
from scarmap.sampling.bank import Bank
from scarmap.systems.mfunet.illustrate import illustrate, most_pathological
from scarmap.systems.mfunet.network import MFUNet

SEQUENCES = ("LGE", "T2", "bSSFP")
MYOPS = ("whole_myocardium", "lv_pool", "rv_pool", "scar", "edema")
EMIDEC = ("whole_myocardium", "lv_pool", "whole_infarct", "mvo")


def bank_of(sizes, *, cases, sequences=3, margin=0, tissue="scar"):
    """Slices of 48 x 48 pixels and a margin; slice n holds n and `sizes[n]` pathological pixels."""
    num, side = len(sizes), 48 + 2 * margin
    labels = torch.zeros(num, side, side, dtype=torch.uint8)
    for n, size in enumerate(sizes):
        labels[n, margin + 20, margin : margin + size] = INDEX[tissue]
    images = (
        torch.arange(num).float()[:, None, None, None].expand(num, sequences, side, side).clone()
    )
    return Bank(images, labels, tuple(cases), 48)


def network(**keywords):
    torch.manual_seed(0)
    return {"segment": MFUNet(**{"width": 4, **keywords})}


def pictures(stages, bank, sequences=SEQUENCES, regions=MYOPS):
    return illustrate(
        stages, bank, torch.arange(len(bank.cases)), sequences=sequences, regions=regions
    )


def shown(batch):
    return [int(image[0, 0, 0]) for image in batch.images]


def test_the_slices_with_most_pathology_come_from_different_cases():
    bank = bank_of([3, 9, 8, 5], cases="aabb")
    assert shown(most_pathological(bank, torch.arange(4), count=2)) == [1, 2]
    assert shown(most_pathological(bank, torch.tensor([0, 3]), count=2)) == [3, 0]


def test_one_case_alone_shows_two_different_slices():
    assert shown(most_pathological(bank_of([3, 9, 5], cases="aaa"), torch.arange(3), count=2)) == [
        1,
        2,
    ]


@pytest.mark.parametrize("tissue", ["edema", "scar", "mvo"])
def test_every_pathology_counts(tissue):
    bank = bank_of([3, 9, 5], cases="abc", tissue=tissue)
    assert shown(most_pathological(bank, torch.arange(3), count=2)) == [1, 2]


def test_only_the_networks_window_is_shown():
    batch = most_pathological(bank_of([3, 9], cases="ab", margin=8), torch.arange(2), count=2)
    assert batch.images.shape[-2:] == batch.labels.shape[-2:] == (48, 48)
    assert batch.labels.count_nonzero(dim=(1, 2)).tolist() == [9, 3]


def test_pictures_of_a_network_survive_the_disk_and_hold_real_numbers(tmp_path):
    made = pictures(network(), bank_of([3, 9], cases="ab"))
    assert [picture.name for picture in made] == [
        "1-max-fusion",
        "3-dynamic-resampling",
        "2-spatial-attention",
    ]
    for picture in made:
        back = read_illustration(write_illustration(tmp_path, picture))
        panels = [panel for row in back.rows for panel in row]
        assert [len(row) for row in back.rows] == [len(row) for row in picture.rows]
        assert all(np.isfinite(panel.image).all() and panel.image.ndim == 2 for panel in panels)
        assert all(set(panel.contours) <= set(REGIONS) for panel in panels)


def test_max_fusion_shows_each_sequence_beside_features_that_the_fused_ones_bound():
    fusion = pictures(network(), bank_of([3, 9], cases="ab"))[0]
    assert [row[0].title for row in fusion.rows] == [*SEQUENCES, *SEQUENCES]
    assert [row[0].contours.keys() for row in fusion.rows[:3]] == [
        {"scar"},
        set(),
        {"whole_myocardium"},
    ]
    for _, single, fused in fusion.rows:
        assert single.heat
        assert (fused.image >= single.image - 1e-6).all()


def test_contours_lie_on_their_image():
    bank = bank_of([9, 9], cases="ab")
    bank.images[:, 0][bank.labels > 0] = 100
    panel = pictures(network(), bank)[0].rows[0][0]
    np.testing.assert_array_equal(panel.contours["scar"], panel.image == 100)


def test_patches_name_their_size_and_number():
    patches = pictures(network(), bank_of([3, 9], cases="ab"))[1]
    assert [row[0].image.shape for row in patches.rows] == [(16, 16), (16, 16), (16, 16), (16, 16)]
    assert patches.rows[0][0].title == "16 px, 36 a batch, on pathology: LGE"
    assert [panel.title for panel in patches.rows[0][1:]] == ["T2", "bSSFP"]
    assert patches.rows[0][0].contours["scar"].any()


def test_a_network_without_attention_has_no_picture_of_it():
    made = pictures(network(attention=False), bank_of([3, 9], cases="ab"))
    assert [picture.name for picture in made] == ["1-max-fusion", "3-dynamic-resampling"]


def test_the_learned_scale_is_told_where_there_is_one():
    stages = network()
    torch.nn.init.constant_(stages["segment"].attention.attend.scale, 0.25)
    assert (
        "learned scale of the attention is 0.25"
        in pictures(stages, bank_of([3], cases="a"))[2].caption
    )
    released = network(attention_variant="released")
    assert "learned scale" not in pictures(released, bank_of([3], cases="a"))[2].caption


def test_one_sequence_and_the_heads_of_emidec():
    stages = network(sequences=1, anatomy=3)
    mvo = stages["segment"].heads[2]
    torch.nn.init.zeros_(mvo.weight)
    mvo.bias.data = torch.tensor([100.0, -100.0])
    made = pictures(
        stages, bank_of([3, 9], cases="ab", sequences=1, tissue="mvo"), ("LGE",), EMIDEC
    )
    prediction = made[2].rows[0][-1]
    assert set(prediction.contours) == {"whole_myocardium", "lv_pool", "whole_infarct", "mvo"}
    assert prediction.contours["mvo"].all()
    assert not prediction.contours["whole_infarct"].all()

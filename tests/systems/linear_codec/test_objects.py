import pytest
import torch
from torchvision.models.detection.roi_heads import project_masks_on_boxes

from scarmap.systems.linear_codec.objects import make_targets, paste, union

SIZE = 64


@pytest.fixture
def masks():
    """Two masks of 64 x 64 pixels; the second one is empty."""
    masks = torch.zeros(2, SIZE, SIZE, dtype=torch.bool)
    masks[0, 20:40, 10:35] = True
    masks[0, 25:30, 15:20] = False
    return masks


def test_a_mask_is_one_object_and_an_empty_slice_has_none(masks):
    first, second = make_targets(masks)
    assert first["boxes"].tolist() == [[9.5, 19.5, 34.5, 39.5]]
    assert first["labels"].tolist() == [1]
    assert torch.equal(first["masks"].bool(), masks[:1])
    assert [tuple(second[name].shape) for name in ("boxes", "labels", "masks")] == [
        (0, 4),
        (0,),
        (0, SIZE, SIZE),
    ]


def test_scattered_pieces_share_one_box():
    masks = torch.zeros(1, SIZE, SIZE, dtype=torch.bool)
    masks[0, 3, 50] = masks[0, 60, 7] = True
    assert make_targets(masks)[0]["boxes"].tolist() == [[6.5, 2.5, 50.5, 60.5]]


def test_a_single_pixel_has_a_box_with_an_area():
    masks = torch.zeros(1, SIZE, SIZE, dtype=torch.bool)
    masks[0, 5, 9] = True
    assert make_targets(masks)[0]["boxes"].tolist() == [[8.5, 4.5, 9.5, 5.5]]


def test_a_mask_is_stretched_over_its_box_by_hand():
    mask = torch.tensor([[1.0, 0.0], [0.0, 1.0]]).view(1, 1, 2, 2)
    pasted = paste(mask, torch.tensor([[0.5, -0.5, 2.5, 1.5]]), height=3, width=4)
    expected = torch.tensor([[0, 1.0, 0, 0], [0, 0, 1.0, 0], [0, 0, 0, 0]])
    torch.testing.assert_close(pasted[0, 0], expected)


def test_what_a_mask_head_is_taught_is_pasted_back_where_it_was(masks):
    target = make_targets(masks[:1])[0]
    taught = project_masks_on_boxes(
        target["masks"].float(), target["boxes"], torch.zeros(1, dtype=torch.int64), 28
    )
    assert torch.equal(
        union(taught[:, None], target["boxes"], height=SIZE, width=SIZE)[0] > 0.5, masks[0]
    )


def test_union_by_hand():
    whole = torch.tensor([[-0.5, -0.5, 2.5, 0.5]])
    masks = torch.tensor([[0.2, 0.6, 0.0], [0.4, 0.3, 0.0]]).view(2, 1, 1, 3)
    together = union(masks, whole.repeat(2, 1), height=1, width=3)
    torch.testing.assert_close(together, torch.tensor([[[0.4, 0.6, 0.0]]]))


def test_union_of_nothing_is_empty():
    nothing = union(torch.zeros(0, 1, 28, 28), torch.zeros(0, 4), height=5, width=7)
    assert torch.equal(nothing, torch.zeros(1, 5, 7))

import numpy as np
import pytest
import torch

from scarmap.errors import DataError
from scarmap.labels import INDEX
from scarmap.sampling.bank import fill_bank
from scarmap.sampling.preparation import Preparation
from scarmap.volume import Case, Grid, LabelMap, Volume


def unchanged(volume, sequence):
    return volume


def case_of(name, depth, *, spacing_mm=1.0, at=8):
    grid = Grid((24, 20, depth), (spacing_mm, spacing_mm, 10.0), np.eye(4))
    labels = np.zeros(grid.shape, np.uint8)
    labels[at : at + 6, 6:12] = INDEX["mvo"]
    image = np.full(grid.shape, len(name), np.float32)
    return Case(name, "emidec", {"LGE": Volume(image, grid)}, LabelMap(labels, grid))


def preparation(**keywords):
    return Preparation(("LGE",), 16, unchanged, **keywords)


def test_slices_of_cases_follow_each_other():
    bank = fill_bank([case_of("a", 3), case_of("bb", 1)], preparation())
    assert bank.images.shape == (4, 1, 16, 16)
    assert bank.labels.dtype == torch.uint8
    assert bank.cases == ("a", "a", "a", "bb")
    assert bank.images[:, 0, 8, 8].tolist() == [1, 1, 1, 2]
    assert bank.labels.flatten(1).count_nonzero(1).tolist() == [36] * 4


def test_rows_of_cases():
    bank = fill_bank([case_of("a", 3), case_of("bb", 1), case_of("ccc", 2)], preparation())
    assert bank.rows(["ccc", "a"]).tolist() == [0, 1, 2, 4, 5]
    assert bank.rows([]).tolist() == []
    assert bank.rows([]).dtype == torch.int64


def test_rows_of_slices():
    bank = fill_bank([case_of("a", 3), case_of("bb", 1), case_of("ccc", 2)], preparation())
    assert bank.rows(iter(["ccc_z01", "a_z00", "a_z02"])).tolist() == [0, 2, 5]
    assert bank.rows(["bb_z00", "a"]).tolist() == [0, 1, 2, 3]
    assert bank.rows(["a_z03", "a_z0", "z00"]).tolist() == []


def test_a_name_of_a_case_never_means_a_slice_of_another():
    bank = fill_bank([case_of("a", 2), case_of("a_z01", 1)], preparation())
    assert bank.rows(["a_z01"]).tolist() == [2]
    assert bank.rows(["a_z01_z00", "a_z00"]).tolist() == [0, 2]


def test_slices_know_their_place_in_their_case():
    bank = fill_bank([case_of("a", 3), case_of("bb", 1), case_of("ccc", 2)], preparation())
    assert bank.positions == (0, 1, 2, 0, 0, 1)
    assert bank.heights.tolist() == [0.0, 0.5, 1.0, 0.5, 0.0, 1.0]
    assert bank.heights.dtype == torch.float32


def test_the_margin_enlarges_the_images_but_not_the_window():
    bank = fill_bank([case_of("a", 2)], preparation(margin=3))
    assert bank.images.shape[-1] == bank.labels.shape[-1] == 22
    assert bank.size == 16


def test_a_case_whose_labels_leave_the_window_is_named():
    with pytest.raises(DataError, match=r"Case far: .* cuts off 24 of 36 labelled pixels"):
        fill_bank([case_of("near", 1), case_of("far", 1, at=18)], preparation())


def test_a_bank_on_another_device_is_the_same_bank():
    bank = fill_bank([case_of("a", 2)], preparation(margin=3))
    moved = bank.to(torch.device("cpu"))
    assert (moved.cases, moved.size) == (bank.cases, bank.size)
    assert torch.equal(moved.images, bank.images)
    assert torch.equal(moved.labels, bank.labels)


def test_the_window_is_the_middle_of_the_chosen_slices():
    bank = fill_bank([case_of("a", 3)], preparation(margin=3))
    batch = bank.window(torch.tensor([2, 0]))
    assert torch.equal(batch.images, bank.images[[2, 0], :, 3:19, 3:19])
    assert torch.equal(batch.labels, bank.labels[[2, 0], 3:19, 3:19])


def test_labels_in_the_margin_alone_are_lost_to_the_network_and_refused():
    with pytest.raises(DataError, match="the centre window of 16 pixels"):
        fill_bank([case_of("far", 1, at=16)], preparation(margin=4))


def test_slices_are_cut_around_the_heart_when_asked():
    bank = fill_bank(
        [case_of("a", 1, at=14), case_of("b", 1, at=2)], preparation(around_heart=True)
    )
    assert torch.equal(bank.labels[0], bank.labels[1])
    with pytest.raises(DataError, match="cuts off"):
        fill_bank([case_of("a", 1, at=18)], preparation())

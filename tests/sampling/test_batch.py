import torch

from scarmap.labels import INDEX, TISSUES
from scarmap.sampling.batch import Batch, centre_window, tissue_shares

LABELS = torch.tensor([[[0, 3], [5, 6]], [[1, 1], [0, 5]]], dtype=torch.uint8)
IMAGES = torch.zeros(2, 1, 2, 2)


def test_labels_become_one_whole_tissue_per_pixel():
    shares = tissue_shares(Batch(IMAGES, LABELS))
    assert shares.shape == (2, len(TISSUES), 2, 2)
    assert torch.equal(shares.argmax(1), LABELS.long())
    assert shares[0, INDEX["scar"], 1, 0] == 1
    assert torch.equal(shares.sum(1), torch.ones(2, 2, 2))


def test_soft_truth_is_taken_as_it_is():
    soft = torch.full((2, len(TISSUES), 2, 2), 1 / len(TISSUES))
    assert tissue_shares(Batch(IMAGES, LABELS, soft)) is soft


def test_soft_truth_is_cut_like_the_labels():
    batch = Batch(IMAGES, LABELS, tissue_shares(Batch(IMAGES, LABELS)))
    middle = centre_window(batch, 1)
    assert torch.equal(middle.soft.argmax(1), middle.labels.long())

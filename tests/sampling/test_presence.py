import torch

from scarmap.sampling.presence import draw_kept, present_sequences

LGE_FIRST = (2.0, 1.0, 1.0)


def drawn(present, *, odds=LGE_FIRST, seed=0):
    return draw_kept(present, odds, torch.Generator().manual_seed(seed))


def test_a_sequence_of_zeros_is_missing_and_one_bright_pixel_is_there():
    images = torch.zeros(2, 3, 8, 8)
    images[0, 1, 3, 3] = 1
    images[1, 0] = -0.2
    assert present_sequences(images).tolist() == [[False, True, False], [True, False, False]]


def test_every_number_of_sequences_is_equally_likely_and_favoured_ones_come_first():
    kept = drawn(torch.ones(30_000, 3, dtype=torch.bool))
    counts = kept.sum(1).bincount(minlength=4) / len(kept)
    torch.testing.assert_close(counts, torch.tensor([0, 1, 1, 1]) / 3, atol=0.02, rtol=0)
    alone = kept[kept.sum(1) == 1].float().mean(0)
    torch.testing.assert_close(alone, torch.tensor([0.5, 0.25, 0.25]), atol=0.02, rtol=0)


def test_what_is_missing_stays_missing_and_something_is_always_kept():
    present = torch.tensor([[True, False, True], [False, True, False]]).repeat(500, 1)
    kept = drawn(present)
    assert not (kept & ~present).any()
    assert kept.any(1).all()
    seen = {tuple(row) for row in kept[::2].tolist()}
    assert seen == {(True, False, False), (False, False, True), (True, False, True)}

import torch

from scarmap.sampling.augment import Augmentation
from scarmap.sampling.bank import Bank
from scarmap.sampling.samplers import full_slices, shuffled, shuffled_again


def generator(seed=0):
    return torch.Generator().manual_seed(seed)


def numbered_bank(num=7, *, side=20, size=16):
    """The images and labels of row n hold n."""
    numbers = torch.arange(num)
    images = numbers.float()[:, None, None, None].expand(num, 1, side, side)
    labels = numbers.to(torch.uint8)[:, None, None].expand(num, side, side)
    return Bank(images, labels, tuple(f"case_{n}" for n in range(num)), size)


def test_an_epoch_covers_every_row_and_every_batch_is_full():
    rows = torch.tensor([1, 3, 4, 6, 8, 9, 12])
    batches = list(shuffled(rows, 4, generator()))
    assert [len(batch) for batch in batches] == [4, 4]
    drawn = torch.cat(batches)
    assert sorted(drawn[:7].tolist()) == rows.tolist()
    assert drawn[7] == drawn[0]


def test_fewer_rows_than_a_batch_are_repeated():
    (batch,) = shuffled(torch.tensor([5, 7, 9]), 8, generator())
    assert batch.bincount(minlength=10)[[5, 7, 9]].sort().values.tolist() == [2, 3, 3]


def test_rows_that_fill_their_batches_come_once():
    drawn = torch.cat(list(shuffled(torch.arange(8), 4, generator())))
    assert sorted(drawn.tolist()) == list(range(8))


def test_an_epoch_of_so_many_batches_shows_every_row_as_often_as_any_other_but_for_one():
    rows = torch.tensor([1, 3, 4])
    batches = list(shuffled_again(rows, 4, 5, generator()))
    assert [len(batch) for batch in batches] == [4] * 5
    times = torch.cat(batches).bincount()[rows]
    assert times.sum() == 20
    assert times.max() - times.min() <= 1


def test_each_round_of_an_epoch_has_an_order_of_its_own():
    rounds = (
        torch.cat(list(shuffled_again(torch.arange(30), 6, 15, generator()))).view(3, 30).tolist()
    )
    assert all(sorted(order) == list(range(30)) for order in rounds)
    assert len({tuple(order) for order in rounds}) == 3


def test_a_large_data_set_is_shown_in_part_in_a_short_epoch():
    drawn = torch.cat(list(shuffled_again(torch.arange(50), 4, 3, generator())))
    assert len(set(drawn.tolist())) == 12


def test_the_order_follows_the_seed():
    first, again, other = (
        torch.cat(list(shuffled(torch.arange(30), 6, generator(s)))).tolist() for s in (1, 1, 2)
    )
    assert first == again
    assert first != other


def test_full_slices_yields_windows_of_the_chosen_rows_alone():
    batches = list(
        full_slices(
            numbered_bank(),
            torch.tensor([0, 2, 5]),
            generator(),
            batch_size=2,
            augmentation=Augmentation(flips=True),
        )
    )
    assert [tuple(batch.images.shape) for batch in batches] == [(2, 1, 16, 16)] * 2
    shown = {int(label) for batch in batches for label in batch.labels.unique()}
    assert shown == {0, 2, 5}
    for batch in batches:
        torch.testing.assert_close(batch.images[:, 0], batch.labels.float())


def test_full_slices_of_another_size():
    bank, rows = numbered_bank(), torch.arange(2)
    (batch,) = full_slices(
        bank, rows, generator(), batch_size=2, augmentation=Augmentation(), size=20
    )
    assert batch.images.shape[-2:] == batch.labels.shape[-2:] == (20, 20)

from dataclasses import replace
from functools import partial

import pytest
import torch

from scarmap.labels import INDEX, TISSUES
from scarmap.sampling.appearance import Appearance
from scarmap.sampling.augment import Augmentation
from scarmap.sampling.bank import Bank
from scarmap.sampling.presence import present_sequences
from scarmap.systems.scarmap.stages import (
    ANY_LOOK,
    ANY_SPACE,
    BATCH_SIZE,
    FOCUS,
    focused_slices,
    segmentation_stage,
    varied_slices,
)

ODDS = (2.0, 1.0, 1.0)


def batches(bank, *, seed=3, **changes):
    plain = {"augmentation": Augmentation(), "appearance": Appearance(), "odds": ODDS}
    settings = {"batch_size": 4, "batches": 1, **plain, **changes}
    return list(
        varied_slices(bank, torch.arange(4), torch.Generator().manual_seed(seed), **settings)
    )


def test_slices_lose_sequences_and_never_all_of_them(bank):
    kept = torch.cat([present_sequences(batches(bank, seed=seed)[0].images) for seed in range(40)])
    assert kept.any(1).all()
    assert {tuple(row) for row in kept.tolist()} >= {
        (True, False, False),
        (True, True, True),
        (False, True, False),
    }


def test_what_is_kept_is_unchanged_without_augmentation(bank):
    (batch,) = batches(bank)
    shown = present_sequences(batch.images)
    truth = {
        labels.numpy().tobytes(): row
        for row, labels in enumerate(bank.window(torch.arange(4)).labels)
    }
    for images, labels, kept in zip(batch.images, batch.labels, shown, strict=True):
        original = bank.window(torch.tensor([truth[labels.numpy().tobytes()]])).images[0]
        assert torch.equal(images[kept], original[kept])


def test_a_sequence_that_a_case_lacks_never_appears(bank):
    for seed in range(5):
        (batch,) = batches(bank, seed=seed, augmentation=ANY_SPACE, appearance=ANY_LOOK)
        assert batch.images.shape == (4, 3, 48, 48)
        lacking = varied_slices(
            bank,
            torch.tensor([2, 3]),
            torch.Generator().manual_seed(seed),
            batch_size=2,
            batches=1,
            augmentation=ANY_SPACE,
            appearance=ANY_LOOK,
            odds=ODDS,
        )
        assert not present_sequences(next(iter(lacking)).images)[:, 1].any()


@pytest.mark.parametrize("seed", range(3))
def test_each_slice_keeps_what_its_own_data_set_labels(bank, seed):
    told = torch.arange(4)[:, None].expand(
        4, len(TISSUES)
    )  # not labels: numbers that tell the slices apart
    truth = {
        labels.numpy().tobytes(): row
        for row, labels in enumerate(bank.window(torch.arange(4)).labels)
    }
    for batch in batches(replace(bank, label_of=told), seed=seed, batch_size=3, batches=4):
        rows = torch.tensor([truth[labels.numpy().tobytes()] for labels in batch.labels])
        assert torch.equal(batch.label_of, told[rows])


def test_nothing_is_said_of_labels_where_the_bank_says_nothing(bank):
    assert batches(bank)[0].label_of is None


def test_the_same_generator_gives_the_same_batches(bank):
    first, second = (batches(bank, augmentation=ANY_SPACE, appearance=ANY_LOOK) for _ in range(2))
    assert all(
        torch.equal(one.images, other.images) for one, other in zip(first, second, strict=True)
    )


def test_odds_follow_the_sequences():
    stage = segmentation_stage(
        partial(torch.nn.Identity), partial(torch.nn.Identity), sequences=("T2", "LGE")
    )
    assert stage.sampler.keywords["odds"] == (1.0, 2.0)
    assert stage.keep == "last"


def _eight_slices(shown):
    """Eight slices of which some show edema; each one's images hold its number."""
    labels = torch.full((8, 48, 48), INDEX["normal_myocardium"], dtype=torch.uint8)
    labels[list(shown), 20:24, 20:24] = INDEX["edema"]
    images = torch.arange(1.0, 9.0).view(8, 1, 1, 1).expand(8, 3, 48, 48).contiguous()
    return Bank(images, labels, tuple("abcdefgh"), 48)


def _focused(bank, rows):
    return focused_slices(
        bank,
        rows,
        torch.Generator().manual_seed(2),
        batch_size=6,
        batches=20,
        focus={"edema": 2},
        augmentation=Augmentation(),
        appearance=Appearance(),
        odds=ODDS,
    )


def test_some_slices_of_each_batch_show_what_is_seldom_seen():
    for batch in _focused(_eight_slices(shown=(1, 5)), torch.arange(8)):
        assert len(batch.images) == 6
        showing = (batch.labels == INDEX["edema"]).flatten(1).any(1)
        assert showing[4:].all()
        assert set(batch.images[4:].amax((1, 2, 3)).tolist()) == {2.0, 6.0}


def test_only_training_slices_are_drawn_and_all_where_none_shows_the_tissue():
    seen = torch.cat(
        [
            batch.images.amax((1, 2, 3))
            for batch in _focused(_eight_slices(shown=(1,)), torch.arange(2, 8))
        ]
    )
    assert set(seen.tolist()) == {3.0, 4.0, 5.0, 6.0, 7.0, 8.0}


def test_synthetic_hearts_keep_room_for_those_without_injury():
    assert sum(FOCUS.values()) < BATCH_SIZE / 2
    stage = segmentation_stage(
        partial(torch.nn.Identity),
        partial(torch.nn.Identity),
        sequences=("T2", "LGE"),
        any_scanner=True,
    )
    assert stage.sampler.keywords["odds"] == (2.0, 2.0)
    assert stage.sampler.keywords["focus"] == FOCUS

"""Whatever is drawn, image and label are moved together."""

import torch
from hypothesis import given
from hypothesis import strategies as st
from tests.hypotheses import few

from scarmap.sampling.augment import Augmentation, augment
from scarmap.sampling.batch import Batch

AUGMENTATIONS = st.builds(
    Augmentation,
    rotation_deg=st.floats(0, 180),
    flips=st.booleans(),
    shift=st.floats(0, 0.3),
    scale=st.tuples(st.floats(0.6, 1.0), st.floats(1.0, 1.6)),
    elastic_px=st.floats(0, 3),
    elastic_nodes=st.integers(3, 6),
    shear=st.floats(0, 0.3),
    stretch=st.floats(1, 1.3),
)


def labelled(side=24):
    """Labels 0 and 5 in blocks of four pixels, and an image that shows them."""
    coarse = torch.rand(3, 6, 6, generator=torch.Generator().manual_seed(2)) > 0.5
    blocks = coarse.repeat_interleave(4, 1).repeat_interleave(4, 2)
    return Batch(blocks[:, None].float(), blocks.to(torch.uint8) * 5)


@few
@given(AUGMENTATIONS, st.integers(0, 99))
def test_where_the_image_shows_one_tissue_alone_the_label_is_that_tissue(augmentation, seed):
    moved = augment(
        labelled(), augmentation, size=20, generator=torch.Generator().manual_seed(seed)
    )
    shown = moved.images[:, 0]
    tissue, other = shown > 1 - 1e-4, shown < 1e-4
    assert (moved.labels[tissue] == 5).all()
    assert (moved.labels[other] == 0).all()
    assert (tissue | other).float().mean() > 0.2


@few
@given(AUGMENTATIONS, st.integers(0, 99))
def test_soft_truth_of_hard_labels_moves_as_the_image_does(augmentation, seed):
    batch = labelled()
    soft = torch.stack([1 - batch.images[:, 0], batch.images[:, 0]], 1)
    moved = augment(
        Batch(batch.images, batch.labels, soft),
        augmentation,
        size=20,
        generator=torch.Generator().manual_seed(seed),
    )
    torch.testing.assert_close(moved.soft[:, 1], moved.images[:, 0], rtol=0, atol=1e-5)
    torch.testing.assert_close(moved.soft.sum(1), torch.ones_like(moved.soft[:, 0]))

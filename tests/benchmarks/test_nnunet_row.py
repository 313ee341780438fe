"""nnU-Net's plan made as narrow as our reduced rows: hand-worked stages and channels."""

from argparse import Namespace

import pytest
from benchmarks.nnunet_row import fewer_stages, narrow


def planned(stages):
    """What nnU-Net plans, as far as it matters here."""
    return {
        "n_stages": stages,
        "features_per_stage": [min(32 * 2**stage, 512) for stage in range(stages)],
        "kernel_sizes": [[3, 3]] * stages,
        "strides": [[1, 1]] + [[2, 2]] * (stages - 1),
        "n_conv_per_stage": [2] * stages,
        "n_conv_per_stage_decoder": [2] * (stages - 1),
    }


@pytest.mark.parametrize(
    ("size", "of", "stages"),
    [(96, 7, 5), (128, 7, 5), (256, 8, 6), (96, 3, 3), (90, 7, 2), (6, 7, 1)],
)
def test_stages_go_while_a_map_keeps_six_pixels(size, of, stages):
    kwargs = planned(of)
    assert fewer_stages(kwargs, size) == stages
    assert kwargs["n_stages"] == len(kwargs["strides"]) == len(kwargs["kernel_sizes"]) == stages
    assert len(kwargs["n_conv_per_stage_decoder"]) == stages - 1


def test_the_narrow_plan_leaves_the_full_one_as_it_is():
    full = {"architecture": {"network_class_name": "unet", "arch_kwargs": planned(7)}}
    asked = Namespace(width=8, size=96, spacing=2.0, batch=4)
    made = narrow(full, asked)
    assert made["architecture"]["arch_kwargs"]["features_per_stage"] == [8, 16, 32, 64, 128]
    assert (made["patch_size"], made["spacing"], made["batch_size"]) == ([96, 96], [2.0, 2.0], 4)
    assert full["architecture"]["arch_kwargs"] == planned(7)

"""Every named recipe trains, validates, segments and draws its pictures on synthetic hearts."""

import json
from math import isfinite

import pytest

from scarmap.io.nifti import read_labels
from scarmap.phantom.cohort import write_cohort
from scarmap.recipes.describe import settings
from scarmap.systems.catalogue import RECIPES, choose
from scarmap.systems.linear_codec.recipe import NETWORKS
from scarmap.training.run.request import Request
from scarmap.training.run.train import train
from scarmap.training.stage.fit import Options

SMALL = {
    "width": 4,
    "size": 96,
    "unetpp_width": 2,
    "maskrcnn_backbone": "resnet18",
    "maskrcnn_width": 8,
    "maskrcnn_size": 48,
    "start": None,
}
QUICK = (
    *("mfunet", "mfunet/concatenation-only", "mfunet/submission-dilation"),
    *("cascade", "cascade/unet-bssfp", "linear-codec"),
    *(
        "anatomy-prior",
        "anatomy-prior/baseline",
        "anatomy-prior/attention",
        "anatomy-prior/no-penalty",
    ),
    "scarmap",
)
PARTS = {
    f"linear-codec, {member} alone": ("linear-codec", {"members": (member,)}) for member in NETWORKS
}
"""Recipes with settings that no named recipe has."""


@pytest.fixture(scope="session")
def emidec_phantom(tmp_path_factory):
    """Five cases in EMIDEC layout, enough for five folds; the second and the fifth are normal."""
    folder = tmp_path_factory.mktemp("emidec_phantom_of_five")
    write_cohort(folder, layout="emidec", num_cases=5, seed=21, num_slices=3, in_plane=128)
    return folder


@pytest.mark.parametrize(
    ("name", "changes"),
    [
        pytest.param(name, {}, marks=() if name in QUICK else pytest.mark.slow, id=name)
        for name in RECIPES
    ]
    + [pytest.param(*part, marks=pytest.mark.slow, id=title) for title, part in PARTS.items()],
)
def test_a_recipe_trains_and_segments(
    name, changes, myops_phantom, emidec_phantom, plain_phantom, tmp_path
):
    known = settings(RECIPES[name].recipe)
    choice = choose(name, {key: value for key, value in SMALL.items() if key in known} | changes)
    recipe = choice.build()
    data = {"myops2020": myops_phantom, "emidec": emidec_phantom, "scarmap": plain_phantom}[
        recipe.layout
    ]
    options = Options(epochs_scale=1e-9, max_steps=1)
    run = train(Request(name, choice.row, data, tmp_path / "run", (0,), "cpu", options))
    check_logs(run.logs(), recipe.stages)
    held_out = run.read_record()["folds"][0]["validation"]
    for case in held_out:
        assert read_labels(run.predictions / f"{case}.nii.gz", recipe.layout).array.ndim == 3
    assert run.evaluation.is_dir() == bool(held_out)
    assert len(list(run.illustrations(0).glob("*.npz"))) >= 2
    json.loads(run.record_file.read_text(encoding="utf-8"))


def check_logs(logs, stages):
    assert sorted(logs) == sorted((0, stage.name) for stage in stages)
    for stage in stages:
        assert len(logs[0, stage.name]) == len(stage.phases)
        assert all(isfinite(float(row["loss"])) for row in logs[0, stage.name])


def test_a_recipe_for_emidec_trains_on_the_labels_of_myops(myops_phantom, tmp_path):
    layout = {
        "layout": "myops2020",
        "sequences": ("LGE", "T2"),
        "width": SMALL["width"],
        "size": SMALL["size"],
    }
    choice = choose("anatomy-prior", layout)
    options = Options(epochs_scale=1e-9, max_steps=1)
    run = train(
        Request("anatomy-prior", choice.row, myops_phantom, tmp_path / "run", (0,), "cpu", options)
    )
    (row,) = run.logs()[0, "segment"]
    assert {"cross_entropy", "neighbourhood", "monitored_class_weight_edema"} <= set(row)
    (case,) = run.read_record()["folds"][0]["validation"][:1]
    assert read_labels(run.predictions / f"{case}.nii.gz", "myops2020").array.ndim == 3
    summary = json.loads((run.evaluation / "summary.json").read_text(encoding="utf-8"))
    assert summary["presence"]["scar"]["sensitivity"] in (0.0, 0.5, 1.0)

import numpy as np
import pytest

from scarmap.labels import INDEX, TISSUES
from scarmap.systems.anatomy_prior.postprocess import compose, leave_out_small_infarct
from scarmap.volume import Grid


def tissues(*columns, layout="emidec", **keywords):
    """Tissue of each pixel, from its probabilities."""
    maps = np.array(columns, dtype=np.float32).T[:, :, None, None]
    return [TISSUES[index].name for index in compose(maps, layout=layout, **keywords)[:, 0, 0]]


def test_tissues_are_chosen_from_the_outside_in():
    # Pool, whole myocardium, whole infarct, no-reflow.
    assert tissues(
        (0.2, 0.3, 0.3, 0.3),  # background .5 is likeliest, whatever the wall holds
        (0.6, 0.3, 0.0, 0.0),
        (0.1, 0.8, 0.3, 0.1),
        (0.1, 0.8, 0.5, 0.1),
        (0.1, 0.8, 0.5, 0.3),
        (
            0.1,
            0.8,
            0.3,
            0.25,
        ),  # normal .5 against infarct .3: most of that being no-reflow does not matter
    ) == ["background", "lv_pool", "normal_myocardium", "scar", "mvo", "normal_myocardium"]


def test_an_infarct_torn_between_scar_and_no_reflow_is_an_infarct():
    # Normal .4, scar .3, no-reflow .25: normal is the likeliest single label.
    assert tissues((0.0, 0.95, 0.55, 0.25)) == ["scar"]


def test_scar_lies_in_edema_and_edema_in_the_wall_of_myops():
    # Both pools, whole myocardium, scar and edema, scar.
    assert tissues(
        (0.1, 0.7, 0.1, 0.0, 0.0),
        (0.1, 0.1, 0.7, 0.5, 0.1),
        (0.1, 0.1, 0.7, 0.5, 0.4),
        layout="myops2020",
    ) == ["rv_pool", "edema", "scar"]


def test_islands_away_from_the_heart_are_dropped_when_asked():
    heart, nothing = (0.1, 0.8, 0.5, 0.1), (0.0, 0.0, 0.0, 0.0)
    columns = [heart, heart, nothing, heart]
    assert tissues(*columns) == ["scar", "scar", "background", "scar"]
    assert tissues(*columns, largest_part=True) == ["scar", "scar", "background", "background"]


def infarct_of(voxels, *, layout):
    labels = np.full((10, 10, 1), INDEX["normal_myocardium"], dtype=np.uint8)
    labels.reshape(-1)[:voxels] = INDEX["scar"]
    if layout == "emidec" and voxels:
        labels.reshape(-1)[0] = INDEX["mvo"]
    return labels, Grid(labels.shape, (2.0, 2.0, 10.0), np.eye(4))  # 0.04 ml a voxel


@pytest.mark.parametrize(
    ("layout", "edema_around", "instead"),
    [
        ("emidec", False, "normal_myocardium"),
        ("myops2020", False, "normal_myocardium"),
        ("myops2020", True, "edema"),
    ],
)
def test_an_infarct_below_the_smallest_volume_becomes_what_was_seen_around_it_and_is_told(
    layout, edema_around, instead
):
    labels, grid = infarct_of(49, layout=layout)
    hurt = labels != INDEX["normal_myocardium"]
    if edema_around:
        labels[~hurt] = INDEX["edema"]
    cleared, told = leave_out_small_infarct(labels, grid, layout=layout, smallest_ml=2.0)
    assert (cleared == INDEX[instead])[hurt].all()
    assert np.array_equal(cleared[~hurt], labels[~hurt])
    assert cleared.dtype == labels.dtype
    assert told == (
        "An infarct of 1.96 ml, 49.0 % of the wall, was left out, as one below 2 ml is taken for "
        "noise.",
    )


@pytest.mark.parametrize(("voxels", "smallest_ml"), [(50, 2.0), (1, 0.0), (0, 2.0)])
def test_a_large_enough_infarct_and_a_healthy_heart_stay_as_they_are(voxels, smallest_ml):
    labels, grid = infarct_of(voxels, layout="emidec")
    kept, told = leave_out_small_infarct(labels, grid, layout="emidec", smallest_ml=smallest_ml)
    np.testing.assert_array_equal(kept, labels)
    assert told == ()

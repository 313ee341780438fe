import runpy
from pathlib import Path
from shutil import copytree

import numpy as np
import pytest

from scarmap.io.files import write_json
from scarmap.io.nifti import write_image, write_labels
from scarmap.labels import INDEX
from scarmap.quantification.thresholds.methods import METHODS
from scarmap.volume import Grid, LabelMap

SCRIPT = runpy.run_path(str(Path(__file__).parents[2] / "benchmarks" / "quantification.py"))


@pytest.fixture
def cohort(tmp_path):
    """A round heart of three slices whose inner half is scar, and a made-up truth."""
    x, y = np.meshgrid(np.arange(-40, 41), np.arange(-40, 41), indexing="ij")
    radius = np.hypot(x, y)
    plane = np.zeros(radius.shape, dtype=np.uint8)
    plane[np.hypot(x + 40, y) < 20] = INDEX["rv_pool"]
    plane[radius <= 30] = INDEX["normal_myocardium"]
    plane[radius <= 25] = INDEX["scar"]
    plane[radius <= 20] = INDEX["lv_pool"]
    labels = LabelMap(
        np.repeat(plane[..., None], 3, axis=2), Grid((81, 81, 3), (1.0, 1.0, 10.0), np.eye(4))
    )
    write_labels(tmp_path / "p1" / "labels.nii.gz", labels, "scarmap")
    image = np.where(labels.array == INDEX["scar"], 100.0, 10.0) + np.random.default_rng(0).normal(
        0, 1, (81, 81, 3)
    )
    write_image(tmp_path / "p1" / "LGE.nii.gz", image, labels.grid)
    infarct_g, wall_g = (np.isin(plane, held).sum() * 0.03 * 1.05 for held in ((5,), (3, 5)))
    masses = {
        "whole_infarct": infarct_g / 1.02,
        "whole_myocardium": wall_g,
        "edema": 0.0,
        "mvo": 0.0,
    }
    half = {"mean_percent": 45.0, "mean_of_infarcted_percent": 50.0, "max_percent": 20.0}
    segment = {
        "infarct_extent": half,
        "infarct_chord": half,
        "infarct_area_percent": 44.0,
        "wall_thickness_mm": 10.0,
    }
    truth = {
        "discs": {"mass_g": masses},
        "continuous": {"mass_g": masses},
        "septum_deg": {"array": 183.0},
        "segments": [{"segment": number, **segment} for number in range(1, 17)],
    }
    write_json(tmp_path / "p1" / "p1_truth.json", truth)
    copytree(tmp_path / "p1", tmp_path / "p2")
    (tmp_path / "p2" / "p1_truth.json").rename(tmp_path / "p2" / "p2_truth.json")
    return tmp_path


def test_masses_and_segments_stand_beside_the_truth(cohort):
    pairs = list(SCRIPT["measured_and_true"](cohort))
    masses = "\n".join(SCRIPT["mass_table"](pairs))
    assert "| whole_infarct | discs | 2 | +2.00 | 0.00 | 100.0 | 2.0 |" in masses
    assert "| edema |" not in masses
    segments = {
        line.split(" | ")[0]: line
        for line in SCRIPT["segment_table"](pairs)
        if "with infarct" in line
    }
    assert "| 32 | +5." in segments["| transmurality, extent: mean, %"]
    assert segments["| transmurality, extent: mean, %"].endswith("| 100.0 |")
    assert segments["| transmurality, extent: maximum, %"].endswith("| 0.0 |")


def test_every_threshold_finds_the_bright_scar(cohort):
    *table, _, counted = SCRIPT["threshold_table"](cohort)
    assert counted.startswith("2 patients")
    scores = [float(line.split(" | ")[1].split(" ± ")[0]) for line in table[2:]]
    assert len(scores) == len(METHODS)
    assert min(scores) > 0.98

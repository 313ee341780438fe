from dataclasses import replace
from math import nan
from pathlib import Path

import numpy as np
import pytest

from scarmap.datasets.folds import Fold
from scarmap.datasets.split import notes, record_split, slice_name, split_cases, true_parts
from scarmap.evaluation.table import evaluate_folder, write_evaluation
from scarmap.io.illustrations import Illustration, Panel, write_illustration
from scarmap.io.nifti import read_labels, write_image, write_labels
from scarmap.io.run import RunFolder
from scarmap.labels import INDEX
from scarmap.quantification.dictionary import FIGURES
from scarmap.quantification.result import (
    Flag,
    Interval,
    Quantification,
    Reference,
    Remote,
    Ring,
    Segment,
    SliceFigures,
    ThresholdFigures,
    Transmurality,
    WallFigures,
)
from scarmap.volume import Case, Grid, LabelMap, Volume

SEQUENCES = ("LGE", "T2")


def make_grid(shape=(40, 40, 2), spacing_mm=(2.0, 2.0, 8.0)):
    return Grid(shape, spacing_mm, np.diag([*spacing_mm, 1.0]))


def make_labels(shape=(40, 40, 2), *, shift=0):
    """A ring of myocardium around a pool, with edema and in it scar on one side."""
    x, y = np.meshgrid(np.arange(shape[0]), np.arange(shape[1]), indexing="ij")
    radius = np.hypot(x - 20 - shift, y - 20)
    plane = np.zeros(shape[:2], dtype=np.uint8)
    plane[radius < 10] = INDEX["normal_myocardium"]
    plane[(radius < 10) & (x > 24)] = INDEX["edema"]
    plane[(radius < 10) & (x > 26)] = INDEX["scar"]
    plane[radius < 6] = INDEX["lv_pool"]
    return np.repeat(plane[..., None], shape[2], axis=2)


@pytest.fixture
def case():
    grid = make_grid()
    images = {
        name: Volume(np.random.default_rng(seed).random(grid.shape).astype(np.float32), grid)
        for seed, name in enumerate(SEQUENCES)
    }
    return Case("case_a", "myops2020", images, LabelMap(make_labels(), grid))


@pytest.fixture
def prediction():
    return LabelMap(make_labels(shift=1), make_grid())


@pytest.fixture
def run(tmp_path: Path, case: Case) -> RunFolder:
    """A finished run of two folds over three cases, predicted 0, 1 and 2 voxels off."""
    data, run = tmp_path / "data", RunFolder(tmp_path / "run")
    names = ["case_a", "case_b", "case_c"]
    for shift, name in enumerate(names):
        for sequence, suffix in zip(SEQUENCES, ("LGE", "T2"), strict=True):
            write_image(data / f"{name}_{suffix}.nii.gz", case.images[sequence].array, case.grid)
        write_labels(data / f"{name}_gd.nii.gz", case.labels, "myops2020")
        write_labels(
            run.predictions / f"{name}.nii.gz",
            LabelMap(make_labels(shift=shift), case.grid),
            "myops2020",
        )
    predictions = {name: run.predictions / f"{name}.nii.gz" for name in names}
    truths = {name: data / f"{name}_gd.nii.gz" for name in names}
    write_evaluation(run.evaluation, evaluate_folder(predictions, truths, "myops2020"))
    for fold in (0, 1):
        log = run.stage(fold, "segment") / "log.csv"
        log.parent.mkdir(parents=True)
        log.write_text(
            "epoch,phase,learning_rate,seconds,loss,dice_scar,validation_dice,validation_dice_scar\n"
            "0,warm_up,1e-4,1.0,2.0,1.0,0.1,0.05\n1,full,1e-4,1.0,1.0,0.5,,\n2,full,1e-4,1.0,0.8,0.4,0.4,0.3\n"
        )
        panel = Panel(
            "attention", np.arange(64.0).reshape(8, 8), {"scar": np.eye(8, dtype=bool)}, heat=True
        )
        picture = Illustration("attention", "Where it looks", "Bright over the scar.", ((panel,),))
        write_illustration(run.illustrations(fold), picture)
    run.write_record(make_record(data))
    return run


@pytest.fixture
def run_by_slice(run: RunFolder) -> RunFolder:
    """The same of one fold that held out slices: both of the first case, one of each other."""
    record = run.read_record()
    names = ["case_a", "case_b", "case_c"]
    masks = {name: read_labels(run.predictions / f"{name}.nii.gz", "myops2020") for name in names}
    validation = ("case_a_z00", *(slice_name(name, 1) for name in names))
    fold = Fold(("case_b_z00", "case_c_z00"), validation)
    split = split_cases(dict.fromkeys(names, 2), lambda _: (fold,), unit="slice")
    for mask in run.predictions.iterdir():
        mask.unlink()
    for name in validation:
        labels = split.part(name, masks[split.patient(name)])
        write_labels(run.predictions / f"{name}.nii.gz", labels, "myops2020")
    truths = {
        name: read_labels(run.root.parent / "data" / f"{name}_gd.nii.gz", "myops2020")
        for name in names
    }
    predictions = {name: run.predictions / f"{name}.nii.gz" for name in validation}
    evaluation = evaluate_folder(
        predictions, true_parts(split, truths), "myops2020", notes=notes(split)
    )
    write_evaluation(run.evaluation, evaluation)
    folds = [{"train": list(fold.train), "validation": list(fold.validation)}]
    run.write_record(
        {
            **record,
            "split": record_split(split),
            "folds": folds,
            "state": {"fold_0/segment": "done"},
        }
    )
    return run


def make_record(data: Path, **provenance):
    return {
        "scarmap": "0.1.0",
        "recipe": {
            "name": "mfunet",
            "settings": {"fusion": "max"},
            "published": {"scar": [53.0, 20.5], "average_pathology": [44.9, 13.9]},
            "also_published": {"hausdorff_mm": {"lv_epicardium": [3.04, 0.76]}},
            "published_convention": "mfunet_slicewise",
            "table": "1",
            "paper": "mfunet",
            "sequences": list(SEQUENCES),
            "layout": "myops2020",
        },
        "data": {"folder": str(data), "layout": "myops2020", "num_cases": 3, "sha256": "0" * 64},
        "folds": [
            {"train": ["case_c"], "validation": ["case_a", "case_b"]},
            {"train": ["case_a", "case_b"], "validation": ["case_c"]},
        ],
        "provenance": {
            "commit": "0123456789abcdef",
            "command": "scarmap train mfunet",
            "hardware": "one CPU",
            "seed": 1,
            "epochs_scale": 1.0,
            "started": "2025-01-02T03:04:05",
            "torch": "2.11.0",
            **provenance,
        },
        "state": {"fold_0/segment": "done", "fold_1/segment": "done"},
    }


def make_wall(depth, *, edema=12.0, mvo=None):
    """Figures of a part of the wall of mean transmurality `depth`, half of it infarcted."""
    grade = ["0", "1-25", "26-50", "51-75", "76-100"][int(np.searchsorted((0, 25, 50, 75), depth))]
    chords = Transmurality(
        20, 10, depth, 1.5 * depth, 90.0, depth / 2, depth, 80.0, depth / 2, grade
    )
    share = nan if mvo is None else 3.0 * mvo
    return WallFigures(6.0, depth / 2, edema, share, mvo, chords, 9.5, 9.8)


@pytest.fixture
def study():
    """Figures of `case_a`: transmurality rises by 5 % a segment from 0, segment 16 is missing."""
    missing = WallFigures(0.0, nan, nan, nan, None, Transmurality(0, 0, *[nan] * 7, ""), nan, nan)
    segments = tuple(
        Segment(
            number,
            f"name of {number}",
            "basal" if number < 7 else "mid" if number < 13 else "apical",
            "LAD",
            60.0 * number,
            60.0,
            make_wall(5.0 * (number - 1)) if number < 16 else missing,
        )
        for number in range(1, 17)
    )
    rings = tuple(
        Ring(name, (0,), make_wall(depth))
        for name, depth in (("basal", 0.0), ("mid", 40.0), ("apical", 80))
    )
    figures = {figure.name: nan for figure in FIGURES} | {
        "lv_pool_ml": 98.26,
        "myocardium_ml": 110.0,
        "myocardium_g": 115.5,
        "infarct_ml": 20.0,
        "infarct_g": 21.0,
        "infarct_percent_lv": 18.18,
        "edema_g": 10.5,
        "edema_percent_lv": 9.1,
        "area_at_risk_g": 31.5,
        "area_at_risk_percent_lv": 27.3,
        "transmurality_extent_infarcted_mean_percent": 64.2,
        "transmurality_extent_maximum_percent": 100.0,
        "num_segments": 16.0,
        "num_infarcted_segments": 14.0,
        "num_transmural_segments": 5.0,
        "wall_thickness_mm": 9.44,
    }
    return Quantification(
        case="case_a",
        scarmap_version="0.1.0",
        layout="myops2020",
        tissues=("lv_pool", "rv_pool", "normal_myocardium", "edema", "scar"),
        shape=(40, 40, 2),
        spacing_mm=(2.0, 2.0, 8.0),
        conventions={"sectors": "rigid", "transmurality": "extent"},
        figures=figures,
        intervals={"infarct_g": Interval(17.3, 24.4, 0.95, "quantiles of five folds")},
        reference=Reference(
            "rv_insertion", 180.0, 120.0, 230.0, 1, "affine", "last", "cavity_area"
        ),
        slices=tuple(
            SliceFigures(z, ring, True, (20.0, 20.0), 180.0, 49.1, 55.0, 10.0, 5.0, nan)
            for z, ring in enumerate(("mid", "basal"))
        ),
        rings=rings,
        segments=segments,
        thresholds=(
            ThresholdFigures(
                "5sd", "5-SD: above", 99.0, Remote("sector", 42, 50.0, 9.8), 9, 9.5, 8.2, 0.5
            ),
        ),
        flags=(Flag("few_slices", "Two closed rings only."),),
    )


@pytest.fixture
def study_without_direction(study):
    """The same where nothing tells which way the septum lies."""
    nowhere = replace(
        study.reference,
        source="none",
        septum_deg=nan,
        anterior_insertion_deg=nan,
        inferior_insertion_deg=nan,
    )
    return replace(
        study, reference=nowhere, segments=(), figures={**study.figures, "num_segments": 0.0}
    )

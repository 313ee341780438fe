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
        write_labels(run.predictions / f"{name}.nii.gz", LabelMap(make_labels(shift=shift), case.grid), "myops2020")
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
        panel = Panel("attention", np.arange(64.0).reshape(8, 8), {"scar": np.eye(8, dtype=bool)}, heat=True)
        picture = Illustration("attention", "Where it looks", "Bright over the scar.", ((panel,),))
        write_illustration(run.illustrations(fold), picture)
    run.write_record(make_record(data))
    return run


@pytest.fixture
def run_by_slice(run: RunFolder) -> RunFolder:
    """The same of one fold that held out both slices of the first case and the second slice of each other one."""
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
    truths = {name: read_labels(run.root.parent / "data" / f"{name}_gd.nii.gz", "myops2020") for name in names}
    predictions = {name: run.predictions / f"{name}.nii.gz" for name in validation}
    evaluation = evaluate_folder(predictions, true_parts(split, truths), "myops2020", notes=notes(split))
    write_evaluation(run.evaluation, evaluation)
    folds = [{"train": list(fold.train), "validation": list(fold.validation)}]
    run.write_record({**record, "split": record_split(split), "folds": folds, "state": {"fold_0/segment": "done"}})
    return run


def make_record(data: Path, **provenance):
    return {
        "scarmap": "0.1.0",
        "recipe": {
            "name": "mfunet",
            "settings": {"fusion": "max"},
            "published": {"scar": [53.0, 20.5], "average_pathology": [44.9, 13.9]},
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

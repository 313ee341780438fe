import gzip
import json
import shutil
import subprocess
import sys

import nibabel
import numpy as np
import pytest

from scarmap.datasets.folder import find_cases
from scarmap.io.nifti import read_labels


def test_a_folder_becomes_masks_on_the_inputs_grid(scarmap, myops_run, myops_phantom, tmp_path):
    ended = scarmap(
        "predict", myops_run, "--data", myops_phantom, "--out", tmp_path, "--save-probabilities"
    )
    assert ended.code == 0
    assert "6 of 6" in ended.out
    for case in find_cases(myops_phantom):
        image, mask = (
            nibabel.load(path) for path in (case.images["LGE"], tmp_path / f"{case.name}.nii.gz")
        )
        assert mask.header["pixdim"].tobytes() == image.header["pixdim"].tobytes()
        assert mask.affine.tobytes() == image.affine.tobytes()
        read_labels(tmp_path / f"{case.name}.nii.gz", "myops2020")
        maps = nibabel.load(tmp_path / f"{case.name}_probabilities.nii.gz")
        regions = json.loads((tmp_path / f"{case.name}_probabilities.json").read_text())["regions"]
        assert maps.shape == (*image.shape, len(regions))


def test_one_study_is_given_by_its_files(scarmap, myops_run, myops_phantom, tmp_path):
    images = find_cases(myops_phantom)[0].images
    options = ("--lge", images["LGE"], "--t2", images["T2"], "--bssfp", images["bSSFP"])
    assert scarmap("predict", myops_run, *options, "--out", tmp_path).code == 0
    assert sorted(path.name for path in tmp_path.glob("[!.]*")) == [
        "colours_myops2020.ctbl",
        "colours_myops2020.label.txt",
        "manifest.jsonl",
        "myops_training_101.nii.gz",
    ]


def test_an_lge_only_model_segments_the_emidec_layout(
    scarmap, emidec_run, six_emidec_cases, tmp_path
):
    assert (
        scarmap("predict", emidec_run, "--data", six_emidec_cases, "--out", tmp_path / "masks").code
        == 0
    )
    scores = scarmap(
        "evaluate",
        tmp_path / "masks",
        six_emidec_cases,
        "--layout",
        "emidec",
        "--out",
        tmp_path / "scores",
    )
    assert scores.code == 0
    assert len(json.loads((tmp_path / "scores" / "summary.json").read_text())["cases"]) == 6
    assert scarmap("report", emidec_run).code == 0
    assert (emidec_run / "report.html").is_file()


def test_a_repetition_skips_what_is_done_and_names_it(scarmap, myops_run, myops_phantom, tmp_path):
    first = scarmap(
        "predict", myops_run, "--data", myops_phantom, "--out", tmp_path, "--shard", "1/3"
    )
    assert "2 of 2 cases segmented" in first.out
    second = scarmap("predict", myops_run, "--data", myops_phantom, "--out", tmp_path)
    assert "4 of 6 cases segmented" in second.out
    assert "2 skipped, done before: myops_training_101, myops_training_104\n" in second.out
    (tmp_path / "myops_training_102.nii.gz").unlink()
    third = scarmap("predict", myops_run, "--data", myops_phantom, "--out", tmp_path)
    assert "1 of 6 cases segmented" in third.out
    assert "Done again: myops_training_102 (its mask is gone)" in third.out


@pytest.mark.parametrize(
    ("options", "told"),
    [
        (("--shard", "7/6"), "--shard '7/6'"),
        (("--workers", "2"), "--scheduler local"),
        (("--device", "tpu"), "tpu"),
    ],
)
def test_odd_ways_to_share_the_work_end_with_code_2(
    scarmap, myops_run, myops_phantom, tmp_path, options, told
):
    ended = scarmap(
        "predict", myops_run, "--data", myops_phantom, "--out", tmp_path / "masks", *options
    )
    assert ended.code == 2
    assert told in ended.err
    assert not (tmp_path / "masks").exists()


def _damage(folder, problem):
    path = next(folder.rglob("*_103_T2.nii.gz"))
    image = nibabel.load(path)
    values = np.asarray(image.dataobj, dtype=np.float32)
    if problem == "missing":
        path.unlink()
        return
    if problem == "truncated":
        path.write_bytes(path.read_bytes()[:500])
        return
    if problem == "not gzip":
        path.write_bytes(gzip.compress(b"hello"))
        return
    affine = image.affine.copy()
    if problem == "nan":
        values[0, 0, 0] = np.nan
    elif problem == "time axis":
        values = np.stack([values, values], axis=-1)
    elif problem == "empty":
        values = values[:0]
    elif problem == "other grid":
        affine[:3, 3] += 20
    nibabel.save(nibabel.Nifti1Image(values, affine), path)


@pytest.mark.parametrize(
    "problem", ["missing", "truncated", "not gzip", "nan", "time axis", "empty", "other grid"]
)
def test_a_bad_case_does_not_stop_the_good_ones(
    scarmap, myops_run, myops_phantom, tmp_path, problem
):
    data = shutil.copytree(myops_phantom, tmp_path / "data")
    _damage(data, problem)
    ended = scarmap("predict", myops_run, "--data", data, "--out", tmp_path / "masks")
    assert ended.code == 3
    assert "5 of 6" in ended.out
    assert "103" in ended.err
    written = sorted(path.name for path in (tmp_path / "masks").glob("*.nii.gz"))
    assert written == [f"myops_training_{number}.nii.gz" for number in (101, 102, 104, 105, 106)]


def test_one_bad_study_ends_with_code_2(scarmap, myops_run, tmp_path):
    ended = scarmap(
        "predict", myops_run, "--lge", tmp_path / "none.nii.gz", "--out", tmp_path / "masks"
    )
    assert ended.code == 2
    assert "T2" in ended.err
    assert not (tmp_path / "masks").exists()


@pytest.mark.parametrize(
    ("arguments", "told"),
    [
        (("--data", "x", "--lge", "y"), "either --data"),
        ((), "either --data"),
        (("--data", "nowhere"), "nowhere"),
    ],
)
def test_wrong_options_end_with_code_2(scarmap, myops_run, arguments, told):
    ended = scarmap("predict", myops_run, *arguments)
    assert ended.code == 2
    assert told in ended.err


def test_what_is_no_run_means_code_2(scarmap, myops_phantom, tmp_path):
    ended = scarmap("predict", tmp_path, "--data", myops_phantom)
    assert ended.code == 2
    assert "not a run folder" in ended.err


def test_weights_of_another_recipe_are_refused(
    scarmap, myops_run, emidec_run, myops_phantom, tmp_path
):
    run = shutil.copytree(myops_run, tmp_path / "run")
    for name in ("weights.safetensors", "weights.json"):
        shutil.copy(emidec_run / "fold_0" / "segment" / name, run / "fold_0" / "segment" / name)
    ended = scarmap("predict", run, "--data", myops_phantom, "--out", tmp_path / "masks")
    assert ended.code == 2
    assert "sequences" in ended.err
    assert not (tmp_path / "masks").exists()


@pytest.mark.parametrize(
    "arguments", [["--help"], ["recipes", "list"], ["recipes", "diff", "mfunet", "mfunet/side"]]
)
def test_light_commands_import_no_torch(arguments):
    script = (
        "import sys; from scarmap.cli.main import main\n"
        f"sys.argv = ['scarmap', *{arguments!r}]\n"
        "try: main()\n"
        "except SystemExit as ended: assert not ended.code\n"
        "assert not {'torch', 'monai', 'lightning_fabric'} & set(sys.modules)\n"
    )
    subprocess.run([sys.executable, "-c", script], check=True, stdout=subprocess.DEVNULL)


def test_a_mask_never_replaces_its_own_image(scarmap, myops_run, myops_phantom, tmp_path):
    images = find_cases(myops_phantom)[0].images
    own = shutil.copy(images["LGE"], tmp_path / "study.nii.gz")
    before = own.read_bytes()
    options = ("--lge", own, "--t2", images["T2"], "--bssfp", images["bSSFP"])
    ended = scarmap("predict", myops_run, *options, "--out", tmp_path)
    assert ended.code == 2
    assert "would overwrite" in ended.err
    assert own.read_bytes() == before


@pytest.mark.parametrize("option", [("--device", "tpu"), ("--recipe", "os:system")])
def test_odd_options_neither_run_code_nor_pass_silently(
    scarmap, myops_run, myops_phantom, tmp_path, option
):
    ended = scarmap(
        "predict", myops_run, "--data", myops_phantom, "--out", tmp_path / "masks", *option
    )
    assert ended.code == (2 if option[0] == "--device" else 0)


def test_an_out_that_is_a_file_is_one_paragraph(scarmap, myops_run, myops_phantom, tmp_path):
    (tmp_path / "masks").write_text("not a folder")
    ended = scarmap("predict", myops_run, "--data", myops_phantom, "--out", tmp_path / "masks")
    assert ended.code == 2
    assert "masks is a file" in ended.err
    assert (tmp_path / "masks").read_text() == "not a folder"

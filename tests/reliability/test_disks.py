"""A disk that is full, an output that is gone, a manifest cut in half: nothing done is lost."""

import json
import resource
import shutil
import subprocess
import sys
import time

import pytest

from scarmap.datasets.manifest import read_entries
from scarmap.phantom.cohort import write_cohort

SCARMAP = (sys.executable, "-c", "from scarmap.cli.main import main; main()")
BYTES = 4096
"""No file may grow larger; a mask is smaller, a checkpoint is not."""
TRAIN = ("--device", "cpu", "--fold", "0", "--epochs-scale", "1e-9", "--set", "width=4")


@pytest.fixture(scope="module")
def cases(tmp_path_factory):
    folder = tmp_path_factory.mktemp("cases")
    write_cohort(folder, layout="emidec", num_cases=6, seed=5, num_slices=2, in_plane=96)
    return folder


def scarmap(*words, limit=None):
    def limited():
        if limit:
            resource.setrlimit(resource.RLIMIT_FSIZE, (limit, limit))

    return subprocess.run(
        [*SCARMAP, *map(str, words)],
        capture_output=True,
        text=True,
        check=False,
        timeout=600,
        preexec_fn=limited,
    )


def start(*words):
    return subprocess.Popen([*SCARMAP, *words], stderr=subprocess.PIPE, text=True)


@pytest.mark.slow
def test_a_training_without_room_for_its_checkpoint_says_so_and_goes_on_later(cases, tmp_path):
    words = ("train", "anatomy-prior", "--data", cases, "--out", tmp_path / "run", *TRAIN)
    ended = scarmap(*words, limit=BYTES)
    assert ended.returncode == 2, ended.stderr
    assert "Traceback" not in ended.stderr
    assert "Make room" in ended.stderr
    assert str(tmp_path / "run") in ended.stderr
    again = scarmap(*words, "--resume")
    assert again.returncode == 0, again.stderr


@pytest.mark.slow
def test_a_prediction_without_room_names_the_masks_and_goes_on_later(cases, tmp_path):
    words = ("predict", "--data", cases, "--out", tmp_path / "masks", "--device", "cpu")
    ended = scarmap(*words, limit=100)
    assert ended.returncode in (2, 3), ended.stderr
    assert "Traceback" not in ended.stderr
    assert ".nii.gz cannot be written" in ended.stderr
    again = scarmap(*words)
    assert again.returncode == 0, again.stderr
    assert len(read_entries(tmp_path / "masks")) == 6


@pytest.mark.slow
def test_a_small_disk_that_fills_up_loses_no_finished_mask(cases, tmp_path):
    disk = tmp_path / "disk"
    disk.mkdir()
    mounted = ["mount", "-t", "tmpfs", "-o", "size=24k", "tmpfs", str(disk)]
    if not shutil.which("mount") or subprocess.run(mounted, check=False).returncode:
        pytest.skip("a file system cannot be mounted here")
    try:
        words = ("predict", "--data", cases, "--out", disk / "masks", "--device", "cpu")
        ended = scarmap(*words)
        assert ended.returncode in (0, 2, 3), ended.stderr
        assert "Traceback" not in ended.stderr
        for name, entry in read_entries(disk / "masks").items():
            assert (disk / "masks" / entry.mask).is_file(), name
        subprocess.run(["mount", "-o", "remount,size=4m", str(disk)], check=True)
        assert scarmap(*words).returncode == 0
        assert len(read_entries(disk / "masks")) == 6
    finally:
        subprocess.run(["umount", str(disk)], check=True)


@pytest.mark.slow
def test_a_manifest_that_was_cut_in_half_costs_the_cases_behind_the_cut(cases, tmp_path):
    words = ("predict", "--data", cases, "--out", tmp_path, "--device", "cpu")
    assert scarmap(*words).returncode == 0
    manifest, before = tmp_path / "manifest.jsonl", read_entries(tmp_path)
    content = manifest.read_bytes()
    manifest.write_bytes(content[: len(content) // 2])
    left = read_entries(tmp_path)
    assert 0 < len(left) < len(before)
    again = scarmap(*words)
    assert again.returncode == 0, again.stderr
    assert f"{len(left)} skipped" in again.stdout
    digests = {name: entry.mask_sha256 for name, entry in read_entries(tmp_path).items()}
    assert digests == {name: entry.mask_sha256 for name, entry in before.items()}


@pytest.mark.slow
def test_two_predictions_into_one_folder_do_not_mix(cases, tmp_path):
    words = ("predict", "--data", str(cases), "--out", str(tmp_path), "--device", "cpu")
    both = [start(*words) for _ in range(2)]
    told = [each.communicate(timeout=600)[1] for each in both]
    codes = sorted(each.returncode for each in both)
    assert codes in ([0, 0], [0, 2]), told
    assert codes == [0, 0] or "Another command works here" in "".join(told)
    assert len(read_entries(tmp_path)) == 6


def wait_for_a_mask(out):
    """Until the first mask is acknowledged."""
    ends = time.monotonic() + 300
    while not (out.is_dir() and read_entries(out)) and time.monotonic() < ends:
        time.sleep(0.002)


@pytest.mark.slow
def test_an_output_that_becomes_read_only_loses_no_finished_mask(cases, tmp_path):
    out = tmp_path / "masks"
    words = ("predict", "--data", str(cases), "--out", str(out), "--device", "cpu")
    out.mkdir()
    sealed = ["chattr", "+i", str(out)]
    if not shutil.which("chattr") or subprocess.run(sealed, check=False).returncode:
        pytest.skip("a folder cannot be made immutable here")
    subprocess.run(["chattr", "-i", str(out)], check=True)
    running = start(*words)
    wait_for_a_mask(out)
    subprocess.run(sealed, check=True)
    try:
        told = running.communicate(timeout=600)[1]
        kept = read_entries(out)
        assert running.returncode in (2, 3), told
        assert "Traceback" not in told
        assert str(out) in told
        assert 0 < len(kept) < 6
        assert all((out / entry.mask).is_file() for entry in kept.values())
    finally:
        subprocess.run(["chattr", "-i", str(out)], check=True)
    again = scarmap(*words)
    assert again.returncode == 0, again.stderr
    assert read_entries(out).items() >= kept.items()
    assert len(read_entries(out)) == 6


@pytest.mark.slow
def test_an_output_that_is_removed_while_it_is_written_is_made_again(cases, tmp_path):
    out = tmp_path / "masks"
    words = ("predict", "--data", str(cases), "--out", str(out), "--device", "cpu")
    running = start(*words)
    wait_for_a_mask(out)
    out.rename(tmp_path / "gone")
    told = running.communicate(timeout=600)[1]
    assert running.returncode in (0, 2, 3), told
    assert "Traceback" not in told
    again = scarmap(*words)
    assert again.returncode == 0, again.stderr
    assert {path.name for path in out.glob("*.nii.gz")} == {
        entry.mask for entry in read_entries(out).values()
    }
    assert len(read_entries(out)) == 6


@pytest.mark.slow
def test_a_clock_that_was_set_back_costs_one_new_mask_and_not_one_each_time(cases, tmp_path):
    words = ("predict", "--data", cases, "--out", tmp_path, "--device", "cpu")
    assert scarmap(*words).returncode == 0
    manifest = tmp_path / "manifest.jsonl"
    lines = [json.loads(line) for line in manifest.read_text(encoding="utf-8").splitlines()]
    lines[0] |= {"model": "another", "written": "2999-01-01T00:00:00.000000+00:00"}
    manifest.write_text("".join(f"{json.dumps(line)}\n" for line in lines), encoding="utf-8")
    assert "5 skipped" in scarmap(*words).stdout
    assert "6 skipped" in scarmap(*words).stdout

import errno
import json
import threading
from dataclasses import replace
from functools import partial
from pathlib import Path

import nibabel
import numpy as np
import pytest

from scarmap.cluster.scheduler import open_scheduler
from scarmap.datasets.case_files import CaseFiles
from scarmap.datasets.folder import find_cases
from scarmap.datasets.manifest import read_entries
from scarmap.errors import DataError, RunError
from scarmap.inference import cohort, stream
from scarmap.inference.cohort import Model, Shard, absolute, read_shard, resident, segment_cohort
from scarmap.inference.postprocess import slices_without_heart
from scarmap.inference.segment import Segmenter
from scarmap.inference.stream import Ended
from scarmap.io.lock import held
from scarmap.io.nifti import read_labels
from scarmap.labels import INDEX
from scarmap.sampling.intensity import standardise
from scarmap.sampling.preparation import Preparation


@pytest.fixture
def blind():
    """A segmenter that never finds a left ventricle."""
    return Segmenter(
        Preparation(("LGE",), 128, standardise),
        "emidec",
        ("lv_epicardium",),
        lambda slices: np.zeros_like(slices),
        lambda probabilities: np.zeros(probabilities.shape[1:], dtype=np.uint8),
        slices_without_heart,
    )


@pytest.fixture
def model():
    """Function of a segmenter to a model, and of what it is to be called when it is loaded."""

    def make(segmenter, *, fingerprint="blind", loaded=lambda: None):
        return Model(fingerprint, ("LGE",), lambda: loaded() or segmenter)

    return make


def brightest(slices):
    """Stand-in for a network: the brighter a pixel, the likelier."""
    return 1 / (1 + np.exp(-slices))


def brightest_wall(probabilities):
    return (probabilities[0] > 0.6).astype(np.uint8)


def load_bright(told=""):
    """A segmenter that another process can load, and that finds something."""
    if told:
        raise RunError(told)
    preparation = Preparation(("LGE",), 128, standardise)
    return Segmenter(preparation, "emidec", ("scar",), brightest, brightest_wall)


def test_flagged_cases_are_written_and_listed(emidec_phantom, blind, model, tmp_path):
    files = find_cases(emidec_phantom)[:2]
    told = []
    outcome = segment_cohort(files, model(blind), tmp_path, on_case=told.append)
    assert told == [case.name for case in files]
    said = "No left ventricle was found in slices 1, 2, 3, 4, 5 of 5, so they hold no pathology."
    assert set(outcome.written) == {case.name for case in files}
    assert outcome.flagged == {case.name: (said,) for case in files}
    assert json.loads((tmp_path / "flags.json").read_text()) == {
        case.name: [said] for case in files
    }


def test_flags_of_an_earlier_model_do_not_stay(emidec_phantom, blind, model, tmp_path):
    files = find_cases(emidec_phantom)[:1]
    segment_cohort(files, model(blind), tmp_path)
    other = segment_cohort(files, model(replace(blind, check=None), fingerprint="silent"), tmp_path)
    assert other.again == {files[0].name: "another model"}
    assert not (tmp_path / "flags.json").exists()


def test_a_repetition_loads_no_model_writes_no_mask_and_still_tells_the_flags(
    emidec_phantom, blind, model, tmp_path
):
    files, loads = find_cases(emidec_phantom), []
    known = model(blind, loaded=lambda: loads.append(1))
    first = segment_cohort(files[:3], known, tmp_path)
    written = {path: path.stat().st_mtime_ns for path in first.written.values()}
    second = segment_cohort(files, known, tmp_path)
    third = segment_cohort(files, known, tmp_path)
    assert (list(second.written), second.skipped) == ([files[3].name], first.written)
    assert (third.written, third.num_cases, set(third.flagged)) == (
        {},
        4,
        {case.name for case in files},
    )
    assert {path: path.stat().st_mtime_ns for path in written} == written
    assert len(loads) == 2
    assert len((tmp_path / "manifest.jsonl").read_text().splitlines()) == 4


@pytest.mark.parametrize(
    ("trained", "expected"), [("scarmap", "emidec"), ("myops2020", "myops2020")]
)
def test_a_system_that_knows_every_tissue_writes_the_codes_of_the_data(
    emidec_phantom, blind, model, tmp_path, trained, expected
):
    def edema_everywhere(probabilities):
        return np.full(probabilities.shape[1:], INDEX["edema"], dtype=np.uint8)

    knowing = replace(blind, layout=trained, compose=edema_everywhere, check=None)
    (path,) = segment_cohort(
        find_cases(emidec_phantom)[:1], model(knowing), tmp_path
    ).written.values()
    found = read_labels(path, expected).array
    assert (found == INDEX["normal_myocardium" if expected == "emidec" else "edema"]).all()


def test_a_case_without_any_of_the_sequences_fails_and_one_with_some_does_not(
    plain_phantom, blind, model, tmp_path
):
    files = find_cases(plain_phantom)
    any_of_two = Preparation(("T2", "bSSFP"), 128, standardise, optional=True)
    outcome = segment_cohort(files, model(replace(blind, preparation=any_of_two)), tmp_path)
    assert set(outcome.written) == {case.name for case in files}
    t2_alone = replace(blind, preparation=replace(any_of_two, sequences=("T2",)))
    alone = segment_cohort(files, model(t2_alone, fingerprint="T2 alone"), tmp_path)
    assert set(alone.failed) == {case.name for case in files if "T2" not in case.images}
    assert all("at least one of T2" in message for message in alone.failed.values())


def test_an_entry_follows_its_mask(emidec_phantom, blind, model, tmp_path, monkeypatch):
    def full_disk(path, labels, layout):
        raise OSError("no space left")

    files = find_cases(emidec_phantom)[:2]
    monkeypatch.setattr(stream, "write_in_layout", full_disk)
    outcome = segment_cohort(files, model(blind), tmp_path)
    assert outcome.failed == {case.name: "no space left" for case in files}
    assert [path.name for path in tmp_path.iterdir()] == [".locks"]


def test_a_folder_that_another_command_writes_is_refused(emidec_phantom, blind, model, tmp_path):
    files = find_cases(emidec_phantom)[:1]
    with (
        held(tmp_path / ".locks" / "predict"),
        pytest.raises(RunError, match=r"Another command works here: it holds .*predict"),
    ):
        segment_cohort(files, model(blind), tmp_path)
    assert len(segment_cohort(files, model(blind), tmp_path).written) == 1


def test_an_output_that_cannot_be_written_is_told_before_any_work(
    emidec_phantom, blind, model, tmp_path, monkeypatch
):
    def read_only(_path, **_how):
        raise OSError(errno.EROFS, "Read-only file system")

    monkeypatch.setattr(Path, "touch", read_only)
    loads = []
    with pytest.raises(OSError, match="Read-only"):
        segment_cohort(
            find_cases(emidec_phantom), model(blind, loaded=lambda: loads.append(1)), tmp_path
        )
    assert not loads


def test_a_bad_case_is_named_and_tried_again_when_it_was_mended(
    emidec_phantom, blind, model, tmp_path
):
    good = find_cases(emidec_phantom)
    bad = [good[0], replace(good[1], images={"LGE": tmp_path / "none.nii.gz"}), *good[2:]]
    outcome = segment_cohort(bad, model(blind), tmp_path / "masks")
    assert set(outcome.failed) == {good[1].name}
    assert outcome.num_cases == 4
    assert "none.nii.gz does not exist" in outcome.failed[good[1].name]
    again = segment_cohort(good, model(blind), tmp_path / "masks")
    assert (set(again.written), again.failed) == ({good[1].name}, {})


@pytest.mark.parametrize(("number", "of"), [(1, 1), (3, 3), (2, 9)])
def test_shards_hold_every_case_once(emidec_phantom, number, of):
    files = find_cases(emidec_phantom)
    assert read_shard(f"{number}/{of}") == Shard(number, of)
    parts = [Shard(each, of).part(files) for each in range(1, of + 1)]
    assert sorted(case.name for part in parts for case in part) == [case.name for case in files]


@pytest.mark.parametrize("text", ["", "1", "0/2", "3/2", "1/0", "a/b", "-1/2", "1/2/3"])
def test_what_is_no_shard_is_refused(text):
    with pytest.raises(DataError, match="i/n"):
        read_shard(text)


def test_shards_write_files_of_their_own_and_a_last_call_finds_all_done(
    emidec_phantom, blind, model, tmp_path
):
    files = find_cases(emidec_phantom)
    for number in (1, 2):
        segment_cohort(files, model(blind), tmp_path, shard=Shard(number, 2))
    names = {path.name for path in tmp_path.iterdir() if path.name != ".locks"} - {
        f"{case.name}.nii.gz" for case in files
    }
    assert names == {
        f"{what}.{number}-of-2.{kind}"
        for number in (1, 2)
        for what, kind in [("manifest", "jsonl"), ("flags", "json")]
    }
    last = segment_cohort(files, model(blind), tmp_path)
    assert (last.written, set(last.skipped)) == ({}, {case.name for case in files})
    assert set(json.loads((tmp_path / "flags.json").read_text())) == {case.name for case in files}


def test_the_next_cases_are_read_while_the_network_works_and_never_more_than_a_few(
    emidec_phantom, blind, model, tmp_path, monkeypatch
):
    (case,) = find_cases(emidec_phantom)[:1]
    files = [replace(case, name=f"copy {number:02d}") for number in range(12)]
    read, lead, load, third = [], [], stream.load_case, threading.Event()

    def load_case(files, **keywords):
        read.append(files.name)
        if len(read) == 3:
            third.set()
        return load(files, **keywords)

    def probabilities(slices):
        assert third.wait(timeout=20)  # while the network is busy with the first case
        lead.append(len(read))
        return np.zeros_like(slices)

    monkeypatch.setattr(stream, "load_case", load_case)
    outcome = segment_cohort(files, model(replace(blind, probabilities=probabilities)), tmp_path)
    assert list(outcome.written) == [each.name for each in files]
    ahead = [have - done for done, have in enumerate(lead)]
    assert min(ahead) >= 1
    assert max(ahead) <= 2 + stream.AHEAD


@pytest.mark.parametrize("error", [ZeroDivisionError, KeyboardInterrupt])
def test_an_error_of_the_program_is_raised_and_what_was_done_before_stays(
    emidec_phantom, blind, model, tmp_path, error
):
    calls = []

    def probabilities(slices):
        calls.append(1)
        if len(calls) == 4:
            raise error
        return np.zeros_like(slices)

    files = find_cases(emidec_phantom)
    with pytest.raises(error):
        segment_cohort(files, model(replace(blind, probabilities=probabilities)), tmp_path)
    noted = set(read_entries(tmp_path))
    assert noted <= {case.name for case in files[:3]}
    assert set(segment_cohort(files, model(blind), tmp_path).skipped) == noted


def test_workers_write_the_same_masks_as_one_process(emidec_phantom, tmp_path):
    pytest.importorskip("distributed")
    files = find_cases(emidec_phantom)
    bright = Model("bright", ("LGE",), load_bright)
    alone = segment_cohort(files, bright, tmp_path / "alone")
    bad = Model("bad", ("LGE",), partial(load_bright, "these weights do not fit"))
    with open_scheduler("local", workers=1) as scheduler:
        shared = segment_cohort(
            [*files, replace(files[0], name="none", images={})],
            bright,
            tmp_path / "shared",
            scheduler=scheduler,
        )
        with pytest.raises(RunError, match="these weights do not fit"):
            segment_cohort(files, bad, tmp_path / "bad", scheduler=scheduler)
    assert set(alone.written) == set(shared.written) == {case.name for case in files}
    assert "none" in shared.failed
    for name, path in alone.written.items():
        assert np.asarray(nibabel.load(path).dataobj).any()
        assert path.read_bytes() == shared.written[name].read_bytes()
    assert set(read_entries(tmp_path / "shared")) == set(alone.written)


def test_a_folder_that_was_made_for_nothing_is_removed_again(
    emidec_phantom, blind, model, tmp_path
):
    def fail():
        raise RunError("these weights do not fit")

    files = find_cases(emidec_phantom)[:1]
    for out in (tmp_path / "new", tmp_path):
        with pytest.raises(RunError, match="do not fit"):
            segment_cohort(files, model(blind, loaded=fail), out)
    assert [path.name for path in tmp_path.iterdir()] == [".locks"]


class Slots:
    """A scheduler of two slots whose jobs end at once, each with what `ends` makes of its cases."""

    slots = 2

    def __init__(self, ends):
        self.ends, self.parts, self.in_flight = ends, [], []

    def submit(self, function, files, model, out, wanted, *, name):
        assert all(each.images["LGE"].is_absolute() for each in files)
        self.parts.append((name, len(files)))
        return self.ends(name, files)

    def finished(self, jobs, *, in_flight):
        self.in_flight.append(in_flight)
        return jobs


class Done:
    """A job that has ended."""

    def __init__(self, name, told, error=None):
        self.name, self.told, self.error = name, told, error

    def result(self):
        return self.told


def shared(number, model, out, ends):
    """What became of some cases on two slots, and the scheduler that was asked."""
    files = [CaseFiles(f"p{each:03d}", "emidec", {"LGE": Path("l.nii")}) for each in range(number)]
    scheduler = Slots(ends)
    return segment_cohort(files, model, out, scheduler=scheduler), scheduler


def in_vain(name, files):
    return Done(name, [Ended(each.name, problem="dark") for each in files])


@pytest.mark.parametrize(
    ("number", "sizes"), [(3, [1] * 3), (9, [2, 2, 2, 2, 1]), (100, [8] * 12 + [4])]
)
def test_a_cohort_is_cut_so_that_each_slot_has_a_job_and_one_that_waits(
    blind, model, tmp_path, number, sizes
):
    outcome, scheduler = shared(number, model(blind), tmp_path, in_vain)
    assert [size for _, size in scheduler.parts] == sizes
    assert scheduler.in_flight == [4]
    assert outcome.failed == {f"p{each:03d}": "dark" for each in range(number)}


def test_the_cases_of_a_lost_job_fail_and_a_model_that_cannot_be_loaded_ends_all(
    blind, model, tmp_path
):
    def lost(name, files):
        if name != "p001 and on":
            return in_vain(name, files)
        return Done(name, None, RunError("its workers were lost"))

    outcome, _ = shared(3, model(blind), tmp_path, lost)
    assert outcome.failed == {"p000": "dark", "p001": "its workers were lost", "p002": "dark"}
    with pytest.raises(RunError, match="cannot be loaded"):
        shared(
            3, model(blind), tmp_path, lambda name, _files: Done(name, RunError("cannot be loaded"))
        )


def test_a_worker_keeps_one_model_and_tells_why_it_cannot_load_another(blind, model, tmp_path):
    loads = []
    known = model(blind, fingerprint="a", loaded=lambda: loads.append("a"))
    other = model(blind, fingerprint="b", loaded=lambda: loads.append("b"))
    assert [resident(each) for each in (known, known, other, known)] == [blind] * 4
    assert loads == ["a", "b", "a"]
    assert list(cohort._loaded) == ["a"]
    wanted = cohort.Wanted("bad", ("LGE",))
    bad = Model("bad", ("LGE",), partial(load_bright, "these weights do not fit"))
    problem = cohort.segment_part([], bad, tmp_path, wanted)
    assert str(problem) == "these weights do not fit"
    assert cohort.segment_part([], known, tmp_path, wanted) == []


def test_files_of_a_job_are_found_from_any_folder(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    files = CaseFiles("p7", "emidec", {"LGE": Path("l.nii")}, Path("m.nii"))
    assert absolute(files) == replace(
        files, images={"LGE": tmp_path / "l.nii"}, labels=tmp_path / "m.nii"
    )
    assert absolute(replace(files, labels=None)).labels is None

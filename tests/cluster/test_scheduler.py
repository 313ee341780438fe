import os
import sys
import time

import pytest

from scarmap.cluster import dask_scheduler
from scarmap.cluster.scheduler import open_scheduler
from scarmap.errors import DataError, RunError, ScarmapError


def note(path, word):
    with path.open("a") as file:
        file.write(f"{word}\n")
    return word


def refuse(path):
    note(path, "refused")
    raise DataError("no such patient")


def break_once(path):
    if not path.exists():
        path.write_text("tried")
        raise ZeroDivisionError
    return "second time"


def die_once(path):
    if not path.exists():
        path.write_text(str(os.getpid()))
        os._exit(9)
    return os.getpid()


def die(path):
    note(path, "died")
    os._exit(9)


def words(path):
    return path.read_text().split() if path.exists() else []


@pytest.fixture(scope="module")
def two_workers():
    """A Dask cluster of two processes, and what it announced."""
    pytest.importorskip("distributed")
    said = []
    with open_scheduler("local", workers=2, announce=said.append) as scheduler:
        yield scheduler, said


@pytest.fixture(params=["in order", "dask"])
def scheduler(request):
    if request.param == "dask":
        yield request.getfixturevalue("two_workers")[0]
        return
    with open_scheduler(None) as opened:
        yield opened


def test_a_graph_runs_in_the_order_of_its_dependencies(scheduler, tmp_path):
    path = tmp_path / "log"
    denoiser = scheduler.submit(note, path, "denoiser", name="denoiser")
    anatomy = scheduler.submit(note, path, "anatomy", name="anatomy", after=(denoiser,))
    pathology = scheduler.submit(
        note, path, "pathology", name="pathology", after=(denoiser, anatomy)
    )
    ended = {job.name: job.result() for job in scheduler.finished((pathology, anatomy, denoiser))}
    assert ended == {name: name for name in ("denoiser", "anatomy", "pathology")}
    assert words(path) == ["denoiser", "anatomy", "pathology"]


def test_a_users_mistake_stops_what_depends_on_it_and_nothing_else_and_is_not_tried_again(
    scheduler, tmp_path
):
    path = tmp_path / "log"
    first = scheduler.submit(refuse, path, name="first")
    then = scheduler.submit(note, path, "then", name="then", after=(first,))
    last = scheduler.submit(note, path, "last", name="last", after=(then,))
    other = scheduler.submit(note, path, "other", name="other")
    errors = {job.name: str(job.error) for job in scheduler.finished((first, then, last, other))}
    assert errors == dict.fromkeys(("first", "then", "last"), "no such patient") | {"other": "None"}
    with pytest.raises(DataError, match="no such patient"):
        last.result()
    assert sorted(words(path)) == ["other", "refused"]


def test_no_more_jobs_are_submitted_than_may_be_in_flight(scheduler, tmp_path):
    submitted, waiting = 0, []

    def stream():
        nonlocal submitted
        for number in range(12):
            submitted += 1
            yield scheduler.submit(note, tmp_path / "log", number, name=str(number))

    for ended, job in enumerate(scheduler.finished(stream(), in_flight=3)):
        waiting.append(submitted - ended)
        assert job.error is None
    assert max(waiting) <= 3
    assert sorted(map(int, words(tmp_path / "log"))) == list(range(12))


def test_an_error_of_the_program_is_tried_again_and_then_told(two_workers, tmp_path):
    scheduler, _ = two_workers
    assert scheduler.submit(break_once, tmp_path / "a", name="a").result() == "second time"
    with pytest.raises(ZeroDivisionError):
        scheduler.submit(break_once, tmp_path / "b", name="b", retries=0).result()


def test_in_this_process_an_error_of_the_program_is_raised_at_once(tmp_path):
    with open_scheduler(None) as scheduler, pytest.raises(ZeroDivisionError):
        list(scheduler.finished([scheduler.submit(break_once, tmp_path / "a", name="a")]))


@pytest.mark.slow
def test_a_job_whose_worker_is_lost_runs_on_another(tmp_path):
    pytest.importorskip("distributed")
    with open_scheduler("local", workers=2) as scheduler:
        path = tmp_path / "once"
        assert scheduler.submit(die_once, path, name="once", retries=0).result() != int(
            path.read_text()
        )


@pytest.mark.slow
def test_a_job_that_kills_every_worker_is_given_up(tmp_path):
    pytest.importorskip("distributed")
    with open_scheduler("local", workers=2) as scheduler:
        with pytest.raises(RunError, match=r"Every worker that ran 'always' was lost, 4 in all"):
            scheduler.submit(die, tmp_path / "always", name="always", retries=0).result()
        assert words(tmp_path / "always") == ["died"] * 4


def test_workers_that_are_all_gone_are_not_waited_for(tmp_path, monkeypatch):
    pytest.importorskip("distributed")
    monkeypatch.setattr(dask_scheduler, "SECONDS_OF_SILENCE", 1)
    with open_scheduler("local", workers=1) as scheduler:
        scheduler.client.retire_workers()
        job = scheduler.submit(note, tmp_path / "log", "never", name="never")
        with pytest.raises(RunError, match="Every Dask worker of this machine is gone"):
            list(scheduler.finished([job]))


def test_the_dashboard_is_announced_and_workers_know_their_share_of_the_cores(two_workers):
    scheduler, said = two_workers
    assert len(said) == 1
    assert said[0].startswith("2 Dask workers; dashboard: http://127.0.0.1:")
    assert scheduler.slots == 2
    assert int(scheduler.submit(os.getenv, "OMP_NUM_THREADS", name="threads").result()) >= 1


def test_a_scheduler_that_runs_is_joined_by_its_address(two_workers, tmp_path):
    address = two_workers[0].client.scheduler.address
    with open_scheduler(address) as scheduler:
        assert scheduler.slots == 2
        assert scheduler.submit(note, tmp_path / "log", "here", name="here").result() == "here"
    assert two_workers[0].submit(os.getpid, name="still there").result() != os.getpid()


@pytest.mark.parametrize(
    ("where", "options", "told"),
    [
        ("local", {"workers": 0}, "--workers 1 or more"),
        ("local", {"workers": 3, "gpus": 2}, "2 CUDA devices"),
        (None, {"workers": 2}, "--scheduler local"),
        ("laptop", {}, "No Dask scheduler answers at laptop"),
    ],
)
def test_what_cannot_be_started_is_said_in_one_paragraph(where, options, told):
    if where:
        pytest.importorskip("distributed")
    began = time.monotonic()
    with pytest.raises(ScarmapError, match=told) as raised, open_scheduler(where, **options):
        pass
    assert "\n" not in str(raised.value)
    assert time.monotonic() - began < 60


def test_without_dask_the_extra_is_named(monkeypatch):
    monkeypatch.setitem(sys.modules, "distributed", None)
    with pytest.raises(RunError, match=r"scarmap\[cluster\]"), open_scheduler("local"):
        pass


SBATCH = """#!/bin/sh
cp "$1" {folder}/submitted.sh
SLURM_CPUS_PER_TASK=3 setsid sh {folder}/submitted.sh > {folder}/job.log 2>&1 &
echo "Submitted batch job $!"
"""
SCANCEL = """#!/bin/sh
kill -- "-$1" 2> {folder}/cancel.log || true
"""


@pytest.fixture
def slurm(monkeypatch, tmp_path):
    """Stand-ins for SLURM's commands that run a job on this machine."""
    dask = pytest.importorskip("dask")
    pytest.importorskip("dask_jobqueue")
    for name, script in (("sbatch", SBATCH), ("scancel", SCANCEL)):
        (tmp_path / name).write_text(script.format(folder=tmp_path))
        (tmp_path / name).chmod(0o755)
    monkeypatch.setenv("PATH", f"{tmp_path}:{os.environ['PATH']}")
    monkeypatch.delenv("OMP_NUM_THREADS", raising=False)
    site = {
        "cores": 3,
        "memory": "2GB",
        "queue": "short",
        "job-script-prologue": ["echo prologue of the site"],
    }
    with dask.config.set({f"jobqueue.slurm.{name}": value for name, value in site.items()}):
        yield tmp_path


@pytest.mark.slow
def test_slurm_jobs_are_workers_with_one_gpu_and_all_cores_of_their_job(slurm):
    with open_scheduler("slurm", workers=1, gpus=1) as scheduler:
        assert scheduler.submit(os.getenv, "OMP_NUM_THREADS", name="threads").result() == "3"
        (worker,) = scheduler.client.scheduler_info()["workers"].values()
    assert (worker["nthreads"], worker["resources"]) == (1, {"GPU": 1.0})
    script = (slurm / "submitted.sh").read_text()
    assert "#SBATCH -p short\n" in script
    assert "#SBATCH --cpus-per-task=3\n" in script
    assert "\necho prologue of the site\n" in script


def test_slurm_without_a_configuration_or_sbatch_is_one_paragraph(monkeypatch):
    dask = pytest.importorskip("dask")
    pytest.importorskip("dask_jobqueue")
    monkeypatch.setenv("PATH", "")
    lacking = {"jobqueue.slurm.cores": None, "jobqueue.slurm.memory": None}
    with (
        dask.config.set(lacking),
        pytest.raises(RunError, match=r"no cores and no memory.*jobqueue\.yaml"),
    ):
        open_scheduler("slurm").__enter__()
    given = {"jobqueue.slurm.cores": 1, "jobqueue.slurm.memory": "1GB"}
    with dask.config.set(given), pytest.raises(RunError, match="sbatch"):
        open_scheduler("slurm").__enter__()

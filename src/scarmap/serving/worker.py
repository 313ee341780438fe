"""The process that works through the queue, one job at a time, with the model in memory.

It is started by the server and ends with it: its standard input closes. What it had begun when it
was killed is done again by the next one.
"""

import json
import logging
import os
import shutil
import subprocess
import sys
import threading
import time
from collections.abc import Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from scarmap.dicom.reading import SeveralStudiesError
from scarmap.errors import ScarmapError
from scarmap.io.lock import held
from scarmap.serving import jobs, versions
from scarmap.serving.identity import fact
from scarmap.serving.jobs import Job
from scarmap.serving.looking import without_names
from scarmap.serving.parting import part
from scarmap.serving.peer import Peer, send_version
from scarmap.serving.segmenting import Bringing, bring_in
from scarmap.serving.store import Store, open_store
from scarmap.serving.studies import Study, find, update

logger = logging.getLogger(__name__)

MODEL = "model"
"""Fact: run or model folder of the store; "" for the built-in model."""
_LOOK_S = 0.2
_KILLED = (
    f"Reading or segmenting it ended the process {jobs.MOST_ATTEMPTS} times. It may need more "
    "memory than there is. Segment it again when more is free."
)


@dataclass(frozen=True)
class WorkerSettings:
    """What a worker is told.

    Attributes:
        device: "auto", "cpu" or "cuda".
        errors: Run or cases.csv that scored the model on unseen cases; "" for none.
        peer: Where signed results go, `AE@HOST:PORT`; "" for nowhere.
        title: Own AE title.
        send: "signed" or "done": when results are sent.
    """

    device: str = "auto"
    errors: str = ""
    peer: str = ""
    title: str = "SCARMAP"
    send: str = "signed"


def start_worker(store: Path, settings: WorkerSettings) -> "subprocess.Popen[bytes]":
    """Start a worker; it ends when its standard input closes, as it does when this process ends."""
    words = json.dumps({"store": str(store), **settings.__dict__})
    return subprocess.Popen(
        [sys.executable, "-c", "from scarmap.serving.worker import main; main()", words],
        stdin=subprocess.PIPE,
        stdout=subprocess.DEVNULL,
        start_new_session=True,  # Ctrl+C is for the server; Windows ignores this.
    )


def main() -> None:
    """Work until standard input closes."""
    told = json.loads(sys.argv[1])
    threading.Thread(target=_end_with_server, daemon=True).start()
    store = open_store(Path(told.pop("store")))
    with held(store.lock("worker"), wait=True):
        work(store, WorkerSettings(**told))


def _end_with_server() -> None:
    sys.stdin.buffer.read()
    os._exit(0)


def work(store: Store, settings: WorkerSettings, *, until_empty: bool = False) -> None:
    """Take jobs for ever.

    Args:
        store: The store.
        settings: What the worker is told.
        until_empty: End when there is no job left.
    """
    for lost in jobs.recover(store):
        _give_up(store, lost, _KILLED)
    while True:
        job = jobs.take(store)
        if job is not None:
            carry_out(store, job, settings)
        elif until_empty:
            return
        else:
            time.sleep(_LOOK_S)


def carry_out(store: Store, job: Job, settings: WorkerSettings) -> None:
    """Do one job; where it fails, its study says why, and of one that was removed nothing stays."""
    try:
        _do(store, job, settings)
    except versions.GoneError:
        jobs.end(store, job, reason="removed")
    except (ScarmapError, OSError) as problem:
        _give_up(store, job, _for_people(store, job, str(problem)))
    except Exception as problem:  # A broken study must not stop the others.
        logger.error("Job %d: %s", job.id, without_names(problem))
        _give_up(store, job, f"It cannot be processed ({type(problem).__name__}).")
    else:
        jobs.end(store, job)
    if find(store, job.study) is None:  # Headers that were written meanwhile hold the name.
        shutil.rmtree(store.folder(job.study).root, ignore_errors=True)


def _do(store: Store, job: Job, settings: WorkerSettings) -> None:
    study = find(store, job.study)
    if study is None:
        raise versions.GoneError
    how = bringing(store, settings)
    if job.kind == jobs.SEND:
        send_version(
            store, study, int(job.argument), Peer.read(settings.peer), title=settings.title,
            measuring=how.measuring,
        )  # fmt: skip
        return
    _bring_in(store, study, how, again=job.kind == jobs.AGAIN)
    if settings.peer and settings.send == "done" and study.kind == "dicom":
        latest = versions.listed(store, study.id)[-1]
        with store.database.writing() as connection:
            jobs.enqueue(connection, jobs.SEND, study.id, str(latest.number))


def _bring_in(store: Store, study: Study, how: Bringing, *, again: bool) -> None:
    """Bring a study in; where it turns out to be several, each becomes a study of its own."""
    try:
        bring_in(store, study, how, again=again)
    except SeveralStudiesError as several:
        told = part(store, study, several.exams)
        bring_in(store, study, how, again=again, told=(told,))


def bringing(store: Store, settings: WorkerSettings) -> Bringing:
    """How studies are segmented now; a model that was chosen meanwhile is taken from the next."""
    from scarmap.quantification.cohort import AS_USUAL
    from scarmap.quantification.intervals.from_errors import read_known_errors

    model = fact(store, MODEL, "")
    measuring = AS_USUAL
    if settings.errors:
        known = read_known_errors(Path(settings.errors), confidence=measuring.choices.confidence)
        measuring = replace(measuring, errors=known)
    return Bringing(Path(model) if model else None, settings.device, measuring)


def _give_up(store: Store, job: Job, reason: str) -> None:
    if job.kind == jobs.SEND:
        logger.error("Job %d: results were not sent.", job.id)
        reason = f"Version {job.argument} was not sent. {reason}"
    jobs.end(store, job, reason=reason)
    study = find(store, job.study)
    if study is None:
        return
    values: Mapping[str, Any] = {"step": None, "progress": None, "reason": reason}
    status = study.status if job.kind == jobs.SEND else "failed"
    update(store, job.study, status=status, **values)


def _for_people(store: Store, job: Job, text: str) -> str:
    """A problem without paths of the store, which mean nothing to a reader."""
    root = store.folder(job.study).root
    return text.replace(f"{root / 'upload'}", "The upload").replace(f"{root}/", "")

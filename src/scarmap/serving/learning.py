"""Training on what readers have corrected: `scarmap train` in a process of its own, resumable."""

import csv
import os
import re
import signal
import subprocess
import sys
import threading
from collections.abc import Mapping
from contextlib import suppress
from importlib.util import find_spec
from pathlib import Path
from typing import Any

from scarmap.datasets.manifest import now
from scarmap.errors import DataError
from scarmap.io.files import read_json, write_json
from scarmap.io.lock import held
from scarmap.io.nifti import write_in_layout
from scarmap.serving import studies, versions
from scarmap.serving.identity import fact
from scarmap.serving.learned import CannotLearnError, Run, held_out, runs_of
from scarmap.serving.store import Store
from scarmap.serving.studies import Study
from scarmap.serving.versions import Version, mask_of
from scarmap.serving.worker import MODEL

FEWEST = 5
"""A run has five folds, and each needs a study to hold out."""
_NEEDED = ("torch", "lightning_fabric", "safetensors")
_EPOCH = re.compile(r"^epoch (\d+)/(\d+)", re.MULTILINE)
_TRAIN = "from scarmap.cli.main import main; main()"


def corrected(store: Store) -> list[tuple[Study, Version]]:
    """Studies whose latest version was drawn or changed by a reader, in the order they came."""
    found = []
    with store.database.reading() as connection:
        rows = connection.execute("SELECT id FROM studies ORDER BY place").fetchall()
    for row in rows:
        study, known = studies.find(store, row["id"]), versions.listed(store, row["id"])
        if study is not None and known and known[-1].kind != versions.MODEL:
            found.append((study, known[-1]))
    return found


def begin(store: Store, *, recipe: str, epochs_scale: float, device: str) -> Run:
    """Start a training on the corrected studies, or go on with the one that was stopped.

    Args:
        store: The store.
        recipe: A name of `scarmap recipes list`.
        epochs_scale: Factor on the length of every phase.
        device: "auto", "cpu" or "cuda".

    Raises:
        CannotLearnError: Torch is missing, there are too few studies, or one is running.
        DataError: There is no such recipe.
    """
    from scarmap.systems.catalogue import RECIPES

    if recipe not in RECIPES:
        raise DataError("There is no such recipe; `scarmap recipes list` names them.")
    known = runs_of(store)
    if known and known[-1].state == "running":
        raise CannotLearnError("A training is running already. Wait for it, or stop it.")
    if any(find_spec(name) is None for name in _NEEDED):
        raise CannotLearnError(
            "Training needs torch, which is not installed. Stop the server and type: "
            "pip install 'scarmap[train]'"
        )
    asked = {"recipe": recipe, "epochs_scale": epochs_scale, "device": device}
    if known and known[-1].state == "stopped":
        run = known[-1]
        if all(run.asked().get(key) == value for key, value in asked.items()):
            _start(run, resume=True)
            return run
    return _begin_anew(store, asked, len(known) + 1)


def _begin_anew(store: Store, asked: Mapping[str, Any], number: int) -> Run:
    found = corrected(store)
    if len(found) < FEWEST:
        raise CannotLearnError(
            f"{len(found)} studies are corrected, and a training needs {FEWEST}: each of its five "
            "folds holds some out to be judged by. Correct and save more."
        )
    run = Run(store.learned / f"learned_{number:04d}")
    for study, version in found:
        _write_case(store, study, version, run.data / study.id)
    write_json(
        run.root / "learn.json",
        {
            **asked,
            "began": now(),
            "old": fact(store, MODEL, ""),
            "studies": {study.id: version.number for study, version in found},
        },
    )
    _start(run, resume=False)
    return run


def _write_case(store: Store, study: Study, version: Version, folder: Path) -> None:
    """A study as `scarmap train` reads it; its images are not copied."""
    folder.mkdir(parents=True, exist_ok=True)
    for sequence, path in study.images.items():
        source = store.folder(study.id).root / path
        target = folder / f"{sequence}{''.join(source.suffixes)}"
        with suppress(FileExistsError):
            os.link(source, target)
    write_in_layout(folder / "labels.nii.gz", mask_of(store, version), "scarmap")


def _start(run: Run, *, resume: bool) -> None:
    asked = run.asked()
    words = ["train", asked["recipe"], "--data", str(run.data), "--out", str(run.folder.root)]
    words += ["--epochs-scale", str(asked["epochs_scale"]), "--device", asked["device"]]
    words += ["--resume"] if resume and run.folder.record_file.is_file() else []
    command = [sys.executable, "-c", _KEEPER, str(run.root), sys.executable, "-c", _TRAIN, *words]
    with held(run.root / "lock") as lock, run.log.open("ab") as log:
        begun = subprocess.Popen(
            command,
            stdin=subprocess.DEVNULL,
            stdout=log,
            stderr=subprocess.STDOUT,
            start_new_session=True,
            pass_fds=(lock,),  # It holds the lock from now on, until it ends.
        )
        write_json(run.root / "learn.json", {**asked, "pid": begun.pid, "exit": None})
    threading.Thread(target=begun.wait, daemon=True).start()  # Nobody else asks how it ended.


_KEEPER = "from scarmap.serving.learning import keep; keep()"


def keep() -> None:
    """Carry a training out, and note how it ended."""
    root, words = Path(sys.argv[1]), sys.argv[2:]
    ended = subprocess.run(words, check=False)
    write_json(root / "learn.json", {**read_json(root / "learn.json"), "exit": ended.returncode})


def stop(store: Store) -> None:
    """Stop the training that is running; what it has finished is kept."""
    known = runs_of(store)
    if not known or known[-1].state != "running":
        return
    with suppress(ProcessLookupError):
        os.killpg(int(known[-1].asked()["pid"]), signal.SIGINT)


def progress(store: Store) -> dict[str, Any]:
    """How far the latest training is, as pages read it."""
    known = runs_of(store)
    enough = {"corrected": len(corrected(store)), "needed": FEWEST}
    if not known:
        return {"state": "none", "reason": None, "curves": {"loss": [], "dice": []}, **enough}
    run = known[-1]
    state = run.state
    epoch, epochs = _epochs(run)
    return {
        "name": run.name,
        "state": state,
        "reason": _last_words(run) if state == "failed" else None,
        **_curves(run),
        "epoch": epoch,
        "epochs": epochs,
        "held_out": held_out(store, run) if state == "done" else None,
        **enough,
    }


def _curves(run: Run) -> dict[str, Any]:
    """Loss and validation Dice of each epoch, one fold after the other, and of each on its own."""
    folds: list[dict[str, Any]] = []
    with suppress(OSError, csv.Error):
        for (fold, stage), rows in run.folder.logs().items():
            loss = [_float(row.get("loss")) for row in rows]
            dice = [_float(row.get("validation_dice")) for row in rows]
            folds.append({"fold": fold, "stage": stage, "loss": loss, "dice": dice})
    whole = {key: [value for each in folds for value in each[key]] for key in ("loss", "dice")}
    return {"curves": whole, "folds": folds}


def _float(text: str | None) -> float | None:
    return float(text) if text else None


def _epochs(run: Run) -> tuple[int, int]:
    """The epoch that has ended, and how many its stage has."""
    text = run.log.read_text(encoding="utf-8", errors="replace") if run.log.is_file() else ""
    found = _EPOCH.findall(text)
    return (int(found[-1][0]), int(found[-1][1])) if found else (0, 0)


def _last_words(run: Run) -> str:
    lines = run.log.read_text(encoding="utf-8", errors="replace").strip().splitlines()
    return lines[-1][:1000] if lines else "It ended without a word."

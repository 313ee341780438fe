"""Where a run comes from: code, data, machine."""

import hashlib
import os
import platform
import subprocess
import sys
from collections.abc import Iterable, Sequence
from datetime import UTC, datetime
from pathlib import Path
from shutil import which
from typing import TYPE_CHECKING, Any

import scarmap
from scarmap.datasets.case_files import CaseFiles
from scarmap.inference.engine import num_threads

if TYPE_CHECKING:
    import torch


def provenance(*, device: "torch.device | None" = None, **options: Any) -> dict[str, Any]:
    """What a reader needs to repeat a run, as JSON values; `options` are recorded as they are.

    Args:
        device: What torch works on; None where nothing is trained, and torch may not be there.
        options: What else is recorded.
    """
    if device is not None:
        import torch

        options = {"torch": torch.__version__, **options}
    return {
        "commit": commit(),
        "command": " ".join(["scarmap", *sys.argv[1:]]),
        "hardware": hardware(device),
        "python": platform.python_version(),
        **options,
        "started": datetime.now(UTC).isoformat(timespec="seconds"),
    }


def commit() -> str | None:
    """Commit of the checkout that scarmap runs from, marked when it has changes.

    None for an installed package and where there is no git.
    """
    root = Path(scarmap.__file__).parents[2]
    if not (root / ".git").exists() or which("git") is None:
        return None

    def git(*words: str) -> str:
        return subprocess.run(
            ["git", "-C", str(root), *words], capture_output=True, text=True, check=False
        ).stdout.strip()

    head = git("rev-parse", "--short=12", "HEAD")
    return f"{head}-dirty" if head and git("status", "--porcelain") else head or None


def hardware(device: "torch.device | None" = None) -> str:
    """The accelerator's name, or the processor's and how many threads work on it."""
    threads = num_threads()
    if device is not None:
        import torch

        if device.type == "cuda":
            return str(torch.cuda.get_device_name(device))
        threads = torch.get_num_threads()
    models = [line for line in _cpu_lines() if line.startswith("model name")]
    name = models[0].split(":")[1].strip() if models else platform.processor() or platform.machine()
    return f"{name}, {threads} threads, {os.cpu_count()} cores"


def _cpu_lines() -> Sequence[str]:
    info = Path("/proc/cpuinfo")
    return info.read_text(encoding="utf-8").splitlines() if info.is_file() else ()


def data_hash(cases: Iterable[CaseFiles], sequences: Sequence[str]) -> str:
    """SHA-256 over the names and the content of all files that training reads."""
    digest = hashlib.sha256()
    for case in cases:
        paths = [case.images[sequence] for sequence in sequences if sequence in case.images]
        for path in [*paths, *([case.labels] if case.labels else [])]:
            digest.update(path.name.encode())
            digest.update(path.read_bytes())
    return digest.hexdigest()

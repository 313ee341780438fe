"""Networks in ONNX files, run by ONNX Runtime. Needs no torch."""

import os
from collections.abc import Mapping
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np

from scarmap.errors import RunError
from scarmap.inference.ensemble import Maps, Predict

_PROVIDERS: Mapping[str, str] = {
    "cpu": "CPUExecutionProvider",
    "cuda": "CUDAExecutionProvider",
    "directml": "DmlExecutionProvider",
    "coreml": "CoreMLExecutionProvider",
}
"""What `--device` says, and what ONNX Runtime calls it."""
_WHEELS = {"cuda": "onnxruntime-gpu", "directml": "onnxruntime-directml", "coreml": "onnxruntime"}


def choose_provider(device: str) -> str:
    """The part of ONNX Runtime that works on a device; "auto" takes CUDA where it is installed.

    Raises:
        RunError: The device is unknown, or this ONNX Runtime has nothing for it.
    """
    from onnxruntime import get_available_providers

    known = get_available_providers()
    if device == "auto":
        return _PROVIDERS["cuda" if _PROVIDERS["cuda"] in known else "cpu"]
    if device not in _PROVIDERS:
        raise RunError(f"--device {device!r} is not known. Use auto, {', '.join(_PROVIDERS)}.")
    if _PROVIDERS[device] not in known:
        raise RunError(
            f"--device {device} was asked for, but this ONNX Runtime has no "
            f"{_PROVIDERS[device]}. Install the wheel {_WHEELS[device]} in place of onnxruntime, "
            "or use --device cpu."
        )
    return _PROVIDERS[device]


def load_network(path: Path, device: str = "auto") -> Predict:
    """A network of one input, slices (Z, S, H, W), and one output, probabilities (Z, K, H, W).

    Args:
        path: The ONNX file.
        device: "auto", "cpu", "cuda", "directml" or "coreml".

    Raises:
        RunError: The device is unknown or cannot be used.
    """
    import onnxruntime

    provider = choose_provider(device)
    options = onnxruntime.SessionOptions()
    options.log_severity_level = 3
    options.intra_op_num_threads = num_threads()
    session = onnxruntime.InferenceSession(
        path, options, providers=list(dict.fromkeys([provider, _PROVIDERS["cpu"]]))
    )
    if device != "auto" and provider not in session.get_providers():
        raise RunError(
            f"--device {device} was asked for, but ONNX Runtime cannot use one. Use --device cpu, "
            "or mend the driver."
        )
    return partial(_run, session, session.get_inputs()[0].name)


def _run(session: Any, name: str, slices: Maps) -> Maps:
    found: Maps = session.run(None, {name: np.ascontiguousarray(slices, dtype=np.float32)})[0]
    return found


def num_threads() -> int:
    """OMP_NUM_THREADS where it is set, as Dask's workers do; else the cores of this process."""
    asked = os.environ.get("OMP_NUM_THREADS", "")
    if asked.isdecimal() and int(asked):
        return int(asked)
    if hasattr(os, "sched_getaffinity"):
        return len(os.sched_getaffinity(0))
    return os.cpu_count() or 1


def worker_gpus(scheduler: str | None, device: str) -> int:
    """How many CUDA devices the workers of a scheduler are started with.

    The same as `scarmap.recipes.devices.worker_gpus`, without torch.

    Raises:
        RunError: The device is unknown, or this ONNX Runtime has nothing for it.
    """
    if scheduler not in (None, "local"):
        return int(device == "cuda")
    return _num_cuda_devices() if choose_provider(device) == _PROVIDERS["cuda"] else 0


def _num_cuda_devices() -> int:
    """Devices that this process may use: those that it is told, else those of the driver."""
    told = os.environ.get("CUDA_VISIBLE_DEVICES")
    if told is not None:
        return len([each for each in told.split(",") if each.strip()])
    return len(list(Path("/dev").glob("nvidia[0-9]*")))

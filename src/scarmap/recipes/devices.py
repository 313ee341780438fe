"""Which device a command works on."""

import torch

from scarmap.errors import RunError


def uses_cuda(device: str) -> bool:
    """Whether `--device` means a CUDA device of this machine.

    Raises:
        RunError: The device is unknown, or a CUDA device was asked for and there is none.
    """
    if device not in ("auto", "cpu", "cuda"):
        raise RunError(f"--device {device!r} is not known. Use auto, cpu or cuda.")
    cuda = torch.cuda.is_available()
    if device == "cuda" and not cuda:
        raise RunError(
            "--device cuda was asked for, but torch sees no CUDA device. Use --device cpu, or mend "
            "the driver."
        )
    return cuda and device != "cpu"


def choose_device(device: str) -> torch.device:
    """The device that one process works on: the first CUDA device that it sees, or the CPU.

    Raises:
        RunError: The device is unknown, or a CUDA device was asked for and there is none.
    """
    return torch.device("cuda", 0) if uses_cuda(device) else torch.device("cpu")


def worker_gpus(scheduler: str | None, device: str) -> int:
    """How many CUDA devices the workers of a scheduler are started with.

    A SLURM job has devices that this machine may lack, so there `--device cuda` alone says that it
    has one. See `scarmap.cluster.scheduler.open_scheduler`.

    Raises:
        RunError: The device is unknown, or CUDA devices of this machine are to be used and there
            are none.
    """
    if scheduler in (None, "local"):
        return torch.cuda.device_count() if uses_cuda(device) else 0
    return int(device == "cuda")

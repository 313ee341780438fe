"""The processes that train one network together, and what they compute with.

Lightning Fabric is imported inside functions: a prediction does not need it, and starts two seconds
sooner without it.
"""

import os
from datetime import timedelta
from typing import TYPE_CHECKING

import torch

from scarmap.errors import RunError
from scarmap.recipes.devices import uses_cuda

if TYPE_CHECKING:
    from lightning_fabric import Fabric
    from lightning_fabric.strategies.ddp import DDPStrategy

_PATIENCE = timedelta(hours=6)
"""How long processes wait for the first one, which alone segments and scores held-out cases."""


def make_fabric(device: str, *, devices: int = 1) -> "Fabric":
    """Device, precision and processes: bfloat16 where there is a CUDA device, float32 on the CPU.

    Args:
        device: "auto", "cpu" or "cuda".
        devices: Processes on this machine, one per device; torchrun and SLURM's srun, which start
            the processes themselves, say how many there are on how many machines.

    Raises:
        RunError: The device is unknown, or not as many devices are there as were asked for.
    """
    from lightning_fabric import Fabric
    from lightning_fabric.plugins.environments.lightning import LightningEnvironment

    cuda = uses_cuda(device)
    started = started_processes()
    here, nodes = started or (devices, 1)
    _check_devices(devices, here=here, cuda=cuda)
    return Fabric(
        accelerator="cuda" if cuda else "cpu",
        devices=here,
        num_nodes=nodes,
        strategy=_strategy(processes=here * nodes, started=started is not None),
        precision="bf16-mixed" if cuda else "32-true",
        plugins=None if started else LightningEnvironment(),
    )


def _strategy(*, processes: int, started: bool) -> "DDPStrategy | str":
    """How processes share a batch; those of torchrun and srun meet where these say."""
    if processes == 1:
        return "auto"
    if started:
        from lightning_fabric.strategies.ddp import DDPStrategy

        return DDPStrategy(timeout=_PATIENCE)
    from scarmap.training.stage.one_machine import OneMachine

    return OneMachine(patience=_PATIENCE)


def _check_devices(devices: int, *, here: int, cuda: bool) -> None:
    if devices not in (1, here):
        raise RunError(
            f"--devices {devices} was asked for, but torchrun or srun has started {here} processes "
            "on this machine. Leave --devices out: one of the two decides."
        )
    if cuda and here > torch.cuda.device_count():
        raise RunError(
            f"{here} devices were asked for, but torch sees {torch.cuda.device_count()} CUDA "
            "devices on this machine. Use fewer processes, or --device cpu."
        )


def started_processes() -> tuple[int, int] | None:
    """How many processes per machine, and machines, torchrun or srun has started; else None."""
    from lightning_fabric.plugins.environments.torchelastic import TorchElasticEnvironment

    if TorchElasticEnvironment.detect():
        here = int(os.environ["LOCAL_WORLD_SIZE"])
        return here, int(os.environ["WORLD_SIZE"]) // here
    tasks = int(os.environ.get("SLURM_NTASKS", "1"))
    # Only srun sets SLURM_STEP_ID; a script that sbatch runs alone has SLURM_NTASKS too.
    if tasks > 1 and "SLURM_STEP_ID" in os.environ:
        nodes = int(os.environ.get("SLURM_NNODES", "1"))
        return tasks // nodes, nodes
    return None


def is_first_process() -> bool:
    """Whether this is the process that writes and tells."""
    return not torch.distributed.is_initialized() or torch.distributed.get_rank() == 0

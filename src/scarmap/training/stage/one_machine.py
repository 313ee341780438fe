"""Processes of one machine that meet on loopback, so that nothing listens to other machines.

torch's own meeting point listens on every interface and obeys whoever connects.
"""

import atexit
import os
import socket
from datetime import timedelta
from typing import Any

import torch
from lightning_fabric.strategies.ddp import DDPStrategy

_MEETING = "SCARMAP_MEETING"
"""Environment variable by which the first process tells the others the port where they meet."""
_LOOPBACK = "127.0.0.1"


class OneMachine(DDPStrategy):
    """Data-parallel processes of one machine.

    Args:
        patience: How long they wait for each other.
    """

    def __init__(self, *, patience: timedelta) -> None:
        super().__init__(timeout=patience)
        self._patience = patience
        self._listening = _listen() if os.environ.get("LOCAL_RANK", "0") == "0" else None

    def setup_environment(self) -> None:
        """Let the processes meet before Lightning would, over loopback alone."""
        environment = self.cluster_environment
        assert environment is not None
        if not torch.distributed.is_initialized():
            self._meet(environment.local_rank())
            atexit.register(_part)
        super().setup_environment()

    def _meet(self, rank: int) -> None:
        loopback = {"lo", "lo0"} & {name for _, name in socket.if_nameindex()}
        for variable in ("GLOO_SOCKET_IFNAME", "NCCL_SOCKET_IFNAME"):
            if loopback:
                os.environ.setdefault(variable, min(loopback))
        cuda = self.root_device.type == "cuda"
        if cuda:
            torch.cuda.set_device(self.root_device)
        torch.distributed.init_process_group(
            "nccl" if cuda else "gloo",
            store=self._store(),
            rank=rank,
            world_size=self.num_processes,
            timeout=self._patience,
            device_id=self.root_device if cuda else None,
        )

    def _store(self) -> Any:
        from torch.distributed import TCPStore  # type: ignore[attr-defined]

        port = int(os.environ[_MEETING])
        first = self._listening is not None
        # torch closes the socket that it is given, so Python must forget it.
        handle = self._listening.detach() if self._listening is not None else None
        return TCPStore(
            _LOOPBACK,
            port,
            self.num_processes,
            is_master=first,
            timeout=self._patience,
            wait_for_workers=False,
            master_listen_fd=handle,
        )


def _listen() -> socket.socket:
    """A socket on loopback, whose port the other processes learn from their environment."""
    listening = socket.create_server((_LOOPBACK, 0))
    os.environ[_MEETING] = str(listening.getsockname()[1])
    return listening


def _part() -> None:
    if torch.distributed.is_initialized():
        torch.distributed.destroy_process_group()

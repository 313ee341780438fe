"""Print the addresses on which each of two training processes listens. Not a test by itself."""

import sys
from pathlib import Path

import torch

from scarmap.training.stage.processes import make_fabric

_LISTEN = "0A"


def addresses():
    """Local addresses of this process's listening sockets, as Linux writes them."""
    opened = set()
    for each in Path("/proc/self/fd").iterdir():
        try:
            opened.add(str(each.readlink()))
        except OSError:
            continue
    found = []
    for table in ("tcp", "tcp6"):
        for line in Path("/proc/self/net", table).read_text().splitlines()[1:]:
            cells = line.split()
            if cells[3] == _LISTEN and f"socket:[{cells[9]}]" in opened:
                found.append(cells[1].partition(":")[0])
    return found


if __name__ == "__main__":
    fabric = make_fabric("cpu", devices=2)
    fabric.launch()
    total = fabric.all_reduce(torch.ones(1), reduce_op="sum")
    sys.stdout.write(" ".join([f"{int(total)} processes:", *addresses()]) + "\n")
    sys.stdout.flush()
    fabric.barrier()

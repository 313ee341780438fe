"""The reading room measured: strokes, opening, a queue, and kills; see serving.md.

    python benchmarks/serving.py strokes
    python benchmarks/serving.py queue --studies 20
    python benchmarks/serving.py kills --times 50

Each begins a server of its own on a store in a temporary folder, with synthetic hearts.
"""

import argparse
import os
import random
import re
import signal
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

import httpx
import numpy as np

from scarmap.datasets.case_files import CaseFiles
from scarmap.datasets.folder import find_cases
from scarmap.labels import INDEX, LabelArray, region_mask
from scarmap.phantom.cohort import write_cohort
from scarmap.serving.runs import encode

SERVE = "from scarmap.cli.main import main; main()"
REAL_SIZE = {"num_slices": 12, "in_plane": 256}
SMALL_SIZE = {"num_slices": 4, "in_plane": 112}


class Server:
    """A server process and a client that has entered."""

    def __init__(self, store: Path) -> None:
        self.process = subprocess.Popen(
            [sys.executable, "-c", SERVE, "serve", "--store", str(store), "--port", "0"],
            stdout=subprocess.PIPE,
            text=True,
            env={**os.environ, "PYTHONUNBUFFERED": "1"},
        )
        assert self.process.stdout is not None
        found = next(
            found for line in self.process.stdout if (found := re.search(r"http://\S+", line))
        )
        self.client = httpx.Client(base_url=found[0].partition("/?")[0], timeout=300)
        self.client.get(found[0])

    def end(self, how: signal.Signals = signal.SIGTERM) -> None:
        """End it, gently or not."""
        self.client.close()
        self.process.send_signal(how)
        self.process.wait(timeout=60)

    def workers(self) -> list[int]:
        """Process ids of its children."""
        children = Path(f"/proc/{self.process.pid}/task/{self.process.pid}/children")
        return [int(pid) for pid in children.read_text().split()]

    def bring(self, files: CaseFiles, *, mask: bool) -> str:
        """Upload a study; its id."""
        paths = {**files.images, **({"mask": files.labels} if mask and files.labels else {})}
        told = self.client.post(
            "/api/studies",
            data={"kind": "nifti", "sequence": list(paths)},
            files=[("file", (path.name, path.read_bytes())) for path in paths.values()],
        )
        told.raise_for_status()
        return str(told.json()["id"])

    def wait(self, study: str) -> dict[str, object]:
        """The row of a study that has ended."""
        while True:
            row: dict[str, object] = self.client.get(f"/api/studies/{study}").json()
            if row["status"] not in ("waiting", "running"):
                return row
            time.sleep(0.1)


@contextmanager
def served(store: Path) -> Iterator[Server]:
    """A server while the block runs."""
    server = Server(store)
    try:
        yield server
    finally:
        server.end()


def hearts(folder: Path, number: int, size: dict[str, int]) -> list[CaseFiles]:
    """Synthetic studies."""
    write_cohort(folder, layout="scarmap", num_cases=number, seed=20, **size)
    return find_cases(folder)


def mask_of(client: httpx.Client, address: str, shape: list[int]) -> LabelArray:
    """A mask (X, Y, Z) as the server sends it."""
    x, y, z = shape
    told = client.get(address)
    told.raise_for_status()
    return np.frombuffer(told.content, np.uint8).reshape(z, y, x).transpose(2, 1, 0).copy()


def stroke(plane: LabelArray, rng: np.random.Generator) -> LabelArray:
    """A brush of scar, or healthy wall, somewhere in the wall of a slice."""
    changed = plane.copy()
    wall = region_mask(plane, "whole_myocardium")
    places = np.argwhere(wall)
    if len(places):
        x, y = places[rng.integers(len(places))]
        across, down = np.ogrid[: plane.shape[0], : plane.shape[1]]
        brush = (across - x) ** 2 + (down - y) ** 2 <= 9
        names = ("scar", "normal_myocardium")
        changed[brush & wall] = INDEX[names[int(rng.integers(2))]]
    return changed


def told(what: str, seconds: list[float]) -> None:
    """Median, 95th percentile and largest, in milliseconds."""
    ms = 1000 * np.array(seconds)
    middle, high = np.percentile(ms, [50, 95])
    print(
        f"{what}: median {middle:.0f} ms, 95th percentile {high:.0f} ms, largest {ms.max():.0f} ms"
    )


def measure_strokes(folder: Path, number: int) -> None:
    """How long figures take after a stroke, and how long a study takes to open."""
    rng = np.random.default_rng(1)
    (files,) = hearts(folder / "hearts", 1, REAL_SIZE)
    with served(folder / "store") as server:
        study, client = server.bring(files, mask=True), server.client
        server.wait(study)
        address = f"/api/studies/{study}"
        opening = []
        for _ in range(10):
            begun = time.perf_counter()
            shape = client.get(address).json()["shape"]
            for part in (
                "versions/1/mask",
                "versions/1/figures",
                *map("images/{}".format, files.images),
            ):
                client.get(f"{address}/{part}").raise_for_status()
            opening.append(time.perf_counter() - begun)
        draft = client.post(f"{address}/drafts", json={"based_on": 1}).json()["draft"]
        mask, seconds, used = mask_of(client, f"/api/drafts/{draft}/mask", shape), [], []
        for count in range(number):
            z = int(rng.integers(shape[2]))
            mask[..., z] = stroke(mask[..., z], rng)
            asked = {"runs": encode(mask[..., z]), "stroke": count}
            begun, before = time.perf_counter(), cpu_s(server.process.pid)
            answer = client.put(f"/api/drafts/{draft}/slices/{z}", json=asked)
            seconds.append(time.perf_counter() - begun)
            used.append(cpu_s(server.process.pid) - before)
            answer.raise_for_status()
        print(f"{shape[0]} x {shape[1]} x {shape[2]} voxels, {number} strokes")
        told("Opening a study", opening)
        told("Figures after the first stroke", seconds[:1])
        told("Figures after a later stroke", seconds[1:])
        print(f"Processor time of the server per stroke: mean {1000 * np.mean(used[1:]):.0f} ms")


def cpu_s(pid: int) -> float:
    """Processor time that a process has used."""
    fields = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
    return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")


def resident_mib(pids: list[int]) -> float:
    """Memory of processes together."""
    total = 0
    for pid in pids:
        with suppress(OSError):
            found = re.search(r"VmRSS:\s+(\d+)", Path(f"/proc/{pid}/status").read_text())
            total += int(found[1]) if found else 0
    return total / 1024


def measure_queue(folder: Path, number: int) -> None:
    """Many studies at once: whether all end, in order, and with how much memory."""
    cases = hearts(folder / "hearts", 1, REAL_SIZE) * number
    with served(folder / "store") as server:
        made: list[str] = [""] * number

        def send(place: int) -> None:
            made[place] = server.bring(cases[place], mask=False)

        threads = [threading.Thread(target=send, args=(place,)) for place in range(number)]
        begun = time.perf_counter()
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        print(f"{number} studies uploaded in {time.perf_counter() - begun:.1f} s")
        memory, ended = [], []
        rows = server.client.get("/api/studies").json()["studies"]
        for row in rows:
            ended.append(server.wait(row["id"])["status"])
            memory.append((resident_mib([server.process.pid]), resident_mib(server.workers())))
            later = server.client.get("/api/studies").json()["studies"]
            states = [each["status"] in ("segmented", "failed") for each in later]
            assert states == sorted(states, reverse=True), "out of order"
        print(f"All ended in order after {time.perf_counter() - begun:.0f} s: {set(ended)}")
        for name, each in zip(("server", "worker"), np.array(memory).T, strict=True):
            print(f"Memory of the {name}: {each[0]:.0f} MiB after the first study, "
                  f"{each[number // 2]:.0f} after half, {each[-1]:.0f} after the last")  # fmt: skip


def measure_kills(folder: Path, number: int) -> None:
    """Kill the server, or its worker, at random moments; count what was acknowledged and lost."""
    (files,) = hearts(folder / "hearts", 1, SMALL_SIZE)
    rng, chance = np.random.default_rng(2), random.Random(3)
    saved: dict[tuple[str, int], bytes] = {}
    drawn: dict[str, bytes] = {}
    brought: list[str] = []
    lost = 0
    for count in range(number):
        server = Server(folder / "store")
        try:
            lost += check(server, saved, drawn, brought)
            if not brought or count % 5 == 0:
                brought.append(server.bring(files, mask=not brought))
            if count < 1:
                server.wait(brought[0])
            fuse = threading.Timer(chance.uniform(0.0, 4.0), kill, args=(server, count))
            fuse.start()
            with suppress(httpx.HTTPError):
                draw_and_save(server.client, brought[0], saved, drawn, rng)
            fuse.join()
        finally:
            server.end(signal.SIGKILL)
        print(f"{count + 1} kills: {len(saved)} versions saved, {lost} lost", flush=True)
    server = Server(folder / "store")
    lost += check(server, saved, drawn, brought)
    states = [server.wait(study)["status"] for study in brought]
    server.end()
    print(
        f"{number} kills: {len(saved)} versions, {len(drawn)} drafts and {len(brought)} studies "
        f"were acknowledged, {lost} of them lost; studies ended as {sorted(map(str, set(states)))}"
    )


def kill(server: Server, count: int) -> None:
    """Kill the server; every third time its worker first."""
    if count % 3 == 2:
        for pid in server.workers():
            with suppress(ProcessLookupError):
                os.kill(pid, signal.SIGKILL)
        time.sleep(0.5)
    server.process.kill()


def draw_and_save(
    client: httpx.Client,
    study: str,
    saved: dict[tuple[str, int], bytes],
    drawn: dict[str, bytes],
    rng: np.random.Generator,
) -> None:
    """Draw and save until the server is gone, and note what it acknowledged."""
    while True:
        about = client.get(f"/api/studies/{study}").json()
        shape, latest = about["shape"], about["latest"]
        begun = client.post(f"/api/studies/{study}/drafts", json={"based_on": latest})
        draft = begun.json()["draft"]
        mask = mask_of(client, f"/api/drafts/{draft}/mask", shape)
        for _ in range(2):
            z = int(rng.integers(shape[2]))
            mask[..., z] = stroke(mask[..., z], rng)
            # Between question and answer nobody knows whether it was kept.
            drawn.pop(draft, None)
            answer = client.put(
                f"/api/drafts/{draft}/slices/{z}", json={"runs": encode(mask[..., z])}
            )
            answer.raise_for_status()
            drawn[draft] = mask.transpose(2, 1, 0).tobytes()
        content = drawn.pop(draft)
        answer = client.post(
            f"/api/studies/{study}/versions", json={"draft": draft, "author": "AB"}
        )
        answer.raise_for_status()
        saved[study, answer.json()["number"]] = content


def check(
    server: Server,
    saved: dict[tuple[str, int], bytes],
    drawn: dict[str, bytes],
    brought: list[str],
) -> int:
    """How much of what was acknowledged is not there as it was."""
    client, lost = server.client, 0
    for (study, number), content in saved.items():
        answer = client.get(f"/api/studies/{study}/versions/{number}/mask")
        lost += answer.status_code != 200 or answer.content != content
    for draft, content in drawn.items():
        answer = client.get(f"/api/drafts/{draft}/mask")
        lost += answer.status_code != 200 or answer.content != content
    return lost + sum(client.get(f"/api/studies/{each}").status_code != 200 for each in brought)


def main() -> None:
    """Measure what is asked for."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("what", choices=("strokes", "queue", "kills"))
    parser.add_argument("--strokes", type=int, default=200)
    parser.add_argument("--studies", type=int, default=20)
    parser.add_argument("--times", type=int, default=50)
    asked = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        if asked.what == "strokes":
            measure_strokes(Path(folder), asked.strokes)
        elif asked.what == "queue":
            measure_queue(Path(folder), asked.studies)
        else:
            measure_kills(Path(folder), asked.times)


if __name__ == "__main__":
    main()

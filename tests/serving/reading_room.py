"""A reading room in another process, and a browser that says what went wrong in it."""

import queue
import re
import shutil
import subprocess
import sys
import threading
import time
from contextlib import contextmanager, suppress

import numpy as np

CHROMIUM = next(
    filter(None, map(shutil.which, ("chromium", "chromium-browser", "google-chrome"))), None
)
ADDRESS = re.compile(r"(http://127\.0\.0\.1:\d+)/\?token=\S+")
STARTED_WITHIN_S = 120


@contextmanager
def open_room(store, *words):
    """Run `scarmap serve`; gives the address with its token."""
    command = "from scarmap.cli.main import main; main()"
    room = subprocess.Popen(
        [sys.executable, "-c", command, "serve", "--store", store, "--port", "0", *words],
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
    )
    lines = queue.Queue()
    threading.Thread(target=lambda: [lines.put(line) for line in room.stdout], daemon=True).start()
    try:
        yield _address(room, lines)
    finally:
        room.terminate()
        try:
            room.wait(timeout=30)
        except subprocess.TimeoutExpired:
            room.kill()
            room.wait()
        room.stdout.close()


def _address(room, lines):
    said, until = [], time.monotonic() + STARTED_WITHIN_S
    while time.monotonic() < until and room.poll() is None:
        with suppress(queue.Empty):
            said.append(lines.get(timeout=0.2))
            if found := ADDRESS.search(said[-1]):
                return found.group()
    raise AssertionError("The room did not open: " + "".join(said))


class Desk:
    """The pages as a reader uses them.

    Attributes:
        page: A page of Playwright.
        base: Address of the room, without its token.
        troubles: What the console said, and requests that went elsewhere.
    """

    def __init__(self, page, address):
        self.page, self.base = page, ADDRESS.search(address)[1]
        self.troubles = []
        page.set_default_timeout(120_000)  # of a busy machine
        page.on("console", lambda message: self.troubles.append(message.text))
        page.on("pageerror", lambda problem: self.troubles.append(str(problem)))
        page.on("request", self._note)
        page.goto(address)

    def _note(self, request):
        if not request.url.startswith((self.base, "data:", "blob:")):
            self.troubles.append(request.url)

    def wait_for(self, name, *, minutes=8):
        """Wait in the worklist until a study can be opened, and open it."""
        self.page.get_by_role("link", name=name, exact=True).click(timeout=minutes * 60_000)
        self.page.locator(".tile").first.wait_for()
        self.settle()

    @property
    def study(self):
        """Id of the study that is open."""
        return self.page.url.split("/study/")[1].split("?")[0]

    def ask(self, path):
        """JSON of the server."""
        answer = self.page.request.get(f"{self.base}/api/{path}")
        assert answer.ok, answer.text()
        return answer.json()

    def mask(self, path):
        """A mask (Z, Y, X) of the server, of a version or a draft."""
        width, height, depth = self.ask(f"studies/{self.study}")["shape"]
        answer = self.page.request.get(f"{self.base}/api/{path}/mask")
        assert answer.ok, answer.text()
        return np.frombuffer(answer.body(), np.uint8).reshape(depth, height, width)

    def version(self, number):
        """The mask of a version."""
        return self.mask(f"studies/{self.study}/versions/{number}")

    def draft(self):
        """The mask of the draft of this page, once all is sent."""
        self.settle()
        place = f"scarmap-draft-{self.study}"
        held = self.page.evaluate("place => JSON.parse(sessionStorage.getItem(place))", place)
        return self.mask(f"drafts/{held['draft']}")

    def settle(self):
        """Wait until the page has sent all strokes, and shows their figures."""
        self.page.wait_for_timeout(50)
        self.page.locator("#state[data-state=kept]").wait_for()

    def point_at(self, x, y):
        """Move the keyboard's cursor from the middle of the slice to a pixel."""
        width, height, _ = self.ask(f"studies/{self.study}")["shape"]
        for steps, less, more in (
            (x - round_half_up((width - 1) / 2), "ArrowLeft", "ArrowRight"),
            (y - round_half_up((height - 1) / 2), "ArrowUp", "ArrowDown"),
        ):
            fives, ones = divmod(abs(steps), 5)
            for _ in range(fives):
                self.page.keyboard.press(f"Alt+Shift+{more if steps > 0 else less}")
            for _ in range(ones):
                self.page.keyboard.press(f"Shift+{more if steps > 0 else less}")

    def save(self, initials=None):
        """Save a version, naming the reader where the page asks; gives its number."""
        before = self.ask(f"studies/{self.study}")["latest"]
        self.page.keyboard.press("Control+s")
        if initials:
            self.page.get_by_label("Initials").fill(initials)
            self.page.keyboard.press("Enter")
        self.page.locator(f"[data-version='{before + 1}'].current").wait_for()
        return before + 1

    def export(self, number, title):
        """Path of an exported file of a version."""
        entry = self.page.locator(f"[data-version='{number}']")
        entry.get_by_text("Export", exact=True).click()
        with self.page.expect_download() as download:
            entry.get_by_role("button", name=f"{title} of version {number}").click()
        entry.get_by_text("Export", exact=True).click()
        return download.value.path()


def round_half_up(value):
    """As JavaScript rounds."""
    return int(np.floor(value + 0.5))


def disc(shape, x, y, radius_mm, spacing_mm):
    """Pixels (Y, X) within a radius in millimetres."""
    down, right = np.indices(shape)
    return np.hypot((right - x) * spacing_mm[0], (down - y) * spacing_mm[1]) <= radius_mm + 1e-9

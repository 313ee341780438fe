"""Print a page with Chromium, exactly as a reader sees it."""

import os
import shutil
import subprocess
from pathlib import Path
from tempfile import TemporaryDirectory

NAMES = ("chromium", "chromium-browser", "google-chrome", "google-chrome-stable")
SECONDS = 90


def find_browser() -> Path | None:
    """The browser that can print, or None."""
    found = next(filter(None, map(shutil.which, NAMES)), None)
    return Path(found) if found else None


def print_page(page: Path, browser: Path) -> bytes | None:
    """Print a self-contained page; it can reach no network.

    Args:
        page: An HTML file.
        browser: What `find_browser` found.

    Returns:
        The PDF; None where the browser could not print it.
    """
    with TemporaryDirectory(prefix="scarmap-print-") as folder:
        target = Path(folder) / "page.pdf"
        command = [
            *(str(browser), "--headless", "--disable-gpu", "--no-first-run"),
            *("--disable-background-networking", "--disable-extensions", "--mute-audio"),
            *("--proxy-server=127.0.0.1:9", f"--user-data-dir={folder}/profile"),
            *("--no-pdf-header-footer", "--print-to-pdf-no-header", f"--print-to-pdf={target}"),
            *(["--no-sandbox"] if hasattr(os, "geteuid") and os.geteuid() == 0 else []),
            page.resolve().as_uri(),
        ]
        try:
            subprocess.run(command, capture_output=True, timeout=SECONDS, check=True)
            pdf = target.read_bytes()
        except (OSError, subprocess.SubprocessError):
            return None
    return pdf if pdf.startswith(b"%PDF-") else None

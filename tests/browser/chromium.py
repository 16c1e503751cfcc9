"""Find a Chromium for the browser tests: one that is installed, else Playwright's own."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from pathlib import Path

NAMES = ("chromium", "chromium-browser", "google-chrome", "google-chrome-stable", "chrome")
MAC_PATHS = (
    "/Applications/Google Chrome.app/Contents/MacOS/Google Chrome",
    "/Applications/Chromium.app/Contents/MacOS/Chromium",
)
NONE_FOUND = (
    "The browser tests need a Chromium: install one (Debian: apt-get install chromium), "
    "or let Playwright get its own with .venv/bin/playwright install chromium."
)


def installed() -> str | None:
    """The path of a Chromium that can be run, or None."""
    named = [path for name in NAMES if (path := shutil.which(name))]
    return next(
        (path for path in (*named, *MAC_PATHS, *_playwrights()) if Path(path).exists()), None
    )


def _playwrights() -> list[str]:
    from playwright.sync_api import sync_playwright

    with sync_playwright() as playwright:
        return [playwright.chromium.executable_path]


def main() -> int:
    """Make sure there is a Chromium; 1 and a message if there is none."""
    if installed():
        return 0
    command = [sys.executable, "-m", "playwright", "install", "chromium"]
    if os.environ.get("CI"):
        command.insert(-1, "--with-deps")
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    if done.returncode == 0 and installed():
        return 0
    sys.stderr.write(NONE_FOUND + "\n")
    return 1


if __name__ == "__main__":
    sys.exit(main())

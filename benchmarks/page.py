"""A page in a process of its own, for benchmarks over HTTP."""

from __future__ import annotations

import contextlib
import os
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import httpx


@contextlib.contextmanager
def served_page(port: str) -> Iterator[str]:
    """Serve the page while the block runs; the address."""
    page = subprocess.Popen(
        [sys.executable, "app.py"],
        cwd=Path(__file__).parent.parent,
        env=os.environ | {"PORT": port},
        stdout=subprocess.DEVNULL,
    )
    try:
        url = f"http://127.0.0.1:{port}"
        wait_for(url)
        yield url
    finally:
        page.terminate()
        page.wait()


def wait_for(url: str) -> None:
    """Return when the page answers.

    Raises:
        RuntimeError: it does not within three minutes.
    """
    for _ in range(180):
        try:
            httpx.get(f"{url}/config", timeout=5)
            return
        except httpx.HTTPError:
            time.sleep(1)
    raise RuntimeError("The page did not start; run python app.py to see why.")

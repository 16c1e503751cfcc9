"""Time from `python app.py` to the first HTTP 200, beside importing what it stands on.

Prints one table: medians of alternating runs, and their ratio.
"""

from __future__ import annotations

import argparse
import os
import socket
import statistics
import subprocess
import sys
import time
import urllib.error
import urllib.request
from pathlib import Path

ROOT = Path(__file__).parent.parent


def imports_seconds() -> float:
    """Seconds for `import torch, gradio` in a process of its own."""
    started = time.perf_counter()
    environment = {**os.environ, "GRADIO_ANALYTICS_ENABLED": "False"}
    subprocess.run([sys.executable, "-c", "import torch, gradio"], check=True, env=environment)
    return time.perf_counter() - started


def page_seconds() -> float:
    """Seconds from starting the page to its first answer 200."""
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    started = time.perf_counter()
    server = subprocess.Popen(
        [sys.executable, "app.py"],
        cwd=ROOT,
        env={**os.environ, "PORT": str(port)},
        stdout=subprocess.DEVNULL,
    )
    try:
        while not _answers(f"http://127.0.0.1:{port}/"):
            if server.poll() is not None:
                raise RuntimeError("The page stopped before it answered; run python app.py.")
            time.sleep(0.02)
        return time.perf_counter() - started
    finally:
        server.terminate()
        server.wait()


def _answers(url: str) -> bool:
    try:
        with urllib.request.urlopen(url, timeout=5) as answer:
            return answer.status == 200
    except (urllib.error.URLError, OSError):
        return False


def main() -> None:
    """Alternate both and print the table."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--runs", type=int, default=3)
    runs = parser.parse_args().runs
    imports_seconds()  # warms the disk cache for both
    pairs = [(imports_seconds(), page_seconds()) for _ in range(runs)]
    imports, page = (statistics.median(column) for column in zip(*pairs, strict=True))
    print(f"{'what':32} {'median of ' + str(runs):>12}")
    print(f"{'import torch, gradio':32} {imports:10.2f} s")
    print(f"{'python app.py to HTTP 200':32} {page:10.2f} s")
    print(f"{'ratio (at most 1.5)':32} {page / imports:10.2f}")


if __name__ == "__main__":
    main()

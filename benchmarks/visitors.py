"""Pictures a second over HTTP: one visitor at a time, and 16 at once.

Usage: python benchmarks/visitors.py [URL of a running page]
"""

from __future__ import annotations

import os
import statistics
import subprocess
import sys
import time
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import httpx

VISITORS, CALLS, TRIALS = 16, 64, 3
ENDPOINTS = {
    "faces-64": ("sample", lambda seed: [str(seed), "faces-64", 1]),
    "eyes-128": ("class_sample", lambda seed: ["green", str(seed), "eyes-128", 1]),
}
PORT = "7899"


def main() -> None:
    """Print the table."""
    if len(sys.argv) > 1:
        measure(sys.argv[1].rstrip("/"))
        return
    page = subprocess.Popen(
        [sys.executable, "app.py"],
        cwd=Path(__file__).parent.parent,
        env=os.environ | {"PORT": PORT},
        stdout=subprocess.DEVNULL,
    )
    try:
        url = f"http://127.0.0.1:{PORT}"
        wait_for(url)
        measure(url)
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


def measure(url: str) -> None:
    """Time both models, one and 16 visitors in turn, and print medians of the trials."""
    print(f"{'model':10} {'visitors':>8} {'pictures/s':>11} {'median ms':>10} {'gain':>6}")
    with httpx.Client(timeout=120, limits=httpx.Limits(max_connections=64)) as client:
        for model in ENDPOINTS:
            call(client, url, model, 0)  # loads it
            single, many = [], []
            for trial in range(TRIALS):
                single.append(run(client, url, model, 1, CALLS // 2, 1000 * trial))
                many.append(run(client, url, model, VISITORS, CALLS, 1000 * trial + 500))
            base = statistics.median(rate for rate, _ in single)
            for visitors, trials in ((1, single), (VISITORS, many)):
                rate, wait = (statistics.median(column) for column in zip(*trials, strict=True))
                print(f"{model:10} {visitors:8} {rate:11.1f} {wait:10.0f} {rate / base:5.1f}x")


def run(
    client: httpx.Client, url: str, model: str, visitors: int, calls: int, first_seed: int
) -> tuple[float, float]:
    """Pictures a second and median milliseconds a call of so many visitors."""

    def timed(seed: int) -> float:
        started = time.perf_counter()
        call(client, url, model, seed)
        return 1000 * (time.perf_counter() - started)

    started = time.perf_counter()
    with ThreadPoolExecutor(visitors) as pool:
        waits = list(pool.map(timed, range(first_seed, first_seed + calls)))
    return calls / (time.perf_counter() - started), statistics.median(waits)


def call(client: httpx.Client, url: str, model: str, seed: int) -> None:
    """One picture, end to end: ask, wait, fetch the PNG.

    Raises:
        RuntimeError: the page answers with an error, or with another visitor's picture.
    """
    name, data = ENDPOINTS[model]
    at = f"{url}/gradio_api/call/{name}"
    event = client.post(at, json={"data": data(seed)}).json()["event_id"]
    answer = client.get(f"{at}/{event}").text
    if f"seed{seed:08d}.png" not in answer:
        raise RuntimeError(f"Asked for seed {seed} of {model}, got: {answer[:200]}")
    address = answer.split('"url": "')[1].split('"')[0]
    client.get(address).raise_for_status()


if __name__ == "__main__":
    main()

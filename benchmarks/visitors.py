"""Pictures a second over HTTP: one visitor at a time, and 16 at once.

Usage: python -m benchmarks.visitors [URL of a running page]
"""

from __future__ import annotations

import functools
import statistics
import sys
import time
import uuid
from concurrent.futures import ThreadPoolExecutor

import httpx

from benchmarks.page import served_page

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
    with served_page(PORT) as url:
        measure(url)


def measure(url: str) -> None:
    """Time both models, one and 16 visitors in turn, and print medians of the trials."""
    print(f"{'model':10} {'visitors':>8} {'pictures/s':>11} {'median ms':>10} {'gain':>6}")
    with httpx.Client(timeout=120, limits=httpx.Limits(max_connections=64)) as client:
        for model in ENDPOINTS:
            call(client, url, model, 0, "warm-up")  # loads it
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

    def visit(number: int) -> list[float]:
        session = uuid.uuid4().hex  # a page that stays open, as a visitor's does
        waits = []
        for seed in range(first_seed + number, first_seed + calls, visitors):
            started = time.perf_counter()
            call(client, url, model, seed, session)
            waits.append(1000 * (time.perf_counter() - started))
        return waits

    started = time.perf_counter()
    with ThreadPoolExecutor(visitors) as pool:
        waits = [wait for some in pool.map(visit, range(visitors)) for wait in some]
    return calls / (time.perf_counter() - started), statistics.median(waits)


def call(client: httpx.Client, url: str, model: str, seed: int, session: str) -> None:
    """One picture, end to end: ask, wait, fetch the PNG.

    Raises:
        RuntimeError: the page answers with an error, or with another visitor's picture.
    """
    name, data = ENDPOINTS[model]
    event = {"data": data(seed), "fn_index": _index(client, url, name), "session_hash": session}
    client.post(f"{url}/gradio_api/queue/join", json=event).raise_for_status()
    stream = f"{url}/gradio_api/queue/data?session_hash={session}"
    answer = client.get(stream).text
    if f"seed{seed:08d}.png" not in answer:
        raise RuntimeError(f"Asked for seed {seed} of {model}, got: {answer[-300:]}")
    address = answer.split('"url":"')[-1].split('"')[0]
    client.get(address).raise_for_status()


@functools.cache
def _index(client: httpx.Client, url: str, name: str) -> int:
    """The number of an endpoint, as the page itself knows it."""
    dependencies = client.get(f"{url}/config").json()["dependencies"]
    return next(event["id"] for event in dependencies if event["api_name"] == name)


if __name__ == "__main__":
    main()

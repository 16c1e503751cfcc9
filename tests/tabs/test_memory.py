"""Memory is level however many calls and pages there were: what Gradio keeps is bounded."""

import ctypes
import gc
import os
import subprocess
import sys
import time
import tracemalloc
import uuid
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from pathlib import Path

import httpx
import pytest

from tests.fakes import fake_load

MOST_KB = 6  # a call, after the first ones
SETTLE_SECONDS = 20  # at most, for what ends after the last answer
API = "/gradio_api"


@contextmanager
def serving():
    """The whole page with a tiny generator, and its address."""
    from app import create_app, launch

    app = create_app(fake_load)
    _, url, _ = launch(app, server_port=None, prevent_thread_lock=True, quiet=True)
    yield app, url.rstrip("/")
    app.close()


def call(client: httpx.Client, url: str, name: str, data: list) -> str:
    """As a program: no session."""
    response = client.post(f"{url}{API}/call/{name}", json={"data": data})
    response.raise_for_status()
    return client.get(f"{url}{API}/call/{name}/{response.json()['event_id']}").text


def visit(client: httpx.Client, app, url: str, seed: int) -> str:
    """As a page of its own that samples once."""
    session = uuid.uuid4().hex
    index = next(i for i, fn in app.fns.items() if fn.api_name == "sample")

    body = {"data": [str(seed), "faces-64", 1], "fn_index": index, "session_hash": session}
    client.post(f"{url}{API}/queue/join", json=body).raise_for_status()
    return client.get(f"{url}{API}/queue/data?session_hash={session}").text


def run(page, calls: int, pages: int, first_seed: int) -> None:
    """Calls of programs and visits of pages, several at a time."""
    app, url = page
    limits = httpx.Limits(max_connections=32)

    def one(k: int) -> None:
        if k < calls:
            assert "complete" in call(client, url, "sample", [str(first_seed + k), "faces-64", 1])
        else:
            assert "process_completed" in visit(client, app, url, first_seed + k)

    with httpx.Client(timeout=60, limits=limits) as client, ThreadPoolExecutor(8) as pool:
        list(pool.map(one, range(calls + pages)))


@pytest.fixture
def page():
    with serving() as served:
        yield served


def kilobytes_per_call(calls: int, pages: int) -> float:
    """As `measure` finds in a process of its own: what else a process holds grows, too."""
    code = f"from tests.tabs.test_memory import measure; print(measure({calls}, {pages}))"
    env = os.environ | {"PYTHONPATH": str(Path(__file__).parents[2])}
    command = [sys.executable, "-c", code]
    done = subprocess.run(command, capture_output=True, text=True, env=env, check=False)
    assert done.returncode == 0, done.stderr
    return float(done.stdout.split()[-1])


def measure(calls: int, pages: int) -> float:
    """Kilobytes of Python objects that stay, for each call; the first ones are not counted."""
    with serving() as page:
        return _measure(page, calls, pages)


def settled() -> int:
    """Traced bytes, once they no longer fall."""
    sizes: list[int] = []
    for _ in range(SETTLE_SECONDS):
        gc.collect()
        sizes.append(tracemalloc.get_traced_memory()[0])
        if len(sizes) > 2 and sizes[-1] >= sizes[-3]:
            break
        time.sleep(1)
    return min(sizes)


def _measure(page, calls: int, pages: int) -> float:
    run(page, 60, 20, 0)
    gc.collect()
    tracemalloc.start()
    before = tracemalloc.get_traced_memory()[0]
    try:
        run(page, calls, pages, 10_000)
        return (settled() - before) / (calls + pages) / 1024
    finally:
        tracemalloc.stop()


def test_a_call_leaves_a_few_kilobytes():
    assert kilobytes_per_call(calls=240, pages=0) < MOST_KB


def test_a_visit_leaves_a_few_kilobytes():
    assert kilobytes_per_call(calls=0, pages=160) < 3 * MOST_KB


def resident_mb() -> float:
    ctypes.CDLL(None).malloc_trim(0)
    with open("/proc/self/statm") as file:
        return int(file.read().split()[1]) * 4096 / 2**20


@pytest.mark.long
@pytest.mark.timeout(3600)
def test_memory_is_level_over_ten_thousand_calls(page):
    run(page, 1200, 300, 0)  # more pages than are remembered come in each quarter
    sizes = [resident_mb()]
    for quarter in range(4):
        run(page, 1900, 600, 10_000 * (quarter + 1))
        gc.collect()
        sizes.append(resident_mb())
    assert sizes[-1] < 1.1 * sizes[0], sizes
    assert sizes[-1] - sizes[2] < 20, sizes  # megabytes over the last 5,000

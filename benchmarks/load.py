"""Many visitors at once: requests a second, waits, errors, memory, and whose picture came back.

Usage: python -m benchmarks.load [--visitors 64] [--seconds 300] [--url URL] [--finetune] [--public]

Without --url it starts a page of its own with a home of its own, on two cores. The visitors come
one after the other within 30 seconds, which are measured for themselves, and ask without a pause
for samples, classes, translations, enlargements and paintings. Its exit status is 1 where something
that must hold does not: no error but a "busy", no wrong picture, memory at the end within 10 % of
that after the first minute, p95 of a sample at most 4 times its median.
"""

from __future__ import annotations

import argparse
import asyncio
import contextlib
import multiprocessing
import os
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator, Mapping, Sequence
from concurrent.futures import ProcessPoolExecutor
from dataclasses import replace
from pathlib import Path

import httpx

from benchmarks import finetune_load
from benchmarks.load_errands import WEIGHTS, make_errands
from benchmarks.load_visitor import TIMEOUT_SECONDS, Errand, Outcome, Visitor
from benchmarks.page import wait_for
from gan_models import Jobs

ROOT = Path(__file__).parents[1]
PORT = 8203
NUM_CORES = 2
MOST_GROWTH, MOST_SPREAD = 1.1, 4.0
SETTLED_SECONDS = 60.0  # after which memory must be level
NUM_PROCESSES = 2
ARRIVAL_SECONDS = 30.0  # in which the visitors come, before the time that counts

Memory = list[tuple[float, float]]  # seconds since the start, megabytes


def main() -> None:
    """Print the table; exit with 1 where something does not hold."""
    options = _options()
    errands = make_errands()
    if options.url:
        outcomes, memory = _measure(options, options.url.rstrip("/"), errands, options.pid)
    else:
        with _own_page(options) as (url, pid):
            outcomes, memory = _measure(options, url, errands, pid)
    print_arrival(outcomes)
    print_table([o for o in outcomes if o.began >= 0], options.seconds)
    failures = check(outcomes, memory)
    print("\n".join(f"does not hold: {failure}" for failure in failures) or "all of it holds")
    sys.exit(1 if failures else 0)


def _options() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description="Visit a page with many visitors at once.")
    parser.add_argument("--visitors", type=int, default=64)
    parser.add_argument("--seconds", type=float, default=300)
    parser.add_argument("--url", help="of a running page, instead of one of its own")
    parser.add_argument("--pid", type=int, help="of the page at --url, to measure its memory")
    parser.add_argument("--port", type=int, default=PORT, help="of its own page")
    parser.add_argument("--finetune", action="store_true", help="a fine-tuning runs beside")
    parser.add_argument("--public", action="store_true", help="its own page is a public one")
    return parser.parse_args()


@contextlib.contextmanager
def _own_page(options: argparse.Namespace) -> Iterator[tuple[str, int]]:
    """A page with a home of its own, and a fine-tuning beside where that is asked for."""
    if hasattr(os, "sched_setaffinity"):  # inherited by the page, and by the worker from it
        os.sched_setaffinity(0, sorted(os.sched_getaffinity(0))[:NUM_CORES])
    with tempfile.TemporaryDirectory() as folder:
        home = finetune_load.make_home(Path(folder) / "home")
        environment = {"PORT": str(options.port), "GANVAS_HOME": str(home)}
        if options.public:  # each visitor has an address of their own
            environment |= {"GANVAS_OWN_FILES": "0", "GANVAS_TRUSTED_PROXIES": "127.0.0.1"}
        with (Path(folder) / "page.log").open("wb") as log:
            page = subprocess.Popen(
                [sys.executable, "app.py"],
                cwd=ROOT,
                env=os.environ | environment,
                stdout=log,
                stderr=log,
            )
        jobs, key = Jobs(home), Jobs.new_key()
        try:
            url = f"http://127.0.0.1:{options.port}"
            wait_for(url)
            if options.finetune:
                pictures = finetune_load.make_pictures(Path(folder) / "pictures")
                job, _ = jobs.start(key, pictures, "landscapes", "long")
                finetune_load.wait_for_step(jobs, key, job)
            yield url, page.pid
        finally:
            jobs.delete_everything(key)
            page.terminate()
            page.wait()
            text = (Path(folder) / "page.log").read_text(errors="replace")
            print(text[-3000:], file=sys.stderr)


def _measure(
    options: argparse.Namespace, url: str, errands: dict[str, list[Errand]], pid: int | None
) -> tuple[list[Outcome], Memory]:
    """Warm up, visit for the given time, and watch the page's memory meanwhile.

    The outcomes begin at seconds since the end of the arrival, below 0 during it.
    """
    events = _events(url)
    asyncio.run(_warm_up(url, errands, events))
    began = time.monotonic() + ARRIVAL_SECONDS
    shares = [range(k, options.visitors, NUM_PROCESSES) for k in range(NUM_PROCESSES)]
    context = multiprocessing.get_context("spawn")
    with ProcessPoolExecutor(NUM_PROCESSES, mp_context=context) as pool:
        until = began + options.seconds
        pause = ARRIVAL_SECONDS / options.visitors
        runs = [
            pool.submit(visit, url, {k: k * pause for k in share}, errands, events, until)
            for share in shares
        ]
        memory: Memory = []
        while not all(run.done() for run in runs):
            if pid is not None and time.monotonic() < until:
                memory.append((time.monotonic() - began, resident_mb(pid)))
            time.sleep(1)
        outcomes = [outcome for run in runs for outcome in run.result()]
        return [replace(each, began=each.began - began) for each in outcomes], memory


def visit(
    url: str,
    arrivals: Mapping[int, float],
    errands: dict[str, list[Errand]],
    events: dict[str, int],
    until: float,
) -> list[Outcome]:
    """The outcomes of some visitors, who visit in one process until the clock says `until`.

    `arrivals` has the number of each visitor, and the seconds from now to the first request.
    """

    async def run() -> list[Outcome]:
        async with _client(2 * len(arrivals) + 8) as client:
            found = await asyncio.gather(
                *(
                    Visitor(client, url, k, errands, WEIGHTS, events).run(until, delay)
                    for k, delay in arrivals.items()
                )
            )
        return [outcome for some in found for outcome in some]

    return asyncio.run(run())


async def _warm_up(url: str, errands: dict[str, list[Errand]], events: dict[str, int]) -> None:
    """Load all models."""
    async with _client(8) as client:
        for kind, some in errands.items():
            by_model = {errand.data[1]: errand for errand in some}
            for errand in by_model.values():
                await Visitor(client, url, 1, {kind: [errand]}, {kind: 1}, events).run_once()


def _client(connections: int) -> httpx.AsyncClient:
    limits = httpx.Limits(max_connections=connections, max_keepalive_connections=connections)
    return httpx.AsyncClient(timeout=TIMEOUT_SECONDS, limits=limits)


def _events(url: str) -> dict[str, int]:
    """The numbers of the endpoints, as the page itself knows them."""
    dependencies = httpx.get(f"{url}/config", timeout=60).json()["dependencies"]
    return {event["api_name"]: event["id"] for event in dependencies if event["api_name"]}


def resident_mb(pid: int) -> float:
    """Megabytes of memory that a process holds."""
    with contextlib.suppress(OSError, StopIteration):
        lines = Path(f"/proc/{pid}/status").read_text().splitlines()
        line = next(line for line in lines if line.startswith("VmRSS"))
        return int(line.split()[1]) / 1024
    return float("nan")


def print_arrival(outcomes: Sequence[Outcome]) -> None:
    """A line on the samples that were asked for while visitors came."""
    waits = [o.seconds for o in outcomes if o.began < 0 and (o.kind, o.result) == ("sample", "ok")]
    median, p95 = quantiles(waits)
    print(
        f"while they came, {ARRIVAL_SECONDS:.0f} s: {len(waits)} samples, median {median:.2f} s, "
        f"p95 {p95:.2f} s"
    )


def print_table(outcomes: Sequence[Outcome], seconds: float) -> None:
    """One row a kind of request, and one for all."""
    heads = (
        "kind",
        "answers",
        "a second",
        "median s",
        "p95 s",
        "longest",
        "busy",
        "errors",
        "wrong",
    )
    print(" ".join(f"{head:>9}" for head in heads))
    for kind in [*WEIGHTS, "all"]:
        some = [outcome for outcome in outcomes if kind in (outcome.kind, "all")]
        waits = [outcome.seconds for outcome in some if outcome.result == "ok"]
        counts = [sum(o.result == name for o in some) for name in ("busy", "error", "wrong")]
        median, p95 = quantiles(waits)
        row = [len(waits), len(waits) / seconds, median, p95, max(waits, default=float("nan"))]
        cells = [kind, str(row[0]), *(f"{number:.2f}" for number in row[1:]), *map(str, counts)]
        print(" ".join(f"{cell:>9}" for cell in cells))


def quantiles(waits: Sequence[float]) -> tuple[float, float]:
    """The median and the 95th percentile; NaN of none."""
    if len(waits) < 2:
        return (waits[0], waits[0]) if waits else (float("nan"), float("nan"))
    return statistics.median(waits), statistics.quantiles(waits, n=20, method="inclusive")[18]


def check(outcomes: Sequence[Outcome], memory: Memory) -> list[str]:
    """What does not hold, a sentence each; prints the memory."""
    failures = []
    for result in ("error", "wrong"):
        found = [outcome.detail for outcome in outcomes if outcome.result == result]
        if found:
            failures.append(f"{len(found)} x {result}, such as {found[0]}")
    samples = [o for o in outcomes if o.began >= 0 and (o.kind, o.result) == ("sample", "ok")]
    median, p95 = quantiles([o.seconds for o in samples])
    if not p95 <= MOST_SPREAD * median:
        failures.append(f"p95 of a sample, {p95:.2f} s, is {p95 / median:.1f} times its median")
    if memory:
        settled = next((mb for second, mb in memory if second >= SETTLED_SECONDS), memory[-1][1])
        end = statistics.median(mb for _, mb in memory[-5:])
        print(
            f"memory: {memory[0][1]:.0f} MB at the start, {settled:.0f} after a minute, "
            f"{end:.0f} at the end, {max(mb for _, mb in memory):.0f} at most"
        )
        if end > MOST_GROWTH * settled:
            failures.append(f"memory grew {end / settled:.2f} times after the first minute")
    return failures


if __name__ == "__main__":
    main()

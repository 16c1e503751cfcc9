"""How much a fine-tuning in the background slows sampling down: at most 2.5 times, on two cores.

Starts a page with a home of its own, times single pictures over HTTP without a job, with one, and
without one again. Usage: python -m benchmarks.finetune_load [BASE] [CALLS]
"""

from __future__ import annotations

import os
import statistics
import subprocess
import sys
import tempfile
import time
from pathlib import Path

import httpx
import numpy as np
from PIL import Image

from benchmarks import visitors
from benchmarks.page import wait_for
from gan_models import Jobs
from gan_models.paths import ganvas_home

ROOT = Path(__file__).parents[1]
PORT = "8201"
NUM_CORES = 2
MOST = 2.5  # times the idle page's median
STEPS_BEFORE = 3  # that the job takes before it counts as running


def main() -> None:
    """Print the table."""
    base = sys.argv[1] if len(sys.argv) > 1 else "landscapes"
    calls = int(sys.argv[2]) if len(sys.argv) > 2 else 40
    if hasattr(os, "sched_setaffinity"):  # inherited by the page, and by the worker from it
        os.sched_setaffinity(0, sorted(os.sched_getaffinity(0))[:NUM_CORES])
    with tempfile.TemporaryDirectory() as folder:
        home = make_home(Path(folder) / "home")
        pictures = make_pictures(Path(folder) / "pictures")
        page = subprocess.Popen(
            [sys.executable, "app.py"],
            cwd=ROOT,
            env=os.environ | {"PORT": PORT, "GANVAS_HOME": str(home)},
            stdout=subprocess.DEVNULL,
        )
        try:
            _compare(Jobs(home), pictures, base, calls)
        finally:
            page.terminate()
            page.wait()


def make_home(home: Path) -> Path:
    """A home that shares the weights and the models of the real one, and nothing else."""
    home.mkdir()
    for name in ("weights", "models"):
        if (ganvas_home() / name).is_dir():
            (home / name).symlink_to(ganvas_home() / name, target_is_directory=True)
    os.environ["GANVAS_HOME"] = str(home)
    return home


def make_pictures(folder: Path) -> list[Path]:
    """Sixty pictures of noise, 64 px; their paths."""
    folder.mkdir()
    random = np.random.RandomState(0)
    for number in range(60):
        coarse = Image.fromarray(random.randint(0, 256, (5, 5, 3)).astype(np.uint8))
        coarse.resize((128, 128), Image.Resampling.BICUBIC).save(folder / f"{number}.png")
    return sorted(folder.iterdir())


def _compare(jobs: Jobs, pictures: list[Path], base: str, calls: int) -> None:
    url, key = f"http://127.0.0.1:{PORT}", jobs.new_key()
    wait_for(url)
    visitors.ENDPOINTS[base] = ("sample", lambda seed: [str(seed), base, 1])
    models = dict.fromkeys(["faces-64", base])
    with httpx.Client(timeout=120) as client:
        for model in models:
            visitors.call(client, url, model, 0, "warm-up")  # loads it
        before = {model: _median_ms(client, url, model, calls, 0) for model in models}
        job, _ = jobs.start(key, pictures, base, "long")
        wait_for_step(jobs, key, job)
        busy = {model: _median_ms(client, url, model, calls, 1000) for model in models}
        speed = jobs.status(key, job).images_per_second
        jobs.delete_everything(key)
        after = {model: _median_ms(client, url, model, calls, 2000) for model in models}
    print(f"{'model':14} {'idle ms':>8} {'busy ms':>8} {'times':>6}   (training: {speed:.1f}/s)")
    for model in models:
        idle = statistics.mean((before[model], after[model]))
        verdict = "" if busy[model] <= MOST * idle else f"   more than {MOST}"
        print(f"{model:14} {idle:8.0f} {busy[model]:8.0f} {busy[model] / idle:5.1f}x{verdict}")


def wait_for_step(jobs: Jobs, key: str, job: str) -> None:
    """Return once the job trains.

    Raises:
        RuntimeError: it fails, or does not within ten minutes.
    """
    for _ in range(600):
        status = jobs.status(key, job)
        if status.state == "failed":
            break
        if status.step >= STEPS_BEFORE:
            return
        time.sleep(1)
    raise RuntimeError(f"The job does not train: {status.state}. {status.message}")


def _median_ms(client: httpx.Client, url: str, model: str, calls: int, first_seed: int) -> float:
    """Median milliseconds a picture of one visitor."""
    return visitors.run(client, url, model, 1, calls, first_seed)[1]


if __name__ == "__main__":
    main()

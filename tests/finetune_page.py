"""A separate page with a tiny base model, and a training that takes seconds."""

from __future__ import annotations

import os
import signal
import tempfile
import time
from contextlib import contextmanager
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from gan_models import networks, weights
from gan_models.jobs import Jobs, processes
from gan_models.paths import ganvas_home
from tabs.finetune import bases
from tests.jobs import engines

BASE = "own-tiny"
CONFIG = {"z_dim": 8, "w_dim": 8, "c_dim": 0, "img_resolution": 32, "channel_base": 128}
CONFIG |= {"channel_max": 8, "num_mapping_layers": 2}
BUSY = ("queued", "running", "stopping")


@contextmanager
def serving(home: Path, start_worker=None):
    """Serve the page over a `GANVAS_HOME` of its own; gives its address and its jobs.

    `start_worker`: instead of starting worker processes; what waits then waits.
    """
    from app import create_app, launch
    from gan_models.jobs import housekeeping

    with pytest.MonkeyPatch.context() as patch:
        home.mkdir(parents=True, exist_ok=True)
        home.joinpath("weights").symlink_to(ganvas_home() / "weights", target_is_directory=True)
        patch.setenv("GANVAS_HOME", str(home))
        # as they are, to have them back afterwards: `create_app` points both to this home
        patch.setenv("GRADIO_TEMP_DIR", os.environ["GRADIO_TEMP_DIR"])
        patch.setattr(tempfile, "tempdir", tempfile.tempdir)
        patch.setenv("GANVAS_QUOTA_NICENESS", "1")  # tests need no low priority
        patch.setattr(bases, "FAVOURITE", BASE)  # whatever else is on the machine
        if start_worker is not None:
            patch.setattr(housekeeping, "start_worker", start_worker)
        facts = {"task": "latent", "title": "Tiny", "licence": "MIT", "source": "a test"}
        generator = networks.build("stylegan2", CONFIG)
        weights.save_generator(home / "models" / f"{BASE}.safetensors", generator, **facts)
        jobs = Jobs(engine=engines.POINT)
        app = create_app(jobs=jobs)
        _, url, _ = launch(app, server_port=None, prevent_thread_lock=True, quiet=True)
        try:
            yield url.rstrip("/"), jobs
        finally:
            app.close()
            _end_workers(jobs)


def _end_workers(jobs: Jobs) -> None:
    for job in jobs._database.select():
        jobs._database.change(job.id, state="stopped", requested_state="")
    worker = jobs._database.worker(0) if jobs._database.exists else None
    if worker and worker[0] and processes.has_worker(jobs._database.folder, 0):
        os.kill(worker[0], signal.SIGKILL)


def photos(folder: Path, count: int = 12) -> list[Path]:
    """Pictures on the visitor's disk, all different."""
    folder.mkdir(parents=True, exist_ok=True)
    random = np.random.RandomState(0)
    for number in range(count):
        coarse = Image.fromarray(random.randint(0, 256, (4, 5, 3)).astype(np.uint8))
        coarse.resize((50, 40)).save(folder / f"secret-garden-{number:02d}.png")
    return sorted(folder.iterdir())


def wait_for(condition, seconds: float = 120):
    """Return the value of the condition as soon as it is true; fail after too long."""
    end = time.monotonic() + seconds
    while not (found := condition()):
        assert time.monotonic() < end, "it does not come true"
        time.sleep(0.05)
    return found

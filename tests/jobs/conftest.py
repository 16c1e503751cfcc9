"""Fixtures: a temporary home, a tiny base model, jobs and workers."""

from __future__ import annotations

import os
import signal
import time
from dataclasses import replace

import numpy as np
import pytest
from PIL import Image

from gan_models import networks, weights
from gan_models.jobs import Jobs, Quotas, housekeeping, processes
from gan_models.jobs.worker import Worker
from tests.jobs import engines

BASE = "own-tiny"
CONFIG = {"z_dim": 8, "w_dim": 8, "c_dim": 0, "img_resolution": 32, "channel_base": 128}
CONFIG |= {"channel_max": 8, "num_mapping_layers": 2}


@pytest.fixture
def home(tmp_path, monkeypatch):
    """`GANVAS_HOME` with one model that can be fine-tuned."""
    home = tmp_path / "home"
    monkeypatch.setenv("GANVAS_HOME", str(home))
    generator = networks.build("stylegan2", CONFIG)
    facts = {"task": "latent", "title": "Tiny", "licence": "MIT", "source": "a test"}
    weights.save_generator(home / "models" / f"{BASE}.safetensors", generator, **facts)
    return home


@pytest.fixture
def sources(tmp_path):
    """Twelve pictures on the visitor's disk, all different."""
    folder, random = tmp_path / "photos", np.random.RandomState(0)
    folder.mkdir()
    for number in range(12):
        coarse = Image.fromarray(random.randint(0, 256, (4, 5, 3)).astype(np.uint8))
        coarse.resize((50, 40)).save(folder / f"{number}.png")
    return sorted(folder.iterdir())


@pytest.fixture
def jobs(home, monkeypatch):
    """Jobs whose workers are not started."""
    monkeypatch.setattr(housekeeping, "start_worker", lambda *_: 0)
    jobs = Jobs(engine=engines.POINT)
    yield jobs
    for job in jobs._database.select():  # what watches them starts none later, either
        jobs._database.remove(job.id)


@pytest.fixture
def start_job(sources):
    """A function that starts a job of a visitor and returns its id."""

    def start(jobs, key, steps=20, **settings):
        chosen = {"kimg": steps * 2 / 1000, "batch": 2, **settings}
        return jobs.start(key, sources, BASE, "quick", chosen)[0]

    return start


@pytest.fixture
def work(jobs):
    """A function that runs the worker in this process, for one job at most."""

    def one_job(engine=engines.POINT, **quotas):
        lock = wait_for(lambda: processes.lock_slot(jobs._database.folder, 0))
        worker = Worker(jobs._database, 0, 1, engine)
        worker.quotas = replace(Quotas(), **quotas)
        try:
            return worker.work()
        finally:
            os.close(lock)

    return one_job


@pytest.fixture
def live(home, monkeypatch):
    """Jobs with real worker processes, which are killed at the end."""
    monkeypatch.setenv("GANVAS_QUOTA_NICENESS", "1")  # tests do not wait for all else to rest
    jobs = Jobs(engine=engines.POINT)
    yield jobs
    for job in jobs._database.select():
        jobs._database.change(job.id, state="stopped", requested_state="")
    if (worker := jobs._database.worker(0)) and processes.has_worker(jobs._database.folder, 0):
        os.kill(worker[0], signal.SIGKILL)


def wait_for(condition, seconds=120):
    """Return what the condition gives as soon as it is true; fail after too long."""
    end = time.monotonic() + seconds
    while not (found := condition()):
        assert time.monotonic() < end, "it does not come true"
        time.sleep(0.02)
    return found

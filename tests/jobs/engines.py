"""Engines for tests of jobs: a trivial trainer in the real training loop."""

from __future__ import annotations

import errno
import os
import shutil
import time
from pathlib import Path

import torch
from PIL import Image
from torch import nn

from gan_models.training.errors import TrainingError
from gan_models.training.loop import Settings, run
from gan_models.training.trainers.base import Trainer
from gan_models.weights.catalogue import get_spec

POINT = "tests.jobs.engines:point"
STEP_SECONDS = 0.004


class Point(Trainer):
    """A trainer of one number by noisy steps."""

    def __init__(self, base: str, out: Path) -> None:
        self.base, self.out = base, out
        net, average = nn.Linear(1, 1), nn.Linear(1, 1)
        average.load_state_dict(net.state_dict())
        self.networks, self.averages = {"generator": net}, {"generator": average}
        self.optimizers = {"generator": torch.optim.Adam(net.parameters(), 0.01)}

    def step(self, batch, num_chunks):
        time.sleep(STEP_SECONDS)
        seen = self.networks["generator"](batch["x"] + 0.1 * torch.randn_like(batch["x"]))
        loss = (seen - 2).square().mean()
        self.optimizers["generator"].zero_grad()
        loss.backward()
        self.optimizers["generator"].step()
        return {"loss": loss.item()}

    def sheet(self):
        return Image.new("RGB", (32, 32), (int(self.networks["generator"].bias.item() * 60), 0, 0))

    def evaluate(self):
        return {"kid_effl0": self.networks["generator"].bias.item()}

    def export(self, folder, training):
        self.save(folder / "generator.safetensors")

    def save(self, path):
        """Copy the base's generator in place of a trained one."""
        path.parent.mkdir(exist_ok=True)
        is_file = self.base.endswith(".safetensors")
        shutil.copyfile(self.base if is_file else get_spec(self.base).source.path, path)


class Points:
    """Batches determined by the seed and the count."""

    def batch(self, seed, images_seen, size):
        return {"x": torch.linspace(0, 1, size)[:, None] + images_seen % 7}


def point(base, pictures, out, settings, *, resume=False, device=None, callback=None):
    """A fast substitute of `finetuning.finetune`: a step takes 4 ms."""
    trainers = []

    def make_trainer():
        trainers.append(Point(base, out))
        return trainers[0]

    def hear(progress):
        if progress.sheet is not None:
            trainers[0].save(out / "snapshots" / f"{progress.step:07d}.safetensors")
        return None if callback is None else callback(progress)

    times = {"first_snapshot_seconds": 0.1, "snapshot_seconds": 0.3, "sheet_seconds": 0.5}
    loop = Settings("point", settings.batch, settings.kimg, seed=settings.seed, **times)
    return run(loop, make_trainer, Points, out, resume=resume, callback=hear)


def _fails_at_step_five(error):
    def engine(base, pictures, out, settings, *, resume=False, device=None, callback=None):
        """As `point`, but fails the first time."""

        def hear(progress):
            if progress.step == 5 and not (out / "failed").exists():
                (out / "failed").touch()
                raise error
            return callback(progress)

        return point(base, pictures, out, settings, resume=resume, callback=hear)

    return engine


full_disk = _fails_at_step_five(OSError(errno.ENOSPC, os.strerror(errno.ENOSPC)))
no_memory = _fails_at_step_five(MemoryError())
lost_device = _fails_at_step_five(RuntimeError("CUDA error: unspecified launch failure"))
diverging = _fails_at_step_five(TrainingError("It diverged; begin again with a lower rate."))
a_bug = _fails_at_step_five(KeyError("secret.jpg"))

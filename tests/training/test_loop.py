"""The training loop: reproducible, resumable, robust."""

from __future__ import annotations

import subprocess
import sys
from dataclasses import replace

import pytest
import torch

from gan_models import weights
from gan_models.device import fitting
from gan_models.training import optim
from gan_models.training.errors import TrainingError
from gan_models.training.loop import run
from gan_models.training.run_folder import Journal, RunFolder, Table
from gan_models.training.trainers.base import Trainer


def losses_of(folder):
    return Journal(folder).losses.rows()


def stop_at(step):
    return lambda progress: progress.step < step


def test_two_runs_with_one_seed_give_the_same_losses(tiny_latent, settings, tmp_path):
    for name in "ab":
        run(settings, *tiny_latent(), tmp_path / name)
    assert losses_of(tmp_path / "a") == losses_of(tmp_path / "b")
    assert len(losses_of(tmp_path / "a")) == 8


def test_a_stopped_and_resumed_run_continues_the_same_curve(tiny_latent, settings, tmp_path):
    makers = tiny_latent(ada_target=0.6)
    whole = run(settings, *makers, tmp_path / "whole")
    part = run(settings, *makers, tmp_path / "parts", callback=stop_at(4))
    assert (whole.finished, part.finished, part.step) == (True, False, 4)
    torch.rand(3)  # whatever happens between
    done = run(settings, *makers, tmp_path / "parts", resume=True)
    assert done.finished
    assert losses_of(tmp_path / "whole") == losses_of(tmp_path / "parts")
    ours, theirs = (
        weights.read_tensors(tmp_path / name / "generator.safetensors")
        for name in ("parts", "whole")
    )
    assert all(torch.equal(ours[name], theirs[name]) for name in theirs)


def test_rates_fall_at_the_end_of_a_run_and_go_on_falling_when_resumed(
    tiny_latent, settings, tmp_path
):
    settings = replace(settings, decay_from=0.5)
    make_trainer, make_data = tiny_latent()
    trainers, rates = [], []

    def make():
        trainers.append(make_trainer())
        return trainers[-1]

    def note(progress):
        if progress.losses:
            rates.append(trainers[-1].optimizers["generator"].param_groups[0]["lr"])
        return not (progress.losses and len(rates) == 6)

    run(settings, make, make_data, tmp_path, callback=note)
    run(settings, make, make_data, tmp_path, resume=True, callback=note)
    usual = make_trainer().optimizers["generator"].param_groups[0]["lr"]
    assert rates == pytest.approx([usual * x for x in (1, 1, 1, 1, 1, 0.75, 0.5, 0.25)])


class Killed(BaseException):
    """Simulates SIGKILL: after it only the lock is removed."""


def test_a_killed_run_resumes_from_its_snapshot_without_gap_or_double_part(
    tiny_latent, settings, tmp_path
):
    def kill(progress):
        if progress.step == 6:
            raise Killed

    every_step = replace(settings, first_snapshot_seconds=0, snapshot_seconds=1e9)
    run(settings, *tiny_latent(), tmp_path / "whole")
    with pytest.raises(Killed):
        run(every_step, *tiny_latent(), tmp_path / "parts", callback=kill)
    with open(tmp_path / "parts" / "losses.csv", "a") as file:
        file.write("7,0.0")  # half a row
    run(settings, *tiny_latent(), tmp_path / "parts", resume=True)
    assert losses_of(tmp_path / "whole") == losses_of(tmp_path / "parts")


def test_a_finished_run_is_left_alone(tiny_latent, settings, tmp_path):
    run(settings, *tiny_latent(), tmp_path)
    before = (tmp_path / "generator.safetensors").stat().st_mtime_ns

    def fail():
        raise AssertionError("nothing is to be built")

    assert run(settings, fail, fail, tmp_path, resume=True).finished
    assert (tmp_path / "generator.safetensors").stat().st_mtime_ns == before


def test_a_longer_total_goes_on_with_a_finished_run(tiny_latent, settings, tmp_path):
    run(settings, *tiny_latent(), tmp_path)
    assert run(settings, *tiny_latent(), tmp_path, resume=True, kimg=0.04).step == 10


def test_resume_starts_a_new_run_where_there_is_none(tiny_latent, settings, tmp_path):
    assert run(settings, *tiny_latent(), tmp_path / "new", resume=True).finished


def test_a_folder_with_a_run_is_refused_without_resume(tiny_latent, settings, tmp_path):
    run(settings, *tiny_latent(), tmp_path, callback=stop_at(1))
    with pytest.raises(TrainingError, match="--resume"):
        run(settings, *tiny_latent(), tmp_path)


def test_a_run_of_another_recipe_is_refused(tiny_latent, settings, tmp_path):
    run(settings, *tiny_latent(), tmp_path, callback=stop_at(1))
    with pytest.raises(TrainingError, match="holds a run of 'tiny'"):
        run(replace(settings, recipe="other"), *tiny_latent(), tmp_path, resume=True)


def test_finished_networks_are_a_start_where_no_snapshot_is_left(tiny_latent, settings, tmp_path):
    run(settings, *tiny_latent(), tmp_path / "old")
    messages = []
    run(
        settings,
        *tiny_latent(),
        tmp_path / "new",
        resume=True,
        warm_files={
            name: tmp_path / "old" / f"{name}.safetensors"
            for name in ("generator", "discriminator")
        },
        callback=lambda progress: messages.append(progress.message),
    )
    assert "starting from generator and discriminator, with new optimisers" in messages[0]


def test_finished_networks_of_another_shape_are_reported(tiny_latent, settings, tmp_path):
    tiny_latent(classes=("a", "b"))[0]().export(tmp_path, {})
    messages = []
    run(
        settings,
        *tiny_latent(),
        tmp_path / "new",
        resume=True,
        warm_files={"generator": tmp_path / "generator.safetensors"},
        callback=lambda progress: messages.append(progress.message),
    )
    assert "another shape: starting anew" in messages[0]


def test_a_damaged_snapshot_raises_a_message_with_a_remedy(tiny_latent, settings, tmp_path):
    (tmp_path / "state.pt").write_bytes(b"PK\x03\x04 half a snapshot")
    with pytest.raises(TrainingError, match="remove it to start anew"):
        run(settings, *tiny_latent(), tmp_path, resume=True)


def test_what_a_kill_left_of_a_snapshot_is_removed(tmp_path):
    (tmp_path / "state.123.part.pt").write_bytes(b"half")
    (tmp_path / "state.pt").write_bytes(b"whole")
    with RunFolder(tmp_path):
        assert sorted(path.name for path in tmp_path.iterdir()) == ["lock", "state.pt"]


def test_a_snapshot_comes_before_every_measuring(settings, tmp_path):
    """Measuring may take minutes, and a kill must not lose the steps before."""
    walk, saved, told = Walk(), [], [0]

    def evaluate():
        saved.append((RunFolder(tmp_path).read_state()["step"], told[-1]))
        return {}

    walk.evaluate = evaluate
    often = replace(settings, metrics_seconds=0.0, snapshot_seconds=1e9)
    run(often, lambda: walk, Nothing, tmp_path, callback=lambda p: told.append(p.step))
    assert len(saved) > 4
    assert all(known == step for known, step in saved)


HOLD = """
import sys, time
from pathlib import Path
from gan_models.training.run_folder import RunFolder
with RunFolder(Path(sys.argv[1])):
    print("locked", flush=True)
    time.sleep(60)
"""


def test_a_living_process_locks_and_a_dead_one_does_not(tmp_path):
    child = subprocess.Popen(
        [sys.executable, "-c", HOLD, str(tmp_path)], stdout=subprocess.PIPE, text=True
    )
    try:
        assert child.stdout.readline() == "locked\n"
        with pytest.raises(TrainingError, match="Another process"), RunFolder(tmp_path):
            pass
    finally:
        child.kill()
        child.wait()
    second = pytest.raises(TrainingError, match="Another process")
    with RunFolder(tmp_path), second, RunFolder(tmp_path):
        pass
    with RunFolder(tmp_path):
        pass


def test_the_lock_of_an_earlier_version_is_ignored(tmp_path):
    """It contained the id of its process."""
    (tmp_path / "lock").write_text("123 456")
    with RunFolder(tmp_path):
        pass


class Walk(Trainer):
    """A trainer of one decreasing number, which can be made to fail."""

    def __init__(self):
        self.networks = {"generator": torch.nn.Linear(1, 1)}
        self.averages = {}
        self.optimizers = {"generator": torch.optim.SGD(self.networks["generator"].parameters(), 1)}
        self.events = []

    def step(self, batch, num_chunks):
        event = self.events.pop(0) if self.events else None
        if isinstance(event, Exception):
            raise event
        return {"loss": 0.5 if event is None else event, "chunks": float(num_chunks)}

    def sheet(self):
        from PIL import Image

        return Image.new("RGB", (8, 8))

    def evaluate(self):
        return {}

    def export(self, folder, training):
        (folder / "generator.safetensors").write_bytes(b"done")


class Nothing:
    def batch(self, seed, seen, size):
        return {"images": torch.zeros(size, 3, 8, 8)}


def run_walk(events, settings, folder, messages):
    walk = Walk()
    walk.events = events
    outcome = run(
        settings,
        lambda: walk,
        Nothing,
        folder,
        callback=lambda progress: messages.append(progress.message),
    )
    return walk, outcome


def test_divergence_goes_back_and_halves_the_rate(settings, tmp_path):
    messages = []
    walk, outcome = run_walk([0.5, float("nan"), 0.5, 1e9], settings, tmp_path, messages)
    assert outcome.finished
    assert walk.optimizers["generator"].param_groups[0]["lr"] == 0.25
    assert sum("half the learning rate" in message for message in messages) == 2
    assert [row["step"] for row in losses_of(tmp_path)] == [str(i) for i in range(1, 9)]


def test_endless_divergence_ends_with_a_sentence(settings, tmp_path):
    with pytest.raises(TrainingError, match="lower learning rate"):
        run_walk([float("nan")] * 20, settings, tmp_path, [])


def fails_above(limit):
    def work(size):
        if size > limit:
            raise RuntimeError("DefaultCPUAllocator: can't allocate memory")
        return size

    return work


def test_sheets_and_measures_use_batches_that_fit_in_memory():
    assert fitting(fails_above(3), 32) == 2
    with pytest.raises(RuntimeError, match="allocate"):
        fitting(fails_above(0), 4)


def test_a_batch_is_cut_where_memory_runs_out(settings, tmp_path):
    out_of_memory = RuntimeError("DefaultCPUAllocator: can't allocate memory: you tried ...")
    messages = []
    _, outcome = run_walk([out_of_memory, torch.OutOfMemoryError()], settings, tmp_path, messages)
    assert outcome.finished
    assert {row["chunks"] for row in losses_of(tmp_path)} == {"4.0"}


def test_a_table_takes_new_columns_and_drops_rows_after_a_step(tmp_path):
    table = Table(tmp_path / "t.csv")
    table.append({"step": 1, "a": 1.5})
    table.append({"step": 2, "a": 2.5, "b": 3})
    table.cut(1)
    assert table.rows() == [{"step": "1", "a": "1.5", "b": ""}]


def test_an_update_in_parts_equals_one_in_a_piece():
    results = []
    for num_chunks in (1, 4):
        torch.manual_seed(0)
        net = torch.nn.Linear(3, 1)
        optimizer = torch.optim.SGD(net.parameters(), 0.1)
        batch = {"x": torch.arange(12.0).reshape(4, 3)}

        def loss_of(chunk, net=net):
            loss = net(chunk["x"]).square().mean()
            return loss, {"loss": loss}

        optim.update(optimizer, optim.split(batch, num_chunks), loss_of)
        results.append(net.weight.detach().clone())
    assert torch.allclose(*results)

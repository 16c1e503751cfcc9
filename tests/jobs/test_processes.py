"""Worker processes: one at a time, independent of the page, replaced when they die."""

from __future__ import annotations

import os
import random
import signal
import subprocess
import sys
import threading
from pathlib import Path

import pytest

from gan_models import weights
from gan_models.finetuning.settings import FinetuneSettings
from gan_models.jobs import Jobs, housekeeping, processes
from gan_models.training.run_folder import Journal
from tests.jobs import engines
from tests.jobs.conftest import BASE, wait_for

pytestmark = [
    pytest.mark.slow,
    pytest.mark.skipif(os.name == "nt", reason="signals and sessions are POSIX's"),
]
ROOT = Path(__file__).parents[2]


def worker_pid(jobs):
    found = jobs._database.worker(0)
    alive = found and found[0] and processes.has_worker(jobs._database.folder, 0)
    return found[0] if alive else None


def run_of(jobs, job):
    return jobs._database.job_folder(job) / "run"


def kill_and_go_on(jobs, key, job, times, seed=0):
    """Kill the worker `times` times at random moments; every snapshot must be readable."""
    moments, killed = random.Random(seed), set()
    while len(killed) < times:
        pid = wait_for(lambda: (found := worker_pid(jobs)) not in killed and found)
        floor = jobs._database.find(job).step + moments.choice([0, 1, 3, 10, 40])
        wait_for(
            lambda f=floor: (row := jobs._database.find(job)).step >= f or row.state == "finished"
        )
        if jobs._database.find(job).state == "finished":
            break
        os.kill(pid, signal.SIGKILL)
        killed.add(pid)
        state = run_of(jobs, job) / "state.pt"
        assert not state.exists() or weights.read_tensors(state)["step"] >= 0
        wait_for(lambda p=pid: worker_pid(jobs) != p)
        jobs.status(key, job)
    return len(killed)


def losses(folder):
    return Journal(folder).losses.rows()


def check_run_equals_an_undisturbed_one(live, start_job, monkeypatch, times, steps):
    monkeypatch.setattr(housekeeping, "POLL_SECONDS", 0.1)
    key = live.new_key()
    job = start_job(live, key, steps=steps)
    killed = kill_and_go_on(live, key, job, times)
    assert killed == times, "the run was over too soon; give it more steps"
    wait_for(lambda: live.status(key, job).state in ("finished", "failed"))
    status = live.status(key, job)
    assert (status.state, status.step, status.message) == ("finished", steps, "")
    assert [int(row["step"]) for row in losses(run_of(live, job))] == list(range(1, steps + 1))
    settings = FinetuneSettings.from_dict(status.settings)
    undisturbed = live._database.job_folder(job) / "undisturbed"
    engines.point(BASE, None, undisturbed, settings)
    assert losses(run_of(live, job)) == losses(undisturbed)


def test_a_killed_worker_is_replaced_and_the_run_ends_as_if_nothing_had_been(
    live, start_job, monkeypatch
):
    check_run_equals_an_undisturbed_one(live, start_job, monkeypatch, times=2, steps=400)


@pytest.mark.long
@pytest.mark.timeout(1200)
def test_ten_kills_leave_no_trace(live, start_job, monkeypatch):
    check_run_equals_an_undisturbed_one(live, start_job, monkeypatch, times=10, steps=3000)


START = """
import sys
from pathlib import Path
from gan_models.jobs import Jobs
jobs = Jobs(engine="tests.jobs.engines:point")
key = jobs.new_key()
settings = {"kimg": 4, "batch": 2}
print(key, jobs.start(key, [Path(p) for p in sys.argv[1:]], "own-tiny", settings=settings)[0])
sys.stdout.flush()
sys.stdin.read()
"""


def test_the_worker_outlives_the_page_and_another_page_finds_the_job(live, sources, monkeypatch):
    monkeypatch.setenv("GANVAS_QUOTA_NICENESS", "3")
    page = subprocess.Popen(
        [sys.executable, "-c", START, *map(str, sources)],
        cwd=ROOT,
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
        start_new_session=True,
    )
    key, job = page.stdout.readline().split()
    pid = wait_for(lambda: worker_pid(live))
    os.killpg(page.pid, signal.SIGKILL)
    page.wait()
    step = live.status(key, job).step
    wait_for(lambda: live.status(key, job).step > step + 20)
    assert worker_pid(live) == pid
    assert os.getsid(pid) == pid != os.getsid(0)
    assert os.getpriority(os.PRIO_PROCESS, pid) == max(3, os.getpriority(0, 0))
    group = Path(f"/proc/{pid}/autogroup")
    assert not group.exists() or group.read_text().split()[-1] == "3"
    deleted = live.delete_everything(key)
    assert (deleted.jobs, deleted.pictures) == (1, 12)
    assert deleted.num_bytes > 0
    assert not live._database.job_folder(job).exists()
    assert wait_for(lambda: live.list(key) == [])


def test_a_page_that_starts_finds_a_dead_worker_and_replaces_it(live, start_job, monkeypatch):
    key = live.new_key()
    with monkeypatch.context() as patch:
        patch.setattr(housekeeping, "start_worker", lambda *_: 0)
        job = start_job(live, key, steps=10)
        live._database.change(job, state="running", slot=0)  # as a machine that lost its power
        wait_for(lambda: not processes.has_worker(live._database.folder, 0))
    new_page = Jobs(engine=engines.POINT)
    new_page.start_housekeeping()
    wait_for(lambda: live._database.find(job).state == "finished")


def test_many_pages_at_once_start_one_worker_which_ends_with_its_work(live, start_job, monkeypatch):
    started, real = [], housekeeping.start_worker
    monkeypatch.setattr(
        housekeeping, "start_worker", lambda *a: started.append(real(*a)) or started[-1]
    )
    pages = [Jobs(engine=engines.POINT) for _ in range(6)]
    keys = [page.new_key() for page in pages]
    start_job(pages[0], keys[0], steps=5)
    threads = [
        threading.Thread(target=page._housekeeper.run_due_tasks) for page in pages for _ in range(3)
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    wait_for(lambda: not live._database.select("state != 'finished'"))
    assert wait_for(lambda: not processes.has_worker(live._database.folder, 0)), (
        "nothing is left to do"
    )
    assert len(started) == 1


def test_a_worker_that_says_nothing_is_replaced(live, start_job, monkeypatch):
    monkeypatch.setattr(housekeeping, "POLL_SECONDS", 0.1)
    key = live.new_key()
    job = start_job(live, key, steps=3000)
    wait_for(lambda: live._database.find(job).step > 0)
    pid = worker_pid(live)
    os.kill(pid, signal.SIGSTOP)
    monkeypatch.setattr(housekeeping, "SILENT_SECONDS", 1.0)
    assert wait_for(lambda: (found := worker_pid(live)) != pid and found)
    live.delete(key, job)


def test_a_process_that_is_no_worker_is_never_ended():
    other = subprocess.Popen([sys.executable, "-c", "input()"], stdin=subprocess.PIPE)
    processes.end_worker(other.pid)
    assert other.poll() is None
    other.communicate(b"\n")
    assert other.returncode == 0

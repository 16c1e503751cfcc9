"""Fine-tune on a Ray cluster: the worker of a job hands its training to a task on a node.

The task writes whole states to the store. Where its node is lost, another attempt goes on from the
last of them.
"""

from __future__ import annotations

import contextlib
import json
import logging
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import asdict, replace
from pathlib import Path
from typing import Any

from gan_models.cluster.head import (
    CLOSE_SECONDS,
    CONNECT_ERRORS,
    CONNECT_SECONDS,
    GONE,
    UNREACHABLE,
    answers,
    connect,
    keep_sigterm,
    ray,
)
from gan_models.cluster.mirror import STATE, Fetcher, Pusher, last_attempt, newest
from gan_models.cluster.settings import ClusterError, ClusterSettings
from gan_models.cluster.store import Store, store_of, store_url
from gan_models.cluster.training_task import (
    BASE,
    INPUTS,
    PICTURES,
    REQUEST,
    Work,
    progress_key,
    train_on_node,
)
from gan_models.cluster.waiting import WorkThread
from gan_models.finetuning.settings import FinetuneSettings
from gan_models.training.errors import TrainingError
from gan_models.training.loop import Callback, Outcome, Progress
from gan_models.training.signals import stop_signals
from gan_models.weights import companion_path, ensure, get_spec
from gan_models.zoo.user_models import PREFIX

log = logging.getLogger(__name__)

LOCAL = "gan_models.finetuning.run:finetune"
POLL_SECONDS = 0.5
FETCH_SECONDS = 5.0
MAX_LOSSES = 10  # of nodes, without a new step
WAITING = "Waiting for a free node of the Ray cluster."
LOST = "The node was lost; the training goes on elsewhere from its last snapshot."
OFTEN = (
    f"{MAX_LOSSES} nodes were lost without a new step, most likely for lack of memory. The last "
    "snapshot is kept: give the nodes more memory, and resume."
)


def finetune(
    base: str,
    pictures: Path,
    out: Path,
    settings: FinetuneSettings,
    *,
    resume: bool = False,
    callback: Callback | None = None,
    train: str = LOCAL,
) -> Outcome:
    """As `finetuning.finetune`, on a node of the cluster of the environment.

    Args:
        base: id of a model; the file of a visitor's own is copied to the store.
        pictures: a folder that `ingest_pictures` made.
        out: folder of the run; its parent's name is that of the job.
        settings: see `FinetuneSettings`.
        resume: must be True: the state of the store or the folder is continued, if there is one.
        callback: called with the progress about twice a second; stops the run by returning False.
        train: the training function on the node, "module:function".

    Raises:
        ClusterError: the cluster or the store does not answer; the state of the store is kept.
        Exception: as `finetuning.finetune`.
    """
    if not resume:
        raise ValueError("A run on a cluster is always resumed; pass resume=True.")
    chosen = ClusterSettings.read()
    store = store_of(store_url(), out.parent.name)
    out.mkdir(parents=True, exist_ok=True)
    with _connected(chosen.address) as address:
        attempts = Attempts(store, out, chosen, address, callback)
        with stop_signals(attempts.request_stop):
            _put_inputs(store, base, pictures, out)
            outcome = attempts.run(base, settings, train)
    return outcome


@contextmanager
def _connected(address: str) -> Iterator[str]:
    """A connection to the cluster; the address of its head node."""
    thread = WorkThread()
    try:
        found = thread.do(lambda: connect(address), CONNECT_SECONDS)
    except CONNECT_ERRORS as error:
        raise ClusterError(UNREACHABLE) from error
    keep_sigterm()
    try:
        yield found
    finally:
        if answers(found):
            with contextlib.suppress(TimeoutError):
                thread.do(ray.shutdown, CLOSE_SECONDS)
        thread.close()


def _put_inputs(store: Store, base: str, pictures: Path, out: Path) -> None:
    """Copy what a node needs, unless it is there; a state of the store counts for more than ours.

    The list of the inputs is written last.
    """
    with contextlib.suppress(FileNotFoundError):
        store.read(INPUTS)
        return
    files = {f"{PICTURES}/{path.name}": path for path in pictures.iterdir() if path.is_file()}
    if base.startswith(PREFIX):
        path = ensure(get_spec(base))
        for found in (path, companion_path(path, "discriminator")):
            if found.is_file():
                files[f"{BASE}/{found.name}"] = found
    for key, path in files.items():
        store.put(path, key)
    if (out / STATE).exists() and newest(store) is None:
        Pusher(store, out, 1).push()
    store.write(INPUTS, json.dumps([*files]))


class Attempts:
    """The attempts at one run, one after the other, until it ends.

    Args:
        store: of the job.
        out: the folder in which the page reads the run.
        settings: of the cluster.
        address: of the head node.
        callback: of `finetune`.
    """

    def __init__(
        self,
        store: Store,
        out: Path,
        settings: ClusterSettings,
        address: str,
        callback: Callback | None,
    ) -> None:
        self.store, self.settings, self.address = store, settings, address
        self.callback = callback
        self.fetcher = Fetcher(store, out)
        self.out = out
        self.attempt = self.num_messages = self.num_losses = self.max_step = 0
        self.stopping = False
        self.fetch_due = 0.0
        self.last = Progress(0, 0.0, 0.0, 0.0, 0.0)

    def request_stop(self) -> None:
        """End the run after a snapshot."""
        self.stopping = True

    def run(self, base: str, settings: FinetuneSettings, train: str) -> Outcome:
        """Attempt until the run is finished, stopped, or fails; fetch what it made."""
        name = f"{base}.safetensors" if base.startswith(PREFIX) else base
        self.attempt = last_attempt(self.store)
        self.last = Progress(0, 0.0, settings.kimg, 0.0, 0.0)
        while True:
            self.attempt += 1
            self._write_request()
            before = self.max_step
            work = Work(self.store.url, self.attempt, name, asdict(settings), train)
            ended = self._attempt(work)
            if self.stopping or (ended is not None and ended[0]):
                self._take_home()
                return Outcome(*(ended or (False, self.last.step, self.last.kimg)), self.out)
            self.num_losses = self.num_losses + 1 if self.max_step <= before else 0
            if self.num_losses >= MAX_LOSSES:
                raise TrainingError(OFTEN)
            self._tell(LOST)

    def _attempt(self, work: Work) -> tuple[bool, int, float] | None:
        """The result of one attempt, as `train_on_node`; None: lost, or stopped before it began."""
        try:
            return self._wait(self._submit(work))
        except ray.exceptions.RayTaskError as error:
            self._take_home()
            raise (error.cause if isinstance(error.cause, Exception) else error) from error
        except ray.exceptions.RayError as error:
            if not answers(self.address):
                raise ClusterError(GONE) from error
            log.warning("attempt %d was lost: %s", work.attempt, type(error).__name__)
            return None

    def _submit(self, work: Work) -> Any:
        gpus = self.settings.training_gpus
        if gpus is None:
            gpus = 1 if ray.cluster_resources().get("GPU") else 0
        options = {
            "num_cpus": self.settings.training_cpus,
            "num_gpus": gpus,
            "max_retries": 0,
            "runtime_env": {"env_vars": {"OMP_WAIT_POLICY": "PASSIVE"}},
        }
        self.num_messages = 0
        self._tell(WAITING)
        return ray.remote(train_on_node).options(**options).remote(work)

    def _wait(self, task: Any) -> tuple[bool, int, float] | None:
        """The task's result; None: it was stopped before it began."""
        is_asked = False
        while not ray.wait([task], timeout=POLL_SECONDS)[0]:
            if not answers(self.address):
                raise ClusterError(GONE)
            has_begun = self._read_progress()
            if self.stopping and not has_begun:
                ray.cancel(task, force=True)
                return None
            if self.stopping and not is_asked:
                is_asked = True
                self._write_request()
            if time.monotonic() >= self.fetch_due:
                self.fetcher.fetch(with_state=False)
                self.fetch_due = time.monotonic() + FETCH_SECONDS
        return ray.get(task)

    def _take_home(self) -> None:
        """Fetch the newest state, and delete the job's part of the store."""
        self.fetcher.fetch()
        self.store.remove("")

    def _write_request(self) -> None:
        self.store.write(REQUEST, json.dumps({"attempt": self.attempt, "stop": self.stopping}))

    def _read_progress(self) -> bool:
        """Hand on the attempt's progress; return whether it has begun."""
        found = None
        with contextlib.suppress(FileNotFoundError):
            found = json.loads(self.store.read(progress_key(self.attempt)))
        message = ""
        if found is not None and found["progress"] is not None:
            self.last = Progress(**found["progress"])
            self.max_step = max(self.max_step, self.last.step)
            if found["messages"] > self.num_messages:
                self.num_messages, message = found["messages"], self.last.message
        self._tell(message)
        return found is not None

    def _tell(self, message: str) -> None:
        progress = replace(self.last, message=message)
        if self.callback is not None and self.callback(progress) is False:
            self.stopping = True

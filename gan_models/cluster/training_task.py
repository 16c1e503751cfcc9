"""One attempt at a training, on a node: inputs from the store, states and progress to it."""

from __future__ import annotations

import importlib
import json
import logging
import tempfile
import threading
import time
from contextlib import suppress
from dataclasses import asdict, dataclass, replace
from pathlib import Path
from typing import Any

from gan_models.cluster.mirror import STATE, Fetcher, Pusher
from gan_models.cluster.settings import ClusterError
from gan_models.cluster.store import Store
from gan_models.finetuning.settings import FinetuneSettings
from gan_models.training.errors import TrainingError
from gan_models.training.loop import Progress

log = logging.getLogger(__name__)

PUSH_SECONDS = 30.0  # at most between copies to the store; a new snapshot is copied at once
TICK_SECONDS = 0.5
PICTURES, BASE, RUN = "pictures", "base", "run"
INPUTS, REQUEST = "inputs.json", "request.json"


@dataclass(frozen=True)
class Work:
    """What an attempt is told; plain data.

    Attributes:
        url: of the part of the store that belongs to the job.
        attempt: its number.
        base: id of a model, or name of a file under `BASE` in the store.
        settings: fields of `FinetuneSettings`.
        train: the training function, "module:function".
    """

    url: str
    attempt: int
    base: str
    settings: dict[str, Any]
    train: str


def progress_key(attempt: int) -> str:
    """Where an attempt writes its progress."""
    return f"progress-{attempt:06d}.json"


def train_on_node(work: Work) -> tuple[bool, int, float]:
    """Run the loop in a scratch folder, from the newest state of the store.

    Returns:
        Whether the run is finished, its steps, and the thousands of pictures seen.

    Raises:
        ClusterError: this node does not reach the store.
        Exception: as the training function.
    """
    store = Store(work.url)
    module, _, name = work.train.partition(":")
    train = getattr(importlib.import_module(module), name)
    with tempfile.TemporaryDirectory(prefix="ganvas-") as scratch:
        folder = Path(scratch)
        run = folder / RUN
        run.mkdir()
        _write_progress(store, work.attempt, 0, None)  # it has begun
        base = _fetch_inputs(store, folder, work.base)
        Fetcher(store, run).fetch()
        courier = Courier(store, Pusher(store, run, work.attempt), work.attempt)
        try:
            outcome = train(
                base,
                folder / PICTURES,
                run,
                FinetuneSettings.from_dict(work.settings),
                resume=True,
                callback=courier.report,
            )
        except TrainingError as error:
            text = str(error).replace(str(run), "the job").replace(str(folder), "the job")
            raise TrainingError(text) from error
        finally:
            courier.close()
    return outcome.finished, outcome.step, outcome.kimg


def _fetch_inputs(store: Store, folder: Path, base: str) -> str:
    """Copy pictures and base to a folder; return the base's id or path there."""
    try:
        names = json.loads(store.read(INPUTS))
    except FileNotFoundError as error:
        raise ClusterError(
            "A node does not find this job in the store; give GANVAS_STORE a path or an address "
            "that every node reaches, and resume."
        ) from error
    for name in names:
        path = folder / name
        path.parent.mkdir(exist_ok=True)
        store.get(name, path)
    path = folder / BASE / base
    return str(path) if path.is_file() else base


class Courier:
    """Carries progress and states to the store, and requests of the owner from it, in a thread.

    Args:
        store: of the job.
        pusher: of the folder of the run.
        attempt: number of this attempt; it ends where the request has another, or is gone.
    """

    def __init__(self, store: Store, pusher: Pusher, attempt: int) -> None:
        self.store, self.pusher, self.attempt = store, pusher, attempt
        self.progress: Progress | None = None  # the latest that is not written yet
        self.message = ""  # the latest, and how many there were
        self.num_messages = 0
        self.is_stopped = False
        self._closed = threading.Event()
        self._pushed_at = time.monotonic()
        self._pushed_state: int | None = None
        self._thread = threading.Thread(target=self._run, daemon=True)
        self._thread.start()

    def report(self, progress: Progress) -> bool:
        """The callback of the loop."""
        if progress.message:
            self.message, self.num_messages = progress.message, self.num_messages + 1
        self.progress = progress
        return not self.is_stopped

    def close(self) -> None:
        """Write the last state and progress.

        Raises:
            ClusterError: the store cannot be reached.
        """
        self._closed.set()
        self._thread.join()
        if self._is_current():
            self._push()
            self._write_progress()

    def _run(self) -> None:
        while not self._closed.wait(TICK_SECONDS):
            try:
                self._tick()
            except Exception:  # training goes on; the next try may succeed
                log.exception("The store was not reached.")

    def _tick(self) -> None:
        if not self._is_current():
            self.is_stopped = True
            return
        self._write_progress()
        is_due = time.monotonic() - self._pushed_at > PUSH_SECONDS
        if is_due or self._state_time() != self._pushed_state:
            self._push()

    def _push(self) -> None:
        found = self._state_time()
        self.pusher.push()
        self._pushed_state, self._pushed_at = found, time.monotonic()

    def _state_time(self) -> int | None:
        """When the snapshot was written; None: there is none yet."""
        with suppress(FileNotFoundError):
            return (self.pusher.folder / STATE).stat().st_mtime_ns
        return None

    def _is_current(self) -> bool:
        """Read the owner's request; False: another attempt has begun, or the job is deleted."""
        try:
            request = json.loads(self.store.read(REQUEST))
        except FileNotFoundError:
            return False
        self.is_stopped = self.is_stopped or request["stop"]
        return request["attempt"] == self.attempt

    def _write_progress(self) -> None:
        progress, self.progress = self.progress, None
        if progress is not None:
            facts = asdict(replace(progress, message=self.message, sheet=None))
            _write_progress(self.store, self.attempt, self.num_messages, facts)


def _write_progress(
    store: Store, attempt: int, num_messages: int, facts: dict[str, Any] | None
) -> None:
    text = json.dumps({"messages": num_messages, "progress": facts})
    store.write(progress_key(attempt), text)

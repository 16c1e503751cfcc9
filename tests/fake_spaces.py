"""A fake of the package `spaces` on ZeroGPU: decorated functions really run in forked processes.

As there: arguments and results are pickled; a process is used again, without what the page loaded
since; an error that is no `gr.Error` becomes one that names its class alone; what a generator
returns is lost; closing a generator stops the work after its next step.
"""

from __future__ import annotations

import inspect
import multiprocessing
import pickle
import threading
from collections.abc import Callable
from functools import wraps
from typing import Any

import gradio as gr

_FORK = multiprocessing.get_context("fork")
calls: list[tuple[str, tuple, float]] = []  # name, arguments and duration of each call
decorated: list[Callable] = []
workers: list[Worker] = []


def GPU(task: Callable | None = None, *, duration: Any = None) -> Callable:  # noqa: N802
    """Decorate a function, as `spaces.GPU`."""
    if task is None:
        return lambda task: GPU(task, duration=duration)
    decorated.append(task)
    pool: list[Worker] = []

    def begin(args: tuple, kwargs: dict) -> Worker:
        calls.append((task.__name__, args, duration(*args, **kwargs)))
        worker = pool.pop() if pool else Worker(task)
        worker.send((args, kwargs))
        return worker

    @wraps(task)
    def call(*args: Any, **kwargs: Any) -> Any:
        worker = begin(args, kwargs)
        value = worker.receive()
        assert worker.receive_end()
        pool.append(worker)
        return value

    @wraps(task)
    def iterate(*args: Any, **kwargs: Any) -> Any:
        worker = begin(args, kwargs)
        try:
            while not worker.receive_end():
                yield worker.receive()
        except GeneratorExit:
            worker.stop.set()
            while not worker.receive_end():
                worker.receive()
            raise
        finally:
            pool.append(worker)

    return iterate if inspect.isgeneratorfunction(task) else call


class Worker:
    """A forked process that runs one decorated function, call after call."""

    def __init__(self, task: Callable) -> None:
        self._ours, theirs = _FORK.Pipe()
        self.stop = _FORK.Event()
        self.process = _FORK.Process(target=_serve, args=(task, theirs, self.stop), daemon=True)
        self.process.start()
        theirs.close()
        self._next: tuple[str, Any] | None = None
        workers.append(self)

    def send(self, arguments: Any) -> None:
        self._ours.send_bytes(pickle.dumps(arguments))

    def receive_end(self) -> bool:
        message = pickle.loads(self._ours.recv_bytes())
        self._next = None if message[0] == "end" else message
        return self._next is None

    def receive(self) -> Any:
        kind, value = self._next or pickle.loads(self._ours.recv_bytes())
        self._next = None
        if kind == "error":
            raise value
        return value


def _serve(task: Callable, pipe: Any, stop: Any) -> None:
    """The process: a thread of its own for each call, as there."""
    while True:
        try:
            args, kwargs = pickle.loads(pipe.recv_bytes())
        except EOFError:
            return
        stop.clear()
        thread = threading.Thread(target=_run, args=(task, args, kwargs, pipe, stop))
        thread.start()
        thread.join()


def _run(task: Callable, args: tuple, kwargs: dict, pipe: Any, stop: Any) -> None:
    def answer(kind: str, value: Any = None) -> None:
        pipe.send_bytes(pickle.dumps((kind, value)))

    try:
        if inspect.isgeneratorfunction(task):
            steps = task(*args, **kwargs)
            for step in steps:
                if stop.is_set():
                    steps.close()
                    break
                answer("value", step)
        else:
            answer("value", task(*args, **kwargs))
    except gr.Error as error:
        answer("error", error)
    except Exception as error:  # noqa: BLE001 - as spaces does
        answer("error", gr.Error(type(error).__name__, title="ZeroGPU worker error"))
    answer("end")


def end_workers() -> None:
    """End all processes."""
    while workers:
        worker = workers.pop()
        worker.process.terminate()
        worker.process.join()

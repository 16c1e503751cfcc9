"""A replica: the process on a node of the cluster that holds a model, or several small ones."""

from __future__ import annotations

import asyncio
import contextvars
import functools
import importlib
import os
import pickle
import platform
from collections.abc import AsyncIterator, Callable, Generator, Sequence
from concurrent.futures import Future, ThreadPoolExecutor, wait
from contextlib import closing
from dataclasses import replace
from typing import Any, TypeVar, cast

import torch

from gan_models.cluster.methods import FACTS
from gan_models.cluster.wire import Message, Request, pack, portable, unpack
from gan_models.media.limits import PRIVATE, Limits, use_limits
from gan_models.pipelines.cache import PipelineCache

serve: Any = importlib.import_module("ray.serve")

Returned = TypeVar("Returned")
Steps = Generator[Any, None, Any]

MAX_BATCH = 16  # requests that are sampled together
MAX_MODELS = 64  # that Serve is told of
NUM_THREADS = 4  # calls of one replica that run at once
_LIMITS: contextvars.ContextVar[Limits] = contextvars.ContextVar("limits", default=PRIVATE)


class Replica:
    """Calls the methods of pipelines. A model is loaded by the first call that names it."""

    def __init__(self) -> None:
        use_limits(_LIMITS.get)
        # Ray sets one thread for a replica that reserves less than two CPUs
        torch.set_num_threads(_num_cores())
        self._load = PipelineCache()
        self._threads = ThreadPoolExecutor(NUM_THREADS, thread_name_prefix="calls")

    async def call(self, request: Request) -> Message:
        """The result of a method or the value of an attribute, or what was raised."""
        await self._announce()
        return await self._in_thread(lambda: self._call(request))

    async def facts(self, model: str) -> Message:
        """The attributes in `FACTS` that the pipeline has, and `node`, the name of this node.

        Args:
            model: its id, or the path of its file on this node.
        """
        await self._announce()
        return await self._in_thread(lambda: self._facts(model))

    async def sample(self, request: Request) -> Message:
        """As `call`, for samples; requests alike in all but their seeds are one call."""
        await self._announce()
        return await self._batched(request)

    @serve.batch(max_batch_size=MAX_BATCH, batch_wait_timeout_s=0.0)
    async def _batched(self, requests: list[Request]) -> list[Message]:
        return await self._in_thread(lambda: self._sample(requests))

    async def iterate(self, request: Request) -> AsyncIterator[Message]:
        """A message a step of a method that gives an iterator, and one for what it returns."""
        await self._announce()
        steps, context = self._iterate(request), contextvars.copy_context()
        last: Future[Any] | None = None
        try:
            while True:
                last = self._threads.submit(context.run, next, steps, None)
                message = await asyncio.wrap_future(last)
                if message is None:
                    return
                yield message
        finally:  # also where the page has cancelled it; the step in hand is finished first
            self._threads.submit(_close, steps, last)

    async def _announce(self) -> None:
        """Tell Serve that this replica has the model of the request, if it came for one."""
        if model := serve.get_multiplexed_model_id():
            await self._multiplexed(model)

    @serve.multiplexed(max_num_models_per_replica=MAX_MODELS)
    async def _multiplexed(self, model: str) -> str:
        """The model itself; `PipelineCache` holds its pipeline, and limits the memory of all."""
        return model

    async def _in_thread(self, work: Callable[[], Returned]) -> Returned:
        run = contextvars.copy_context().run
        return await asyncio.get_running_loop().run_in_executor(self._threads, run, work)

    # --- in a thread ------------------------------------------------------------------------------

    def _facts(self, model: str) -> Message:
        try:
            pipeline = self._load(model)
            found = {name: getattr(pipeline, name) for name in FACTS if hasattr(pipeline, name)}
            return "end", found | {"node": platform.node()}
        except Exception as error:  # noqa: BLE001 - raised again in the page
            return "error", portable(error)

    def _call(self, request: Request) -> Message:
        try:
            found = self._start(request)
            return "end", pack(found)
        except Exception as error:  # noqa: BLE001 - raised again in the page
            return "error", portable(error)

    def _start(self, request: Request) -> Any:
        """The value of an attribute, or what a method returns."""
        _LIMITS.set(request.limits)
        pipeline = cast(Any, self._load(request.model))
        found = functools.reduce(getattr, request.path.split("."), pipeline)
        if not callable(found):
            return found
        return found(*unpack(request.arguments), **unpack(dict(request.options)))

    def _sample(self, requests: Sequence[Request]) -> list[Message]:
        answers: dict[int, Message] = {}
        for alike in _groups(requests):
            answers |= dict(
                zip(alike, self._sample_alike([requests[k] for k in alike]), strict=True)
            )
        return [answers[k] for k in range(len(requests))]

    def _sample_alike(self, requests: Sequence[Request]) -> list[Message]:
        """One call for the seeds of all; a call each where that raises, so that one fails alone."""
        seeds = [list(request.arguments[0]) for request in requests]
        first = requests[0]
        rest = first.arguments[1:]
        together = [seed for some in seeds for seed in some]
        everyone = replace(first, arguments=(together, *rest))
        kind, value = self._call(everyone)
        if len(requests) == 1:
            return [(kind, value)]
        if kind == "error":
            return [self._call(request) for request in requests]
        made = iter(value)
        return [(kind, [next(made) for _ in some]) for some in seeds]

    def _iterate(self, request: Request) -> Generator[Message, None, None]:
        try:
            steps = cast("Steps", self._start(request))
            yield "started", None
            with closing(steps):
                while True:
                    try:
                        step = next(steps)
                    except StopIteration as end:
                        yield "end", pack(end.value)
                        return
                    yield "step", pack(step)
        except Exception as error:  # noqa: BLE001 - raised again in the page
            yield "error", portable(error)


def _close(steps: Generator[Any, None, None], last: Future[Any] | None) -> None:
    """Close an iterator once its last step is finished."""
    if last is not None:
        wait([last])
    steps.close()


def _groups(requests: Sequence[Request]) -> list[list[int]]:
    """The indices of requests that are equal in all but their first argument."""
    groups: dict[bytes, list[int]] = {}
    for k, request in enumerate(requests):
        options = sorted(request.options.items())
        rest = request.model, request.arguments[1:], options, request.limits
        groups.setdefault(pickle.dumps(rest), []).append(k)
    return list(groups.values())


def _num_cores() -> int:
    """The CPUs that this process may use, where the system says so."""
    if hasattr(os, "sched_getaffinity"):
        return len(os.sched_getaffinity(0))
    return os.cpu_count() or 1

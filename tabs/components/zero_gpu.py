"""Pipelines on ZeroGPU, where a GPU is there for the duration of a call of a decorated function.

Such a call runs in a forked process: what it changes is lost with that process, threads of the page
do not exist in it, and it is not forked anew for every call, so it may lack what the page loaded
meanwhile. Outside of these calls `spaces` emulates CUDA in the main thread alone, not in those that
answer visitors. So the page loads models on the processor, which answers what needs no generator,
and a GPU process loads the models that it is asked for itself, from the files that are there.
"""

from __future__ import annotations

import functools
import importlib
from collections.abc import Callable, Generator
from contextlib import closing
from typing import Any, cast

from gan_models import PipelineCache, load_pipeline, portable
from tabs.components.loading import Load
from tabs.components.space import on_zero_gpu

# at once: `spaces` must be imported before anything initialises CUDA
_SPACES = importlib.import_module("spaces") if on_zero_gpu() else None

# methods that run a generator -> seconds that a call may take, which a quota must have left
CALLS = {
    "sample": 30,
    "sample_mix": 30,
    "interpolate": 120,
    "morph": 15,
    "morphs": 30,
    "translate": 60,
    "enlarge": 120,
    "preview": 15,
    "paint": 15,
    "measure_speed": 15,
    "styles.edit": 15,
    "styles.sheet": 30,
}
# the same for methods that give their results, or their progress, one after the other
STEPS = {
    "iter_sample": 60,
    "iter_frames": 120,
    "iter_morph": 60,
    "iter_translate": 60,
    "iter_enlarge": 120,
    "styles.mix": 60,
}
PARTS = ("styles",)  # objects of a pipeline that have such methods

Arguments = tuple[Any, ...]
Options = dict[str, Any]
Message = tuple[str, Any]  # "started" | "step" | "end" | "error", and a value
Call = Callable[[str, str, Arguments, Options], Message]
Iterate = Callable[[str, str, Arguments, Options], Generator[Message, None, None]]


def shared_pipelines() -> Load:
    """The pipelines of a page, loaded once for all visitors, as `PipelineCache`."""
    if _SPACES is None:
        return PipelineCache()
    load = PipelineCache(load=functools.partial(load_pipeline, device="cpu"))
    return with_gpu(load, _SPACES.GPU)


def with_gpu(load: Load, gpu: Callable[..., Any]) -> Load:
    """`load`, but the generators of its pipelines run in functions that `gpu` decorates.

    Args:
        load: gives the pipelines of the page.
        gpu: `spaces.GPU`.
    """
    call, iterate = gpu(_call, duration=_seconds), gpu(_iterate, duration=_seconds)

    def load_any(model: str, **options: Any) -> Any:
        return GPUPipeline(load(model, **options), model, call, iterate)

    return load_any


class GPUPipeline:
    """A pipeline whose methods that run a generator are called in a GPU process.

    Args:
        pipeline: on the processor, for everything else.
        model: by which the GPU process loads it.
        call: as `_call`, in a GPU process.
        iterate: as `_iterate`, in a GPU process.
        part: "" or the name of the part of the pipeline, with a dot.
    """

    def __init__(
        self, pipeline: Any, model: str, call: Call, iterate: Iterate, part: str = ""
    ) -> None:
        self._pipeline, self._model, self._part = pipeline, model, part
        self._gpu_call, self._gpu_iterate = call, iterate

    def __getattr__(self, name: str) -> Any:
        path = self._part + name
        if path in CALLS:
            return functools.partial(self._call, path)
        if path in STEPS:
            return functools.partial(self._iterate, path)
        if path == "plan":
            return self._plan
        found = getattr(self._pipeline, name)
        if path in PARTS:
            return GPUPipeline(found, self._model, self._gpu_call, self._gpu_iterate, f"{path}.")
        return found

    def _call(self, path: str, *arguments: Any, **options: Any) -> Any:
        return _value_of(self._gpu_call(self._model, path, arguments, options))

    def _iterate(self, path: str, *arguments: Any, **options: Any) -> Generator[Any, None, Any]:
        messages = self._gpu_iterate(self._model, path, arguments, options)
        try:
            _value_of(next(messages))  # the method has checked its arguments
        except BaseException:
            messages.close()
            raise
        return _rest(messages)

    def _plan(self, *arguments: Any, **options: Any) -> Any:
        """`RestorationPipeline.plan` with the speed of the GPU, which is measured once."""
        if self._pipeline.seconds_a_pixel is None:
            self._pipeline.seconds_a_pixel = self._call("measure_speed")
        return self._pipeline.plan(*arguments, **options)


def _rest(messages: Generator[Message, None, None]) -> Generator[Any, None, Any]:
    """The steps of a method; returns what it returns."""
    with closing(messages):
        for message in messages:
            if message[0] == "end":
                return message[1]
            yield _value_of(message)


def _value_of(message: Message) -> Any:
    """The value of a message; raises that of an error."""
    kind, value = message
    if kind == "error":
        raise value
    return value


# --- in a GPU process ---------------------------------------------------------------------------


@functools.cache
def _models() -> PipelineCache:
    return PipelineCache()


def _method(model: str, path: str) -> Callable[..., Any]:
    return functools.reduce(getattr, path.split("."), cast(Any, _models()(model)))


def _call(model: str, path: str, arguments: Arguments, options: Options) -> Message:
    """Call a method of a pipeline: its result, or what it raised, which `spaces` would replace."""
    try:
        return "end", _method(model, path)(*arguments, **options)
    except Exception as error:  # noqa: BLE001 - raised again in the page
        return "error", portable(error)


def _iterate(
    model: str, path: str, arguments: Arguments, options: Options
) -> Generator[Message, None, None]:
    """Call a method that gives an iterator: a message a step, and one for what it returns."""
    try:
        steps = _method(model, path)(*arguments, **options)
        yield "started", None
        with closing(steps):
            while True:
                try:
                    step = next(steps)
                except StopIteration as end:
                    yield "end", end.value
                    return
                yield "step", step
    except Exception as error:  # noqa: BLE001 - raised again in the page
        yield "error", portable(error)


def _seconds(model: str, path: str, arguments: Arguments, options: Options) -> int:
    """The duration that a call is given, from the arguments of the decorated functions."""
    return (CALLS | STEPS)[path]

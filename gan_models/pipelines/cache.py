"""A cache of loaded models within a memory budget; the least recently used are removed."""

from __future__ import annotations

import threading
from collections import OrderedDict
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field

from gan_models.pipelines.loading import Pipeline, load_pipeline
from gan_models.zoo.user_models import version_of


@dataclass
class _Turns:
    """The lock of a model that is being asked for, and how many requests hold or await it."""

    lock: threading.Lock = field(default_factory=threading.Lock)
    num_requests: int = 0


class PipelineCache:
    """`load_pipeline` with a cache.

    Args:
        budget_bytes: limit of the parameters and buffers of all cached models; the last model
            requested is cached even if it alone is larger.
        load: loads a model; `load_pipeline` by default.
    """

    def __init__(
        self, budget_bytes: int = 2_000_000_000, load: Callable[..., Pipeline] = load_pipeline
    ) -> None:
        self._budget_bytes = budget_bytes
        self._load = load
        self._cached: OrderedDict[str, tuple[Pipeline, tuple[int, ...]]] = OrderedDict()
        self._loading: dict[str, _Turns] = {}  # of the models that are being asked for now
        self._lock = threading.Lock()

    def __call__(
        self,
        model: str,
        progress: Callable[[int, int], None] | None = None,
        cancelled: Callable[[], bool] | None = None,
    ) -> Pipeline:
        """The pipeline of a model, loaded once while it is cached.

        Raises:
            ValueError, WeightsError: as `load_pipeline`.
        """
        with self._turn(model):
            version = version_of(model)  # the file of a user model may have been replaced
            cached = self._find(model, version)
            if cached is not None:
                return cached
            pipeline = self._load(model, progress=progress, cancelled=cancelled)
            with self._lock:
                self._cached[model] = pipeline, version
                self._cached.move_to_end(model)
                self._shrink()
            return pipeline

    def __contains__(self, model: str) -> bool:
        return model in self._cached

    def _find(self, model: str, version: tuple[int, ...]) -> Pipeline | None:
        """The cached pipeline of a model, if it was made of this version of its file."""
        with self._lock:
            pipeline, cached = self._cached.get(model, (None, None))
            if pipeline is None or cached != version:
                return None
            self._cached.move_to_end(model)
            return pipeline

    @contextmanager
    def _turn(self, model: str) -> Iterator[None]:
        """Hold the lock of a model, so that simultaneous requests load it once."""
        with self._lock:
            turns = self._loading.setdefault(model, _Turns())
            turns.num_requests += 1
        try:
            with turns.lock:
                yield
        finally:
            with self._lock:
                turns.num_requests -= 1
                if not turns.num_requests:
                    del self._loading[model]

    def _shrink(self) -> None:
        while len(self._cached) > 1 and self._used_bytes() > self._budget_bytes:
            self._cached.popitem(last=False)

    def _used_bytes(self) -> int:
        return sum(_size_bytes(pipeline) for pipeline, _ in self._cached.values())


def _size_bytes(pipeline: Pipeline) -> int:
    tensors = [*pipeline.generator.parameters(), *pipeline.generator.buffers()]
    return sum(tensor.numel() * tensor.element_size() for tensor in tensors)

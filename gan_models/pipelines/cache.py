"""A cache of loaded models within a memory budget; the least recently used are removed."""

from __future__ import annotations

import threading
from collections import OrderedDict
from collections.abc import Callable

from gan_models.pipelines.loading import Pipeline, load_pipeline
from gan_models.zoo.user_models import version_of


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
        self._cached: OrderedDict[str, Pipeline] = OrderedDict()
        self._versions: dict[str, tuple[int, ...]] = {}
        self._loading: dict[str, threading.Lock] = {}
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
        with self._loading_of(model):
            version = version_of(model)  # the file of a user model may have been replaced
            cached = self._find(model)
            if cached is not None and self._versions[model] == version:
                return cached
            pipeline = self._load(model, progress=progress, cancelled=cancelled)
            with self._lock:
                self._cached[model], self._versions[model] = pipeline, version
                self._shrink()
            return pipeline

    def __contains__(self, model: str) -> bool:
        return model in self._cached

    def _find(self, model: str) -> Pipeline | None:
        with self._lock:
            if model in self._cached:
                self._cached.move_to_end(model)
            return self._cached.get(model)

    def _loading_of(self, model: str) -> threading.Lock:
        """The lock of a model, so that simultaneous requests load it once."""
        with self._lock:
            return self._loading.setdefault(model, threading.Lock())

    def _shrink(self) -> None:
        while len(self._cached) > 1 and self._used_bytes() > self._budget_bytes:
            self._cached.popitem(last=False)

    def _used_bytes(self) -> int:
        return sum(_size_bytes(pipeline) for pipeline in self._cached.values())


def _size_bytes(pipeline: Pipeline) -> int:
    tensors = [*pipeline.generator.parameters(), *pipeline.generator.buffers()]
    return sum(tensor.numel() * tensor.element_size() for tensor in tensors)

"""Pipelines whose methods are called on the replicas of a Ray cluster."""

from __future__ import annotations

import functools
from collections.abc import Callable, Generator, Sequence
from typing import Any

from gan_models.cluster.connection import Cluster
from gan_models.cluster.methods import CALLS, COMPUTED, PARTS, STEPS
from gan_models.cluster.settings import ClusterSettings
from gan_models.cluster.wire import Message, Request, pack, unpack
from gan_models.media.limits import limits
from gan_models.pipelines.loading import is_file_name
from gan_models.pipelines.restoration import run_steps
from gan_models.seeds import check_seeds
from gan_models.weights import ensure, get_spec
from gan_models.zoo.user_models import version_of

SEEDS_A_REQUEST = 8  # more are divided, so that several replicas draw them


class ClusterPipelines:
    """Gives the pipeline of a model on the cluster, as `PipelineCache` does on this machine.

    Args:
        settings: of the environment, by `ClusterSettings.read`.

    Raises:
        ClusterError: the cluster cannot be reached.
    """

    def __init__(self, settings: ClusterSettings) -> None:
        self.cluster = Cluster(settings)
        self._facts: dict[tuple[str, tuple[int, ...]], dict[str, Any]] = {}

    def __call__(
        self,
        model: str,
        progress: Callable[[int, int], None] | None = None,
        cancelled: Callable[[], bool] | None = None,
    ) -> ClusterPipeline:
        """The pipeline of a model; its weights are fetched to this machine, too, if need be.

        Raises:
            ValueError, WeightsError: as `load_pipeline`.
            ClusterError: the cluster does not answer.
        """
        version = version_of(model)  # the file of a user model may have been replaced
        if (model, version) not in self._facts:
            if not is_file_name(model):
                ensure(get_spec(model), progress, cancelled)
            (answer,) = self.cluster.ask(model, "facts", [model])
            self._facts[model, version] = _value_of(answer)
        return ClusterPipeline(self.cluster, model, self._facts[model, version])

    def replicas(self) -> dict[str, list[str]]:
        """Model -> the address of the node of each of its running replicas.

        Raises:
            ClusterError: the cluster does not answer.
        """
        return self.cluster.replicas()

    def num_nodes(self) -> int:
        """The number of nodes of the cluster.

        Raises:
            ClusterError: the cluster does not answer.
        """
        return self.cluster.num_nodes()

    def close(self) -> None:
        """Disconnect; a cluster that was started with this object ends."""
        self.cluster.close()


class ClusterPipeline:
    """A pipeline of the library whose network lies on replicas.

    Args:
        cluster: that serves the model.
        model: its id, or the path of its file.
        facts: the attributes that do not change.
        part: "" or the name of the part of the pipeline, with a dot.
    """

    def __init__(self, cluster: Cluster, model: str, facts: dict[str, Any], part: str = "") -> None:
        self._cluster, self._model, self._facts, self._part = cluster, model, facts, part

    def __getattr__(self, name: str) -> Any:
        if name.startswith("_"):
            raise AttributeError(name)
        path = self._part + name
        if path == "sample":
            return self._sample
        if path in CALLS:
            return functools.partial(self._call, path)
        if path in STEPS:
            return functools.partial(self._iterate, path)
        if path in PARTS:
            return ClusterPipeline(self._cluster, self._model, self._facts, f"{path}.")
        if path in COMPUTED:
            if path not in self._facts:
                self._facts[path] = self._call(path)
            return self._facts[path]
        if path in self._facts:
            return self._facts[path]
        raise AttributeError(f"A pipeline on a cluster has no {path}.")

    @property
    def device_title(self) -> str:
        """The device, and the node it is in."""
        return f"{self._facts['device_title']}, {self._facts['node']}"

    def enlarge(
        self,
        image: Any,
        scale: float | None = None,
        *,
        bfloat16: bool | None = None,
        progress: Callable[..., None] | None = None,
        cancelled: Callable[[], bool] | None = None,
    ) -> Any:
        """As `RestorationPipeline.enlarge`."""
        steps = self._iterate("iter_enlarge", image, scale, bfloat16=bfloat16)
        return run_steps(steps, progress, cancelled)

    def _sample(self, seeds: Sequence[int], *arguments: Any, **options: Any) -> list[Any]:
        """As `sample`; many seeds are divided into requests."""
        given = (*arguments, *options.values())
        if not all(isinstance(value, str | int | float) for value in given):  # a class a seed
            return self._call("sample", seeds, *arguments, **options)
        seeds = check_seeds(seeds)
        starts = range(0, len(seeds), SEEDS_A_REQUEST)
        parts = [seeds[start : start + SEEDS_A_REQUEST] for start in starts]
        requests = [self._request("sample", part, *arguments, **options) for part in parts]
        answers = self._cluster.ask(self._model, "sample", requests)
        return [picture for answer in answers for picture in unpack(_value_of(answer))]

    def _call(self, path: str, *arguments: Any, **options: Any) -> Any:
        request = self._request(path, *arguments, **options)
        (answer,) = self._cluster.ask(self._model, "call", [request])
        return unpack(_value_of(answer))

    def _iterate(self, path: str, *arguments: Any, **options: Any) -> Generator[Any, None, Any]:
        messages = self._cluster.stream(self._model, self._request(path, *arguments, **options))
        try:
            _value_of(next(messages))  # the method has checked its arguments
        except BaseException:
            messages.close()
            raise
        return _rest(messages)

    def _request(self, path: str, *arguments: Any, **options: Any) -> Request:
        return Request(self._model, path, pack(arguments), pack(options), limits())


def _rest(messages: Generator[Message, None, None]) -> Generator[Any, None, Any]:
    """The steps of a method; returns what it returns."""
    try:
        for message in messages:
            if message[0] == "end":
                return unpack(message[1])
            yield unpack(_value_of(message))
    finally:
        messages.close()


def _value_of(message: Message) -> Any:
    """The value of a message; raises that of an error."""
    kind, value = message
    if kind == "error":
        raise value
    return value

"""The connection to a Ray cluster: deployments on first use, answers that never wait for ever."""

from __future__ import annotations

import atexit
import contextlib
import importlib
import queue
import threading
import time
from collections.abc import Callable, Generator, Iterator, Sequence
from typing import Any, TypeVar

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
from gan_models.cluster.placement import PREFIX, SHARED, application_of
from gan_models.cluster.replica import MAX_BATCH, Replica
from gan_models.cluster.settings import ClusterError, ClusterSettings
from gan_models.cluster.waiting import POLL_SECONDS, Patience, WorkThread
from gan_models.cluster.wire import Message, Request

serve: Any = importlib.import_module("ray.serve")

Returned = TypeVar("Returned")

BUSY = "Busy: the Ray cluster has no free replica of this model now; try again in a minute."
DEPLOY_SECONDS = 120.0  # for a node to import PyTorch and start the first replica
RETRY_SECONDS = 0.5
_DEPLOYMENT = "Replica"
_AHEAD = 8  # messages of a stream that are fetched before they are asked for


class Cluster:
    """A Ray cluster that serves models, connected to while this object is used.

    Args:
        settings: of the environment, by `ClusterSettings.read`.

    Raises:
        ClusterError: it cannot be reached.
    """

    def __init__(self, settings: ClusterSettings) -> None:
        self.settings = settings
        self.address = ""
        self._handles: dict[str, Any] = {}  # of the models that were asked for
        self._names: dict[str, str] = {}  # of their applications
        self._deployed: dict[str, Any] = {}  # handles of applications
        self._lock = threading.RLock()
        self._is_gone = False
        self._thread = WorkThread()
        self._connect()

    def ask(self, model: str, method: str, requests: Sequence[Request | str]) -> list[Message]:
        """The answers of a method of `Replica` to its arguments, which are sent at once.

        A request whose replica is lost is sent again, to another one.

        Raises:
            ClusterError: the cluster is gone, or there is no replica within the patience.
        """
        handle = self._handle(model)
        sent = [_send(handle, method, request) for request in requests]
        answers = []
        for request, response in zip(requests, sent, strict=True):
            patience = Patience(self.settings.patience_seconds)
            while True:
                try:
                    answers.append(self._result(response, patience))
                    break
                except ray.exceptions.RayError as error:
                    self._wait_after(error, patience)
                response = _send(self._handle(model), method, request)
        return answers

    def stream(self, model: str, request: Request) -> Generator[Message, None, None]:
        """The messages of `Replica.iterate`; begun again, without those it gave, on a lost replica.

        Raises:
            ClusterError: as `ask`.
        """
        given, patience = 0, Patience(self.settings.patience_seconds)
        while True:
            try:
                with contextlib.closing(self._messages(model, request, patience)) as messages:
                    for number, message in enumerate(messages):
                        if number >= given:
                            given = number + 1
                            yield message
                return
            except ray.exceptions.RayError as error:
                self._wait_after(error, patience)

    def replicas(self) -> dict[str, list[str]]:
        """Model -> the address of the node of each running replica that it may have.

        Of those that share replicas, the ones that were asked for through this object.

        Raises:
            ClusterError: the cluster is gone.
        """
        details = self._bounded(_serve_details, 10.0)
        found = {}
        for name, application in details.get("applications", {}).items():
            if name.startswith(PREFIX):
                (deployment,) = application["deployments"].values() or ({},)
                nodes = [
                    str(replica.get("node_ip"))
                    for replica in deployment.get("replicas", ())
                    if replica.get("state") == "RUNNING"
                ]
                here = [model for model, other in list(self._names.items()) if other == name]
                found |= dict.fromkeys(here or [name.removeprefix(PREFIX)], nodes)
        return found

    def num_nodes(self) -> int:
        """The number of living nodes.

        Raises:
            ClusterError: the cluster is gone.
        """
        nodes = self._bounded(ray.nodes, 10.0)
        return sum(bool(node["Alive"]) for node in nodes)

    def is_there(self) -> bool:
        """Whether the head node accepts connections."""
        return answers(self.address)

    def close(self) -> None:
        """Disconnect; a cluster that was started with this object ends."""
        with self._lock:
            self._forget_handles()
            if self.is_there():
                with contextlib.suppress(TimeoutError):
                    self._thread.do(ray.shutdown, CLOSE_SECONDS)
        atexit.unregister(self.close)

    # --- connecting and deploying -----------------------------------------------------------------

    def _connect(self) -> None:
        """Connect, or connect anew; not in the main thread, where Ray takes over SIGTERM."""

        def work() -> None:
            self.address = connect(self.settings.address)
            serve.start(proxy_location="Disabled")

        try:
            self._thread.do(work, CONNECT_SECONDS)
        except CONNECT_ERRORS as error:
            raise ClusterError(UNREACHABLE) from error
        atexit.register(self.close)
        keep_sigterm()
        self._is_gone = False

    def _handle(self, model: str) -> Any:
        """The handle of a model's deployment, deployed by the first call."""
        handle = self._handles.get(model)
        if handle is not None and not self._is_gone:
            return handle  # without waiting for the deployment of another model
        with self._lock:
            if self._is_gone:
                if self.settings.address and not answers(self.settings.address):
                    raise ClusterError(GONE)
                self._forget_handles()
                self._connect()
            if model not in self._handles:
                self._handles[model] = self._deployed_for(model)
            return self._handles[model]

    def _deployed_for(self, model: str) -> Any:
        name = application_of(model, self.settings.shared_mb)
        if name not in self._deployed:
            self._deployed[name] = self._bounded(lambda: self._deploy(name), DEPLOY_SECONDS)
        self._names[model], handle = name, self._deployed[name]
        # replicas that have the model are asked first
        return handle.options(multiplexed_model_id=model) if name == SHARED else handle

    def _forget_handles(self) -> None:
        self._handles.clear()
        self._deployed.clear()

    def _deploy(self, name: str) -> Any:
        found = serve.status().applications.get(name)  # of another page, or of this one before
        if found is not None and found.status in ("RUNNING", "DEPLOYING"):
            return serve.get_app_handle(name)
        application = serve.deployment(Replica, name=_DEPLOYMENT).options(**self._options())
        return serve.run(application.bind(), name=name, route_prefix=None)

    def _options(self) -> dict[str, Any]:
        """The options of a deployment: how it is scaled, and what a replica reserves."""
        gpus = self.settings.num_gpus
        if gpus is None:
            gpus = 0.25 if ray.cluster_resources().get("GPU") else 0
        return {
            "max_ongoing_requests": 2 * MAX_BATCH,
            "health_check_period_s": 5,
            "health_check_timeout_s": 10,
            "graceful_shutdown_timeout_s": 5,
            "ray_actor_options": {
                "num_cpus": self.settings.num_cpus,
                "num_gpus": gpus,
                # threads that wait let those of other replicas work
                "runtime_env": {"env_vars": {"OMP_WAIT_POLICY": "PASSIVE"}},
            },
            "autoscaling_config": {
                "min_replicas": 0,
                "initial_replicas": 1,
                "max_replicas": self.settings.max_replicas,
                "target_ongoing_requests": 2,
                "metrics_interval_s": 1,
                "look_back_period_s": 3,
                "upscale_delay_s": 2,
                "downscale_delay_s": min(60.0, self.settings.idle_seconds),
                "downscale_to_zero_delay_s": self.settings.idle_seconds,
            },
        }

    # --- waiting ----------------------------------------------------------------------------------

    def _result(self, response: Any, patience: Patience) -> Message:
        """The result of a response; while it is waited for, the cluster must be there."""
        while True:
            try:
                return response.result(timeout_s=POLL_SECONDS)
            except TimeoutError:
                self._check(patience)

    def _messages(
        self, model: str, request: Request, patience: Patience
    ) -> Generator[Message, None, None]:
        """The messages of one stream, fetched in a thread."""
        handle = self._handle(model)
        response = handle.options(stream=True).iterate.remote(request)
        fetched: queue.Queue[tuple[bool, Any]] = queue.Queue(_AHEAD)
        stopped = threading.Event()
        threading.Thread(target=_fetch, args=(response, fetched, stopped), daemon=True).start()
        try:
            while True:
                try:
                    is_error, message = fetched.get(timeout=POLL_SECONDS)
                except queue.Empty:
                    self._check(patience)
                    continue
                if is_error:
                    raise message
                if message is None:
                    return
                yield message
        finally:
            stopped.set()
            response.cancel()

    def _check(self, patience: Patience) -> None:
        """Look at the cluster while an answer is waited for.

        Raises:
            ClusterError: it is gone, or has had no replica for longer than the patience.
        """
        if not self.is_there():
            self._is_gone = True
            raise ClusterError(GONE)
        if patience.is_over() and not any(self.replicas().values()):
            raise ClusterError(BUSY)

    def _wait_after(self, error: Exception, patience: Patience) -> None:
        """Wait before a request is sent again.

        Raises:
            ClusterError: the cluster is gone, or the patience is over.
            RayTaskError: the error is one of the code on the replica.
        """
        if isinstance(error, ray.exceptions.RayTaskError):
            raise error
        if patience.is_over():
            raise ClusterError(BUSY) from error
        self._check(patience)
        time.sleep(RETRY_SECONDS)

    def _bounded(self, work: Callable[[], Returned], seconds: float) -> Returned:
        """What `work` returns, which asks the head node.

        Raises:
            ClusterError: the head node is gone, or it takes too long.
        """
        try:
            with contextlib.closing(WorkThread()) as thread:
                return thread.do(work, seconds, self.is_there)
        except (TimeoutError, SystemExit, ray.exceptions.RayError) as error:
            self._is_gone = not self.is_there()
            raise ClusterError(GONE if self._is_gone else BUSY) from error


def _send(handle: Any, method: str, request: Request | str) -> Any:
    return getattr(handle, method).remote(request)


def _fetch(response: Any, fetched: queue.Queue[tuple[bool, Any]], stopped: threading.Event) -> None:
    """Put messages in the queue: pairs of whether it is an error, and the message; last None."""

    def items() -> Iterator[tuple[bool, Any]]:
        try:
            for message in response:
                yield False, message
            yield False, None
        except Exception as error:  # noqa: BLE001 - raised again by who waits
            yield True, error

    for item in items():
        while not stopped.is_set():
            with contextlib.suppress(queue.Full):
                fetched.put(item, timeout=POLL_SECONDS)
                break
        if stopped.is_set():
            return


def _serve_details() -> dict[str, Any]:
    """All that Serve knows of its applications; relies on Serve's own client."""
    return importlib.import_module("ray.serve.context")._get_global_client().get_serve_details()

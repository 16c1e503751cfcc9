"""Ray as a driver of the cluster uses it, and whether the head node is there."""

from __future__ import annotations

import atexit
import contextlib
import importlib
import os
import signal
import socket
import threading
from typing import Any

# the driver would end the whole process if the head node were gone for longer, 60 s by default
os.environ.setdefault("RAY_gcs_rpc_server_reconnect_timeout_s", "1000000")
ray: Any = importlib.import_module("ray")

GONE = "The Ray cluster does not answer; try again in a minute. Its head node may have stopped."
UNREACHABLE = "The Ray cluster cannot be reached; start it, or correct RAY_ADDRESS, and try again."
CONNECT_SECONDS = 90.0  # to start a cluster on this machine, or to reach another
CLOSE_SECONDS = 15.0
CONNECT_ERRORS = (OSError, RuntimeError, ValueError, SystemExit, ray.exceptions.RayError)


def connect(address: str) -> str:
    """Connect to a cluster, or start one for the address ""; return the address of its head node.

    Not in the main thread, where Ray takes over SIGTERM.
    """
    options: dict[str, Any] = {"address": address or "local"}
    if not address:
        options["include_dashboard"] = False
    if ray.is_initialized():
        ray.shutdown()
    ray.init(log_to_driver=False, logging_level="error", namespace="ganvas", **options)
    # what Ray does at the end of the process waits for a head node that is gone
    atexit.unregister(ray.shutdown)
    return ray.get_runtime_context().gcs_address


def keep_sigterm() -> None:
    """In the main thread: leave SIGTERM as it was; Ray's handler would print the threads."""
    if threading.current_thread() is threading.main_thread():
        signal.signal(signal.SIGTERM, signal.getsignal(signal.SIGTERM) or signal.SIG_DFL)


def answers(address: str) -> bool:
    """Whether the head node at an address accepts connections; True for "auto" and the like."""
    host, _, port = address.rpartition(":")
    if not port.isdecimal():
        return True
    with (
        contextlib.suppress(OSError),
        socket.create_connection((host.strip("[]"), int(port)), 2.0),
    ):
        return True
    return False

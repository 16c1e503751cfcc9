"""Whether the page is served to this machine only."""

from __future__ import annotations

import ipaddress
import os

from tabs.components.space import on_space


def is_private() -> bool:
    """Whether the page is served to this machine only, and not on a Space.

    `GANVAS_OWN_FILES=1` allows user models everywhere, `=0` nowhere.
    """
    allowed = os.environ.get("GANVAS_OWN_FILES")
    if allowed is not None:
        return allowed == "1"
    return not on_space() and is_loopback(server_name())


def server_name() -> str:
    """The address that the page is served on."""
    return os.environ.get("GRADIO_SERVER_NAME") or "127.0.0.1"


def is_loopback(host: str) -> bool:
    """Whether a host name or address always means the machine itself."""
    try:
        return ipaddress.ip_address(host.strip("[]")).is_loopback
    except ValueError:
        return host == "localhost"

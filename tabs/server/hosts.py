"""Which host names the page answers under, and pages of which origins may call it.

A private page answers under the names of the machine itself alone: any web page can point a name of
its own at 127.0.0.1, and would then be of one origin with the private page (DNS rebinding). A
public page answers under any name, unless the host lists those it has. Pages of other origins are
refused on both, unless the host lists them.

Sources: the Fetch standard (Origin), RFC 6454, and Fetch Metadata (Sec-Fetch-Site).
"""

from __future__ import annotations

import ipaddress
import os
import socket
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from fnmatch import fnmatchcase
from urllib.parse import urlsplit

from tabs.server.access import is_loopback, is_private, server_name

SETTING = "GANVAS_ALLOWED_HOSTS"
UNKNOWN_HOST = (
    f"This page does not answer under this host name; whoever runs it can add it to {SETTING}."
)
FOREIGN_ORIGIN = (
    "Pages of other sites may not call this one; whoever runs it can add their host name to "
    f"{SETTING}."
)
_WILDCARDS = ("0.0.0.0", "::", "")  # addresses that mean all of the machine's own

Headers = Mapping[str, str]  # names in lower case


@dataclass(frozen=True)
class HostRules:
    """The rules of one page.

    Args:
        private: it is served to this machine only.
        served: the address that it is served on.
        listed: names that the host allows, also with *, such as "*.example.org"; "*" allows all.
        own: other names of this page, as those that a proxy in front of it has.
    """

    private: bool
    served: str = "127.0.0.1"
    listed: tuple[str, ...] = ()
    own: tuple[str, ...] = ()

    @classmethod
    def from_environment(cls) -> HostRules:
        """The rules of a page that is served with the present settings."""
        text = os.environ.get(SETTING, "")
        listed = tuple(name.strip().lower() for name in text.split(",") if name.strip())
        space = os.environ.get("SPACE_HOST", "").lower()
        return cls(is_private(), server_name(), listed, (space,) if space else ())

    def problem(self, headers: Headers) -> str:
        """Why a request is refused, one sentence; empty if it is not."""
        hosts = [headers.get("host", "")]
        if forwarded := headers.get("x-forwarded-host"):
            hosts.append(forwarded.split(",")[0].strip())
        if not all(self._answers_under(host) for host in hosts):
            return UNKNOWN_HOST
        origin = headers.get("origin")
        if origin is not None and not self._may_call(origin, hosts):
            return FOREIGN_ORIGIN
        if origin is None and self.private and _is_embedded_elsewhere(headers):
            return "" if "*" in self.listed else FOREIGN_ORIGIN
        return ""

    def is_listed(self, origin: str) -> bool:
        """Whether the host allows a foreign origin's pages to call this one."""
        return self._matches(_split(origin)[0])

    def _answers_under(self, host: str) -> bool:
        name = _split(f"//{host}")[0]
        if not name:
            return False
        if self._matches(name) or name in self.own or is_loopback(name):
            return True
        if not self.private:
            return not self.listed or _is_address(name)
        if self.served in _WILDCARDS:
            return _is_address(name) or name in _machine_names()
        return name == self.served.lower()

    def _may_call(self, origin: str, hosts: Iterable[str]) -> bool:
        name, port = _split(origin)
        if "*" in self.listed or (name and (self._matches(name) or name in self.own)):
            return True
        own = [_split(f"//{host}") for host in hosts]
        if self.private:  # other programs on this machine have other ports
            return bool(name) and (name, port) in own
        return bool(name) and name in [own_name for own_name, _ in own]

    def _matches(self, name: str) -> bool:
        return any(fnmatchcase(name, pattern) for pattern in self.listed)


def _split(url: str) -> tuple[str, int | None]:
    """Host name in lower case and port of an address; "" where it has none."""
    try:
        parts = urlsplit(url)
        name, port = parts.hostname or "", parts.port
    except ValueError:
        return "", None
    if parts.username or parts.path or parts.query:
        return "", None
    if port is not None and port == {"http": 80, "https": 443}.get(parts.scheme):
        port = None
    return name.rstrip("."), port


def _is_address(name: str) -> bool:
    """Whether a host name is an address, which no other site can point elsewhere."""
    try:
        ipaddress.ip_address(name)
    except ValueError:
        return False
    return True


def _machine_names() -> tuple[str, ...]:
    name = socket.gethostname().lower()
    return (name, f"{name}.local")


def _is_embedded_elsewhere(headers: Headers) -> bool:
    """Whether a browser loads this for a page of another site, other than by following a link."""
    is_foreign = headers.get("sec-fetch-site") == "cross-site"
    is_link = (
        headers.get("sec-fetch-mode") == "navigate" and headers.get("sec-fetch-dest") == "document"
    )
    return is_foreign and not is_link

"""Who a request comes from, and how many of theirs may wait.

On a public page every visitor has a share of the queue. A visitor is told by the user key of their
browser, else by their address; because keys cost nothing, an address has a share, too, which is
larger. A private page has one visitor, and only the queue's length is limited there.
"""

from __future__ import annotations

import os
import threading
from collections import OrderedDict
from dataclasses import dataclass

_MOST_SESSIONS = 4096  # whose keys are remembered
MAX_WAITING = 64  # requests for the device, of all visitors together
MAX_CONTROL = 512  # small requests: status, stop, clicks
SHARE = 8  # requests of one visitor that wait or run
ADDRESS_SHARES = 4  # an address has that many shares: several visitors may have the same
CONTROL_SHARES = 8  # small requests of a visitor, as a multiple of the share


@dataclass(frozen=True)
class Client:
    """Where a request comes from."""

    name: str  # whose turn it is in the fair order
    address: str


@dataclass(frozen=True)
class Room:
    """How many requests of one kind may wait; None: no limit."""

    in_all: int
    of_client: int | None
    of_address: int | None


class Clients:
    """Tells the clients of a page apart.

    Args:
        public: whether strangers use the page, so that each has a share.
    """

    def __init__(self, public: bool) -> None:
        self._public = public
        self._keys: OrderedDict[str, str] = OrderedDict()  # of sessions
        self._lock = threading.Lock()

    def remember(self, session: str | None, key: str) -> None:
        """Note the user key of a page's session."""
        if session and key:
            with self._lock:
                self._keys[session] = key
                self._keys.move_to_end(session)
                while len(self._keys) > _MOST_SESSIONS:
                    self._keys.popitem(last=False)

    def client(self, session: str, address: str) -> Client:
        """The client of a request.

        Args:
            session: of its page; the id of the request itself where it has none.
            address: that it came from.
        """
        key = self._keys.get(session)
        if key is not None:
            return Client(f"key {key}", address)
        return Client(f"address {address}" if self._public else f"session {session}", address)

    def room(self, control: bool) -> Room:
        """How many requests may wait: small ones, or those for the device.

        Raises:
            ValueError: a setting is no positive number.
        """
        share = _setting("GANVAS_QUEUE_SHARE", SHARE) * (CONTROL_SHARES if control else 1)
        in_all = MAX_CONTROL if control else _setting("GANVAS_QUEUE_SIZE", MAX_WAITING)
        if not self._public:
            return Room(in_all, None, None)
        return Room(in_all, share, share * ADDRESS_SHARES)


def trusted_proxies() -> str:
    """Addresses and networks of proxies whose `X-Forwarded-For` counts, separated by commas.

    `GANVAS_TRUSTED_PROXIES`; by default none, and on a Space, where nothing but the Hub's proxy can
    connect, the private networks.
    """
    on_space = "10.0.0.0/8,172.16.0.0/12,192.168.0.0/16" if os.environ.get("SPACE_ID") else ""
    return os.environ.get("GANVAS_TRUSTED_PROXIES", on_space)


def _setting(name: str, default: int) -> int:
    text = os.environ.get(name, str(default))
    if not text.isdecimal() or int(text) < 1:
        raise ValueError(f"{name} must be a whole number from 1, not {text!r}.")
    return int(text)

"""Sessions that cost a few kilobytes: relies on how Gradio stores the state of a page.

Gradio gives each session, and each call of a program, a copy of the properties of every component
(some 450 here: 0.6 MB and several milliseconds) and keeps the last 10,000. Here a session refers to
the page as it was built and holds only what it has changed.

`tests/tabs/components/test_gradio_sessions.py` checks what each docstring says is relied on.
"""

from __future__ import annotations

import datetime
from collections import ChainMap
from collections.abc import Iterator
from typing import Any, cast

from gradio import route_utils, state_holder
from gradio.blocks import Blocks, BlocksConfig
from gradio.state_holder import SessionState, StateHolder

CAPACITY = 1000  # sessions that are remembered
CLOSED_SECONDS = 3600  # after which the session of a page that was closed is forgotten


class LeanSession(SessionState):
    """The state of one page.

    Relies on the attributes that `SessionState.__init__` sets, and on `config_values` being read
    only for deep links, which this page does not offer.
    """

    def __init__(self, blocks: Blocks) -> None:
        shared = blocks.default_config
        own = BlocksConfig(shared.root_block)
        # what is set goes into the first dict, which is the session's own
        own.blocks = cast(Any, ChainMap({}, shared.blocks))
        own.fns = cast(Any, ChainMap({}, shared.fns))
        own.fn_id, own.renderables = shared.fn_id, list(shared.renderables)
        self.blocks_config = own
        self.config_values: dict[int, Any] = {}
        self.state_data: dict[int, Any] = {}
        self._state_ttl = {}
        self.is_closed = False
        self.STATE_TTL_WHEN_CLOSED = 3600

    def __setitem__(self, key: int, value: Any) -> None:
        super().__setitem__(key, value)
        self.config_values.clear()

    def _update_config(self, key: int) -> None:
        """Called for each new component of an event: nothing to copy."""

    def _update_value_in_config(self, key: int, value: Any) -> None:
        """Called for each new value of an event: nothing to copy."""

    @property
    def components(self) -> Iterator[dict]:
        """The properties of all components, gathered now."""
        for key, block in self.blocks_config.blocks.items():
            if key in self.blocks_config.root_block.blocks:
                yield self.blocks_config.config_for_block(key, [], block)


def use_lean_sessions() -> None:
    """Make Gradio create `LeanSession`s.

    Relies on `StateHolder` and `restore_session_state` looking the class up in their modules.
    """
    state_holder.SessionState = LeanSession  # pyright: ignore[reportPrivateImportUsage]
    route_utils.SessionState = LeanSession  # pyright: ignore[reportPrivateImportUsage]


def forget(holder: StateHolder, session: str) -> None:
    """Forget a session.

    Relies on `delete_state` calling what components do with a state that ends, and on
    `session_data` and `time_last_used` holding all there is.
    """
    holder.delete_state(session)
    with holder.lock:
        holder.session_data.pop(session, None)
        holder.time_last_used.pop(session, None)


def forget_closed(holder: StateHolder) -> None:
    """Forget the sessions of pages that were closed a while ago.

    Relies on the heartbeat of a page setting `is_closed`, and on `time_last_used`.
    """
    limit = datetime.datetime.now() - datetime.timedelta(seconds=CLOSED_SECONDS)
    for session, state in list(holder.session_data.items()):
        if state.is_closed and holder.time_last_used.get(session, limit) <= limit:
            forget(holder, session)

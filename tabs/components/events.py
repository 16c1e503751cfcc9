"""How the events of the page run (queues, concurrency, visibility), and types of handlers."""

from __future__ import annotations

from collections.abc import Callable, Generator, Mapping
from typing import Any, TypeVar

from gradio.events import Dependency

Returned = TypeVar("Returned")

Options = dict[str, Any]  # keyword arguments of an event listener or a component
Event = Dependency  # an event that was connected; `event.then` follows it
Trigger = Callable[..., Event]  # an event listener, such as `button.click`
Facts = Mapping[str, Any]  # a JSON object: a provenance, or an entry of the browser's storage
Values = tuple[Any, ...]  # new values or properties of a handler's outputs, in their order
Updates = Generator[Any, None, None]  # what a handler yields: values of its outputs
Steps = Generator[Any, None, Returned]  # yields updates meanwhile; returns its result

GPU: Options = {"concurrency_id": "gpu", "concurrency_limit": 1}  # one at a time on the device
# seconds to minutes on the device, in steps: generators, whose steps take turns, so that a short
# one does not wait for the end of a long one, and none of them keeps `GPU` waiting
LONG: Options = {"concurrency_id": "long", "concurrency_limit": 4}
# milliseconds to a second on the device: steps of `LONG` wait for them, within a limit
SHORT = frozenset({"gpu", "samples"})
# what waits in the queue of the device; all other events are control
WORK = SHORT | {"long", "look", "ingest", "download"}
PRIVATE: Options = {"api_visibility": "private"}
# small events: every click counts and none waits for pictures; queued, so that a toast can say
# what is wrong
AT_ONCE: Options = {
    "concurrency_limit": None,
    "show_progress": "hidden",
    "trigger_mode": "multiple",
    **PRIVATE,
}
# clicks that build on each other: one after the other, however fast they come
IN_ORDER: Options = {
    "concurrency_id": "clicks",
    "concurrency_limit": 1,
    "show_progress": "hidden",
    "trigger_mode": "multiple",
    **PRIVATE,
}
# events that draw within seconds: a click during one draws again, with the settings of that click
LAST: Options = {"trigger_mode": "always_last", **GPU, **PRIVATE}

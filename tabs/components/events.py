"""How the events of the page are run: queues, concurrency, visibility."""

from __future__ import annotations

GPU = {"concurrency_id": "gpu", "concurrency_limit": 1}  # one picture maker at a time
PRIVATE = {"api_visibility": "private"}
# small things: every click counts and none waits for pictures; queued, so that a toast can say
# what is wrong
AT_ONCE = {"concurrency_limit": None, "show_progress": "hidden", "trigger_mode": "multiple"}
AT_ONCE |= PRIVATE
# clicks that build on each other: one after the other, however fast they come
IN_ORDER = {"concurrency_id": "clicks", "concurrency_limit": 1, "show_progress": "hidden"}
IN_ORDER |= {"trigger_mode": "multiple", **PRIVATE}
# what draws within seconds: a click while it still draws is for the settings as they are then
LAST = {"trigger_mode": "always_last", **GPU, **PRIVATE}

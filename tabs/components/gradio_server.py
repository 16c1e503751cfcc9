"""The server of the page: Gradio's, behind a guard of ours; what it leans on is stated below."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Any

from gradio.routes import App, ORJSONResponse
from starlette.middleware import Middleware
from starlette.types import ASGIApp

from tabs.components.gradio_errors import BUG
from tabs.server.access import server_name
from tabs.server.guard import Guard, PlainErrors
from tabs.server.hosts import HostRules

# routes of Gradio that the page does not need, and why they are closed
CLOSED_ROUTES = {
    "/gradio_api/proxy": "fetches from other servers",
    "/gradio_api/stream": "streams of sound and film, which the page does not have",
    "/gradio_api/process_recording": "runs ffmpeg on what it is sent",
    "/gradio_api/vibe": "edits the page's source",
    "/gradio_api/undo-vibe": "edits the page's source",
    "/gradio_api/dev": "reloads the page's source",
    "/gradio_api/profiling": "shows the calls of all visitors",
    "/gradio_api/run-history": "stores visitors' calls on the Hugging Face Hub",
    "/gradio_api/runs": "the page of these calls",
    "/gradio_api/deep_link": "stores a visitor's page on the disk",
    "/gradio_api/custom_component": "files of components that the page does not have",
    "/monitoring": "shows the calls of all visitors",
}
_CLOSED = re.compile(
    rf"(?:{'|'.join(map(re.escape, CLOSED_ROUTES))})(?![a-z_])[^ ]*|"
    r"/gradio_api/(?:undo-)?vibe-.*",
    re.DOTALL,
)
# a call by its name: /call/NAME, /call/v2/NAME, with what follows, and the direct calls
_NAMED = re.compile(r"/gradio_api/(?:call|run|api)/(v2(?:/|$))?([^/]*)")
# what the page itself posts to by number, such as the end of an event that is cancelled
_BY_NUMBER = re.compile(r"/gradio_api/(?:run|api)/predict/?$")


class GuardedApp(App):
    """Gradio's server behind `Guard` and around `PlainErrors`.

    Relies on `launch` taking a server of ours as its private argument `_app`, and on its building
    its layers with `build_middleware_stack`, as Starlette's do. Gradio's own layer for other
    origins is inside the guard, which has answered what it would answer.
    """

    def __init__(self, rules: HostRules, *, middleware: Sequence[Middleware] = ()) -> None:
        self._rules = rules
        errors = Middleware(PlainErrors, is_bug=lambda message: message == BUG)
        super().__init__(default_response_class=ORJSONResponse, middleware=[*middleware, errors])

    def build_middleware_stack(self) -> ASGIApp:
        """All layers, the guard outermost."""
        layers = super().build_middleware_stack()
        return Guard(layers, self._rules, is_closed, self._is_unknown_call)

    def _is_unknown_call(self, path: str) -> bool:
        """Whether a path is that of a call by a name that the page does not have.

        Relies on the names in the addresses being the `api_name` of events, and on those with
        `/v2/` reaching public events alone.
        """
        found = _NAMED.match(path)
        if found is None or _BY_NUMBER.match(path):
            return False
        events = self.get_blocks().fns.values()
        public = [event.api_name for event in events if event.api_visibility == "public"]
        names = public if found[1] else [event.api_name for event in events]
        return found[2] not in names


def is_closed(path: str) -> bool:
    """Whether a path of Gradio's is not served here."""
    return _CLOSED.match(path) is not None


def guarded(options: Mapping[str, Any]) -> dict[str, Any]:
    """Options of `launch` with a server of ours, which takes over their `middleware`.

    Relies on `run_history` and `enable_monitoring` closing what belongs to them.
    """
    kwargs = dict(options.get("app_kwargs") or {})
    served = options.get("server_name") or server_name()
    rules = replace(HostRules.from_environment(), served=served)
    app = GuardedApp(rules, middleware=kwargs.pop("middleware", ()))
    return {
        "enable_monitoring": False,
        "run_history": False,
        **options,
        "app_kwargs": kwargs,
        "_app": app,
    }

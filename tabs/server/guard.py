"""The outermost layer of the page's server: who may ask, for what, how much.

A request passes `Guard` before any route of Gradio reads it; what goes wrong inside, before a
handler of ours is reached, passes `PlainErrors` on its way out.
"""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Mapping
from typing import Any

from starlette.datastructures import MutableHeaders
from starlette.responses import JSONResponse, Response
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from gan_models import limits
from tabs.server.errors import TooLargeError, is_ours, log_bug, log_refused, refusal
from tabs.server.headers import cors_headers, preflight_headers, security_headers
from tabs.server.hosts import HostRules

MAX_BODY_MB = 16  # of a request without files: a painting is the largest that the page sends
FILES_A_REQUEST = 4  # uploads of the largest size in one request
MAX_PATH_BYTES = 4096
CLOSED = "This address is not served here."
UNKNOWN = "There is no call of this name; the page lists those that there are at ?view=api."
TOO_LONG = "This address is too long."
_UPLOADS = re.compile(r"/gradio_api/upload/?$")
_DIRECT = re.compile(r"/gradio_api/(run|api)/")
# an address instead of a file of this server, also one with a host but no scheme
_FOREIGN_FILE = re.compile(r"/gradio_api/file[=/]\s*([a-z][a-z0-9+.-]*:|[/\\]{2}|\\/|/\\)", re.I)
_STRANGE = ("x-gradio-server",)  # Gradio would build the addresses of the page from it


class Guard:
    """Refuses requests before Gradio reads them, and adds the headers of every answer.

    Args:
        app: the server behind it.
        rules: host names and origins.
        closed: says whether a path is not served at all.
        unknown: says whether a path calls what the page does not have.
    """

    def __init__(
        self,
        app: ASGIApp,
        rules: HostRules,
        closed: Callable[[str], bool],
        unknown: Callable[[str], bool],
    ) -> None:
        self._app, self._rules, self._closed, self._unknown = app, rules, closed, unknown
        self._headers = security_headers(rules)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer one request."""
        if scope["type"] == "websocket":  # the page has none
            await send({"type": "websocket.close", "code": 1008})
            return
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        headers = _headers_of(scope)
        scope["headers"] = [pair for pair in scope["headers"] if pair[0].decode() not in _STRANGE]
        origin = headers.get("origin")
        send = self._sealed(send, cors_headers(self._rules, origin))
        path = _route_of(scope)
        early = self._early_answer(scope["method"], path, headers)
        if early is not None:
            await early(scope, receive, send)
            return
        try:
            await self._app(scope, _measured(receive, path, headers), send)
        except Exception as error:  # noqa: BLE001 - the connection is broken, or answered already
            _log(f"{scope['method']} {_kind(path)}", error)

    def _early_answer(self, method: str, path: str, headers: Mapping[str, str]) -> Response | None:
        """The answer to a request that goes no further."""
        if problem := self._rules.problem(headers):
            return _sentence(403, problem)
        if method == "OPTIONS" and "access-control-request-method" in headers:
            wanted = headers.get("access-control-request-headers", "")
            return Response(status_code=204, headers=preflight_headers(wanted))
        if len(path.encode("utf-8", "replace")) > MAX_PATH_BYTES:
            return _sentence(400, TOO_LONG)
        if "\0" in path:
            return _sentence(400, CLOSED)
        if _FOREIGN_FILE.match(path) or self._closed(path):
            return _sentence(403, CLOSED)
        if self._unknown(path):
            return _sentence(404, UNKNOWN)
        length = headers.get("content-length", "0")
        if length.isdecimal() and int(length) > _most_bytes(path):
            return _sentence(413, _too_large(path))
        return None

    def _sealed(self, send: Send, cors: Mapping[str, str]) -> Send:
        """`send` with the headers of every answer, and no other ones for foreign pages."""

        async def seal(message: Message) -> None:
            if message["type"] == "http.response.start":
                headers = MutableHeaders(scope=message)
                for name in [name for name in headers if name.startswith("access-control-allow-o")]:
                    del headers[name]
                del headers["access-control-allow-credentials"]
                headers.update(self._headers | dict(cors))
            await send(message)

        return seal


class PlainErrors:
    """Turns what Gradio's routes raise, before a handler of ours, into a sentence.

    Also the answers of its direct calls, which have status 500 for every refused value.

    Args:
        app: the routes.
        is_bug: whether the message of an error is that of a bug of ours.
    """

    def __init__(self, app: ASGIApp, is_bug: Callable[[str], bool]) -> None:
        self._app, self._is_bug = app, is_bug

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer one request."""
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        path = _route_of(scope)
        answer = _Answer(send, self._is_bug if _DIRECT.match(path) else None)
        try:
            await self._app(scope, receive, answer)
        except Exception as error:  # noqa: BLE001 - reported; the server would print its values
            _log(f"{scope['method']} {_kind(path)}", error)
            if not answer.started:
                await _sentence(*refusal(error))(scope, receive, send)
            elif not answer.finished:  # a stream of events, which has said what is wrong
                await send({"type": "http.response.body", "body": b"", "more_body": False})


class _Answer:
    """`send`, with a record of how far the answer is; holds failed direct calls back.

    Args:
        send: the server's.
        is_bug: as that of `PlainErrors`, for direct calls; None for others.
    """

    def __init__(self, send: Send, is_bug: Callable[[str], bool] | None) -> None:
        self._send, self._is_bug = send, is_bug
        self.started = self.finished = False
        self._held: Message | None = None
        self._body = b""

    async def __call__(self, message: Message) -> None:
        kind = message["type"]
        if kind == "http.response.start":
            self.started = True
            if self._is_bug is not None and message["status"] == 500:
                self._held = message
                return
        elif kind == "http.response.body":
            ends = not message.get("more_body", False)
            self.finished = self.finished or ends
            if self._held is not None:
                self._body += message.get("body", b"")
                if ends:
                    await self._release()
                return
        await self._send(message)

    async def _release(self) -> None:
        held, self._held = self._held, None
        if held is None or self._is_bug is None:
            return
        if not self._is_bug(_error_in(self._body)):
            held["status"] = 400
        await self._send(held)
        await self._send({"type": "http.response.body", "body": self._body})


def _log(where: str, error: Exception) -> None:
    if is_ours(error):
        log_bug(f"{where} failed", error)
    else:
        log_refused(where, error)


def _error_in(body: bytes) -> str:
    try:
        error = json.loads(body).get("error")
    except (ValueError, AttributeError):
        return ""
    return str(error or "")


def _measured(receive: Receive, path: str, headers: Mapping[str, str]) -> Receive:
    """`receive` that stops a request without a stated length when it grows too large."""
    if "content-length" in headers:  # the server gives no more than that
        return receive
    left = _most_bytes(path)

    async def measure() -> Message:
        nonlocal left
        message = await receive()
        left -= len(message.get("body", b""))
        if left < 0:
            raise TooLargeError(_too_large(path))
        return message

    return measure


def _most_bytes(path: str) -> float:
    if _UPLOADS.match(path):
        return FILES_A_REQUEST * limits().upload_mb * 1_000_000
    return MAX_BODY_MB * 1_000_000


def _too_large(path: str) -> str:
    megabytes = limits().upload_mb if _UPLOADS.match(path) else MAX_BODY_MB
    return f"This is too large; a file may have {megabytes:g} MB."


def _sentence(status: int, sentence: str) -> JSONResponse:
    return JSONResponse({"detail": sentence}, status)


def _headers_of(scope: Scope) -> dict[str, str]:
    """The headers of a request; of several of one name, all of them, which no rule takes."""
    found: dict[str, str] = {}
    for name, value in scope["headers"]:
        key, text = name.decode("latin-1").lower(), value.decode("latin-1")
        found[key] = f"{found[key]}, {text}" if key in found else text
    return found


def _route_of(scope: Scope) -> str:
    """The path of a request, without the prefix that a proxy may have added."""
    path, prefix = str(scope["path"]), str(scope.get("root_path", ""))
    return path.removeprefix(prefix) if path.startswith(f"{prefix}/") else path


def _kind(path: str) -> str:
    """The kind of a request: its path without what a visitor has put into it."""
    found: Any = re.match(r"(/gradio_api)?/[a-z_]*", path)
    return found.group() if found else "/"

"""ASGI middleware that finds out the language of each request, and tells it to the page."""

from __future__ import annotations

import json

from starlette.datastructures import Headers, MutableHeaders
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from tabs.languages.catalogue import script_texts
from tabs.languages.chosen import language_of, use_language


class VisitorLanguage:
    """Answers each request in its language; the page's HTML says which one that is.

    What the middleware and routes inside this one send is asked for by `current_language`.
    """

    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Serve a request; only HTML is changed."""
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        language = language_of(Headers(scope=scope))
        use_language(language)
        await self._app(scope, receive, _Html(send, language) if _is_page(scope) else send)


def _is_page(scope: Scope) -> bool:
    asked = Headers(scope=scope).get("accept", "")
    return scope["method"] == "GET" and ("text/html" in asked or scope["path"] == "/")


class _Html:
    """Sends an answer on; where it is HTML, with the language in it."""

    def __init__(self, send: Send, language: str) -> None:
        self._send, self._language = send, language
        self._start: Message | None = None
        self._parts: list[bytes] = []

    async def __call__(self, message: Message) -> None:
        if message["type"] == "http.response.start":
            kind = Headers(raw=message["headers"]).get("content-type", "")
            if kind.startswith("text/html"):
                self._start = message  # sent when the length is known
                return
        if self._start is None:
            await self._send(message)
            return
        self._parts.append(message.get("body", b""))
        if message.get("more_body"):
            return
        body = _with_language(b"".join(self._parts), self._language)
        headers = MutableHeaders(raw=self._start["headers"])
        headers["content-length"] = str(len(body))
        headers.add_vary_header("Accept-Language, Cookie")
        await self._send(self._start)
        await self._send({"type": "http.response.body", "body": body})


def _with_language(page: bytes, language: str) -> bytes:
    """The page's HTML with its language, and the texts of its scripts in that language."""
    texts = json.dumps(script_texts(language), ensure_ascii=False).replace("<", "\\u003c")
    script = f"<script>window.ganvasLanguage='{language}';window.ganvasTexts={texts};</script>"
    page = page.replace(b'lang="en"', f'lang="{language}"'.encode(), 1)
    return page.replace(b"<head>", b"<head>" + script.encode(), 1)

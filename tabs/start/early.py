"""The tiles in the server's first answer, before the page's scripts have loaded."""

from __future__ import annotations

from pathlib import Path

from starlette.types import ASGIApp, Message, Receive, Scope, Send

from tabs.languages.chosen import translate

_SCRIPT = (Path(__file__).parent / "early.js").read_text("utf-8")
_STYLE = """
#early { position: absolute; inset: 0; min-height: 100vh; z-index: 5; background: #fff;
  color: #1e293b; font-family: system-ui, sans-serif; }
#early.dark { background: #0b0f19; color: #f1f5f9; }
#early > div { box-sizing: border-box; max-width: 1360px; margin: 0 auto; padding: 10px 44px 0; }
#early h1 { margin: 0 0 58px -12px; font-size: 24px; line-height: 1.2; }
#early .opening { outline: 3px solid #047857; }
@media (max-width: 760px) { #early h1 { margin-bottom: 96px; } }
"""
# relative: a browser that is not told looks at the root of the host, outside a proxy's prefix
_ICON = b'<link rel="icon" href="favicon.ico"></head>'


class EarlyTiles:
    """ASGI middleware that writes the tiles into the page's HTML, to be visible while it loads.

    `early.js` removes them as soon as the page's own tiles are there. Links to pictures, which open
    another tab, get none. Every page gets the address of its icon.
    """

    def __init__(self, app: ASGIApp, tiles: str, style: str) -> None:
        self._app, self._tiles, self._style = app, tiles, style

    def _piece(self) -> bytes:
        """The tiles in the language of the request, and what removes them."""
        return (
            f"<style>{_STYLE}{self._style}</style><div id='early'><div><h1>Ganvas</h1>"
            f"{translate(self._tiles)}</div></div><script>{_SCRIPT}</script></body>"
        ).encode()

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Serve a request; only the page itself is changed."""
        asked = scope.get("query_string", b"")
        is_page = scope["type"] == "http" and scope["method"] == "GET" and scope["path"] == "/"
        if not is_page:
            await self._app(scope, receive, send)
            return
        has_tiles = not any(word in asked for word in (b"seeds=", b"model=", b"view="))
        begun: list[Message] = []
        parts: list[bytes] = []

        async def collect(message: Message) -> None:
            if message["type"] == "http.response.start":
                begun.append(message)
                return
            parts.append(message.get("body", b""))
            if message.get("more_body"):
                return
            body = b"".join(parts).replace(b"</head>", _ICON, 1)
            if has_tiles:
                body = body.replace(b"</body>", self._piece(), 1)
            headers = [h for h in begun[0]["headers"] if h[0].lower() != b"content-length"]
            headers.append((b"content-length", str(len(body)).encode()))
            await send({**begun[0], "headers": headers})
            await send({"type": "http.response.body", "body": body})

        await self._app(scope, receive, collect)

"""A web server on 127.0.0.1 that can be the Hub, a plain site or a package index, and misbehave."""

from __future__ import annotations

import contextlib
import hashlib
import threading
import time
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from urllib.parse import urlsplit

import safetensors.torch
import torch

from gan_models.zoo import ModelSpec, Source


@dataclass
class Page:
    """One file, and how the server answers for it."""

    data: bytes
    status: int = 200
    cuts: list[int] = field(default_factory=list)  # bytes to send before each coming cut
    ranges: bool = True
    tag: str = ""
    checks_tag: bool = True
    redirect: str = ""
    seconds_a_chunk: float = 0.0
    content_type: str = "application/octet-stream"


class FakeHub(ThreadingHTTPServer):
    """`pages` by path; `requests` collects (path, Range header, Authorization header)."""

    daemon_threads = True

    def __init__(self) -> None:
        super().__init__(("127.0.0.1", 0), _Handler)
        self.pages: dict[str, Page] = {}
        self.requests: list[tuple[str, str, str]] = []
        self.url = f"http://127.0.0.1:{self.server_address[1]}"

    def add(self, path: str, data: bytes, **how) -> Page:
        page = Page(data, **how)
        page.tag = page.tag or f'"{hashlib.sha1(data).hexdigest()}"'
        self.pages[path] = page
        return page

    def add_wheel(self, name: str, filename: str, data: bytes) -> None:
        """Offer a wheel on a package index at `/simple`."""
        link = f'<a href="/wheels/{filename}">{filename}</a>'
        self.add(f"/simple/{name}/", link.encode(), content_type="text/html")
        self.add(f"/wheels/{filename}", data)

    def ranges_of(self, path: str) -> list[str]:
        return [asked for where, asked, _ in self.requests if where == path]

    def handle_error(self, request, client_address) -> None:
        """A client that hangs up is part of the play."""


class _Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    server: FakeHub

    def do_GET(self) -> None:
        path = urlsplit(self.path).path
        asked = self.headers.get("Range", "")
        self.server.requests.append((path, asked, self.headers.get("Authorization", "")))
        page = self.server.pages.get(path)
        if page is None or page.status >= 400:
            self._head(404 if page is None else page.status, {"Content-Length": "0"})
        elif page.redirect:
            self._head(302, {"Location": page.redirect, "Content-Length": "0"})
        else:
            self._send(page, asked)

    def _send(self, page: Page, asked: str) -> None:
        first, size = 0, len(page.data)
        same = not page.checks_tag or self.headers.get("If-Range", page.tag) == page.tag
        headers = {"ETag": page.tag, "Content-Type": page.content_type}
        if asked and page.ranges and same:
            first = int(asked.removeprefix("bytes=").split("-")[0])
            if first >= size:
                return self._head(416, {"Content-Range": f"bytes */{size}", "Content-Length": "0"})
            headers["Content-Range"] = f"bytes {first}-{size - 1}/{size}"
        self._head(206 if "Content-Range" in headers else 200, headers, size - first)
        last = first + page.cuts.pop(0) if page.cuts else size
        for start in range(first, min(last, size), 1 << 14):
            self.wfile.write(page.data[start : min(start + (1 << 14), last)])
            time.sleep(page.seconds_a_chunk)
        self.close_connection = last < size
        return None

    def _head(self, status: int, headers: dict[str, str], length: int | None = None) -> None:
        self.send_response(status)
        for name, value in headers.items():
            self.send_header(name, value)
        if length is not None:
            self.send_header("Content-Length", str(length))
        self.end_headers()

    def log_message(self, *args) -> None:
        """Say nothing."""


@contextlib.contextmanager
def running_hub(monkeypatch, home):
    """A fake Hub that `HF_ENDPOINT` names, with `home` as `GANVAS_HOME`."""
    server = FakeHub()
    threading.Thread(target=server.serve_forever, args=(0.02,), daemon=True).start()
    monkeypatch.setenv("HF_ENDPOINT", server.url)
    monkeypatch.setenv("GANVAS_HOME", str(home))
    for name in ("GANVAS_OFFLINE", "HF_TOKEN", "HTTP_PROXY", "http_proxy", "ALL_PROXY"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setattr("gan_models.weights.download.PAUSE_SECONDS", 0.01)
    try:
        yield server
    finally:
        server.shutdown()
        server.server_close()


def weights_bytes(num_kb: int = 300) -> bytes:
    """A small safetensors file of a tensor that does not compress."""
    generator = torch.Generator().manual_seed(0)
    return safetensors.torch.save({"w": torch.rand(num_kb, 256, generator=generator)})


def make_spec(source: Source, data: bytes | None = None, model_id: str = "toy") -> ModelSpec:
    """A model of which only the weights matter; `data` is the published file."""
    return ModelSpec(
        id=model_id,
        title="Toy",
        task="latent",
        family="dcgan",
        resolution=64,
        source=source,
        sha256=None if data is None else hashlib.sha256(data).hexdigest(),
        size_bytes=len(data or b""),
        licence="MIT",
        attribution="",
        trained_on="",
        num_params=1,
    )

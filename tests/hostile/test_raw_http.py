"""Requests that no browser sends: no failure of the server, no trace, nothing fetched or read."""

from __future__ import annotations

import random
import socket

import pytest
from hypothesis import HealthCheck, given, settings

from tests.hostile.page import assert_polite
from tests.hostile.values import ADDRESSES, PATHS, SECRET, anything, deep

JSON_PATHS = (
    *("/gradio_api/queue/join", "/gradio_api/call/sample", "/gradio_api/run/sample"),
    *("/gradio_api/api/sample", "/gradio_api/component_server", "/gradio_api/cancel"),
    *("/gradio_api/call/v2/sample", "/gradio_api/reset", "/gradio_api/call/nobody"),
    *("/gradio_api/run/predict", "/login", "/gradio_api/stream/x", "/gradio_api/vibe-edit"),
)
BODIES = (
    *(b"", b"{", b"[]", b"null", b"NaN", b'"x"', b"\xff\xfe", b"{}", b"[" * 100_000, b"\0" * 100),
    *(b'{"data": NaN}', b'{"data": [NaN]}', b'{"data": [Infinity, -Infinity]}', b'{"data": {}}'),
    *(b'{"data": [1e999]}', b'{"data": []}', b'{"data": null}', b'{"data": "x"}'),
    *(b'{"data": [' + b"[" * 900 + b"]" * 900 + b"]}", b'{"data": [' + b"1," * 50_000 + b"1]}"),
    b'{"data": [], "fn_index": 99999, "session_hash": "a"}',
    b'{"data": [], "fn_index": NaN, "session_hash": "a"}',
    b'{"data": [], "session_hash": NaN, "fn_index": 1}',
    b'{"component_id": "x", "session_hash": [], "fn_name": {}, "data": 1}',
    b'{"component_id": 1, "session_hash": "a", "fn_name": "__class__", "data": 1}',
    b'{"component_id": 1, "session_hash": "a", "fn_name": "preprocess", "data": {"path": "/etc"}}',
    b'{"data": ["\\ud800"]}',
    b'{"data": ["' + b"x" * 1_000_000 + b'"]}',
    b'{"event_id": NaN}',
    b'{"session_hash": "a", "fn_index": 1, "event_id": "x"}',
)
HTTP_PATHS = [path.replace("\0", "%00") for path in PATHS]
GETS = (
    *(f"/gradio_api/file={path}" for path in [*ADDRESSES, *HTTP_PATHS]),
    *(f"/gradio_api/file/{path}" for path in ADDRESSES),
    *(f"/gradio_api/proxy={url}" for url in ADDRESSES),
    *(f"/{top}/{path}" for top in ("static", "assets", "svelte") for path in HTTP_PATHS),
    *("/static/" + "a" * 6000, "/static/%00", "/assets/..%2f..%2froutes.py"),
    *("/?deep_link=../../x", "/?deep_link=" + "a" * 3000, "/gradio_api/deep_link?session_hash=a"),
    *("/monitoring", "/monitoring/summary", "/monitoring/x", "/gradio_api/dev/reload"),
    *("/gradio_api/queue/data", "/gradio_api/queue/data?session_hash=nobody", "/pwa_icon/x"),
    *("/gradio_api/call/sample/nobody", "/gradio_api/call/x/y", "/gradio_api/upload_progress"),
    *("/pwa_icon/99999999", "/pwa_icon", "/gradio_api/custom_component/a/client/b/c"),
    *("/gradio_api/stream/a/b/1/playlist.m3u8", "/gradio_api/stream/a/b/x/playlist-file"),
    *("/gradio_api/info?page=%00", "/gradio_api/openapi.json", "/manifest.json", "/theme.css"),
    *("/gradio_api/run-history/buckets", "/gradio_api/runs", "/gradio_api/vibe-code", "/login"),
    *("/gradio_api/file=" + "a" * 9000, "/%2e%2e/%2e%2e/etc/passwd", "/config?page=" + "x" * 99),
    *("/gradio_api/profiling/traces", "/robots.txt"),
)
LINE = "\r\n"


def multipart(*parts: bytes, boundary: str = "xx", end: bool = True) -> bytes:
    lines = b"".join(f"--{boundary}{LINE}".encode() + part + LINE.encode() for part in parts)
    return lines + (f"--{boundary}--{LINE}".encode() if end else b"")


def part(disposition: str, content: bytes = b"x") -> bytes:
    return f"Content-Disposition: {disposition}{LINE}{LINE}".encode() + content


FORMS = (
    *(b"", b"--xx", b"--xx--", b"garbage", multipart(), multipart(b"", end=False)),
    multipart(part('form-data; name="files"')),
    multipart(part('form-data; name="files"; filename=""')),
    multipart(part('form-data; name="files"; filename="."')),
    multipart(part('form-data; name="files"; filename=".."')),
    multipart(part('form-data; name="files"; filename="/"')),
    multipart(part('form-data; name="files"; filename="../../../tmp/x.png"')),
    multipart(part('form-data; name="files"; filename="..\\\\..\\\\x.png"')),
    multipart(part('form-data; name="files"; filename="' + "n" * 3000 + '.png"')),
    multipart(part('form-data; name="files"; filename="' + "\u4e2d" * 400 + '.png"')),
    multipart(part('form-data; name="files"; filename="a\0b.png"')),
    multipart(part("form-data")),
    multipart(part('form-data; filename="x.png"')),
    multipart(part('attachment; name="files"; filename="x.png"')),
    multipart(part('form-data; name="other"; filename="x.png"')),
    multipart(b"no headers at all"),
    multipart(f"X: {'y' * 20_000}{LINE}{LINE}".encode()),
    multipart(*[part('form-data; name="files"; filename="x.png"')] * 1200),
    multipart(*[part(f'form-data; name="f{k}"') for k in range(1200)]),
    multipart(part('form-data; name="files"; filename="x.png"'), end=False),
    multipart(part(f'form-data; name="files"; filename="{SECRET}.png"')),
)

TYPES = (
    *("multipart/form-data; boundary=xx", "multipart/form-data", "multipart/form-data; boundary="),
    *("multipart/form-data; boundary=xx; charset=nothing", "text/plain", ""),
)
FORM_PATHS = (
    *("/gradio_api/upload", "/gradio_api/upload?upload_id=a", "/gradio_api/upload?upload_id=%00"),
    "/gradio_api/component_server",
)


def check_all(page, seed: int, count: int) -> None:
    chance = random.Random(seed)
    for _ in range(count):
        kind = chance.random()
        if kind < 0.5:
            body = chance.choice(BODIES)
            if chance.random() < 0.3 and len(body) < 10_000:
                body = bytes(b for b in body if chance.random() > 0.05)
            assert_polite(page.post(chance.choice(JSON_PATHS), body))
        elif kind < 0.75:
            assert_polite(page.client.get(chance.choice(GETS)))
        else:
            headers = {"Content-Type": chance.choice(TYPES)}
            form = chance.choice(FORMS)
            answer = page.client.post(chance.choice(FORM_PATHS), content=form, headers=headers)
            assert_polite(answer)


@pytest.mark.long
@pytest.mark.timeout(1800)
def test_two_thousand_of_them(page):
    check_all(page, 19, 2500)


@settings(max_examples=30, deadline=None, suppress_health_check=list(HealthCheck))
@given(value=anything, extra=anything)
def test_bodies_of_any_shape(hostile_page, value, extra):
    for path in ("/gradio_api/queue/join", "/gradio_api/component_server"):
        for body in (
            value,
            {
                "data": value,
                "session_hash": extra,
                "fn_index": extra,
                "component_id": extra,
                "fn_name": "preview",
                "trigger_id": extra,
            },
        ):
            assert_polite(hostile_page.post(path, body))


@pytest.mark.parametrize("url", ADDRESSES)
def test_no_file_is_fetched_from_elsewhere(page, url, listener):
    for address in (url, url.replace("127.0.0.1:1", f"127.0.0.1:{listener.port}")):
        for route in ("file=", "file/", "proxy="):
            answer = page.client.get(f"/gradio_api/{route}{address}")
            assert 400 <= answer.status_code < 500
    assert listener.num_connections == 0


def raw(page, request: bytes) -> bytes:
    with socket.create_connection(("127.0.0.1", page.port), timeout=20) as one:
        one.sendall(request)
        one.settimeout(5)
        try:
            return one.recv(4096)
        except (TimeoutError, ConnectionResetError):
            return b""


@pytest.mark.parametrize(
    "request_text",
    [
        b"GET / HTTP/1.0\r\n\r\n",
        b"GET /config HTTP/1.1\r\nHost: localhost\r\nHost: evil.example\r\n\r\n",
        b"GET http://evil.example/config HTTP/1.1\r\nHost: evil.example\r\n\r\n",
        b"GET /config HTTP/1.1\r\nHost:\r\n\r\n",
        b"GET /config HTTP/1.1\r\nHost: [::1\r\n\r\n",
        b"GET /config HTTP/1.1\r\nHost: localhost:99999999\r\n\r\n",
        b"GET /config HTTP/1.1\r\nHost: localhost@evil.example\r\n\r\n",
        b"GET /config HTTP/1.1\r\nHost: \xff\xfe\r\n\r\n",
        b"BREW / HTTP/1.1\r\nHost: localhost\r\n\r\n",
        b"GET /" + b"a" * 70_000 + b" HTTP/1.1\r\nHost: localhost\r\n\r\n",
        b"POST /x HTTP/1.1\r\nHost: localhost\r\nContent-Length: 99999999999999\r\n\r\n",
        b"POST /gradio_api/upload HTTP/1.1\r\nHost: localhost\r\nContent-Length: -1\r\n\r\n",
        b"POST /x HTTP/1.1\r\nHost: localhost\r\nTransfer-Encoding: chunked\r\n\r\nzz\r\n",
        b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03",
        b"GET / HTTP/1.1\r\nHost: localhost\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n"
        b"Sec-WebSocket-Version: 13\r\nSec-WebSocket-Key: eHg=\r\n\r\n",
    ],
)
def test_requests_by_hand(page, request_text):
    answer = raw(page, request_text)
    assert not answer.startswith(b"HTTP/1.1 5")
    assert b"evil.example" not in answer


def test_a_body_without_end_is_stopped(page):
    with socket.create_connection(("127.0.0.1", page.port), timeout=20) as one:
        one.sendall(
            b"POST /gradio_api/queue/join HTTP/1.1\r\nHost: localhost\r\n"
            b"Content-Type: application/json\r\nTransfer-Encoding: chunked\r\n\r\n"
        )
        block = b"x" * (1 << 20)
        try:
            for _ in range(64):
                one.sendall(b"100000\r\n" + block + b"\r\n")
        except OSError:
            return  # the server has hung up
        one.settimeout(5)
        assert one.recv(64).startswith((b"HTTP/1.1 400", b"HTTP/1.1 413"))


def test_a_deep_value_is_refused_in_a_sentence(page):
    event, answer = page.call("sample", [deep(100), "faces-64", 1])
    assert event == "error"
    assert "nested" in answer

"""Headers of every answer, and calls of other origins, through the guard alone."""

from __future__ import annotations

import httpx
import pytest
from starlette.responses import PlainTextResponse

from tabs.server.guard import Guard
from tabs.server.hosts import HostRules


async def server(scope, receive, send):
    """A server that lets every origin read, as Gradio's does."""
    headers = {"Access-Control-Allow-Origin": "*", "Access-Control-Allow-Credentials": "true"}
    await PlainTextResponse(scope["path"], headers=headers)(scope, receive, send)


def ask(rules: HostRules, method: str = "GET", path: str = "/", **headers: str) -> httpx.Response:
    import anyio

    async def run() -> httpx.Response:
        guard = Guard(server, rules, lambda path: path == "/closed", lambda path: path == "/call")
        transport = httpx.ASGITransport(guard)
        async with httpx.AsyncClient(transport=transport, base_url="http://localhost") as client:
            given = {name.replace("_", "-"): value for name, value in headers.items()}
            return await client.request(method, path, headers=given)

    return anyio.run(run)


PRIVATE = HostRules(private=True)


@pytest.mark.parametrize("path", ["/", "/closed", "/call", "/gradio_api/file=/x"])
def test_every_answer_has_the_headers(path):
    headers = ask(PRIVATE, path=path).headers
    assert headers["x-content-type-options"] == "nosniff"
    assert headers["x-frame-options"] == "SAMEORIGIN"
    assert headers["referrer-policy"] == "same-origin"
    assert "default-src 'self'" in headers["content-security-policy"]
    assert "frame-ancestors 'self'" in headers["content-security-policy"]
    assert "http" not in headers["content-security-policy"]


def test_a_space_may_be_framed_by_the_hub_alone(monkeypatch):
    monkeypatch.setenv("SPACE_ID", "me/ganvas")
    headers = ask(HostRules(private=False)).headers
    ancestors = headers["content-security-policy"].partition("frame-ancestors ")[2]
    assert "https://huggingface.co" in ancestors
    assert "*" not in ancestors.split()
    assert "x-frame-options" not in headers


def test_no_foreign_origin_is_told_that_it_may_read():
    answer = ask(PRIVATE, origin="https://evil.example")
    assert answer.status_code == 403
    assert "may not call" in answer.json()["detail"]
    assert not [name for name in answer.headers if name.startswith("access-control")]
    own = ask(PRIVATE, origin="http://localhost")
    assert own.status_code == 200
    assert not [name for name in own.headers if name.startswith("access-control")]


def test_a_listed_origin_may_read():
    rules = HostRules(private=False, listed=("friend.example", "localhost"))
    headers = ask(rules, origin="https://friend.example").headers
    assert headers["access-control-allow-origin"] == "https://friend.example"
    assert headers["access-control-allow-credentials"] == "true"
    everybody = ask(HostRules(True, listed=("*",)), origin="https://x.example").headers
    assert everybody["access-control-allow-origin"] == "*"
    assert "access-control-allow-credentials" not in everybody


def test_a_browser_asks_before_a_call_of_another_origin():
    wanted = {"access_control_request_method": "POST", "access_control_request_headers": "x-y"}
    assert ask(PRIVATE, "OPTIONS", origin="https://evil.example", **wanted).status_code == 403
    rules = HostRules(private=False, listed=("friend.example", "localhost"))
    answer = ask(rules, "OPTIONS", origin="https://friend.example", **wanted)
    assert answer.status_code == 204
    assert answer.headers["access-control-allow-headers"] == "x-y"


@pytest.mark.parametrize(
    "path",
    [
        *("/closed", "/gradio_api/file=https://example.org/x", "/gradio_api/file=//example.org/x"),
        *(
            "/gradio_api/file/http://127.0.0.1/x",
            "/gradio_api/file=FTP://x",
            "/gradio_api/file= http:x",
        ),
    ],
)
def test_closed_addresses_are_refused_in_a_sentence(path):
    answer = ask(PRIVATE, path=path)
    assert answer.status_code == 403
    assert answer.json() == {"detail": "This address is not served here."}


def test_a_long_address_and_a_large_body_are_refused(monkeypatch):
    assert ask(PRIVATE, path="/" + "a" * 5000).status_code == 400
    assert ask(PRIVATE, "POST", content_length="99999999999").status_code == 413
    monkeypatch.setenv("GANVAS_LIMIT_UPLOAD_MB", "1")
    large = {"path": "/gradio_api/upload", "content_length": "5000000"}
    assert ask(PRIVATE, "POST", **large).status_code == 413

"""Calls by a name that the page does not have get status 404 and a sentence."""

from __future__ import annotations

import httpx
import pytest

from tabs.server.guard import UNKNOWN

NAMES = ("nobody", "nobody/", "v2", "v2/", "v2/nobody", "v2/nobody/", "v2/v2", "%2e%2e", "0", "猫")


def ask(page_url: str, method: str, path: str) -> httpx.Response:
    body = None if method == "GET" else {} if "v2" in path else {"data": []}
    return httpx.request(method, f"{page_url}/gradio_api/{path}", json=body, timeout=20)


@pytest.mark.parametrize("name", [*NAMES, "x" * 1000, "v2/nobody/at/all", "nobody/at/all", ""])
def test_an_unknown_name_is_answered_with_a_sentence(page_url, name):
    answer = ask(page_url, "POST", f"call/{name}")
    assert answer.status_code == 404
    assert answer.json() == {"detail": UNKNOWN}


@pytest.mark.parametrize("path", ["run/nobody", "run/nobody/", "api/nobody"])
def test_so_is_one_of_a_direct_call(page_url, path):
    answer = ask(page_url, "POST", path)
    assert (answer.status_code, answer.json()) == (404, {"detail": UNKNOWN})


@pytest.mark.parametrize("path", ["call/nobody/some-event", "call/v2/nobody/some-event"])
def test_so_is_the_stream_of_an_unknown_name(page_url, path):
    assert ask(page_url, "GET", path).status_code == 404


def test_a_private_event_is_unknown_where_only_public_ones_are_called(page_url):
    events = httpx.get(f"{page_url}/config").json()["dependencies"]
    hidden = [event["api_name"] for event in events if event["api_visibility"] != "public"]
    assert hidden
    assert {ask(page_url, "POST", f"call/v2/{name}").status_code for name in hidden[:3]} == {404}


@pytest.mark.parametrize("path", ["call/list_models", "call/v2/list_models", "call/list_models/"])
def test_a_known_name_is_called(page_url, path):
    answer = ask(page_url, "POST", path)
    assert answer.status_code == 200
    event = answer.json()["event_id"]
    name = path.rstrip("/")
    assert "event: complete" in ask(page_url, "GET", f"{name}/{event}").text

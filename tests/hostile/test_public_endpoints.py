"""Whatever is sent to a public endpoint: an answer, or a sentence that says what is wrong."""

from __future__ import annotations

import json
import struct
import zlib
from functools import cache

import httpx
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from tests.hostile.page import ROOT, HostilePage, file_data
from tests.hostile.values import anything, texts

ENDPOINTS = (
    *("list_models", "sample", "interpolate", "class_sample", "translate", "enlarge", "paint"),
    *("finetune_start", "finetune_status", "finetune_stop", "finetune_resume"),
    *("finetune_delete", "finetune_generator", "digits_film_draw"),
)


@cache
def num_parameters(url: str) -> dict[str, int]:
    info = httpx.get(f"{url}/gradio_api/info", timeout=60).json()["named_endpoints"]
    return {name.lstrip("/"): len(one["parameters"]) for name, one in info.items()}


def check_call(page: HostilePage, name: str, data: list) -> None:
    event, answer = page.call(name, data)
    assert event in ("complete", "error"), (name, answer[:300])
    if event == "error":
        said = json.loads(answer)
        sentence = said.get("error") or said.get("detail")
        assert sentence, (name, answer)
        assert str(ROOT) not in answer
        assert "went wrong on the server" not in answer, (name, data)


def calls(data, url: str) -> tuple[str, list]:
    name = data.draw(st.sampled_from(ENDPOINTS))
    count = num_parameters(url).get(name, 3)
    size = data.draw(st.sampled_from([count, count, count, count, count - 1, count + 2]))
    return name, [data.draw(anything) for _ in range(max(0, size))]


def test_every_public_endpoint_is_attacked(page):
    assert set(num_parameters(page.url)) <= set(ENDPOINTS)


@settings(max_examples=80, deadline=None, suppress_health_check=list(HealthCheck))
@given(data=st.data())
def test_a_call_is_answered_or_refused_in_a_sentence(hostile_page, data):
    check_call(hostile_page, *calls(data, hostile_page.url))


@pytest.mark.long
@pytest.mark.timeout(1800)
@settings(max_examples=1500, deadline=None, suppress_health_check=list(HealthCheck))
@given(data=st.data())
def test_many_calls_are_answered_or_refused_in_a_sentence(hostile_page, data):
    check_call(hostile_page, *calls(data, hostile_page.url))


@settings(max_examples=30, deadline=None, suppress_health_check=list(HealthCheck))
@given(text=texts)
def test_typed_text_is_not_in_the_log(hostile_page, text):
    marked = f"canary-4f1c {text}"
    check_call(hostile_page, "sample", [marked, "faces-64", 1])
    check_call(hostile_page, "class_sample", [marked, "0", "eyes-128", 1])
    check_call(hostile_page, "finetune_status", [marked, marked])
    assert "canary-4f1c" not in hostile_page.text()


@pytest.mark.parametrize(
    ("name", "data"),
    [
        ("interpolate", ["3, 8", "faces-64", float("inf")]),
        ("interpolate", ["3, 8", "faces-64", [1]]),
        ("paint", [None, "paint", [1]]),
        ("sample", [{"a": 1}, "faces-64", 1]),
        ("sample", ["0", ["faces-64"], 1]),
        ("sample", ["0", "faces-64", "1; DROP TABLE"]),
        ("enlarge", ["https://example.org/x.png", "real-esrgan-x4", 2]),
        ("translate", [{"url": "http://127.0.0.1/x.png"}, "vintage"]),
        ("finetune_generator", ["a", "b", float("inf")]),
        ("interpolate", ["3, 8", "faces-64", "many"]),
        ("paint", [None, "paint", "many"]),
    ],
)
def test_a_value_of_another_kind_gets_a_sentence(page, name, data):
    event, answer = page.call(name, data)
    assert event == "error"
    assert json.loads(answer)["error"]


def bomb(width: int, height: int) -> bytes:
    """A PNG of a few kilobytes with so many black pixels."""
    row = zlib.compressobj(9)
    data = b"".join(row.compress(bytes(1 + width // 8)) for _ in range(height)) + row.flush()
    chunks = [(b"IHDR", struct.pack(">IIBBBBB", width, height, 1, 0, 0, 0, 0)), (b"IDAT", data)]
    body = b"".join(
        struct.pack(">I", len(part)) + kind + part + struct.pack(">I", zlib.crc32(kind + part))
        for kind, part in [*chunks, (b"IEND", b"")]
    )
    return b"\x89PNG\r\n\x1a\n" + body


@pytest.mark.parametrize("name", ["translate", "enlarge", "paint"])
def test_a_small_file_that_unpacks_to_a_huge_picture_is_refused(page, name):
    path = page.upload("canary-4f1c.png", bomb(24_000, 24_000))
    model = {"translate": "vintage", "enlarge": "real-esrgan-fast-x4", "paint": "paint"}[name]
    data = [file_data(path), model, None][: num_parameters(page.url)[name]]
    event, answer = page.call(name, data)
    assert event == "error"
    assert "megapixels" in answer or "whole number" in answer


@pytest.mark.parametrize("address", ["http://127.0.0.1:{port}/x.png", "https://example.org/x.png"])
@pytest.mark.parametrize("name", ["translate", "enlarge", "paint"])
def test_a_picture_on_another_server_is_not_fetched(page, name, address, listener):
    url = address.format(port=listener.port)
    file = {**file_data(url), "url": url}
    event, answer = page.call(name, [file, "vintage", None][: num_parameters(page.url)[name]])
    assert event == "error"
    assert "not fetched" in json.loads(answer)["error"]
    assert listener.num_connections == 0

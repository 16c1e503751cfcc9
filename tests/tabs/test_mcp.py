"""The public endpoints as MCP tools, with the client of the protocol's authors."""

from __future__ import annotations

import asyncio
import base64
import io
import os
import subprocess
import sys
import threading
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import gradio as gr
import httpx
import numpy as np
import pytest
from mcp import ClientSession
from mcp.client.streamable_http import streamablehttp_client
from PIL import Image

from gan_models import load_pipeline
from gan_models.media.images import read_provenance
from tabs.components import gradio_mcp

ROOT = Path(__file__).parents[2]
TOOLS = {
    *("list_models", "sample", "interpolate", "class_sample", "translate", "enlarge", "paint"),
    *("finetune_start", "finetune_status", "finetune_stop", "finetune_resume"),
    *("finetune_generator", "finetune_delete", "digits_film_draw"),
}


@pytest.fixture(scope="module")
def url():
    """The address of a page that serves MCP by the launch option."""
    from app import create_app, launch

    app = create_app()
    options = {"server_port": None, "prevent_thread_lock": True, "quiet": True}
    _, url, _ = launch(app, mcp_server=True, **options)
    yield url.rstrip("/")
    app.close()


def with_client(url, ask):
    """What `ask`, a coroutine function, returns for a session."""

    async def talk():
        address = f"{url}/gradio_api/mcp/"
        async with (
            streamablehttp_client(address) as (read, write, _),
            ClientSession(read, write) as session,
        ):
            await session.initialize()
            return await ask(session)

    return asyncio.run(talk())


def call(url, name, **arguments):
    """Whether the answer is an error, and its contents."""
    answer = with_client(url, lambda session: session.call_tool(name, arguments))
    return answer.isError, answer.content


def data_url(size=(40, 24), seed=0):
    file = io.BytesIO()
    pixels = np.random.RandomState(seed).randint(0, 256, (*size[::-1], 3))
    Image.fromarray(pixels.astype(np.uint8)).save(file, "PNG")
    return "data:image/png;base64," + base64.b64encode(file.getvalue()).decode()


def image_of(content):
    assert content.mimeType == "image/png"
    return Image.open(io.BytesIO(base64.b64decode(content.data)))


def address_in(content):
    return content.text[content.text.index("http") :]


def test_exactly_the_public_endpoints_are_tools_and_all_are_described(url):
    tools = with_client(url, lambda session: session.list_tools()).tools
    assert {tool.name for tool in tools} == TOOLS
    for tool in tools:
        assert tool.description[0].isupper()
        assert "Returns: " in tool.description
        for name, parameter in tool.inputSchema["properties"].items():
            text = parameter["description"]
            assert text.endswith("."), f"{tool.name} cuts the description of {name}: {text}"


def test_a_sample_is_a_picture_and_the_address_of_its_file(url):
    is_error, (picture, text) = call(url, "sample", seeds="42", model="faces-64")
    assert not is_error
    wanted = load_pipeline("faces-64", device="cpu").sample([42])[0]
    difference = np.asarray(image_of(picture)).astype(int) - np.asarray(wanted)
    assert np.abs(difference).max() <= 1
    file = io.BytesIO(httpx.get(address_in(text)).content)
    with Image.open(file) as saved:
        assert saved.size == (64, 64)


def test_a_file_has_its_provenance(url, tmp_path):
    _, contents = call(url, "class_sample", class_name="green", seeds="7", model="eyes-128")
    path = tmp_path / "eye.png"
    path.write_bytes(httpx.get(address_in(contents[-1])).content)
    assert read_provenance(path)["class_name"] == "green"


@pytest.mark.parametrize(("seeds", "pictures"), [("0-3", 4), ("0-4", 0)])
def test_many_pictures_are_addresses_alone(url, seeds, pictures):
    _, contents = call(url, "sample", seeds=seeds, model="faces-64")
    kinds = [content.type for content in contents]
    assert kinds.count("image") == pictures
    assert kinds.count("text") == int(seeds[-1]) + 1
    assert all(address_in(content) for content in contents if content.type == "text")


def test_a_large_picture_is_an_address_alone(tmp_path):
    gradio_mcp.serves_mcp(True)
    from gradio.mcp import GradioMCPServer

    side = 2049
    Image.new("RGB", (side, side)).save(tmp_path / "large.png")
    Image.new("RGB", (side - 1, side - 1)).save(tmp_path / "small.png")
    assert GradioMCPServer.get_image(str(tmp_path / "large.png")) is None
    assert GradioMCPServer.get_image(str(tmp_path / "small.png")).size == (2048, 2048)
    assert GradioMCPServer.get_image(str(tmp_path / "none.png")) is None


@pytest.mark.parametrize(
    ("name", "arguments", "size"),
    [
        ("translate", {"image": data_url(), "model": "summer2winter"}, (40, 24)),
        ("enlarge", {"image": data_url(), "model": "real-esrgan-fast-x4", "scale": 2}, (80, 48)),
    ],
)
def test_a_picture_is_given_as_data(url, name, arguments, size):
    is_error, contents = call(url, name, **arguments)
    assert not is_error, contents
    assert image_of(contents[0]).size == size


def test_a_film_is_the_address_of_a_file(url):
    is_error, (text,) = call(url, "interpolate", seeds="3, 8", num_frames=3)
    assert not is_error
    assert httpx.get(address_in(text)).content[4:8] == b"ftyp"


@pytest.mark.parametrize(
    ("name", "arguments", "sentence"),
    [
        ("sample", {"seeds": "cat"}, "is not a seed"),
        ("sample", {"seeds": "0-64"}, "At most 64"),
        ("sample", {"model": "/etc/passwd"}, "choose from"),
        ("sample", {"truncation_psi": 9}, "ψ"),
        ("interpolate", {"num_frames": 2.5}, "whole number"),
        ("class_sample", {"class_name": "purple"}, "choose from"),
        ("translate", {"image": "/etc/passwd"}, "http"),
        ("translate", {}, "required"),
        ("translate", {"image": data_url((4, 4))}, "16"),
        ("enlarge", {"image": "data:image/png;base64,AAAA"}, "file"),
        ("finetune_status", {"job": "a", "key": "b"}, "no such job here"),
        ("no_such_tool", {}, "no_such_tool"),
    ],
)
def test_a_bad_argument_gives_a_sentence_and_the_next_call_works(url, name, arguments, sentence):
    is_error, (content,) = call(url, name, **arguments)
    assert is_error
    assert sentence in content.text
    assert "Traceback" not in content.text
    assert not call(url, "sample", seeds="1")[0]


@pytest.mark.parametrize("name", ["translate", "enlarge", "paint"])
def test_a_picture_on_another_server_is_not_fetched(url, name):
    asked = []

    class Other(BaseHTTPRequestHandler):
        def do_GET(self):
            asked.append(self.path)
            self.send_error(404)

        do_HEAD = do_GET  # noqa: N815

        def log_message(self, *_):
            """No line a request."""

    with ThreadingHTTPServer(("127.0.0.1", 0), Other) as other:
        threading.Thread(target=other.serve_forever, daemon=True).start()
        address = f"http://127.0.0.1:{other.server_port}/secret.png"
        argument = "label_map" if name == "paint" else "image"
        is_error, (answer, *_) = call(url, name, **{argument: address})
        other.shutdown()
    assert is_error
    assert "is not fetched from here" in answer.text
    assert not asked


def test_a_page_that_is_not_asked_for_it_serves_no_mcp(page_url, monkeypatch):
    assert httpx.post(f"{page_url}/gradio_api/mcp/", json={}).status_code in (404, 405)
    monkeypatch.delenv("GANVAS_MCP", raising=False)
    assert not gradio_mcp.serves_mcp()
    monkeypatch.setenv("GANVAS_MCP", "1")
    assert gradio_mcp.serves_mcp()
    assert not gradio_mcp.serves_mcp(False)


def test_without_its_package_the_launch_fails_with_a_sentence(monkeypatch):
    from app import launch

    for name in [name for name in sys.modules if name.partition(".")[0] == "mcp"]:
        monkeypatch.delitem(sys.modules, name)
    monkeypatch.setattr(sys, "meta_path", [Missing(), *sys.meta_path])
    with gr.Blocks() as page:
        pass
    with pytest.raises(ValueError, match="need the package mcp"):
        launch(page, mcp_server=True, prevent_thread_lock=True)


class Missing:
    """A finder for which the package mcp is not installed."""

    def find_spec(self, name, path=None, target=None):
        if name.partition(".")[0] == "mcp":
            raise ModuleNotFoundError(f"No module named {name!r}")


def test_the_program_ends_with_that_sentence(tmp_path):
    (tmp_path / "mcp.py").write_text("raise ImportError('not here')\n")
    path = os.pathsep.join(filter(None, [str(tmp_path), os.getenv("PYTHONPATH")]))
    env = {**os.environ, "PYTHONPATH": path, "GANVAS_MCP": "1"}
    command = [sys.executable, str(ROOT / "app.py")]
    done = subprocess.run(
        command, env=env, capture_output=True, text=True, timeout=240, check=False
    )
    assert done.returncode != 0
    assert done.stderr.splitlines()[-1] == gradio_mcp.NOT_INSTALLED
    assert "Traceback" not in done.stderr

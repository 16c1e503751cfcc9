"""The page is stopped, or killed, in the middle of work."""

import json
import os
import signal
import socket
import subprocess
import sys
import threading
import time
from pathlib import Path

import httpx
import pytest
from PIL import Image

ROOT = Path(__file__).parent.parent
API = "/gradio_api"


class Served:
    """A page as `make run` starts it, with a home of its own."""

    def __init__(self, home: Path) -> None:
        with socket.socket() as free:
            free.bind(("127.0.0.1", 0))
            port = free.getsockname()[1]
        home.mkdir(exist_ok=True)
        weights = Path(os.environ["GANVAS_HOME"]) / "weights"
        if not (home / "weights").exists():
            (home / "weights").symlink_to(weights.resolve(), target_is_directory=True)
        self.home, self.url = home, f"http://127.0.0.1:{port}"
        self.process = subprocess.Popen(
            [sys.executable, "app.py"],
            cwd=ROOT,
            env=os.environ | {"PORT": str(port), "GANVAS_HOME": str(home)},
            stdout=subprocess.DEVNULL,
        )
        limit = time.monotonic() + 120
        while True:
            try:
                httpx.get(f"{self.url}/config", timeout=5)
                break
            except httpx.HTTPError:
                assert time.monotonic() < limit, "the page did not start"
                time.sleep(0.3)

    def ask(self, name: str, data: list) -> httpx.Response:
        return httpx.post(f"{self.url}{API}/call/{name}", json={"data": data}, timeout=60)

    def answer(self, name: str, event: str) -> str:
        """The last thing that is sent of an event, even where the connection breaks after it."""
        lines = []
        try:
            address = f"{self.url}{API}/call/{name}/{event}"
            with httpx.stream("GET", address, timeout=120) as stream:
                lines.extend(stream.iter_lines())
        except httpx.HTTPError:
            pass
        return "\n".join(lines).strip().rpartition("event: ")[2]

    def listen(self, name: str, data: list) -> tuple[threading.Thread, list[str]]:
        """Ask, and listen in a thread."""
        event, got = self.ask(name, data).json()["event_id"], []
        thread = threading.Thread(target=lambda: got.append(self.answer(name, event)))
        thread.start()
        return thread, got

    def end(self) -> None:
        self.process.kill()
        self.process.wait()


@pytest.fixture
def served(tmp_path):
    page = Served(tmp_path / "home")
    yield page
    page.end()


def test_when_it_is_told_to_stop_it_ends_soon_and_everybody_gets_an_answer(served):
    walk, walked = served.listen("interpolate", ["3, 8, 3", "landscapes", 3600])
    time.sleep(3)
    sample, sampled = served.listen("sample", ["0-3", "faces-64", 1])
    began = time.monotonic()
    served.process.send_signal(signal.SIGTERM)
    served.process.wait(timeout=10)
    assert time.monotonic() - began < 10
    walk.join(10)
    sample.join(10)
    assert walked[0].startswith("error")
    assert "stopped before this was finished" in walked[0]
    finished = sampled[0].startswith("complete")
    assert finished or "stopped before this was finished" in sampled[0], sampled


def test_what_is_asked_while_it_stops_is_told_to_come_back(served):
    walk, _ = served.listen("interpolate", ["3, 8, 3", "landscapes", 3600])
    time.sleep(2)
    served.process.send_signal(signal.SIGTERM)
    time.sleep(0.7)
    refused = served.ask("list_models", [])
    assert refused.status_code == 503
    assert "Busy" in refused.json()["detail"]
    served.process.wait(timeout=10)
    walk.join(10)


def test_an_idle_page_ends_at_once(served):
    began = time.monotonic()
    served.process.send_signal(signal.SIGTERM)
    served.process.wait(timeout=10)
    assert time.monotonic() - began < 5


def test_a_page_that_is_killed_loses_no_finished_file(served, tmp_path):
    event = served.ask("sample", ["0-3", "faces-64", 1]).json()["event_id"]
    files = json.loads(served.answer("sample", event).partition("data: ")[2])[0]
    served.listen("interpolate", ["3, 8, 3", "faces-64", 3600])
    served.listen("sample", ["0-63", "landscapes", 1])
    time.sleep(2)
    served.end()
    for file in files:
        with Image.open(file["path"]) as picture:
            picture.load()
            assert picture.size == (64, 64)
    again = Served(served.home)
    try:
        event = again.ask("sample", ["7", "faces-64", 1]).json()["event_id"]
        assert again.answer("sample", event).startswith("complete")
    finally:
        again.end()

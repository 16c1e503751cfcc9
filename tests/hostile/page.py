"""A page in a process of its own, with its log, and raw requests to it."""

from __future__ import annotations

import json
import os
import secrets
import socket
import subprocess
import sys
import time
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import httpx

ROOT = Path(__file__).parents[2]
START_SECONDS = 180
ANSWER_SECONDS = 120


def free_port() -> int:
    with socket.socket() as one:
        one.bind(("127.0.0.1", 0))
        return one.getsockname()[1]


@dataclass
class HostilePage:
    """The page, served by `python app.py`."""

    home: Path
    settings: dict[str, str] = field(default_factory=dict)
    port: int = field(default_factory=free_port)

    def __post_init__(self) -> None:
        self.log = self.home / "log"
        self.url = f"http://127.0.0.1:{self.port}"
        self.client = httpx.Client(base_url=self.url, timeout=ANSWER_SECONDS)
        self.process: subprocess.Popen[bytes] | None = None

    def start(self) -> HostilePage:
        """Start it, and wait until it answers."""
        environment = os.environ | {
            "GANVAS_HOME": str(self.home),
            "PORT": str(self.port),
            "GANVAS_OFFLINE": "1",
            "OMP_NUM_THREADS": "1",
        }
        environment |= self.settings
        with open(self.log, "ab") as log:
            command = [sys.executable, str(ROOT / "app.py")]
            self.process = subprocess.Popen(
                command, cwd=self.home, env=environment, stdout=log, stderr=log
            )
        deadline = time.monotonic() + START_SECONDS
        while time.monotonic() < deadline:
            assert self.process.poll() is None, self.text()
            try:
                self.client.get("/gradio_api/startup-events")
                return self
            except httpx.TransportError:
                time.sleep(0.2)
        raise AssertionError(self.text())

    def stop(self) -> int:
        """End it as an operating system does; its exit status."""
        if self.process is None:
            return 0
        self.process.terminate()
        return self.process.wait(30)

    def text(self) -> str:
        """What it has logged."""
        return self.log.read_text("utf-8", "replace")

    def post(self, path: str, body: Any, **options: Any) -> httpx.Response:
        """Post a value as JSON, as Python writes it: with NaN and Infinity."""
        headers = {"Content-Type": "application/json"}
        content = body if isinstance(body, bytes) else json.dumps(body).encode("utf-8", "replace")
        return self.client.post(path, content=content, headers=headers, **options)

    def call(self, name: str, data: list[Any]) -> tuple[str, str]:
        """Call a public endpoint: the last event's name, and its data or the refusal."""
        answer = self.post(f"/gradio_api/call/{name}", {"data": data})
        if answer.status_code != 200:
            assert_polite(answer)
            return "error", answer.text
        events = self.client.get(f"/gradio_api/call/{name}/{answer.json()['event_id']}").text
        event, _, rest = events.strip().rpartition("event: ")[2].partition("\n")
        return event, rest.removeprefix("data: ")

    def join(self, fn_index: int, data: list[Any], **extra: Any) -> dict[str, Any] | None:
        """Run an event of the page by its number: its last message; None where it was refused."""
        session = secrets.token_hex(6)
        body = {"data": data, "fn_index": fn_index, "session_hash": session, **extra}
        answer = self.post("/gradio_api/queue/join", body)
        if answer.status_code != 200:
            assert_polite(answer)
            return None
        address = "/gradio_api/queue/data"
        with self.client.stream("GET", address, params={"session_hash": session}) as stream:
            for line in stream.iter_lines():
                message = json.loads(line.removeprefix("data: ")) if line else {}
                if message.get("msg") == "process_completed":
                    return message
        raise AssertionError(f"event {fn_index} never ended")

    def upload(self, name: str, content: bytes) -> str:
        """Upload a file; its path on the server."""
        answer = self.client.post("/gradio_api/upload", files={"files": (name, content)})
        assert answer.status_code == 200, answer.text
        return answer.json()[0]

    def works(self) -> bool:
        """Whether a good call gives its picture."""
        event, answer = self.call("sample", ["7", "faces-64", 1])
        if event != "complete":
            return False
        path = json.loads(answer)[0][0]["path"]
        picture = self.client.get(f"/gradio_api/file={path}")
        return picture.status_code == 200 and picture.content.startswith(b"\x89PNG")


def file_data(path: str) -> dict[str, Any]:
    """A file as programs send it."""
    return {"path": path, "meta": {"_type": "gradio.FileData"}}


def assert_polite(answer: httpx.Response) -> None:
    """A refusal is a sentence, without a way through the code or a path of this machine."""
    assert answer.status_code < 500 or answer.status_code == 503, (answer.status_code, answer.text)
    assert "Traceback" not in answer.text
    assert 'File "' not in answer.text
    assert str(ROOT) not in answer.text

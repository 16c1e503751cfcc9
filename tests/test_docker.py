"""The Dockerfile passes its linter, and its steps make a server that starts, answers and stops."""

from __future__ import annotations

import os
import re
import shutil
import signal
import socket
import subprocess
import sys
import time
from pathlib import Path

import httpx
import pytest

from gan_models.paths import ganvas_home
from tests.dockerfile import Image, instructions, is_sent, start_first
from tests.test_http import call

ROOT = Path(__file__).parent.parent
TEXT = (ROOT / "Dockerfile").read_text("utf-8")
PATHS = ("/app", "/data")
PATIENCE_SECONDS = 240  # a busy machine takes long to import PyTorch


def hadolint(path: Path) -> subprocess.CompletedProcess:
    tool = shutil.which("hadolint", path=f"{Path(sys.executable).parent}:{os.environ['PATH']}")
    assert tool, "hadolint is missing: make setup installs it"
    return subprocess.run([tool, path], capture_output=True, text=True, check=False, timeout=60)


def test_the_dockerfile_passes_hadolint():
    done = hadolint(ROOT / "Dockerfile")
    assert done.returncode == 0, done.stdout


def test_hadolint_finds_a_planted_fault(tmp_path):
    bad = tmp_path / "Dockerfile"
    bad.write_text(TEXT.replace("-slim-bookworm", "").replace(":3.11", ""))
    assert hadolint(bad).returncode == 1


def test_the_image_has_the_python_of_the_lock_files():
    locked = re.search(r"^LOCKED := \w+-(\w+)-(\S+)$", (ROOT / "Makefile").read_text(), re.M)
    assert dict(instructions(TEXT))["FROM"].startswith(f"python:{locked[2]}-")
    assert f'"$(uname -m)" = {locked[1]} ]' in TEXT


@pytest.mark.parametrize(
    ("path", "sent"),
    [
        ("app.py", True),
        ("gan_models/zoo/own.py", True),
        ("checkpoints/paint.safetensors", True),
        ("gan_models/zoo/__pycache__/own.cpython-311.pyc", False),
        (".git/config", False),
        (".env", False),
        ("tests/conftest.py", False),
        (".venv/bin/python", False),
    ],
)
def test_the_image_gets_what_it_runs_and_nothing_private(path, sent):
    assert is_sent(path, (ROOT / ".dockerignore").read_text("utf-8")) is sent


@pytest.fixture(scope="module")
def image(tmp_path_factory):
    """The image, built; its volume has the weights that this machine has."""
    root = tmp_path_factory.mktemp("image")
    (root / "data").mkdir()
    (root / "data" / "weights").symlink_to((ganvas_home() / "weights").resolve())
    image = Image(root, ROOT, PATHS, {})
    image.build(TEXT)
    return image


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


@pytest.mark.slow
def test_the_steps_make_an_image_for_a_user_without_rights(image):
    assert image.user == "1000"
    assert "--uid 1000" in (image.root / "users").read_text()
    assert image.volumes == ["/data"]
    assert image.ports == [image.env["PORT"]]
    assert sorted(path.name for path in image.workdir.iterdir()) == [
        *("LICENSE", "NOTICE", "app.py", "checkpoints", "gan_models"),
        *("requirements-lock.txt", "requirements.txt", "tabs"),
    ]
    listed = image.run(["python", "-m", "gan_models", "list"]).stdout
    assert re.search(r"^faces-64.*", listed, re.M), listed


@pytest.mark.slow
def test_the_server_is_healthy_answers_and_ends_at_once(image):
    port = str(free_port())
    image.env["PORT"] = port
    assert image.run(image.health).returncode != 0, "nothing answers yet"
    server, pid = start_first(image, {"GANVAS_OFFLINE": "1"})
    try:
        end = time.monotonic() + PATIENCE_SECONDS
        while (health := image.run(image.health)).returncode != 0:
            assert server.poll() is None, server.stdout.read()
            assert time.monotonic() < end, health.stderr
            time.sleep(0.2)
        assert call(f"http://127.0.0.1:{port}", "sample", ["5", "landscapes", 1])[0] == "complete"
        assert httpx.get(f"http://127.0.0.1:{port}/").status_code == 200
        os.kill(pid, signal.SIGTERM)
        server.wait(10)
    finally:
        server.kill()
        server.wait()
    assert image.run(image.health).returncode != 0


@pytest.mark.slow
def test_pytorch_of_another_index_is_installed_first(tmp_path):
    pip = tmp_path / "asked"
    image = Image(tmp_path, ROOT, PATHS, {"TORCH_INDEX_URL": "https://index.example/cpu"})
    image.add_tool(tmp_path / "python" / "bin" / "pip", f'echo "$@" >> "{pip}"')
    image.build(TEXT.partition("COPY checkpoints")[0])
    assert pip.read_text().splitlines() == [
        "install --index-url https://index.example/cpu -r torch.txt",
        "install -r requirements.txt",
    ]
    chosen = (image.workdir / "torch.txt").read_text().splitlines()
    assert [line.partition("==")[0] for line in chosen] == ["torch", "torchvision"]

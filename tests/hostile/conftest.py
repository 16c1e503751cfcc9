"""One private page for all hostile tests, looked at once more when all are through."""

from __future__ import annotations

import os
import socket
import threading
from pathlib import Path

import pytest

from tests.hostile.page import HostilePage
from tests.hostile.values import SECRET


def pytest_collection_modifyitems(items):
    """Hostile tests start a page of their own."""
    for item in items:
        if Path(__file__).parent in item.path.parents:
            item.add_marker(pytest.mark.slow)


def new_home(tmp_path_factory, name: str) -> Path:
    home = tmp_path_factory.mktemp(name)
    home.joinpath("weights").symlink_to(Path(os.environ["GANVAS_HOME"]) / "weights")
    return home


@pytest.fixture(scope="session")
def hostile_page(tmp_path_factory):
    home = new_home(tmp_path_factory, "hostile")
    (outside := home.parent / "outside").mkdir(exist_ok=True)
    (outside / "private.txt").write_text("canary-outside")
    page = HostilePage(home).start()
    yield page
    assert page.works()
    page.stop()
    log = page.text()
    assert "Traceback" not in log
    assert 'File "' not in log, log
    assert SECRET not in log
    assert (outside / "private.txt").read_text() == "canary-outside"


@pytest.fixture
def page(hostile_page):
    """The page; each test leaves it able to answer."""
    yield hostile_page
    assert hostile_page.process.poll() is None, hostile_page.text()
    assert hostile_page.works()


class Listener:
    """A server that counts who connects to it."""

    def __init__(self) -> None:
        self.num_connections = 0
        self._socket = socket.socket()
        self._socket.bind(("127.0.0.1", 0))
        self._socket.listen()
        self.port = self._socket.getsockname()[1]
        threading.Thread(target=self._accept, daemon=True).start()

    def _accept(self) -> None:
        while True:
            try:
                connection, _ = self._socket.accept()
            except OSError:
                return
            self.num_connections += 1
            connection.close()

    def close(self) -> None:
        self._socket.close()


@pytest.fixture
def listener():
    """A server on this machine that nobody should connect to."""
    one = Listener()
    yield one
    one.close()

"""The store holds whole states only, under a path and under an fsspec URL."""

from __future__ import annotations

import subprocess
import sys
import uuid
from pathlib import Path

import pytest

from gan_models.cluster.mirror import Fetcher, Pusher, last_attempt, newest
from gan_models.cluster.settings import ClusterError
from gan_models.cluster.store import Store, forget, store_of, store_url

ROOT = Path(__file__).parents[2]


@pytest.fixture(params=["path", "file", "memory"])
def store(request, tmp_path):
    """An empty store of each kind."""
    kinds = {"path": str(tmp_path / "store"), "file": f"file://{tmp_path}/store"}
    return store_of(kinds.get(request.param, f"memory://{uuid.uuid4().hex}"), "job")


@pytest.fixture
def run(tmp_path):
    """The folder of a run with a state, curves and a sheet."""
    folder = tmp_path / "run"
    (folder / "sheets").mkdir(parents=True)
    for name in ("state.pt", "losses.csv", "sheets/0000001.png", "lock", "state.7.part.pt"):
        (folder / name).write_text(f"{name} of step 1")
    return folder


def contents(folder):
    files = [path for path in folder.rglob("*") if path.is_file()]
    return {path.relative_to(folder).as_posix(): path.read_text() for path in files}


def test_a_state_comes_back_whole_without_locks_and_parts(store, run, tmp_path):
    Pusher(store, run, 1).push()
    assert Fetcher(store, tmp_path / "copy").fetch()
    names = ("state.pt", "losses.csv", "sheets/0000001.png")
    assert contents(tmp_path / "copy") == {name: f"{name} of step 1" for name in names}


def test_an_empty_store_has_no_state(store, tmp_path):
    assert newest(store) is None
    assert last_attempt(store) == 0
    assert Fetcher(store, tmp_path / "copy").fetch() is False
    store.remove("")
    with pytest.raises(FileNotFoundError):
        store.read("nothing")


def test_a_half_written_state_is_not_resumed_from(store, run, tmp_path, monkeypatch):
    pusher = Pusher(store, run, 1)
    pusher.push()
    (run / "state.pt").write_text("a state of step 2, cut off")
    monkeypatch.setattr(store, "write", lambda *_: 1 / 0)  # killed before the manifest
    with pytest.raises(ZeroDivisionError):
        pusher.push()
    with pytest.raises(ZeroDivisionError):
        Pusher(store, run, 2).push()
    Fetcher(store, tmp_path / "copy").fetch()
    assert contents(tmp_path / "copy")["state.pt"] == "state.pt of step 1"


def test_only_what_changed_is_copied_and_what_was_deleted_goes(store, run, tmp_path):
    pusher, fetcher = Pusher(store, run, 1), Fetcher(store, tmp_path / "copy")
    pusher.push()
    fetcher.fetch(with_state=False)
    assert "state.pt" not in contents(tmp_path / "copy")
    before = newest(store)
    (run / "sheets/0000001.png").unlink()
    (run / "losses.csv").write_text("two rows of curves")
    pusher.push()
    after = newest(store)
    assert after["state.pt"] == before["state.pt"]
    fetcher.fetch()
    assert set(contents(tmp_path / "copy")) == {"state.pt", "losses.csv"}
    assert contents(tmp_path / "copy")["losses.csv"] == "two rows of curves"


def test_a_lost_node_that_is_still_there_does_not_spoil_a_later_attempt(store, run, tmp_path):
    lost = Pusher(store, run, 1)
    lost.push()
    (run / "losses.csv").write_text("of the second attempt")
    Pusher(store, run, 2).push()
    (run / "losses.csv").write_text("of the node that was lost")
    lost.push()
    Fetcher(store, tmp_path / "copy").fetch()
    assert contents(tmp_path / "copy")["losses.csv"] == "of the second attempt"
    assert last_attempt(store) == 2


def test_the_store_lies_under_the_home_unless_it_is_set(own_home, monkeypatch):
    monkeypatch.delenv("GANVAS_STORE", raising=False)
    assert Path(store_url()).name == "store"
    monkeypatch.setenv("GANVAS_STORE", "memory://somewhere")
    assert store_url() == "memory://somewhere"
    store_of(store_url(), "a").write("x", "of a")
    store_of(store_url(), "b").write("x", "of b")
    forget("a")
    assert store_of(store_url(), "a").names("") == []
    assert store_of(store_url(), "b").read("x") == "of b"


def test_a_store_of_an_unknown_kind_gives_a_sentence():
    with pytest.raises(ClusterError, match="check GANVAS_STORE"):
        Store("nosuch://bucket")


def test_deleting_a_job_without_a_store_imports_nothing(own_home):
    code = (
        "import sys, gan_models; from gan_models.cluster.store import forget; forget('x');"
        "print([m for m in sys.modules if m.split('.')[0] in ('ray', 'fsspec')])"
    )
    done = subprocess.run(
        [sys.executable, "-c", code], cwd=ROOT, capture_output=True, text=True, check=True
    )
    assert done.stdout.strip() == "[]"

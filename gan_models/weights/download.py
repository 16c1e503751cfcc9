"""Download files; the caller verifies them."""

from __future__ import annotations

import contextlib
import json
import logging
import queue
import shutil
import threading
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import TypedDict, cast
from urllib.parse import urlsplit

import filelock
import httpx

from gan_models.weights.errors import DownloadCancelled, MissingWeightsError, WeightsError

log = logging.getLogger(__name__)

TIMEOUT = httpx.Timeout(connect=8, read=20, write=20, pool=8)  # seconds
OPEN_SECONDS = 20  # for name resolution, connection and redirects together
PAUSE_SECONDS = 0.5  # before resuming after an interruption
SPARE_BYTES = 8 << 20  # to leave free on the disk


class _Notes(TypedDict):
    """Which version of which file a partial download is of."""

    url: str
    tag: str  # `ETag` or `Last-Modified`
    total: int  # bytes


@dataclass
class DownloadMonitor:
    """Progress reports and cancellation of a download."""

    label: str  # the model's id, for messages
    progress: Callable[[int, int], None] | None = None  # bytes so far, bytes in all (0: unknown)
    cancelled: Callable[[], bool] | None = None
    _reported_at: float = field(default=0.0, init=False)

    def check(self) -> None:
        """Raise `DownloadCancelled` once the caller has cancelled."""
        if self.cancelled is not None and self.cancelled():
            raise DownloadCancelled(
                f"The download of {self.label} was stopped: start it again to go on with it."
            )

    def pause(self, seconds: float) -> None:
        """Wait, unless the caller cancels."""
        self.check()
        time.sleep(seconds)
        self.check()

    def report(self, done: int, total: int) -> None:
        """Report progress, at most ten times a second and at the end."""
        self.check()
        now = time.monotonic()
        if self.progress is not None and (done == total or now - self._reported_at > 0.1):
            self._reported_at = now
            self.progress(done, total)


def megabytes(size: int) -> str:
    """A size as text: "14 MB", "0.3 MB"."""
    return f"{size / 1e6:.0f} MB" if size >= 10_000_000 else f"{size / 1e6:.1f} MB"


@contextlib.contextmanager
def download_lock(path: Path, monitor: DownloadMonitor, expected_bytes: int = 0) -> Iterator[None]:
    """Let one caller at a time, of all threads and processes, download `path`.

    The system releases the lock when its process ends, so it cannot become stale.
    """
    lock = filelock.FileLock(path.with_name(path.name + ".lock"), thread_local=False)
    part = part_of(path)
    while True:
        try:
            lock.acquire(timeout=0.2)
            break
        except filelock.Timeout:
            monitor.report(size_of(part), max(expected_bytes, size_of(part)))
    try:
        yield
    finally:
        lock.release()


def part_of(path: Path) -> Path:
    """The partial file of `path` during its download."""
    return path.with_name(path.name + ".part")


def remove_partial(part: Path) -> None:
    """Remove a partial download and its notes."""
    part.unlink(missing_ok=True)
    _notes_of(part).unlink(missing_ok=True)


def size_of(path: Path) -> int:
    """The size of a file in bytes; 0 where there is none."""
    try:
        return path.stat().st_size
    except OSError:
        return 0


# --- the Hub and the web ------------------------------------------------------------------------


def fetch_url(url: str, headers: dict[str, str], part: Path, monitor: DownloadMonitor) -> None:
    """Download `url` to `part`, resuming after interruptions while each attempt adds bytes."""
    if not url.startswith(("http://", "https://")):
        raise MissingWeightsError(
            f"{monitor.label} cannot be downloaded from {url}: only http and https addresses can; "
            "open a file on this machine by its path."
        )
    with _client(headers, monitor) as client:
        failures, reason = 0, ""
        while failures < 2:
            before, reason = size_of(part), "the connection was cut"
            try:
                if _stream(client, url, part, monitor):
                    return
            except (httpx.ConnectError, httpx.TimeoutException) as error:
                log.debug("download of %s stopped: %r", url, error)
                silent = isinstance(error, httpx.TimeoutException)
                reason = "no answer in time" if silent else "no connection"
                failures += 1  # no second attempt after these
            except (httpx.TransportError, httpx.TooManyRedirects, httpx.InvalidURL) as error:
                log.debug("download of %s stopped: %r", url, error)
            failures = 0 if size_of(part) > before else failures + 1
            monitor.pause(PAUSE_SECONDS)
    raise MissingWeightsError(
        f"{monitor.label} could not be downloaded from {urlsplit(url).hostname} ({reason}): check "
        f"the network, then run `python -m gan_models fetch {monitor.label}`, which goes on where "
        "this stopped."
    )


def _client(headers: dict[str, str], monitor: DownloadMonitor) -> httpx.Client:
    headers = {**headers, "Accept-Encoding": "identity"}
    try:
        return httpx.Client(follow_redirects=True, timeout=TIMEOUT, headers=headers)
    except (ImportError, ValueError) as error:
        raise MissingWeightsError(
            f"{monitor.label} cannot be downloaded, because the proxy named in the environment "
            f"cannot be used ({error}): correct HTTPS_PROXY or ALL_PROXY and try again."
        ) from error


def _stream(client: httpx.Client, url: str, part: Path, monitor: DownloadMonitor) -> bool:
    """Append the missing bytes of `url` to `part`; False when the response ended too early."""
    have, notes = size_of(part), _read_notes(part, url)
    wanted = {"Range": f"bytes={have}-", "If-Range": notes["tag"]} if have and notes else {}
    with contextlib.closing(_open(client, url, wanted, monitor)) as response:
        start = have if _resumes(response, have, notes) else 0
        if response.status_code in (206, 416) and not start:
            whole = notes is not None and 0 < have == notes["total"]
            if not whole:  # the file on the server has changed: start again
                remove_partial(part)
            return whole
        _refuse_bad_status(response, url, part, monitor)
        length = response.headers.get("Content-Length", "")
        total = start + int(length) if length.isdigit() else 0
        refuse_full_disk(part, total - start, monitor)
        _write_notes(part, url, response, total)
        done = start
        with open(part, "r+b" if start else "wb") as file:
            file.seek(start)
            for chunk in response.iter_raw():
                file.write(chunk)
                done += len(chunk)
                monitor.report(done, total)
    return total in (0, done)


def _open(
    client: httpx.Client, url: str, headers: dict[str, str], monitor: DownloadMonitor
) -> httpx.Response:
    """Send the request; cancellable and with a time limit even where name resolution hangs."""
    response: queue.Queue[httpx.Response | Exception] = queue.Queue()

    def send() -> None:
        try:
            response.put(
                client.send(client.build_request("GET", url, headers=headers), stream=True)
            )
        except (httpx.HTTPError, httpx.InvalidURL, OSError, RuntimeError) as error:
            response.put(error)

    threading.Thread(target=send, daemon=True, name="ganvas-download").start()
    deadline = time.monotonic() + OPEN_SECONDS
    while time.monotonic() < deadline:
        monitor.check()
        with contextlib.suppress(queue.Empty):
            got = response.get(timeout=0.1)
            if isinstance(got, Exception):
                raise got
            return got
    raise httpx.ConnectTimeout(f"no answer from {url} within {OPEN_SECONDS} s")


def _resumes(response: httpx.Response, have: int, notes: _Notes | None) -> bool:
    """Whether the response is the rest of the file that an earlier call started."""
    if response.status_code != 206 or not notes:
        return False
    whole = response.headers.get("Content-Range", "").removeprefix("bytes ")
    first, _, total = whole.partition("/")
    same = _tag_of(response) in ("", notes["tag"])
    return same and first.startswith(f"{have}-") and total in (str(notes["total"]), "*")


def _refuse_bad_status(
    response: httpx.Response, url: str, part: Path, monitor: DownloadMonitor
) -> None:
    status, name, host = response.status_code, monitor.label, urlsplit(url).hostname
    if status in (200, 206):
        return
    final = part.with_name(part.name.removesuffix(".part"))
    if status in (401, 403):
        raise MissingWeightsError(
            f"{name} is only given to those who are signed in and have accepted its terms (HTTP "
            f"{status}): accept them on the model's page at {host}, set HF_TOKEN to your access "
            "token, and try again."
        )
    if status in (404, 410):
        raise MissingWeightsError(
            f"{name} is no longer at {url} (HTTP {status}): choose another model, or put the file "
            f"at {final} yourself if you have it."
        )
    raise MissingWeightsError(
        f"{name} could not be downloaded: {host} answered with HTTP {status}; wait a few minutes, "
        f"then run `python -m gan_models fetch {name}`."
    )


def refuse_full_disk(part: Path, needed: int, monitor: DownloadMonitor) -> None:
    """Raise `WeightsError` where `needed` more bytes do not fit on the disk of `part`."""
    free = shutil.disk_usage(part.parent).free
    if needed + SPARE_BYTES > free:
        raise WeightsError(
            f"{monitor.label} needs {megabytes(needed)} more, but the disk that holds "
            f"{part.parent} has only {megabytes(free)} free: free some space, or set GANVAS_HOME "
            "to a folder on another disk, and try again."
        )


def _notes_of(part: Path) -> Path:
    return part.with_name(part.name + ".json")


def _read_notes(part: Path, url: str) -> _Notes | None:
    """The notes of the partial download `part`; None: it cannot be resumed."""
    try:
        notes = json.loads(_notes_of(part).read_text("utf-8"))
    except (OSError, ValueError):
        return None
    return cast("_Notes", notes) if isinstance(notes, dict) and notes.get("url") == url else None


def _tag_of(response: httpx.Response) -> str:
    """The identifier of this version of the file; "" without one."""
    return response.headers.get("ETag") or response.headers.get("Last-Modified") or ""


def _write_notes(part: Path, url: str, response: httpx.Response, total: int) -> None:
    """Store which version of the file `part` is of; without a strong tag it cannot be resumed."""
    tag = _tag_of(response)
    if not total or not tag or tag.startswith("W/"):
        _notes_of(part).unlink(missing_ok=True)
        return
    notes: _Notes = {"url": url, "tag": tag, "total": total}
    _notes_of(part).write_text(json.dumps(notes), "utf-8")

"""One visitor of `benchmarks.load`: asks for pictures, one after the other, and checks each.

Half of them are pages (a session with a heartbeat), the others are programs (a call at a time).
"""

from __future__ import annotations

import asyncio
import io
import json
import random
import time
import uuid
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import httpx
import numpy as np
from PIL import Image

API = "/gradio_api"
MOST_DIFFERENCE = 2  # grey levels: a batch of another size rounds differently
BUSY_SECONDS = 2.0  # before a visitor who was told "busy" asks again
TIMEOUT_SECONDS = 300.0


@dataclass(frozen=True)
class Errand:
    """One request: an endpoint, its arguments, and the picture that must come back."""

    kind: str
    endpoint: str
    data: tuple[Any, ...]
    upload: bytes | None  # a PNG, which takes the place of the first argument
    expected: np.ndarray  # uint8 [H, W, 3]


@dataclass(frozen=True)
class Outcome:
    """What became of a request: `result` is ok, busy, wrong or error."""

    kind: str
    result: str
    began: float  # seconds, of the system's monotonic clock
    seconds: float
    detail: str = ""


class BusyError(Exception):
    """The page says that it is busy."""


class RefusedError(Exception):
    """The page answers with any other error."""


class Visitor:
    """Asks for errands at random until the time is over.

    Args:
        client: connections to the page.
        url: of the page.
        number: of the visitor, from 0; even ones are pages, odd ones programs.
        errands: by kind.
        weights: how often each kind is chosen.
        events: endpoint name to the event's number, as the page knows it.
    """

    def __init__(
        self,
        client: httpx.AsyncClient,
        url: str,
        number: int,
        errands: Mapping[str, Sequence[Errand]],
        weights: Mapping[str, float],
        events: Mapping[str, int],
    ) -> None:
        self._client, self._url, self._errands = client, url, errands
        self._weights, self._events = weights, events
        self._random = random.Random(number)
        self._session = uuid.uuid4().hex if number % 2 == 0 else None
        # counts where the page trusts this machine as a proxy, and nowhere else
        self._headers = {"X-Forwarded-For": f"10.1.{number // 250}.{number % 250 + 1}"}

    async def run(self, until: float, delay: float = 0.0) -> list[Outcome]:
        """Visit after `delay` seconds, until the monotonic clock says `until`; all outcomes."""
        await asyncio.sleep(delay)
        heartbeat = asyncio.create_task(self._keep_open()) if self._session else None
        outcomes = []
        try:
            while time.monotonic() < until:
                outcomes.append(await self._visit())
                if outcomes[-1].result == "busy":
                    await asyncio.sleep(BUSY_SECONDS * self._random.uniform(0.5, 1.5))
        finally:
            if heartbeat is not None:
                heartbeat.cancel()
        return outcomes

    async def run_once(self) -> Outcome:
        """One request."""
        return await self._visit()

    async def _visit(self) -> Outcome:
        kinds = list(self._weights)
        kind = self._random.choices(kinds, [self._weights[name] for name in kinds])[0]
        errand = self._random.choice(self._errands[kind])
        began = time.monotonic()
        try:
            picture = await self._ask(errand)
            result, detail = self._check(picture, errand)
        except BusyError as answer:
            result, detail = "busy", str(answer)
        except Exception as error:  # noqa: BLE001 - counted and shown in the table
            result, detail = "error", f"{kind}: {type(error).__name__}: {str(error)[:200]}"
        return Outcome(kind, result, began, time.monotonic() - began, detail)

    def _check(self, picture: Image.Image, errand: Errand) -> tuple[str, str]:
        made = np.asarray(picture.convert("RGB")).astype(int)
        if made.shape != errand.expected.shape:
            return "wrong", f"{errand.kind}: {made.shape} instead of {errand.expected.shape}"
        difference = int(np.abs(made - errand.expected).max())
        if difference > MOST_DIFFERENCE:
            return "wrong", f"{errand.kind}: differs by {difference}"
        return "ok", ""

    async def _ask(self, errand: Errand) -> Image.Image:
        data = list(errand.data)
        if errand.upload is not None:
            data[0] = await self._upload(errand.upload)
        answer = await (self._as_page if self._session else self._as_program)(errand, data)
        file = answer[0][0] if isinstance(answer[0], list) else answer[0]
        response = await self._client.get(file["url"], headers=self._headers)
        response.raise_for_status()
        return Image.open(io.BytesIO(response.content))

    async def _upload(self, png: bytes) -> dict[str, Any]:
        files = {"files": (f"{uuid.uuid4().hex}.png", png, "image/png")}
        response = await self._client.post(
            f"{self._url}{API}/upload", files=files, headers=self._headers
        )
        response.raise_for_status()
        return {"path": response.json()[0], "meta": {"_type": "gradio.FileData"}}

    async def _as_page(self, errand: Errand, data: list[Any]) -> list[Any]:
        body = {
            "data": data,
            "fn_index": self._events[errand.endpoint],
            "session_hash": self._session,
        }
        event = await self._post(f"{self._url}{API}/queue/join", body)
        result: list[Any] = []
        address = f"{self._url}{API}/queue/data?session_hash={self._session}"
        async with self._client.stream("GET", address, headers=self._headers) as stream:
            async for line in stream.aiter_lines():
                message = json.loads(line[6:]) if line.startswith("data: ") else {}
                if message.get("msg") == "process_completed" and message["event_id"] == event:
                    if not message["success"]:
                        _fail(str(message["output"].get("error")))
                    result = message["output"]["data"]
                elif message.get("msg") == "close_stream":
                    return result
                elif message.get("msg") == "unexpected_error":
                    _fail(str(message.get("message")))
        raise RefusedError("the stream ended without an answer")

    async def _as_program(self, errand: Errand, data: list[Any]) -> list[Any]:
        address = f"{self._url}{API}/call/{errand.endpoint}"
        event = await self._post(address, {"data": data})
        name = ""
        async with self._client.stream(
            "GET", f"{address}/{event}", headers=self._headers
        ) as stream:
            async for line in stream.aiter_lines():
                if line.startswith("event: "):
                    name = line[7:]
                elif name == "complete" and line.startswith("data: "):
                    return json.loads(line[6:])
                elif name == "error" and line.startswith("data: "):
                    _fail(line[6:])
        raise RefusedError("the stream ended without an answer")

    async def _post(self, address: str, body: dict[str, Any]) -> str:
        response = await self._client.post(address, json=body, headers=self._headers)
        if response.status_code == 503:
            _fail(response.text)
        response.raise_for_status()
        return response.json()["event_id"]

    async def _keep_open(self) -> None:
        address = f"{self._url}{API}/heartbeat/{self._session}"
        async with self._client.stream("GET", address, headers=self._headers) as stream:
            async for _ in stream.aiter_lines():
                pass


def _fail(text: str) -> None:
    """Raise what an answer that is no picture means."""
    raise (BusyError if "busy" in text.lower() else RefusedError)(text[:300])

"""Direct calls of the canvas: the picture of its present state, and files to download.

These calls do not use Gradio's queue, which takes several times as long to answer. They run one at
a time, and those that would wait too long are refused; the canvas repeats them by itself.
"""

from __future__ import annotations

import base64
import io
import json
import threading
import time
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

import gradio as gr
from PIL import Image

from gan_models import (
    Layer,
    Painting,
    SemanticPipeline,
    WeightsError,
    save_openraster,
    save_png,
)
from tabs.components.gradio_errors import quiet
from tabs.components.loading import Load
from tabs.components.text import device_of
from tabs.languages.chosen import translate
from tabs.paint.models import checked_painter
from tabs.paint.state import file_name, read_painting

MAX_WAITING = 16  # each canvas has one pending request
MAX_OF_ADDRESS = 8  # so that nobody takes all places

Answer = dict[str, Any]


class Turns:
    """One picture at a time, with a limited number of calls waiting, also of one address."""

    def __init__(
        self, max_waiting: int = MAX_WAITING, max_of_address: int = MAX_OF_ADDRESS
    ) -> None:
        self._max_waiting, self._max_of_address = max_waiting, max_of_address
        self._waiting: Counter[str] = Counter()  # and running; by address
        self._places, self._one = threading.Lock(), threading.Lock()

    @contextmanager
    def take(self, address: str = "") -> Iterator[bool]:
        """Wait for the turn; gives False at once if too many wait already."""
        if not self._enter(address):
            yield False
            return
        try:
            with self._one:
                yield True
        finally:
            with self._places:
                self._waiting[address] -= 1
                self._waiting += Counter()  # forgets those at 0

    def _enter(self, address: str) -> bool:
        with self._places:
            full = self._waiting.total() >= self._max_waiting
            if full or self._waiting[address] >= self._max_of_address:
                return False
            self._waiting[address] += 1
            return True


def make_functions(load: Load) -> list[Callable[[Any], Answer]]:
    """The functions that the canvas may call: `preview` and `download`."""
    turns = Turns()

    def preview(request: Any, http: gr.Request | None = None) -> Answer:
        return _answer(turns, http, lambda: _preview(load, request))

    def download(request: Any, http: gr.Request | None = None) -> Answer:
        return _answer(turns, http, lambda: _download(load, request))

    return [preview, download]


def _answer(turns: Turns, http: gr.Request | None, work: Callable[[], Answer]) -> Answer:
    """The result of `work`, or `busy`, or the message of an error that a visitor can act on."""
    address = http.client.host if http is not None and http.client else ""
    with turns.take(address) as admitted:
        if not admitted:
            return {"busy": True}
        try:
            return work()
        except (ValueError, WeightsError) as error:
            return {"problem": translate(str(error))}
        except Exception as error:  # noqa: BLE001 - the canvas shows a sentence
            return {"problem": translate(str(quiet(error, "The canvas").message))}


def _pipeline(load: Load, request: Any) -> SemanticPipeline:
    model = request.get("model") if isinstance(request, dict) else None
    return load(checked_painter(model))


def _preview(load: Load, request: Any) -> Answer:
    pipeline = _pipeline(load, request)
    painting = read_painting(request, pipeline)
    started = time.perf_counter()
    draft = request.get("draft") is True  # while the brush moves; the full picture follows
    picture = pipeline.paint(painting.label_map, painting.style, painting.patches, draft=draft)
    seconds = time.perf_counter() - started
    file = io.BytesIO()
    save_png(picture, file, compress_level=1)
    return {
        "picture": "data:image/png;base64," + _text(file),
        "seconds": seconds,
        "device": translate(device_of(pipeline)),
    }


def _download(load: Load, request: Any) -> Answer:
    pipeline = _pipeline(load, request)
    painting = read_painting(request, pipeline)
    makers = {"picture": _picture_files, "map": _map_files, "layers": _layer_files}
    kind = str(request.get("kind"))
    if kind not in makers:
        raise ValueError(f"There is nothing called {kind[:20]!r} to download.")
    return {"files": makers[kind](pipeline, painting)}


def _picture_files(pipeline: SemanticPipeline, painting: Painting) -> list[Answer]:
    picture = pipeline.paint(painting.label_map, painting.style, painting.patches)
    file = io.BytesIO()
    save_png(picture, file)
    return [_file(f"{file_name(pipeline, painting)}.png", "image/png", file)]


def _map_files(pipeline: SemanticPipeline, painting: Painting) -> list[Answer]:
    file = io.BytesIO()
    pipeline.indexed_map(painting.label_map).save(file, "PNG")
    labels = [
        {"id": i, "name": name, "color": list(color)}
        for i, (name, color) in enumerate(zip(pipeline.labels, pipeline.colors, strict=True))
    ]
    text = json.dumps({"model": pipeline.spec.id, "labels": labels}, indent=1)
    return [
        _file(f"{pipeline.spec.id}-label-map.png", "image/png", file),
        _file("labels.json", "application/json", io.BytesIO(text.encode())),
    ]


def _layer_files(pipeline: SemanticPipeline, painting: Painting) -> list[Answer]:
    picture = pipeline.paint(painting.label_map, painting.style, painting.patches)
    colors = pipeline.indexed_map(painting.label_map).convert("RGB")
    colors = colors.resize(picture.size, Image.Resampling.NEAREST)
    file = io.BytesIO()
    save_openraster(file, [Layer("Picture", picture), Layer("Label map", colors)])
    return [_file(f"{file_name(pipeline, painting)}.ora", "image/openraster", file)]


def _file(name: str, kind: str, file: io.BytesIO) -> Answer:
    return {"name": name, "type": kind, "data": _text(file)}


def _text(file: io.BytesIO) -> str:
    return base64.b64encode(file.getvalue()).decode()

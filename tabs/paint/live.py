"""What the canvas asks for directly: the picture of its present state, and files to take home.

These calls do not wait in Gradio's queue, whose way back takes several times as long; so they take
turns here, and send those away who would wait too long. The canvas asks again by itself.
"""

from __future__ import annotations

import base64
import io
import json
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

from PIL import Image

from gan_models import Layer, WeightsError, save_openraster, save_png
from tabs.components.loading import Load
from tabs.components.text import device_of
from tabs.paint.models import checked_painter
from tabs.paint.state import file_name, read_painting

MAX_WAITING = 16  # each canvas has one request under way

Answer = dict[str, Any]


class Turns:
    """One picture at a time, and only so many waiting."""

    def __init__(self, max_waiting: int = MAX_WAITING) -> None:
        self._places = threading.BoundedSemaphore(max_waiting)
        self._one = threading.Lock()

    @contextmanager
    def take(self) -> Iterator[bool]:
        """Wait for the turn; False at once where too many wait already."""
        if not self._places.acquire(blocking=False):
            yield False
            return
        try:
            with self._one:
                yield True
        finally:
            self._places.release()


def make_functions(load: Load) -> list[Callable[[Any], Answer]]:
    """The functions that the canvas may call: `preview` and `keep`."""
    turns = Turns()

    def preview(request: Any) -> Answer:
        return _answer(turns, lambda: _preview(load, request))

    def keep(request: Any) -> Answer:
        return _answer(turns, lambda: _keep(load, request))

    return [preview, keep]


def _answer(turns: Turns, work: Callable[[], Answer]) -> Answer:
    """What `work` gives, or `busy`, or the sentence of an error that a visitor can act on."""
    with turns.take() as mine:
        if not mine:
            return {"busy": True}
        try:
            return work()
        except (ValueError, WeightsError) as error:
            return {"problem": str(error)}


def _pipeline(load: Load, request: Any) -> Any:
    model = request.get("model") if isinstance(request, dict) else None
    return load(checked_painter(model))


def _preview(load: Load, request: Any) -> Answer:
    pipeline = _pipeline(load, request)
    painting = read_painting(request, pipeline)
    started = time.perf_counter()
    draft = request.get("draft") is True  # while the brush moves, the full picture follows
    picture = pipeline.paint(painting.label_map, painting.style, painting.patches, draft=draft)
    seconds = time.perf_counter() - started
    file = io.BytesIO()
    picture.save(file, "PNG", compress_level=1)
    return {
        "picture": "data:image/png;base64," + _text(file),
        "seconds": seconds,
        "device": device_of(pipeline),
    }


def _keep(load: Load, request: Any) -> Answer:
    pipeline = _pipeline(load, request)
    painting = read_painting(request, pipeline)
    makers = {"picture": _picture_files, "map": _map_files, "layers": _layer_files}
    kind = str(request.get("kind"))
    if kind not in makers:
        raise ValueError(f"There is nothing called {kind[:20]!r} to download.")
    return {"files": makers[kind](pipeline, painting)}


def _picture_files(pipeline: Any, painting: Any) -> list[Answer]:
    picture = pipeline.paint(painting.label_map, painting.style, painting.patches)
    file = io.BytesIO()
    save_png(picture, file)
    return [_file(f"{file_name(pipeline, painting)}.png", "image/png", file)]


def _map_files(pipeline: Any, painting: Any) -> list[Answer]:
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


def _layer_files(pipeline: Any, painting: Any) -> list[Answer]:
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

"""What two or more tabs use: errors as toasts, the model card, loading with progress, files."""

from __future__ import annotations

import contextvars
import logging
import tempfile
import threading
import time
from collections import deque
from collections.abc import Callable, Generator, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import gradio as gr
from PIL import Image

from gan_models import (
    MissingWeightsError,
    ModelSpec,
    WeightsError,
    availability,
    can_fetch,
    device_title,
    get_spec,
    list_models,
    parse_seeds,
    save_png,
)

MAX_ON_PAGE = 64
GPU = {"concurrency_id": "gpu", "concurrency_limit": 1}  # one picture maker at a time
PRIVATE = {"api_visibility": "private"}
# small things: every click counts and none waits for pictures; queued, so that a toast can say
# what is wrong
AT_ONCE = {"concurrency_limit": None, "show_progress": "hidden", "trigger_mode": "multiple"}
AT_ONCE |= PRIVATE
# clicks that build on each other: one after the other, however fast they come
IN_ORDER = {"concurrency_id": "clicks", "concurrency_limit": 1, "show_progress": "hidden"}
IN_ORDER |= {"trigger_mode": "multiple", **PRIVATE}

# what draws within seconds: a click while it still draws is for the settings as they are then
LAST = {"trigger_mode": "always_last", **GPU, **PRIVATE}

Load = Callable[..., Any]

FIRST = {"latent": "landscapes", "class": "landscapes-classes", "translation": "summer2winter"}
ABSENT = "Needs a download"  # how the labels of models begin that are not here
NOT_HERE = "This model is not on this server; choose another one."
_LOG = logging.getLogger(__name__)

CACHE_SECONDS = 3600  # how long a visitor's files are kept
SWEEP_SECONDS = 600  # how often those that are older are deleted

# Gradio copies what a handler returns; the originals lie here with the time they were made.
_RECENT: deque[tuple[float, tempfile.TemporaryDirectory]] = deque()
_RECENT_LOCK = threading.Lock()


@dataclass(frozen=True)
class Outlet:
    """A button that sends a picture on to another tab: `make(*inputs)` gives the picture's file."""

    button: gr.Button
    make: Callable[..., str]
    inputs: list[gr.components.Component]


@contextmanager
def user_errors() -> Iterator[None]:
    """Turn errors a visitor can act on into toasts; bugs pass through to the log."""
    try:
        yield
    except MissingWeightsError as error:  # its sentence is for whoever runs the server
        _LOG.warning("%s", error)
        raise gr.Error(NOT_HERE, title="This model is not here", duration=12) from error
    except (ValueError, WeightsError) as error:
        raise gr.Error(str(error), title="That did not work", duration=12) from error


def models_of(task: str) -> list[ModelSpec]:
    """The models that a tab offers."""
    return [spec for spec in list_models() if spec.task == task]


def model_choices(task: str) -> list[tuple[str, str]]:
    """Labels and ids for a model dropdown: those that are here, then those that are not."""
    specs = sorted(models_of(task), key=lambda spec: not availability(spec)[0])
    return [(model_label(spec), spec.id) for spec in specs]


def first_model(task: str) -> str:
    """The model that a tab begins with: ours where it is here, else the first that is here."""
    choices = [model for _, model in model_choices(task)]
    ours = FIRST.get(task)
    here = ours in choices and availability(get_spec(ours))[0]
    return ours if here else choices[0]


def start_psi(family: str) -> float:
    """The truncation ψ that the page begins with: truncation improves the pictures of StyleGANs."""
    return 0.7 if family.startswith("stylegan") else 1.0


def keep_choices_current(dropdown: gr.Dropdown, task: str) -> None:
    """Offer, at each opening of the page, the models that there are by then."""

    def refresh() -> gr.Dropdown:
        return gr.Dropdown(choices=model_choices(task))

    gr.context.Context.root_block.load(refresh, None, dropdown, **AT_ONCE)


def model_label(spec: ModelSpec) -> str:
    """How a model is named in a list: its size, too, and that of a download where it needs one."""
    # what enlarges has no resolution of its own
    label = spec.title if spec.task == "restoration" else f"{spec.title} · {spec.resolution} px"
    if availability(spec)[0]:
        return label
    use = " · non-commercial" if spec.non_commercial else ""
    return f"{ABSENT}: {label} · {spec.size_bytes / 1e6:.0f} MB{use}"


def model_card(model: str) -> str:
    """What a model is, and where it is not here what would bring it, for under its dropdown."""
    with user_errors():
        spec = get_spec(model)
    badge = " · **non-commercial use only**" if spec.non_commercial else ""
    card = (
        f"Trained on {spec.trained_on} · licence: {spec.licence}{badge}\n<details><summary>Source"
        f"</summary>{spec.family}, {spec.num_params / 1e6:.1f} million parameters · "
        f"{spec.attribution}</details>"
    )
    problem = absence(spec)
    return f"**{problem}**\n\n{card}" if problem else card


def absence(spec: ModelSpec) -> str:
    """Why a model cannot be used at once, for visitors; empty where it can."""
    ready, reason = availability(spec)
    if ready:
        return ""
    size = f"{spec.size_bytes / 1e6:.0f} MB"
    if can_fetch(spec):
        return f"{spec.title} needs a download of {size} first."
    _LOG.info("%s", reason)  # what to do about it is for whoever runs the server
    return f"{spec.title} is not on this server and cannot be downloaded here ({size})."


def refuse_absent(model: str) -> None:
    """Refuse a model whose weights are not here: they are fetched only where a visitor asks for it.

    Raises:
        ValueError: it is not here; the sentence says what to do.
    """
    spec = get_spec(model)
    if problem := absence(spec):
        cure = "Press Get it, under the model." if can_fetch(spec) else "Choose another model."
        with blamed("model"):
            raise ValueError(f"{problem} {cure}")


@contextmanager
def blamed(field: str) -> Iterator[None]:
    """Note in errors which field of the page they are about: the end of its element id."""
    try:
        yield
    except ValueError as error:
        error.field = field
        raise


def checked_model(model: str, task: str) -> str:
    """The id, if it is one that this tab offers: a path or another name never reaches the loader.

    Raises:
        ValueError: it is not.
    """
    known = [spec.id for spec in models_of(task)]
    if model not in known:
        raise ValueError(f"There is no such model here; choose from {', '.join(known)}.")
    return model


def page_seeds(text: str, minimum: int = 1) -> list[int]:
    """Seeds as typed on the page, 64 at most."""
    with blamed("seeds"):
        return parse_seeds(text, limit=MAX_ON_PAGE, minimum=minimum)


def loading(load: Load, model: str, progress: gr.Progress) -> Generator[Any, None, Any]:
    """Load a model in a thread, yielding meanwhile so that the event can be cancelled.

    Use as `pipeline = yield from loading(...)`. Leaving the generator stops a download.
    """
    cancelled = threading.Event()

    def report(done: int, total: int) -> None:
        progress(done / total if total else 0, desc=f"Fetching {model}, {total / 1e6:.0f} MB")

    try:
        return (
            yield from in_thread(lambda: load(model, progress=report, cancelled=cancelled.is_set))
        )
    finally:
        cancelled.set()


def in_thread(work: Callable[[], Any]) -> Generator[Any, None, Any]:
    """Do `work` in a thread, yielding meanwhile so that the event can be cancelled.

    Use as `made = yield from in_thread(...)`. What `work` raises is raised here.
    """
    outcome: dict[str, Any] = {}

    def run() -> None:
        try:
            outcome["made"] = work()
        except Exception as error:  # noqa: BLE001 - raised again in the event's own thread
            outcome["error"] = error

    # the context tells gr.Progress whose event it reports for
    thread = threading.Thread(target=contextvars.copy_context().run, args=(run,), daemon=True)
    thread.start()
    while thread.is_alive():
        thread.join(0.1)
        if thread.is_alive():
            yield gr.skip()
    if "error" in outcome:
        raise outcome["error"]
    return outcome["made"]


def output_folder() -> Path:
    """A folder for files that a handler returns; it goes away by itself after an hour."""
    folder = tempfile.TemporaryDirectory(prefix="ganvas-", ignore_cleanup_errors=True)
    with _RECENT_LOCK:
        _RECENT.append((time.monotonic(), folder))
        if len(_RECENT) == 1:
            _sweep_later()
    return Path(folder.name)


def _sweep_later() -> None:
    timer = threading.Timer(SWEEP_SECONDS, _sweep)
    timer.daemon = True
    timer.start()


def _sweep() -> None:
    """Delete the folders that are old enough, and come back while there are others."""
    with _RECENT_LOCK:
        while _RECENT and time.monotonic() - _RECENT[0][0] > CACHE_SECONDS:
            _RECENT.popleft()[1].cleanup()
        if _RECENT:
            _sweep_later()


def png_files(images: Sequence[Image.Image], stems: Sequence[str]) -> list[str]:
    """Write pictures with their recipes as PNGs of these names; the paths."""
    folder = output_folder()
    paths = [folder / f"{stem}.png" for stem in stems]
    for image, path in zip(images, paths, strict=True):
        save_png(image, path)
    return [str(path) for path in paths]


def device_of(pipeline: Any) -> str:
    """What a pipeline runs on, for people."""
    return device_title(pipeline.device)


def speed_line(num_pictures: int, seconds: float, device: str) -> str:
    """Milliseconds a picture and the device, for under a result."""
    each = 1000 * seconds / max(1, num_pictures)
    return f"{num_pictures} pictures, {each:.1f} ms each, {device}"

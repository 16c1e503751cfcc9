"""What leans on Gradio's insides; all of it is tried by the browser tests."""

from __future__ import annotations

import html
import logging
from collections.abc import Iterator
from typing import Any

import gradio as gr

TITLE = "That did not work"
SECONDS = 12
BUG = "Something went wrong on the server, and its log says what. Try again, or reload the page."
BROKEN_FILE = "This file could not be taken: choose another one."
_FIELD_EVENTS = {"input", "release", "select", "submit", "upload"}
_LOG = logging.getLogger(__name__)


class Page(gr.Blocks):
    """Blocks whose private events never fail: a toast says why, and all outputs stay as they are.

    Gradio writes a bare "Error" over every output of an event that raised, also where its own
    reading of the inputs did, and answers HTTP 500 where the event is not queued. Programs that
    call public endpoints are told of errors as before.
    """

    async def process_api(self, block_fn: Any, inputs: list[Any], *args: Any, **known: Any) -> Any:
        """As Gradio's, but a private event that raises gives a toast and no updates."""
        fn = self.fns[block_fn] if isinstance(block_fn, int) else block_fn
        try:
            return await super().process_api(fn, inputs, *args, **known)
        except Exception as error:
            if fn.api_visibility != "private" or fn.batch:
                raise
            self._tell(error, fn, known.get("event_id"))
            if known.get("iterator") is not None and known.get("session_hash"):
                self._drop_run(known["session_hash"], self._stream_run_key(known["iterator"]))
            return _nothing_new(fn)

    async def postprocess_data(
        self, block_fn: Any, predictions: list[Any] | dict[Any, Any], state: Any
    ) -> list[Any]:
        """As Gradio's, which builds a component anew from any update, even one of nothing.

        What `hand_over_paths` set on it is set again.
        """
        data = await super().postprocess_data(block_fn, predictions, state)
        for block in block_fn.outputs if state is not None else ():
            if vars(block).get("preprocess") is _paths_of:
                hand_over_paths(state[block._id])
        return data

    def handle_streaming_diffs(
        self, block_fn: Any, data: list[Any], session_hash: str | None, run: str | None,
        final: bool, simple_format: bool = False,
    ) -> list[Any]:  # fmt: skip
        """As Gradio's, but an output that changes between two yields is sent whole.

        Gradio sends the difference, and its client applies it to the message before, in place:
        where it works off two messages at once, what the first alone set, such as `visible`, is
        lost.
        """
        was = self.pending_diff_streams[session_hash].get(run) if session_hash and run else None
        sent = super().handle_streaming_diffs(
            block_fn, data, session_hash, run, final, simple_format
        )
        if was is None or final or simple_format:
            return sent
        return [
            [["replace", [], now]] if diff else diff for now, diff in zip(was, sent, strict=True)
        ]

    def _tell(self, error: Exception, fn: Any, event_id: str | None) -> None:
        """Say on the page what is wrong, and at which field."""
        if not isinstance(error, gr.Error):
            _LOG.error("An event of the page failed", exc_info=error)
        sentence, title = explain(error)
        field = _field_at_fault(error, fn)
        mark = f'<i hidden class="field--{html.escape(field)}"></i>' if field else ""
        if event_id is not None:
            self._queue.log_message(
                event_id, html.escape(sentence) + mark, title, "warning", SECONDS
            )


def explain(error: Exception) -> tuple[str, str]:
    """The sentence and the title of the toast for an error."""
    if not isinstance(error, gr.Error):
        return BUG, TITLE
    title = error.title if error.title != "Error" else TITLE
    return str(error.message), title


def _nothing_new(fn: Any) -> dict[str, Any]:
    """What an event gives that changes nothing."""
    return {
        "data": [gr.skip() for _ in fn.outputs],
        "is_generating": False,
        "iterator": None,
        "duration": 0.0,
        "average_duration": None,
        "render_config": None,
        "changed_state_ids": [],
        "used_cache": None,
    }


def _field_at_fault(error: Exception, fn: Any) -> str:
    """The element id of the input that an error is about: named by it, or where a file came in."""
    ids = [getattr(block, "elem_id", None) or "" for block in fn.inputs]
    cause: BaseException | None = error
    while cause is not None:
        if field := getattr(cause, "field", ""):
            return next((i for i in ids if i.endswith(f"-{field}")), "")
        cause = cause.__cause__
    uploads = {block for block, event in fn.targets if event in ("upload", "change")}
    files = (gr.File, gr.Image, gr.Video)
    found = [b.elem_id or "" for b in fn.inputs if b._id in uploads and isinstance(b, files)]
    return found[0] if found else ""


def keep_the_last(app: gr.Blocks) -> None:
    """What a visitor sets while the field's last value is still worked on is worked on afterwards.

    Gradio drops it: the page would show what belongs to the value before.
    """
    for fn in app.fns.values():
        if fn.trigger_mode == "once" and {event for _, event in fn.targets} <= _FIELD_EVENTS:
            fn.trigger_mode = "always_last"


def hand_over_paths(component: Any) -> Any:
    """Make a component give its handlers the path of what came in, or a list of paths, unread.

    Gradio's own reads it first, and where that fails its error leaves no sentence. (A subclass
    would make Gradio write a stub file beside its module.)
    """
    component.preprocess = _paths_of
    return component


def _paths_of(payload: Any) -> str | list[str] | None:
    if payload is None:
        return None
    if hasattr(payload, "path"):
        return payload.path
    return [file.path for file in payload]


def photo_input(**options: Any) -> gr.Image:
    """A picture component that hands its file to the handler as it came.

    Gradio's own decodes and re-encodes it first: that knows no limits, drops 16 bits, colour
    profile and transparency. Handlers may set its value, but not return a new `gr.Image`.
    """
    return hand_over_paths(gr.Image(type="filepath", **options))


def add_to_toolbar(picture: gr.Image, label: str) -> gr.Button:
    """Put a button into the corner of a picture, beside Download; its click event is to be set."""
    button = gr.Button(label)
    button.unrender()  # the picture draws it, not the layout
    picture.buttons = [*picture.buttons, button]
    return button


def pictures_in(block: Any) -> Iterator[gr.Image]:
    """The pictures laid out in a block that visitors can download; not films, which are no PNG."""
    for child in getattr(block, "children", []):
        is_picture = isinstance(child, gr.Image) and child.format == "png"
        if is_picture and "download" in child.buttons:
            yield child
        yield from pictures_in(child)

"""All code that relies on undocumented behaviour of Gradio.

Each docstring states what is relied on; `tests/tabs/components/test_gradio_compat.py` checks it.
"""

from __future__ import annotations

import html
from collections.abc import Callable, Iterator
from contextlib import AbstractAsyncContextManager, nullcontext
from typing import Any, TypeVar, cast

import gradio as gr
from gradio.block_function import BlockFunction as Event
from gradio.blocks import Block, BlockContext, Blocks
from gradio.components import Component
from gradio.context import Context
from gradio.data_classes import FileData
from gradio.state_holder import SessionState

from tabs.components.gradio_errors import BUG, SECONDS, TITLE, quiet, toast
from tabs.components.gradio_inputs import UNREADABLE, admit, admit_choice
from tabs.server.folders import is_full

# for `launch`: no request to the page at the start, which fails where the first answer takes
# more than 3 s; relies on the private argument `_frontend`
SKIP_START_CHECK: dict[str, Any] = {"_frontend": False}
_FIELD_EVENTS = {"input", "release", "select", "submit", "upload"}

FileComponent = TypeVar("FileComponent", gr.File, gr.Image)


class Page(gr.Blocks):
    """Blocks whose private events never fail: a toast says why, and all outputs stay as they are.

    Gradio writes a bare "Error" over every output of an event that raised, also where its own
    reading of the inputs did, and answers HTTP 500 where the event is not queued. Public endpoints
    still return errors to programs.

    Relies on `process_api`, `postprocess_data` and `handle_streaming_diffs` being called for each
    event, on their arguments, and on the shape of what `process_api` returns.
    """

    # the turn of an event, by its id, for one call or one step; set by `gradio_queue`
    turn_of: Callable[[str | None], AbstractAsyncContextManager[None]] = staticmethod(
        lambda _: nullcontext()
    )

    async def process_api(
        self, block_fn: Event | int, inputs: list[Any], *args: Any, **options: Any
    ) -> dict[str, Any]:
        """As Gradio's, but a private event that raises gives a toast and no updates.

        Relies on `fns`, `_stream_run_key` and `_drop_run`, which ends the streams of a generator.
        """
        fn = self.fns[block_fn] if isinstance(block_fn, int) else block_fn
        try:
            if fn.collects_event_data:
                event_data = options.get("event_data")
                sources = [self.blocks[block] for block, _ in fn.targets if block is not None]
                admit_choice(sources, event_data._data if event_data else None)
            async with self.turn_of(options.get("event_id")):
                return await super().process_api(fn, inputs, *args, **options)
        except Exception as raised:  # noqa: BLE001 - raised again, or shown
            error = quiet(raised, f"The event {fn.api_name or fn.name}")
            if fn.api_visibility != "private" or fn.batch:
                raise error from None
            self._report(error, fn, options.get("event_id"))
            if options.get("iterator") is not None and options.get("session_hash"):
                self._drop_run(options["session_hash"], self._stream_run_key(options["iterator"]))
            return no_updates(fn)

    async def preprocess_data(
        self,
        block_fn: Event,
        inputs: list[Any],
        state: SessionState | None,
        explicit_call: bool = False,
    ) -> list[Any]:
        """As Gradio's, but `admit` looks at the values first, and what still fails has a sentence.

        Relies on its being called with what was sent for an event, before its handler.
        """
        if explicit_call:
            return await super().preprocess_data(block_fn, inputs, state, explicit_call)
        if block_fn.fn is None:
            raise toast(UNREADABLE)  # it runs in the browser alone
        admit(block_fn.inputs, inputs)
        try:
            return await super().preprocess_data(block_fn, inputs, state, explicit_call)
        except Exception as error:
            if isinstance(error, gr.Error) or is_full(error):
                raise
            raise toast(UNREADABLE) from None

    async def postprocess_data(
        self, block_fn: Event, predictions: list[Any] | dict[Any, Any], state: SessionState | None
    ) -> list[Any]:
        """As Gradio's, which builds a component anew from any update, even an empty one.

        What `pass_paths` set on it is set again. Relies on the session's state giving the new
        component by its `_id`.
        """
        data = await super().postprocess_data(block_fn, predictions, state)
        if state is not None:
            for block in block_fn.outputs:
                if vars(block).get("preprocess") is _read_paths:
                    pass_paths(cast(gr.Image, state[block._id]))
        return data

    def handle_streaming_diffs(
        self,
        block_fn: Event,
        data: list[Any],
        session_hash: str | None,
        run: str | None,
        final: bool,
        simple_format: bool = False,
    ) -> list[Any]:
        """As Gradio's, but an output that changes between two yields is sent whole.

        Gradio sends the difference, and its client applies it to the message before, in place:
        where it processes two messages at once, what the first alone set, such as `visible`, is
        lost. Relies on `pending_diff_streams` and on the operation ["replace", [], value].
        """
        before = self.pending_diff_streams[session_hash].get(run) if session_hash and run else None
        sent = super().handle_streaming_diffs(
            block_fn, data, session_hash, run, final, simple_format
        )
        if before is None or session_hash is None or final or simple_format:
            return sent
        return [
            [["replace", [], now]] if diff else diff for now, diff in zip(before, sent, strict=True)
        ]

    def _report(self, error: Exception, fn: Event, event_id: str | None) -> None:
        """Show a toast that says what is wrong and marks the field it is about.

        Relies on `_queue.log_message`, which `gr.Warning` uses.
        """
        sentence, title = explain(error)
        field = _faulty_field(error, fn)
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


def no_updates(fn: Event) -> dict[str, Any]:
    """The result of an event that changes nothing, in the shape of `Blocks.process_api`."""
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


def _faulty_field(error: Exception, fn: Event) -> str:
    """The element id of the input that an error is about: the field it names, or an upload."""
    ids = [block.elem_id or "" for block in fn.inputs]
    cause: BaseException | None = error
    while cause is not None:
        if field := getattr(cause, "field", ""):
            return next((i for i in ids if i.endswith(f"-{field}")), "")
        cause = cause.__cause__
    uploads = {block for block, event in fn.targets if event in ("upload", "change")}
    files = (gr.File, gr.Image, gr.Video)
    found = [b.elem_id or "" for b in fn.inputs if b._id in uploads and isinstance(b, files)]
    return found[0] if found else ""


def set_always_last(app: Blocks) -> None:
    """Process a field's last value even where it is set while the value before is processed.

    Gradio drops it: the page would show results of the value before. Relies on `Blocks.fns`, whose
    `trigger_mode` is sent to the page when it is served.
    """
    for fn in app.fns.values():
        if fn.trigger_mode == "once" and {event for _, event in fn.targets} <= _FIELD_EVENTS:
            fn.trigger_mode = "always_last"


def pass_paths(component: FileComponent) -> FileComponent:
    """Make a component give its handlers the path of an upload, or a list of paths, unread.

    Gradio reads the file first, and where that fails its error has no message. (A subclass would
    make Gradio write a stub file beside its module.) Relies on `preprocess` of the component's
    instance being called with the uploaded file or files.
    """
    component.preprocess = _read_paths
    return component


def _read_paths(payload: Any) -> Any:
    """A path, a list of paths, or None, of the uploaded file or files."""
    if payload is None:
        return None
    if hasattr(payload, "path"):
        return payload.path
    return [file.path for file in payload]


def photo_input(**options: Any) -> gr.Image:
    """A picture component that gives the handler the uploaded file unchanged.

    Gradio decodes and re-encodes it first: without limits, and without 16 bits, colour profile and
    transparency. Handlers may set its value, but not return a new `gr.Image`. Relies on
    `pass_paths`.
    """
    return pass_paths(gr.Image(type="filepath", **options))


def unchecked_upload(component: gr.File, read: Callable[..., Any]) -> gr.File:
    """Let `read` check what a program sends for a file; its result goes to the handler.

    Gradio's own check fails without a message. Relies on a `data_model` of None, which skips that
    check, and on `api_info` describing the parameter to programs.
    """
    described = component.api_info()
    component.api_info = lambda: described
    component.data_model, component.preprocess = None, read
    return component


def uploaded_path(payload: Any) -> str:
    """The path of an uploaded file; `payload`: whatever a program has sent.

    Relies on `FileData` refusing, with this context, what was not uploaded.

    Raises:
        ValueError: it is no uploaded file.
    """
    return FileData.model_validate(payload, context={"validate_meta": True}).path


def add_to_toolbar(picture: gr.Image, label: str) -> gr.Button:
    """Put a button into the corner of a picture, beside Download; its click event is to be set.

    Relies on a component drawing the buttons of its `buttons`, also of ones added later.
    """
    button = gr.Button(label)
    button.unrender()  # the picture draws it, not the layout
    picture.buttons = [*(picture.buttons or []), button]
    return button


def downloadable_pictures(block: Block) -> Iterator[gr.Image]:
    """The pictures laid out in a block that visitors can download; not films, which are no PNG.

    Relies on a block's `children`, and on the `buttons` that a picture was given.
    """
    for child in getattr(block, "children", []):
        is_picture = isinstance(child, gr.Image) and child.format == "png"
        if is_picture and "download" in (child.buttons or []):
            yield child
        yield from downloadable_pictures(child)


def open_block() -> BlockContext:
    """The block that is being laid out; relies on `Context.block`.

    Raises:
        RuntimeError: there is none.
    """
    block = Context.block
    if block is None:
        raise RuntimeError("No block is open; call this inside `with gr.Blocks():`.")
    return block


def open_tab() -> gr.Tab:
    """The tab that is being laid out; relies on `Context.block`.

    Raises:
        RuntimeError: it is none.
    """
    tab = open_block()
    if not isinstance(tab, gr.Tab):
        raise RuntimeError("No tab is open; call this inside `with gr.Tab():`.")
    return tab


def on_page_load(
    handler: Callable[..., Any],
    inputs: Component | list[Component] | None,
    outputs: Component | list[Any],
    **options: Any,
) -> None:
    """Call a handler when the page is opened; relies on `Context.root_block`, the whole page."""
    page = Context.root_block
    if page is None:
        raise RuntimeError("No page is open; call this inside `with gr.Blocks():`.")
    page.load(handler, inputs, outputs, **options)


def tabs_around(block: Block) -> gr.Tabs | None:
    """The row of tabs that a tab is in; None of another block. Relies on `Block.parent`."""
    return block.parent if isinstance(block.parent, gr.Tabs) else None

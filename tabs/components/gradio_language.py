"""The page in the visitor's language: what of Gradio's insides that relies on.

Each docstring states what is relied on; `tests/tabs/components/test_gradio_language.py` checks it.
"""

from __future__ import annotations

import functools
import re
from collections.abc import Callable
from typing import Any

import gradio as gr
from gradio.block_function import BlockFunction as Event
from gradio.server_messages import (
    EventMessage,
    LogMessage,
    ProcessCompletedMessage,
    ProgressMessage,
)
from gradio.state_holder import SessionState

from tabs.components.gradio_compat import Page
from tabs.languages.catalogue import ENGLISH, translator
from tabs.languages.chosen import (
    current_language,
    keep_sent,
    language_of,
    translate,
    translate_name,
    use_language,
)
from tabs.languages.own_text import all_unmarked, unmarked, words_sent
from tabs.languages.props import Words, translate_props, translate_value

WORDS = Words(translate, translate_name)
_HAN = re.compile(r"[\u4e00-\u9fff]")


class TranslatedPage(Page):
    """A page whose components, results and messages are in the language of each request."""

    @property
    def config(self) -> Any:
        """The page's description as it is sent to browsers.

        Relies on Gradio's routes reading `config` for each request, and not changing it.
        """
        language = current_language()
        if language not in self._configs:
            self._configs[language] = _translated_config(self._config)
        return self._configs[language]

    @config.setter
    def config(self, config: Any) -> None:
        self._config, self._configs = config, {}

    async def process_api(
        self, block_fn: Event | int, inputs: list[Any], *args: Any, **options: Any
    ) -> dict[str, Any]:
        """As `Page.process_api`, in the language of the request.

        Relies on `request` being given by name, with the headers of the call, and on `inputs` being
        the values as the browser sent them.
        """
        request = options.get("request")
        headers = getattr(request, "headers", None)
        use_language(language_of(dict(headers)) if headers else ENGLISH)
        keep_sent(_words_sent(block_fn if isinstance(block_fn, Event) else None, inputs))
        try:
            return await super().process_api(block_fn, inputs, *args, **options)
        except gr.Error as error:
            error.message = translate(str(error.message))
            raise

    async def postprocess_data(
        self, block_fn: Event, predictions: list[Any] | dict[Any, Any], state: SessionState | None
    ) -> list[Any]:
        """As `Page.postprocess_data`, with texts translated, but not those of public endpoints.

        Relies on updates being dictionaries with the key `__type__`.
        """
        data = await super().postprocess_data(block_fn, predictions, state)
        if block_fn.api_visibility != "private":
            return all_unmarked(data)
        kinds = [block.get_block_name() for block in block_fn.outputs]
        return [_output(kind, value) for kind, value in zip(kinds, data, strict=True)]

    def queue(self, *args: Any, **options: Any) -> Page:
        """As Gradio's, with messages translated."""
        made = super().queue(*args, **options)
        self.translate_messages()
        return made

    def translate_messages(self) -> None:
        """Translate the messages of the queue that is there now. Relies on `send_message`."""
        self._queue.send_message = _translated_messages(self._queue.send_message)


def _words_sent(block_fn: Event | None, values: Any) -> frozenset[str]:
    """What the visitor has typed, and the names of their files; see `words_sent`."""
    kinds = [block.get_block_name() for block in block_fn.inputs] if block_fn else []
    return words_sent(kinds, values if isinstance(values, list) else [])


def _output(kind: str, value: Any) -> Any:
    if isinstance(value, dict) and value.get("__type__") == "update":
        return all_unmarked(translate_props(kind, value, WORDS))
    return all_unmarked(translate_value(kind, value, WORDS))


def _translated_config(config: Any) -> Any:
    """A page's description with the texts of all components translated."""
    components = [
        part | {"props": all_unmarked(translate_props(part["type"], part["props"], WORDS))}
        for part in config["components"]
    ]
    return config | {"components": components}


def _translated_messages(send: Callable[..., None]) -> Callable[..., None]:
    """`Queue.send_message` that translates toasts, progress and errors.

    Relies on the fields of the three kinds of messages, and on `event.request`, `event.fn` and
    `event.data.data` being the request, the function and the values that the event came with.
    """

    @functools.wraps(send)
    def send_translated(event: Any, message: EventMessage) -> None:
        into = translator(language_of(dict(event.request.headers)))
        sent = _words_sent(event.fn, event.data.data if event.data else None)
        words = unmarked if into is None else functools.partial(into.text, sent=sent)
        send(event, _message(message, words))

    return send_translated


def _message(message: EventMessage, translate: Callable[[str], str]) -> EventMessage:
    if isinstance(message, LogMessage):
        texts = {"log": translate(message.log), "title": translate(message.title)}
        return message.model_copy(update=texts)
    if isinstance(message, ProgressMessage):
        units = [_described(unit, translate) for unit in message.progress_data or []]
        return message.model_copy(update={"progress_data": units})
    if isinstance(message, ProcessCompletedMessage) and not message.success:
        error = message.output.get("error")
        texts = {}
        if isinstance(error, str) and not _HAN.search(error):  # `process_api` has translated others
            texts = {"error": translate(error)}
        title = translate(message.title) if message.title else message.title
        return message.model_copy(update={"output": message.output | texts, "title": title})
    return message


def _described(unit: Any, translate: Callable[[str], str]) -> Any:
    names = ("desc", "unit")
    texts = {name: translate(value) for name in names if (value := getattr(unit, name))}
    return unit.model_copy(update=texts)

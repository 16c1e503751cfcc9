"""The page in the visitor's language: what of Gradio's insides that relies on.

Each docstring states what is relied on; `tests/tabs/components/test_gradio_language.py` checks it.
"""

from __future__ import annotations

import functools
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
    language_of,
    translate,
    translate_name,
    use_language,
)
from tabs.languages.props import Words, translate_props, translate_value

WORDS = Words(translate, translate_name)


class TranslatedPage(Page):
    """A page whose components, results and messages are in the language of each request."""

    @property
    def config(self) -> Any:
        """The page's description as it is sent to browsers.

        Relies on Gradio's routes reading `config` for each request, and not changing it.
        """
        language = current_language()
        if language == ENGLISH:
            return self._config
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

        Relies on `request` being given by name, with the headers of the call.
        """
        request = options.get("request")
        headers = getattr(request, "headers", None)
        use_language(language_of(dict(headers)) if headers else ENGLISH)
        try:
            return await super().process_api(block_fn, inputs, *args, **options)
        except gr.Error as error:
            error.message = translate(str(error.message))
            raise

    async def postprocess_data(
        self, block_fn: Event, predictions: list[Any] | dict[Any, Any], state: SessionState | None
    ) -> list[Any]:
        """As `Page.postprocess_data`, with texts translated; not of public endpoints.

        Relies on updates being dictionaries with the key `__type__`.
        """
        data = await super().postprocess_data(block_fn, predictions, state)
        if current_language() == ENGLISH or block_fn.api_visibility != "private":
            return data
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


def _output(kind: str, value: Any) -> Any:
    if isinstance(value, dict) and value.get("__type__") == "update":
        return translate_props(kind, value, WORDS)
    return translate_value(kind, value, WORDS)


def _translated_config(config: Any) -> Any:
    """A page's description with the texts of all components translated."""
    components = [
        part | {"props": translate_props(part["type"], part["props"], WORDS)}
        for part in config["components"]
    ]
    return config | {"components": components}


def _translated_messages(send: Callable[..., None]) -> Callable[..., None]:
    """`Queue.send_message` that translates toasts, progress and errors.

    Relies on the fields of the three kinds of messages, and on `event.request` being the request
    that the event came with.
    """

    @functools.wraps(send)
    def send_translated(event: Any, message: EventMessage) -> None:
        into = translator(language_of(dict(event.request.headers)))
        send(event, message if into is None else _message(message, into.text))

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
        texts = {"error": translate(error)} if isinstance(error, str) else {}
        title = translate(message.title) if message.title else message.title
        return message.model_copy(update={"output": message.output | texts, "title": title})
    return message


def _described(unit: Any, translate: Callable[[str], str]) -> Any:
    names = ("desc", "unit")
    texts = {name: translate(value) for name in names if (value := getattr(unit, name))}
    return unit.model_copy(update=texts)

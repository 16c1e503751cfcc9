"""Which properties and values of Gradio's components are texts that visitors read."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

_TEXTS = ("label", "info", "placeholder", "alt_text", "submit_btn", "stop_btn", "title", "problem")
_MARKUP = ("html_template",)
_NAMES = ("corners",)  # lists of names
_TEXT_VALUES = ("markdown", "html", "button", "downloadbutton", "uploadbutton", "label")


@dataclass(frozen=True)
class Words:
    """Translates one text, and what may name a class: choices and captions."""

    text: Callable[[str], str]
    name: Callable[[str], str]


def translate_props(kind: str, props: dict[str, Any], words: Words) -> dict[str, Any]:
    """A component's properties with their texts translated; others, such as values that handlers
    get back, stay.

    Args:
        kind: the component's block name, such as "markdown".
        props: its properties or an update of them; not changed.
        words: the translations.
    """
    found = dict(props)
    for name in (*_TEXTS, *_MARKUP):
        if isinstance(found.get(name), str):
            found[name] = words.text(found[name])
    for name in _NAMES:
        if isinstance(found.get(name), list):
            found[name] = [words.name(text) for text in found[name]]
    if isinstance(found.get("props"), dict):  # of gr.HTML
        found["props"] = translate_props(kind, found["props"], words)
    if isinstance(found.get("choices"), list | tuple):
        found["choices"] = [_choice(choice, words) for choice in found["choices"]]
    if isinstance(found.get("buttons"), list):
        found["buttons"] = [_replaced(button, "value", words.text) for button in found["buttons"]]
    if "value" in found:
        found["value"] = translate_value(kind, found["value"], words)
    return found


def translate_value(kind: str, value: Any, words: Words) -> Any:
    """A component's value, translated where it is a text that the server has written: that of
    Markdown, HTML and buttons, and the captions of a gallery.

    Args:
        kind: as in `translate_props`.
        value: any.
        words: the translations.
    """
    if isinstance(value, str):
        return words.text(value) if kind in _TEXT_VALUES else value
    if kind == "gallery" and isinstance(value, list):
        return [_replaced(item, "caption", words.name) for item in value]
    return value


def _choice(choice: Any, words: Words) -> Any:
    """A choice of a list, as label and value: only its label is shown."""
    if isinstance(choice, list | tuple) and len(choice) == 2 and isinstance(choice[0], str):
        return (words.name(choice[0]), choice[1])
    return choice


def _replaced(item: Any, key: str, translate: Callable[[str], str]) -> Any:
    if isinstance(item, dict) and isinstance(item.get(key), str):
        return item | {key: translate(item[key])}
    return item

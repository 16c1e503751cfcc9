"""Which properties and values of Gradio's components are texts that visitors read."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

Translate = Callable[[str], str]

_TEXTS = ("label", "info", "placeholder", "alt_text", "submit_btn", "stop_btn", "title", "problem")
_TEXT_VALUES = ("markdown", "button", "downloadbutton", "uploadbutton", "label")
_MARKUP = ("html_template",)  # of gr.HTML
_LISTS = ("corners",)  # of texts


def translate_props(kind: str, props: dict[str, Any], translate: Translate) -> dict[str, Any]:
    """A component's properties with their texts translated; others, such as values that handlers
    get back, stay.

    Args:
        kind: the component's block name, such as "markdown".
        props: its properties or an update of them; not changed.
        translate: one text.
    """
    found = dict(props)
    for name in _TEXTS:
        if isinstance(found.get(name), str):
            found[name] = translate(found[name])
    for name in _MARKUP:
        if isinstance(found.get(name), str):
            found[name] = translate(found[name])
    for name in _LISTS:
        if isinstance(found.get(name), list):
            found[name] = [translate(text) for text in found[name]]
    if isinstance(found.get("choices"), list | tuple) and kind != "dataset":
        found["choices"] = [_choice(choice, translate) for choice in found["choices"]]
    if isinstance(found.get("value"), str | list):
        found["value"] = translate_value(kind, found["value"], translate)
    if isinstance(found.get("buttons"), list):
        found["buttons"] = [_button(button, translate) for button in found["buttons"]]
    return found


def translate_value(kind: str, value: Any, translate: Translate) -> Any:
    """A component's value, translated where it is a text that the server has written.

    Args:
        kind: as in `translate_props`.
        value: any; captions of a gallery, texts of Markdown, HTML and buttons are translated.
        translate: one text.
    """
    if isinstance(value, str):
        return translate(value) if kind in _TEXT_VALUES or kind == "html" else value
    if kind == "gallery" and isinstance(value, list):
        return [_captioned(item, translate) for item in value]
    return value


def _choice(choice: Any, translate: Translate) -> Any:
    """A choice of a list, as label and value: only its label is shown."""
    if isinstance(choice, list | tuple) and len(choice) == 2 and isinstance(choice[0], str):
        return (translate(choice[0]), choice[1])
    return choice


def _captioned(item: Any, translate: Translate) -> Any:
    if isinstance(item, dict) and isinstance(item.get("caption"), str):
        return item | {"caption": translate(item["caption"])}
    return item


def _button(button: Any, translate: Translate) -> Any:
    if isinstance(button, dict) and isinstance(button.get("value"), str):
        return button | {"value": translate(button["value"])}
    return button

"""The switch between the languages of the page."""

from __future__ import annotations

import gradio as gr

from tabs.languages.catalogue import LANGUAGES


def layout_switch() -> gr.HTML:
    """Lay out a button a language; `page.js` stores the choice and opens the page anew."""
    buttons = "".join(
        f'<button type="button" lang="{code}" data-language="{code}">{name}</button>'
        for code, name in LANGUAGES.items()
    )
    return gr.HTML(
        html_template=f'<nav aria-label="Language">{buttons}</nav>',
        js_on_load=_MARK_JS,
        apply_default_css=False,
        elem_id="languages",
    )


_MARK_JS = """
element.querySelector(`[data-language="${window.ganvasLanguage ?? 'en'}"]`)
  ?.setAttribute('aria-current', 'true');
"""

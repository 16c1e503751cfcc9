"""The login of a Space with the visitor's Hub account; relies on Gradio's undocumented insides.

`tests/tabs/test_space.py` checks what is relied on.
"""

from __future__ import annotations

import gradio as gr

from tabs.components.events import AT_ONCE
from tabs.components.gradio_compat import on_page_load


def login_button(text: str, logout_text: str, elem_id: str) -> gr.LoginButton:
    """Lay out the button that logs in, or out; the events of the page get its token.

    Gradio lists its check of who is logged in as a public endpoint. Relies on `activate` leaving
    that check in `load_event_to_attach`, and on `_check_login_status` being its handler.

    Args:
        text: of the button.
        logout_text: of the button of who is logged in, with {} for the name.
        elem_id: of the button.
    """
    button = gr.LoginButton(text, logout_text, size="md", elem_id=elem_id)
    button.load_event_to_attach = None
    on_page_load(button._check_login_status, None, button, **AT_ONCE)
    return button

"""Places for files that visitors bring: whatever comes in, the handler gets its path."""

from __future__ import annotations

from typing import Any

import gradio as gr

from tabs.components.gradio_compat import hand_over_paths


def file_input(**options: Any) -> gr.File:
    """A file component that hands every file to the handler, which says what is wrong with it.

    Gradio's own compares the suffix with `file_types` first, and its error leaves no sentence.
    """
    return hand_over_paths(gr.File(**options))


def recipe_input(elem_id: str, what: str = "model, seeds and settings") -> gr.File:
    """A place for a picture that was saved on this page, which brings back `what` made it."""
    return file_input(
        label=f"Drop a PNG that was saved here: it brings back {what}",
        elem_id=elem_id,
        elem_classes="forget-wrong",
        height=110,
    )

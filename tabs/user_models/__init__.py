"""Add a user model: a checkpoint, checked and converted, then offered in the tab of its task."""

from __future__ import annotations

from pathlib import Path

import gradio as gr

from gan_models import (
    ModelSpec,
    add_user_model,
    guess_format,
    list_models,
    model_formats,
    read_options,
    remove_user_model,
)
from tabs.components.errors import user_errors
from tabs.components.events import AT_ONCE, GPU, PRIVATE, Updates
from tabs.components.files import file_input
from tabs.components.loading import Load
from tabs.components.models import title_of
from tabs.components.preview import into_view
from tabs.server.access import is_private

TITLE, ELEM_ID = "Your model", "tab-your-file"
TABS_OF_TASKS = {"latent": "Sample", "class": "Classes", "translation": "Translate"}
TABS_OF_TASKS |= {"restoration": "Restore", "semantic": "Paint"}
INTRO = """
Open a generator checkpoint of your own. It is read as plain tensors; no code in it is run. Once it
is checked and converted, it is in the model list of its tab, on this machine only.
"""
LICENCE_NOTE = "Use only weights whose licence allows what you do with them."


def build(load: Load) -> None:
    """Build the tab; `load`, which every tab gets, is not needed here."""
    gr.Markdown(INTRO, elem_classes="card")
    with gr.Row():
        with gr.Column(min_width=300):
            file = file_input(label="Checkpoint", elem_id="own-file", height=150)
            format = gr.Dropdown(
                model_formats(),
                value=None,
                label="Format",
                info="Guessed from the names inside; choose another if it is wrong.",
                elem_id="own-format",
            )
            title = gr.Textbox(label="Title", max_lines=1, elem_id="own-title")
            with gr.Accordion("Style encoder of a SPADE model", open=False):
                encoder = file_input(
                    label="Encoder, such as latest_net_E.pth: moods and the style of a picture",
                    elem_id="own-encoder",
                    height=120,
                )
            with gr.Accordion("Options that cannot be read from the file", open=False):
                options = gr.Textbox(
                    label="Options",
                    info="As in the reference's constructor: conv_clamp=256, num_layers=14",
                    elem_id="own-options",
                )
                names = gr.Textbox(
                    label="Names of classes or labels",
                    info="In order, with commas; numbers are used if this is empty.",
                    elem_id="own-names",
                )
            with gr.Row():
                add = gr.Button("Check and add", variant="primary", elem_id="own-add")
                cancel = gr.Button("Cancel", elem_id="own-cancel", elem_classes="while-running")
            info = gr.Markdown(LICENCE_NOTE, elem_id="own-info")
        with gr.Column(min_width=300):
            added_models = gr.Dropdown(
                user_model_choices(), label="Models of your own", elem_id="own-shelf"
            )
            remove = gr.Button("Remove this model", elem_id="own-remove")
    uploaded = file.upload(guess, file, [format, title, info], **GPU, **PRIVATE)
    inputs = [file, format, title, names, options, encoder]
    added = add.click(
        add_file, inputs, [info, added_models], show_progress_on=[info], **GPU, **PRIVATE
    )
    removed = remove.click(remove_model, added_models, [info, added_models], **AT_ONCE)
    for event in (added, removed):
        event.then(**into_view("own-info"))
    cancel.click(lambda: "Stopped.", None, info, cancels=[uploaded, added], queue=False, **PRIVATE)


def user_models() -> list[ModelSpec]:
    """The models that the host added."""
    return [spec for spec in list_models() if spec.id.startswith("own-")]


def user_model_choices() -> list[tuple[str, str]]:
    """Labels and ids of the models that the host added."""
    return [(f"{title_of(spec)} · {spec.family}", spec.id) for spec in user_models()]


def refuse_public() -> None:
    """Refuse where the page is not private, also calls of programs.

    Raises:
        ValueError: user models are not allowed here.
    """
    if not is_private():
        raise ValueError(
            "This page takes no files of your own; run Ganvas on your own machine to open them."
        )


def guess(file: str | None) -> Updates:
    """Guess the format of the uploaded file: format, title, a sentence."""
    if file is None:
        yield gr.skip()
        return
    yield gr.skip(), gr.skip(), "Reading the file …"
    with user_errors():
        refuse_public()
        found = guess_format(file)
        line = (
            f"This looks like **{found}**."
            if found
            else "The format is not one that can be guessed: choose it."
        )
        yield found, Path(file).stem, line


def add_file(
    file: str | None,
    format: str | None,
    title: str | None,
    names: str | None,
    options: str | None,
    encoder: str | None,
) -> Updates:
    """Check and convert the file, and add it to the user models."""
    with user_errors():
        refuse_public()
        if file is None:
            raise ValueError("Choose a file first.")
        if format not in model_formats():
            raise ValueError("Choose the file's format first.")
        yield "Checking every tensor, then converting …", gr.skip()
        # fields that were never opened come as None
        listed = [name.strip() for name in (names or "").split(",") if name.strip()]
        chosen = read_options(options or "")
        spec = add_user_model(file, format, title or Path(file).stem, listed, chosen, encoder)
        yield _ready_line(spec), gr.Dropdown(user_model_choices(), value=spec.id)


def _ready_line(spec: ModelSpec) -> str:
    """A sentence on the added model and the tab that lists it."""
    line = (
        f"**{title_of(spec)}** is ready: {spec.family}, {spec.num_params / 1e6:.1f} million "
        "parameters."
    )
    if spec.task == "latent":
        return f"{line} [Open it in Sample](?model={spec.id})."
    return f"{line} Reload the page; it is then in the model list of {TABS_OF_TASKS[spec.task]}."


def remove_model(model: str | None) -> tuple[str, gr.Dropdown]:
    """Remove a model that the host added."""
    with user_errors():
        refuse_public()
        remove_user_model(model or "")
        return "Removed.", gr.Dropdown(user_model_choices(), value=None)

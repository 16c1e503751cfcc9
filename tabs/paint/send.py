"""Send the painting to Translate."""

from __future__ import annotations

import gradio as gr

from gan_models import SemanticPipeline
from tabs.components import send_to
from tabs.components.files import png_files
from tabs.components.loading import Load
from tabs.components.send_to import SendButton
from tabs.paint.models import checked_painter
from tabs.paint.state import file_name, read_painting, read_request

# only the browser has the painting; it is sent with the click
PAINTING_JS = "() => [window.ganvasPaint?.map ? JSON.stringify(window.ganvasPaint.payload()) : '']"


def build(load: Load) -> SendButton:
    """Lay out the button; it sends the picture as it is painted now."""
    text = gr.Textbox(visible=False)
    button = send_to.layout("paint", "Send the picture to Translate", scale=0, min_width=240)

    def make(text: str) -> str:
        request = read_request(text)
        pipeline: SemanticPipeline = load(checked_painter(request.get("model")))
        painting = read_painting(request, pipeline)
        picture = pipeline.paint(painting.label_map, painting.style, painting.patches)
        return png_files([picture], [file_name(pipeline, painting)], mark=False)[0]

    return SendButton(button, make, [text], PAINTING_JS)

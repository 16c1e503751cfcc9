"""Send the painting to Translate."""

from __future__ import annotations

import gradio as gr

from tabs.components import send_to
from tabs.components.files import png_files
from tabs.components.loading import Load
from tabs.components.send_to import Outlet
from tabs.paint.models import checked_painter
from tabs.paint.state import file_name, read_painting, read_request

# the painting is the browser's, and handed over with the click
PAINTING_JS = "() => [window.ganvasPaint?.map ? JSON.stringify(window.ganvasPaint.payload()) : '']"


def build(load: Load) -> Outlet:
    """Lay out the button; it sends the picture as it is painted now."""
    text = gr.Textbox(visible=False)
    button = send_to.layout("paint", "Send the picture to Translate", scale=0, min_width=240)

    def make(text: str) -> str:
        request = read_request(text)
        model = checked_painter(request.get("model"))
        pipeline = load(model)
        painting = read_painting(request, pipeline)
        picture = pipeline.paint(painting.label_map, painting.style, painting.patches)
        return png_files([picture], [file_name(pipeline, painting)])[0]

    return Outlet(button, make, [text], PAINTING_JS)

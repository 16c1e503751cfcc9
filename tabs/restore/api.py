"""The endpoint of the Restore tab for programs: /enlarge, one picture in, one PNG out."""

from __future__ import annotations

import gradio as gr

from gan_models import RestorationPipeline, save_png
from tabs.components.errors import user_errors
from tabs.components.events import LONG, Updates
from tabs.components.files import output_folder
from tabs.components.gradio_compat import photo_input
from tabs.components.loading import Load, in_thread, loading
from tabs.components.models import checked_model
from tabs.components.progress import Bar
from tabs.components.upload import open_photo
from tabs.components.upscalers import TASK

MODEL = "real-esrgan-x4"


def build(load: Load) -> None:
    """Declare the endpoint; its components are invisible."""

    def enlarge(
        image: str,
        model: str = MODEL,
        scale: float | None = None,
        progress: gr.Progress = gr.Progress(),
    ) -> Updates:
        """Enlarge and mend one picture with Real-ESRGAN.

        Args:
            image: A picture file, up to 64 megapixels and 50 MB; of an animation, the first.
            model: A model id of task "restoration" from list_models.
            scale: 2, 3 or 4 times the width and height; by default the model's own factor.

        Returns:
            A PNG file; its provenance names the model, and what made the picture if known.
        """
        with user_errors():
            photo = open_photo(image)
            model = checked_model(model, TASK)
            pipeline: RestorationPipeline = yield from loading(load, model, progress)
            pipeline.plan(photo.size, scale)  # refuses before any work
            steps = pipeline.iter_enlarge(photo, scale)
            made = yield from Bar(progress).follow(steps, "Enlarging")
            path = output_folder() / f"{model}-{made.width}x{made.height}.png"
            yield from in_thread(lambda: save_png(made, path))
            yield str(path)

    image = photo_input(visible=False, label="image")
    model = gr.Textbox(MODEL, visible=False, label="model")
    scale = gr.Number(None, visible=False, label="scale")
    file = gr.File(visible=False, label="picture")
    hidden = gr.Button(visible=False)
    hidden.click(enlarge, [image, model, scale], file, api_name="enlarge", **LONG)

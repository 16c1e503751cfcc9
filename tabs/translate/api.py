"""The endpoint of the Translate tab for programs: /translate, one picture in, one PNG out."""

from __future__ import annotations

import gradio as gr

from gan_models import TranslationPipeline, save_png
from tabs.components.errors import user_errors
from tabs.components.events import LONG, Updates
from tabs.components.files import output_folder
from tabs.components.gradio_compat import photo_input
from tabs.components.loading import Load, in_thread, loading
from tabs.components.models import checked_model, models_of
from tabs.components.progress import stepping
from tabs.components.upload import open_photo
from tabs.translate.state import TASK


def build(load: Load) -> None:
    """Declare the endpoint; its components are invisible."""

    def translate(image: str, model: str, progress: gr.Progress = gr.Progress()) -> Updates:
        """Translate one picture into another domain, at its own size.

        Args:
            image: A picture file, up to 64 megapixels and 50 MB; of an animation, the first.
            model: A model id of task "translation" from list_models.

        Returns:
            A PNG file of the same size.
        """
        with user_errors():
            photo = open_photo(image)
            model = checked_model(model, TASK)
            pipeline: TranslationPipeline = yield from loading(load, model, progress)
            made = yield from stepping(pipeline.iter_translate(photo), progress, "Translating")
            path = output_folder() / f"{model}.png"
            yield from in_thread(lambda: save_png(made, path))
            yield str(path)

    image = photo_input(visible=False, label="image")
    model = gr.Textbox(models_of(TASK)[0].id, visible=False, label="model")
    file = gr.File(visible=False, label="picture")
    hidden = gr.Button(visible=False)
    hidden.click(translate, [image, model], file, api_name="translate", **LONG)

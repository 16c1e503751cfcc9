"""The endpoint of the Classes tab for programs: /class_sample, which returns files."""

from __future__ import annotations

import gradio as gr
from PIL import Image

from gan_models import ClassPipeline
from tabs.classes.state import TASK, ClassSheet, classes_of, file_name
from tabs.components.errors import user_errors
from tabs.components.files import png_files
from tabs.components.loading import Load
from tabs.components.models import models_of
from tabs.components.request_batching import OPTIONS, Batcher


def build(load: Load) -> None:
    """Declare the endpoint; its components are invisible."""
    first = models_of(TASK)[0].id

    def draw(kind: tuple[str, float], cells: list[tuple[int, str]]) -> list[Image.Image]:
        seeds, names = zip(*cells, strict=True)
        pipeline: ClassPipeline = load(kind[0])
        return pipeline.sample(seeds, names, kind[1])

    batcher = Batcher(draw)

    def class_sample(class_name: str, seeds: str, model: str, truncation_psi: float) -> list[str]:
        """Sample pictures of one class from a class-conditional GAN.

        Args:
            class_name: One of the model's classes, such as "green", or its index.
            seeds: Whole numbers and ranges, such as "0-7, 42"; at most 64 pictures a call.
            model: A model id of task "class" from list_models.
            truncation_psi: 0 (average) to 2 (wild); 1 is the model's own variety.

        Returns:
            PNG files in the order of the seeds, each with its provenance inside.
        """
        with user_errors():
            sheet = ClassSheet.read(model, class_name, seeds, truncation_psi)
            cells = [(seed, sheet.class_name) for seed in sheet.seeds]
            made = batcher((sheet.model, sheet.truncation_psi), cells)
            stem = f"{model}-{file_name(sheet.class_name)}"
            return png_files(made, [f"{stem}-seed{seed:08d}" for seed in sheet.seeds])

    name = gr.Textbox(classes_of(first)[0], visible=False, label="class_name")
    seeds = gr.Textbox("0-7", visible=False, label="seeds")
    model = gr.Textbox(first, visible=False, label="model")
    psi = gr.Number(1, visible=False, label="truncation_psi")
    files = gr.Files(visible=False, label="pictures")
    hidden = gr.Button(visible=False)
    given = [name, seeds, model, psi]
    hidden.click(class_sample, given, files, api_name="class_sample", **OPTIONS)

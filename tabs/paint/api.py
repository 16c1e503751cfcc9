"""The endpoint of the Paint tab for programs: /paint, a label map in, a picture out."""

from __future__ import annotations

import math
from pathlib import Path
from typing import Any

import gradio as gr

from gan_models import SemanticPipeline
from tabs.components.errors import user_errors
from tabs.components.events import GPU
from tabs.components.files import png_files
from tabs.components.gradio_compat import unchecked_upload, uploaded_path
from tabs.components.gradio_errors import toast
from tabs.components.loading import Load
from tabs.paint.models import OURS, checked_painter


def build(load: Load) -> None:
    """Declare the endpoint; its components are invisible."""

    def paint(label_map: str, model: str, style_seed: float) -> str:
        """Paint a landscape from a label map.

        The ids of our own model are 0 sky, 1 cloud, 2 mountain, 3 hill, 4 rock, 5 snow, 6 grass,
        7 forest, 8 flowers, 9 sand, 10 water, 11 path.

        Args:
            label_map: A PNG of ids (indexed or grey) or palette colours, 16x16 to 4096x4096.
            model: A model id of task "semantic" from list_models.
            style_seed: A whole number from 0 to 4294967295: another light and other colours.

        Returns:
            A PNG of the model's own size, with its provenance inside.
        """
        with user_errors():
            seed = _whole_seed(style_seed)
            if label_map is None:
                raise ValueError("There is no label map; send a PNG.")
            pipeline: SemanticPipeline = load(checked_painter(model))
            picture = pipeline.paint(pipeline.read_map(Path(label_map)), seed)
            return png_files([picture], [f"{model}-style{seed:08d}"])[0]

    file = gr.File(visible=False, label="label_map")
    label_map = unchecked_upload(file, _read_path)
    model = gr.Textbox(OURS, visible=False, label="model")
    seed = gr.Number(0, visible=False, label="style_seed")
    picture = gr.File(visible=False, label="picture")
    hidden = gr.Button(visible=False)
    hidden.click(paint, [label_map, model, seed], picture, api_name="paint", **GPU)


def _read_path(payload: Any) -> str | None:
    """The path of an uploaded file; `payload`: whatever a program has sent."""
    if payload is None:
        return None
    try:
        return uploaded_path(payload)
    except ValueError as error:
        raise toast(
            "label_map must be an uploaded file: send a PNG with gradio_client's handle_file, not "
            f"a {type(payload).__name__}."
        ) from error


def _whole_seed(value: object) -> int:
    """A number that a program sends as a seed; the pipeline checks its range.

    Raises:
        ValueError: it is not a whole number.
    """
    if not isinstance(value, int | float) or not math.isfinite(value) or int(value) != value:
        raise ValueError(
            f"style_seed must be a whole number from 0 to 4294967295, not {value!s:.40}."
        )
    return int(value)

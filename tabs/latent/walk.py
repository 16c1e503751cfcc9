"""A walk through keyframe seeds, exported as MP4, GIF or WebP."""

from __future__ import annotations

import gradio as gr

from gan_models import LatentPipeline, format_seeds
from tabs.components import film_export
from tabs.components.errors import user_errors
from tabs.components.events import AT_ONCE, LONG, PRIVATE, Updates
from tabs.components.film_export import Film
from tabs.components.gradio_errors import toast
from tabs.components.history import History
from tabs.components.loading import Load, loading
from tabs.components.preview import into_view
from tabs.components.seed_row import page_seeds
from tabs.components.tickets import checked_any, file_stem
from tabs.latent.morph import possible
from tabs.latent.sheet import SheetPanel
from tabs.latent.state import TASK, Pick, Sheet


def build(load: Load, sheet: SheetPanel, picked: gr.State) -> None:
    """Lay out and connect the panel."""
    keys = gr.Textbox(
        "3, 8, 3",
        label="Seeds of the keyframes",
        info="In this order. If the last seed is the first one, the film is a seamless loop.",
        elem_id="latent-keyframes",
    )
    with gr.Row():
        add = gr.Button("Add clicked picture", elem_id="latent-key-add", min_width=120)
        from_sheet = gr.Button("Use the seeds above", elem_id="latent-key-sheet", min_width=120)
        close = gr.Button("Make it a loop", elem_id="latent-key-close", min_width=120)
    with gr.Row():
        settings = film_export.layout_settings("latent", 60)
    with gr.Row():
        export = gr.Button("Make the film", variant="primary", elem_id="latent-export")
        cancel = gr.Button("Cancel", elem_id="latent-export-cancel", elem_classes="while-running")
    with gr.Column(elem_id="latent-walk-results"):
        info = gr.Markdown("", elem_classes="card", elem_id="latent-walk-info")
        video = gr.Video(
            label="Film",
            autoplay=True,
            loop=True,
            visible=False,
            elem_id="latent-video",
            height=360,
        )
        animation = gr.Image(
            label="Film",
            type="filepath",
            visible=False,
            interactive=False,
            height=360,
            elem_id="latent-animation",
            elem_classes="fill",
        )
        file = gr.File(label="Download", visible=False, interactive=False, elem_id="latent-file")

    def make(
        model: str,
        keys: str,
        frames: float,
        fps: float,
        suffix: str,
        enlarged: bool,
        psi: float,
        space: str,
        progress: gr.Progress = gr.Progress(),
    ) -> Updates:
        with user_errors():
            seeds = page_seeds(keys, minimum=2)
            film = Film.read(frames, fps, suffix, enlarged)
            pipeline: LatentPipeline = yield from loading(load, checked_any(model, TASK), progress)
            drawn = pipeline.iter_frames(seeds, film.num_frames, possible(pipeline, space), psi)
            stem = f"{file_stem(model)}-seeds-{'-'.join(map(str, seeds[:4]))}"
            path, line = yield from film_export.write(load, pipeline, drawn, film, stem, progress)
            is_video = film.plays_as_video
            yield (
                gr.Video(path if is_video else None, visible=is_video),
                gr.Image(None if is_video else path, visible=not is_video),
                gr.File(path, visible=True),
                line,
            )

    started = export.click(
        make,
        [sheet.model, keys, *settings.inputs, sheet.psi, sheet.space],
        [video, animation, file, info],
        show_progress_on=[info],
        **LONG,
        **PRIVATE,
    )
    started.then(**into_view("latent-walk-results"))
    cancel.click(lambda: "Stopped.", None, info, cancels=[started], queue=False, **PRIVATE)
    add.click(append_pick, [keys, picked], keys, **AT_ONCE)
    from_sheet.click(sheet_keys, [keys, sheet.history], keys, **AT_ONCE)
    close.click(close_loop, keys, keys, **AT_ONCE)


def append_pick(keys: str, picked: Pick | None) -> str:
    """The keyframes, and the clicked picture's seed after them."""
    if picked is None:
        raise toast("Click a picture of the sheet first.")
    return f"{keys.rstrip(', ')}, {picked.seed}".lstrip(", ")


def sheet_keys(keys: str, history: History[Sheet]) -> str:
    """The seeds of the sheet in view as keyframes."""
    return format_seeds(history.current.seeds) if history.current else keys


def close_loop(keys: str) -> str:
    """The keyframes, ending where they start."""
    with user_errors():
        seeds = page_seeds(keys)
    return keys if len(seeds) > 1 and seeds[0] == seeds[-1] else f"{keys.rstrip(', ')}, {seeds[0]}"

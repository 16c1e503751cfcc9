"""The page: `create_app()` builds it, `python app.py` serves it."""

from __future__ import annotations

import os

os.environ.setdefault("GRADIO_ANALYTICS_ENABLED", "False")  # before gradio is imported

import gradio as gr

import gan_models
from tabs import build_room, connect, rooms_shown, start
from tabs.components.files import CACHE_SECONDS, SWEEP_SECONDS
from tabs.components.gradio_compat import Page, keep_the_last
from tabs.components.loading import Load
from tabs.components.models import absence
from tabs.components.request_batching import remember_configs
from tabs.components.visitor import Visitor, visitor_key
from tabs.theme import CSS, HEAD, SCRIPT, THEME
from tabs.user_models import is_private

INTRO = "# Ganvas"


def create_app(load: Load | None = None, jobs: gan_models.Jobs | None = None) -> gr.Blocks:
    """Build the page.

    `load(id)` gives a pipeline, by default one shared by all visitors; `jobs` keeps what is trained
    in the background, by default under `GANVAS_HOME`.
    """
    load, jobs = load or gan_models.PipelineCache(), jobs or gan_models.Jobs()
    jobs.start_housekeeping()
    with Page(title="Ganvas", delete_cache=(SWEEP_SECONDS, CACHE_SECONDS)) as app:
        gr.Markdown(INTRO, elem_id="intro")
        visitor = Visitor(visitor_key(), jobs)
        built = {}
        with gr.Tabs(elem_id="rooms", overflow_behavior="wrap") as rooms:
            for tab in rooms_shown():
                with gr.Tab(tab.TITLE, id=tab.TITLE, elem_id=tab.ELEM_ID):
                    built[tab.TITLE] = build_room(tab, load, visitor)
        connect(built, rooms)
        gr.api(list_models, api_name="list_models")
    keep_the_last(app)
    remember_configs(app)
    return app.queue(max_size=64)


def list_models() -> list[dict]:
    """List every model: id, title, task, family, resolution, licence, source, ready or why not."""
    rows = gan_models.describe_models()
    for row in rows:  # the library's reason is for whoever runs the server
        row["reason"] = absence(gan_models.get_spec(row["id"]))
    return rows


def launch(app: gr.Blocks | None = None, **options: object) -> tuple[object, str, str | None]:
    """Serve the page on http://127.0.0.1:7860, or where PORT and GRADIO_SERVER_NAME say."""
    settings = {
        "server_port": int(os.environ["PORT"]) if "PORT" in os.environ else None,
        "max_file_size": "2gb" if is_private() else "50mb",  # checkpoints are large
        "show_error": False,
        "ssr_mode": False,
        "_frontend": False,  # or Gradio gives up where its first answer takes more than 3 s
        "theme": THEME,
        "css": CSS,
        "js": SCRIPT,
        "head": HEAD,
        **start.early_options(rooms_shown()[1:]),
    }
    return (app or create_app()).launch(**(settings | options))


if __name__ == "__main__":
    launch()

"""The page: `create_app()` builds it, `python app.py` serves it."""

from __future__ import annotations

import contextlib
import os
import signal
import sys
import threading
from typing import Any

os.environ.setdefault("GRADIO_ANALYTICS_ENABLED", "False")  # before gradio is imported
# before torch is: threads that wait let others work, where several requests share the cores
os.environ.setdefault("OMP_WAIT_POLICY", "PASSIVE")

import gradio as gr
from gradio.events import api
from starlette.middleware import Middleware

import gan_models
from tabs import build_tab, connect, start, visible_tabs
from tabs.components.clients import Clients, trusted_proxies
from tabs.components.engine import layout_note, shared_jobs, shared_pipelines
from tabs.components.gradio_compat import SKIP_START_CHECK, set_always_last
from tabs.components.gradio_language import TranslatedPage
from tabs.components.gradio_mcp import serves_mcp
from tabs.components.gradio_queue import install_queue
from tabs.components.gradio_server import guarded
from tabs.components.gradio_sessions import CAPACITY, use_lean_sessions
from tabs.components.gradio_stop import finish
from tabs.components.loading import Load
from tabs.components.models import absence
from tabs.components.visitor import Visitor, visitor_key
from tabs.languages.middleware import VisitorLanguage
from tabs.languages.switch import layout_switch
from tabs.server import folders, sweep
from tabs.server.access import is_private
from tabs.theme import CSS, HEAD, SCRIPT, THEME
from tabs.translate.state import FIRST_EXAMPLE

INTRO = "# Ganvas"
PRIVACY = (
    f"What you upload and what is made of it is deleted from this server within {sweep.MINUTES} "
    "minutes, and nothing about it is logged. Fine-tune says what it keeps."
)


def create_app(load: Load | None = None, jobs: gan_models.Jobs | None = None) -> gr.Blocks:
    """Build the page.

    `load(id)` gives a pipeline, by default one shared by all visitors; `jobs` are those of
    fine-tuning, by default under `GANVAS_HOME`.
    """
    gan_models.mark_text()  # refuses a wrong setting before anything is served
    gan_models.use_limits(
        lambda: gan_models.PRIVATE_LIMITS if is_private() else gan_models.PUBLIC_LIMITS
    )
    folder = folders.prepare()
    load, jobs = load or shared_pipelines(), jobs or shared_jobs()
    jobs.start_housekeeping()
    use_lean_sessions()
    clients = Clients(public=not is_private())
    with TranslatedPage(title="Ganvas") as app:
        with gr.Row(elem_id="top"):
            gr.Markdown(INTRO, elem_id="intro")
            layout_switch()
        visitor = Visitor(visitor_key(), jobs, clients.remember)
        built = {}
        with gr.Tabs(elem_id="rooms", overflow_behavior="wrap") as all_tabs:
            for tab in visible_tabs():
                with gr.Tab(tab.TITLE, id=tab.TITLE, elem_id=tab.ELEM_ID):
                    built[tab.TITLE] = build_tab(tab, load, visitor)
        layout_note(load)
        gr.Markdown(PRIVACY, elem_id="privacy-note")
        connect(built, all_tabs)
        api(list_models, api_name="list_models")
    set_always_last(app)
    sweep.keep_present(folder.gradio)
    app.queue(status_update_rate=1, api_open=False)
    install_queue(app, clients).translate_messages()
    return app


def list_models() -> list[dict]:
    """List every model.

    Returns:
        id, title, task, family, resolution, licence, source, size_bytes, available, reason if not.
    """
    rows = gan_models.describe_models()
    for row in rows:  # the library's reason is meant for whoever runs the server
        row["reason"] = absence(gan_models.get_spec(str(row["id"])))
    return rows


def launch(app: gr.Blocks | None = None, **options: Any) -> tuple[object, str, str | None]:
    """Serve the page on http://127.0.0.1:7860, or on PORT and GRADIO_SERVER_NAME.

    `mcp_server=True`, or GANVAS_MCP=1, serves the public endpoints as MCP tools, too.

    Raises:
        ValueError: MCP is wanted, and its package is not installed.
    """
    options["mcp_server"] = serves_mcp(options.get("mcp_server"))
    tiles = start.early_tiles(visible_tabs()[1:])
    settings: dict[str, Any] = {
        "server_port": int(os.environ["PORT"]) if "PORT" in os.environ else None,
        "max_file_size": int(gan_models.limits().upload_mb * 1_000_000),
        "show_error": False,
        "ssr_mode": False,
        # of the examples, which handlers give back; else Gradio allows the working folder alone
        "allowed_paths": [str(FIRST_EXAMPLE.parent)],
        "state_session_capacity": CAPACITY,
        "theme": THEME,
        "css": CSS,
        "js": SCRIPT,
        "head": HEAD,
        **SKIP_START_CHECK,
        "app_kwargs": {"middleware": [Middleware(VisitorLanguage), tiles]},
    }
    os.environ["FORWARDED_ALLOW_IPS"] = trusted_proxies()  # read by the server, uvicorn
    return (app or create_app()).launch(**guarded(settings | options))


def main() -> int:
    """Serve the page until it is stopped; the exit status."""
    told = threading.Event()  # an exception of the handler could be lost in whatever it interrupts
    signal.signal(signal.SIGTERM, lambda *_: told.set())
    try:
        page = create_app()
        launch(page, prevent_thread_lock=True)
    except (ValueError, folders.StartError, gan_models.JobError) as error:  # a setting
        sys.stderr.write(f"{error}\n")
        return 2
    with contextlib.suppress(KeyboardInterrupt):
        while not told.wait(0.5):  # without a limit Windows would not take Ctrl+C
            pass
    finish(page)


if __name__ == "__main__":
    sys.exit(main())

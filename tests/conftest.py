"""One page for all tests that need a running one; the real models, on this machine only."""

from __future__ import annotations

import os

os.environ.setdefault("GRADIO_ANALYTICS_ENABLED", "False")

import pytest


@pytest.fixture(scope="session")
def page_url():
    """The address of the page, served by this process."""
    from app import create_app, launch

    app = create_app()
    _, url, _ = launch(app, server_port=None, prevent_thread_lock=True, quiet=True)
    yield url.rstrip("/")
    app.close()

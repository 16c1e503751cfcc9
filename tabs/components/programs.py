"""Whether the public endpoints are served as MCP tools, too."""

from __future__ import annotations

import importlib
import os

NOT_INSTALLED = (
    "GANVAS_MCP=1 and mcp_server=True need the package mcp, before its version 2; "
    "run pip install -r requirements.txt, or serve the page without MCP."
)


def serves_mcp(wanted: bool | None = None) -> bool:
    """Whether the page serves MCP.

    Args:
        wanted: the launch option; None: as GANVAS_MCP says.

    Raises:
        ValueError: it is wanted, and its package cannot be used; Gradio would serve the page
            without it.
    """
    if wanted is None:
        wanted = os.environ.get("GANVAS_MCP") == "1"
    if wanted:
        try:
            importlib.import_module("mcp.server.streamable_http_manager")
        except ImportError as error:
            raise ValueError(NOT_INSTALLED) from error
    return wanted

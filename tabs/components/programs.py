"""Whether the public endpoints are served as MCP tools, too."""

from __future__ import annotations

import importlib.util
import os

NOT_INSTALLED = (
    "GANVAS_MCP=1 and mcp_server=True need the package mcp; "
    "run: pip install -r requirements.txt, or serve the page without it."
)


def serves_mcp(wanted: bool | None = None) -> bool:
    """Whether the page serves MCP.

    Args:
        wanted: the launch option; None: as GANVAS_MCP says.

    Raises:
        ValueError: it is wanted, and the package is not installed; Gradio would serve the page
            without it.
    """
    if wanted is None:
        wanted = os.environ.get("GANVAS_MCP") == "1"
    if wanted and importlib.util.find_spec("mcp") is None:
        raise ValueError(NOT_INSTALLED)
    return wanted

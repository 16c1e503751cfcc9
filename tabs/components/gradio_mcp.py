"""The public endpoints as MCP tools; relies on Gradio's undocumented insides.

`tests/tabs/test_mcp.py` checks what is relied on.
"""

from __future__ import annotations

import importlib
import os
from typing import Any

from PIL import Image

NOT_INSTALLED = (
    "GANVAS_MCP=1 and mcp_server=True need the package mcp, before its version 2; "
    "run pip install -r requirements.txt, or serve the page without MCP."
)
MOST_SHOWN = 4  # pictures that an answer contains; of more it has the addresses alone
MOST_PIXELS_SHOWN = 2048**2  # the same of large ones


def serves_mcp(wanted: bool | None = None) -> bool:
    """Whether the page serves MCP; prepares it.

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
        _use_own_server()
    return wanted


def _use_own_server() -> None:
    """Let Gradio use the server below; relies on `gradio.mcp.GradioMCPServer` being looked up at
    the launch, and on `postprocess_output_data` and `get_image` of it.
    """
    import gradio.mcp as module

    plain = module.GradioMCPServer
    if getattr(plain, "shows_lists", False):
        return

    class Server(plain):
        """Gives the files of a list one by one, the first ones as pictures, too.

        Gradio gives a list as text, and sends every picture, however large.
        """

        shows_lists = True

        def postprocess_output_data(self, data: Any, root_url: str) -> list[Any]:
            items = [item for output in data for item in _items(output)]
            contents = super().postprocess_output_data(items, root_url)
            texts = [content for content in contents if content.type != "image"]
            return contents if len(contents) - len(texts) <= MOST_SHOWN else texts

        @staticmethod
        def get_image(file_path: str) -> Image.Image | None:
            picture = plain.get_image(file_path)
            if picture is None or picture.width * picture.height <= MOST_PIXELS_SHOWN:
                return picture
            picture.close()
            return None

    module.GradioMCPServer = Server


def _items(output: Any) -> list[Any]:
    """The files of a list of files; anything else as it is."""
    is_files = isinstance(output, list) and output and all(map(_is_file, output))
    return output if is_files else [output]


def _is_file(value: Any) -> bool:
    return isinstance(value, dict) and "path" in value and "meta" in value

"""Whether the page runs as a Hugging Face Space, and what differs there."""

from __future__ import annotations

import os


def on_space() -> bool:
    """Whether the page runs as a Space, where every visitor of the Hub can open it."""
    return bool(os.environ.get("SPACE_ID"))


def has_login() -> bool:
    """Whether visitors can log in with their Hub account: a Space with `hf_oauth: true`."""
    return on_space() and bool(os.environ.get("OAUTH_CLIENT_ID"))


def on_zero_gpu() -> bool:
    """Whether the Space has ZeroGPU hardware: a GPU for the duration of a call, none between."""
    return os.environ.get("SPACES_ZERO_GPU", "").lower() in ("1", "t", "true")

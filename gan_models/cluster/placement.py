"""Which models have a deployment of their own, and which share one."""

from __future__ import annotations

import hashlib
import re
from pathlib import Path

from gan_models.pipelines.loading import is_file_name
from gan_models.weights import get_spec

PREFIX = "ganvas-"  # of the names of our applications in Ray Serve
SHARED = f"{PREFIX}shared"


def application_of(model: str, shared_mb: float) -> str:
    """The application that serves a model, by its id or the path of its file.

    Models with weights of up to `shared_mb` megabytes share one. Others have one each, with their
    id in its name, or a hash of the path of their file.

    Raises:
        ValueError: no such model.
    """
    if num_bytes(model) <= shared_mb * 1e6:
        return SHARED
    if re.fullmatch(r"[A-Za-z0-9._-]+", model):
        return PREFIX + model
    return f"{PREFIX}file-{hashlib.sha256(model.encode()).hexdigest()[:16]}"


def num_bytes(model: str) -> int:
    """The size of a model's weights; 0 of a file that is missing, which its replica then says."""
    if not is_file_name(model):
        return get_spec(model).size_bytes
    path = Path(model).expanduser()
    return path.stat().st_size if path.is_file() else 0

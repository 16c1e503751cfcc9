"""Models that the user added: files `<id>.safetensors` in `GANVAS_HOME/models`.

Their ids begin with `own-`.
"""

from __future__ import annotations

import re
from pathlib import Path

from gan_models.paths import ganvas_home

PREFIX = "own-"


def models_folder() -> Path:
    """The folder of their files."""
    return ganvas_home() / "models"


def user_model_paths() -> list[Path]:
    """All their files, those of style encoders too, sorted by name."""
    return sorted(models_folder().glob(f"{PREFIX}*.safetensors"))


def version_of(model_id: str) -> tuple[int, ...]:
    """A value that changes when the file of a user model is replaced; () for other models."""
    if not re.fullmatch(f"{PREFIX}[a-z0-9-]+", model_id):
        return ()
    try:
        stat = (models_folder() / f"{model_id}.safetensors").stat()
    except OSError:  # there is none, or it was removed at this moment
        return ()
    return stat.st_ino, stat.st_mtime_ns, stat.st_size


def free_path(title: str) -> Path:
    """The path of a new user model, made of its title; no file has it yet."""
    slug = re.sub(r"[^a-z0-9]+", "-", title.lower()).strip("-")[:40] or "model"
    path, number = models_folder() / f"{PREFIX}{slug}.safetensors", 1
    while path.exists() or encoder_path(path).exists():
        number += 1
        path = models_folder() / f"{PREFIX}{slug}-{number}.safetensors"
    return path


def encoder_path(path: Path) -> Path:
    """The file of the style encoder that belongs to a user model's file."""
    return path.with_name(f"{path.stem}-encoder.safetensors")


def remove_user_model(model_id: str) -> None:
    """Delete a user model and its encoder; the file it was converted from stays.

    Raises:
        ValueError: there is no user model of this id.
    """
    found = {path.stem: path for path in models_folder().glob(f"{PREFIX}*.safetensors")}
    if model_id not in found:
        raise ValueError(f"There is no model of your own called {model_id[:60]!r}.")
    found[model_id].unlink()
    encoder_path(found[model_id]).unlink(missing_ok=True)

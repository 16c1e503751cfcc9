"""Models of one's own: self-describing files in `GANVAS_HOME/models`, offered beside the table."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from functools import lru_cache
from pathlib import Path
from typing import Any

from torch import nn

from gan_models import convert, networks, weights, zoo
from gan_models.blueprint import Blueprint
from gan_models.checks import odd_channels
from gan_models.described import decode
from gan_models.zoo import ModelSpec

__all__ = [
    "add_own_model",
    "get_spec",
    "guess_format",
    "list_models",
    "model_formats",
    "read_options",
    "recipe_is_current",
    "remove_own_model",
]

OWN_FORMAT = "ganvas"
ENCODER = "spade-encoder"
_MOST_TENSORS, _MOST_NUMBERS = 1 << 14, 1 << 31


def folder() -> Path:
    """Where the files lie."""
    return weights.home() / "models"


def list_models() -> tuple[ModelSpec, ...]:
    """All models: those of the table, then one's own by name; a damaged file is left out."""
    own = [spec for path in sorted(folder().glob("own-*.safetensors")) if (spec := _read(path))]
    return (*zoo.list_models(), *(spec for spec in own if spec.family != ENCODER))


def get_spec(model_id: str) -> ModelSpec:
    """The model of an id, from the table or one's own.

    Raises:
        ValueError: there is none; the message lists those there are.
    """
    own = next((spec for spec in list_models() if spec.id == model_id), None)
    return own or zoo.get_spec(model_id)


def version_of(model_id: str) -> tuple[int, ...]:
    """What changes when another model takes the id of one's own; () for those of the table."""
    if not re.fullmatch("own-[a-z0-9-]+", model_id):
        return ()
    try:
        stamp = (folder() / f"{model_id}.safetensors").stat()
    except OSError:  # there is none, or it was removed at this moment
        return ()
    return stamp.st_ino, stamp.st_mtime_ns, stamp.st_size


def recipe_is_current(recipe: Mapping[str, Any]) -> bool:
    """Whether the recipe of a picture gives its picture again with today's weights.

    Raises:
        ValueError: there is no model of its name.
    """
    spec = get_spec(str(recipe.get("model")))
    upscaler_sha256 = zoo.get_upscaler(spec.upscaler).sha256 if spec.upscaler else ""
    return zoo.same_weights(recipe, spec.sha256, upscaler_sha256 or "")


def model_formats() -> list[str]:
    """The names of all formats that `add_own_model` takes."""
    return [OWN_FORMAT, *sorted(convert.FORMATS)]


def guess_format(path: Path | str) -> str | None:
    """The format that a checkpoint seems to have, or None.

    Raises:
        WeightsError: the file cannot be read, or wants to run code.
    """
    described = "ganvas_format" in weights.read_metadata(path)
    return OWN_FORMAT if described else convert.guess_format(path)


def add_own_model(
    path: Path | str,
    format: str,
    title: str,
    names: Sequence[str] | None = None,
    options: dict[str, Any] | None = None,
    encoder: Path | str | None = None,
) -> ModelSpec:
    """Check a checkpoint, convert it, and put it on the shelf.

    Args:
        path: the file, left as it is.
        format: one of `model_formats()`.
        title: what to call it; its id is made of it.
        names: of classes or labels, where the network has any.
        options: what no tensor tells, as for `convert.load_generator`.
        encoder: of a SPADE with styles, the file of its style encoder.

    Raises:
        ValueError: no such format or option, the checkpoint is not of that format, or the encoder
            is another model's.
        WeightsError: the file cannot be read, wants to run code, or the disk is full.
    """
    title = " ".join(title.split())[:60] or Path(path).stem[:60]
    out, style_encoder = _free_path(title), _read_encoder(encoder)
    if format == OWN_FORMAT:
        generator, info = weights.load_described(path)
        _refuse_odd_channels(generator, info)
        facts = {key: info[key] for key in ("task", "licence", "source")}
        lists = {key: info.get(key) for key in ("classes", "labels", "training")}
        weights.save_generator(out, generator, title=title, half=False, **facts, **lists)
    else:
        source = f"file {Path(path).name}"
        described = {"classes": names, "labels": names} if names else {}
        convert.to_safetensors(
            path, format, out, title=title, source=source, **described, **(options or {})
        )
    spec = _read(out) or zoo.get_spec(out.stem)
    if style_encoder is not None:
        _put_beside(spec, out, style_encoder)
    return spec


def _refuse_odd_channels(generator: nn.Module, info: Mapping[str, Any]) -> None:
    """Refuse a translator that no picture can be given to, before it is on the shelf."""
    if info["task"] == "translation":
        fault = odd_channels(generator.in_channels, generator.out_channels)
        if fault:
            raise ValueError(f"{info['title']} {fault}")


def _read_encoder(path: Path | str | None) -> nn.Module | None:
    if path is None:
        return None
    if "ganvas_format" not in weights.read_metadata(path):
        return convert.load_encoder(path)
    encoder, facts = weights.load_described(path)
    if facts["family"] != ENCODER:
        raise ValueError("The second file is no style encoder; leave it out, or choose another.")
    return encoder


def _put_beside(spec: ModelSpec, path: Path, encoder: nn.Module) -> None:
    """Write an encoder beside its generator; where it cannot be its own, take that back, too."""
    z_dim = spec.config.get("z_dim", 0) if spec.task == "semantic" else 0
    try:
        if encoder.z_dim != z_dim:
            styles = f"has styles of {z_dim} numbers" if z_dim else "takes no styles"
            raise ValueError(
                f"The encoder gives styles of {encoder.z_dim} numbers, and this model {styles}: "
                "leave the encoder out, or choose the one it was trained with."
            )
        facts = {"task": "semantic", "title": f"Style encoder of {spec.title}"}
        facts |= {"licence": spec.licence, "source": spec.attribution}
        weights.save_generator(_encoder_path(path), encoder, half=False, **facts)
    except Exception:
        path.unlink()
        raise


def _encoder_path(path: Path) -> Path:
    return path.with_name(f"{path.stem}-encoder.safetensors")


def remove_own_model(model_id: str) -> None:
    """Take a model of one's own off the shelf; the file it came from stays.

    Raises:
        ValueError: there is no such model of one's own.
    """
    own = {path.stem: path for path in folder().glob("own-*.safetensors")}
    if model_id not in own:
        raise ValueError(f"There is no model of your own called {model_id[:60]!r}.")
    own[model_id].unlink()
    _encoder_path(own[model_id]).unlink(missing_ok=True)


def _free_path(title: str) -> Path:
    slug = re.sub(r"[^a-z0-9]+", "-", title.lower()).strip("-")[:40] or "model"
    path, number = folder() / f"own-{slug}.safetensors", 1
    while path.exists() or _encoder_path(path).exists():
        number += 1
        path = folder() / f"own-{slug}-{number}.safetensors"
    return path


def _read(path: Path) -> ModelSpec | None:
    try:
        stamp = path.stat()
        return _spec_of(path, stamp.st_mtime_ns, stamp.st_size)
    except (weights.WeightsError, ValueError, OSError):
        return None


@lru_cache(maxsize=256)
def _spec_of(path: Path, mtime_ns: int, size: int) -> ModelSpec:
    """What a file says of itself; read again only when it changes."""
    info = decode(path, weights.read_metadata(path))
    with Blueprint(_MOST_TENSORS, _MOST_NUMBERS):
        network = networks.build(info["family"], info["config"])
    return zoo.described_spec(path, info, network)


def read_options(text: str) -> dict[str, Any]:
    """Options written as "conv_clamp=256, num_layers=14": numbers where they are numbers.

    Raises:
        ValueError: a part is not name=value.
    """
    options: dict[str, Any] = {}
    for part in filter(None, (part.strip() for part in text.split(","))):
        name, equals, value = (piece.strip() for piece in part.partition("="))
        if not (name.isidentifier() and equals and value):
            raise ValueError(
                f"{part[:40]!r} is no option; write name=value, such as conv_clamp=256."
            )
        options[name] = _number(value)
    return options


def _number(text: str) -> int | float | str:
    for kind in (int, float):
        try:
            return kind(text)
        except ValueError:
            continue
    return text

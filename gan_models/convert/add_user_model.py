"""Add a checkpoint of any known format to the user's models."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from gan_models import convert
from gan_models.checks import odd_channels
from gan_models.networks.base import Network
from gan_models.weights.catalogue import STYLE_ENCODER, spec_of_file
from gan_models.weights.io import load_checkpoint, read_metadata, save_generator
from gan_models.weights.metadata import OUR_FORMAT
from gan_models.zoo import ModelSpec, user_models


def model_formats() -> list[str]:
    """The names of all formats that `add_user_model` takes."""
    return [OUR_FORMAT, *sorted(convert.FORMATS)]


def guess_format(path: Path | str) -> str | None:
    """The format that a checkpoint seems to have, or None.

    Raises:
        WeightsError: the file cannot be read, or not without running code.
    """
    is_ours = "ganvas_format" in read_metadata(path)
    return OUR_FORMAT if is_ours else convert.guess_format(path)


def add_user_model(
    path: Path | str,
    format: str,
    title: str,
    names: Sequence[str] | None = None,
    options: dict[str, Any] | None = None,
    encoder: Path | str | None = None,
) -> ModelSpec:
    """Check a checkpoint, convert it, and write it to the user's models.

    Args:
        path: the file, which is not changed.
        format: one of `model_formats()`.
        title: of the model; its id is made of it.
        names: of classes or labels, where the network has any.
        options: as for `convert.load_generator`.
        encoder: the file of the style encoder, for a SPADE with styles.

    Raises:
        ValueError: no such format or option, the checkpoint is not of that format, or the encoder
            is another model's.
        WeightsError: the file cannot be read without running code, or the disk is full.
    """
    title = " ".join(title.split())[:60] or Path(path).stem[:60]
    out, style_encoder = user_models.free_path(title), _read_encoder(encoder)
    if format == OUR_FORMAT:
        generator, info = load_checkpoint(path)
        _refuse_odd_channels(generator, info)
        save_generator(
            out,
            generator,
            task=info["task"],
            title=title,
            licence=info["licence"],
            source=info["source"],
            classes=info.get("classes"),
            labels=info.get("labels"),
            training=info.get("training"),
            half=False,
        )
    else:
        convert.to_safetensors(
            path,
            format,
            out,
            title=title,
            source=f"file {Path(path).name}",
            classes=names or None,
            labels=names or None,
            **(options or {}),
        )
    spec = spec_of_file(out)
    if style_encoder is not None:
        _write_encoder(spec, out, style_encoder)
    return spec


def _refuse_odd_channels(generator: Network, info: Mapping[str, Any]) -> None:
    """Refuse a translator whose pictures are neither grey nor colour."""
    if info["task"] == "translation":
        fault = odd_channels(generator.in_channels, generator.out_channels)
        if fault:
            raise ValueError(f"{info['title']} {fault}")


def _read_encoder(path: Path | str | None) -> Network | None:
    if path is None:
        return None
    if "ganvas_format" not in read_metadata(path):
        return convert.load_encoder(path)
    encoder, facts = load_checkpoint(path)
    if facts["family"] != STYLE_ENCODER:
        raise ValueError("The second file is no style encoder; leave it out, or choose another.")
    return encoder


def _write_encoder(spec: ModelSpec, path: Path, encoder: Network) -> None:
    """Write an encoder beside its generator; where it does not fit, delete the generator, too."""
    z_dim = spec.config.get("z_dim", 0) if spec.task == "semantic" else 0
    try:
        if encoder.z_dim != z_dim:
            styles = f"has styles of {z_dim} numbers" if z_dim else "takes no styles"
            raise ValueError(
                f"The encoder gives styles of {encoder.z_dim} numbers, and this model {styles}: "
                "leave the encoder out, or choose the one it was trained with."
            )
        save_generator(
            user_models.encoder_path(path),
            encoder,
            task="semantic",
            title=f"Style encoder of {spec.title}",
            licence=spec.licence,
            source=spec.attribution,
            half=False,
        )
    except Exception:
        path.unlink()
        raise


def read_options(text: str) -> dict[str, Any]:
    """Parse options written as "conv_clamp=256, num_layers=14"; numbers become numbers.

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

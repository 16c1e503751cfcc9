"""Load the network of an entry of the table or of a path, and the networks stored beside it."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

from gan_models.networks.base import Network
from gan_models.weights.errors import MissingWeightsError
from gan_models.weights.io import load_checkpoint
from gan_models.weights.locate import ensure
from gan_models.weights.metadata import OUR_FORMAT
from gan_models.zoo import ModelSpec


def load_network(
    spec_or_path: ModelSpec | Path | str,
    progress: Callable[[int, int], None] | None = None,
    cancelled: Callable[[], bool] | None = None,
) -> Network:
    """The network of a model or of a self-describing file, in eval mode and float32 on the CPU.

    Args:
        spec_or_path: an entry of the table, whose weights are downloaded first if need be; or the
            path of a self-describing safetensors file.
        progress: called with (bytes so far, bytes in all) during a download.
        cancelled: polled during a download; True stops it.

    Raises:
        MissingWeightsError: there is no such file, or it cannot be downloaded.
        WeightsError: the file is damaged or not what it should be.
    """
    if not isinstance(spec_or_path, ModelSpec):
        path = Path(spec_or_path)
        if not path.is_file():
            raise MissingWeightsError(f"There is no file {path}; check the path.")
        return load_checkpoint(path)[0]
    path = ensure(spec_or_path, progress, cancelled)
    if spec_or_path.format == OUR_FORMAT:
        return load_checkpoint(path)[0]
    from gan_models import convert  # only foreign formats need it

    return convert.load_generator(path, format=spec_or_path.format, **spec_or_path.options)


def companion_path(path: Path, role: str) -> Path:
    """Where the network of another role is stored for a generator's file.

    Args:
        path: the generator's file.
        role: "encoder" or "discriminator".

    Returns:
        `NAME-ROLE.safetensors` beside `NAME.safetensors`; beside `generator.safetensors`, the name
        in the folder of a run, `ROLE.safetensors` unless `generator-ROLE.safetensors` exists.
    """
    named = path.with_name(f"{path.stem}-{role}.safetensors")
    if path.stem == "generator" and not named.is_file():
        return path.with_name(f"{role}.safetensors")
    return named


def companion(path: Path, role: str) -> Network | None:
    """The network of a role stored beside a generator's file (`companion_path`); None: no file.

    Raises:
        WeightsError: the file is damaged.
    """
    found = companion_path(path, role)
    return load_checkpoint(found)[0] if found.is_file() else None

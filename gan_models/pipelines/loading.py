"""Load the pipeline of a model by id or from a self-describing file."""

from __future__ import annotations

import os
from collections.abc import Callable
from pathlib import Path
from typing import Any

import torch

from gan_models import weights, zoo
from gan_models.device import pick_device
from gan_models.networks.base import Network
from gan_models.networks.cascade import cascade
from gan_models.networks.upscaler import Upscaler
from gan_models.paths import sha256_of
from gan_models.pipelines.classes import ClassPipeline
from gan_models.pipelines.latent import LatentPipeline
from gan_models.pipelines.restoration import RestorationPipeline
from gan_models.pipelines.semantic import SemanticPipeline
from gan_models.pipelines.translation import TranslationPipeline
from gan_models.seeds import sample_z

Pipeline = (
    LatentPipeline | ClassPipeline | TranslationPipeline | SemanticPipeline | RestorationPipeline
)

_PIPELINES: dict[str, type[Pipeline]] = {
    "latent": LatentPipeline,
    "class": ClassPipeline,
    "translation": TranslationPipeline,
    "semantic": SemanticPipeline,
    "restoration": RestorationPipeline,
}


def describe_models() -> list[dict[str, Any]]:
    """All models as JSON-able data: the facts of the table, `available`, and `reason` if not."""
    rows = []
    for spec in weights.list_models():
        available, reason = weights.availability(spec)
        rows.append(zoo.public_facts(spec) | {"available": available, "reason": reason})
    return rows


def load_pipeline(
    model: str,
    device: str | None = None,
    progress: Callable[[int, int], None] | None = None,
    cancelled: Callable[[], bool] | None = None,
) -> Pipeline:
    """Load a model by id, or a self-describing .safetensors file by path.

    Args:
        model: "faces-64", or a path that ends in .safetensors, in any case.
        device: "cpu", "cuda", "mps"; by default `GANVAS_DEVICE`, else the best there is.
        progress: called with (bytes so far, bytes in all) during a download.
        cancelled: polled during a download; True stops it.

    Raises:
        ValueError: no such model, or a device this machine lacks.
        WeightsError: the weights cannot be had, or are damaged or wrong.
    """
    chosen = pick_device(device)
    if is_file_name(str(model)):
        generator = weights.load_network(model)
        spec = weights.spec_of_file(Path(model))
    else:
        spec = weights.get_spec(str(model))
        generator = weights.load_network(spec, progress, cancelled)
    path = weights.ensure(spec)
    _fill_w_avg(generator)
    generator = generator.to(chosen).eval()
    if os.environ.get("GANVAS_COMPILE") == "1":  # the first pictures then take longer
        getattr(generator, "synthesis", generator).compile()
    upscaler_sha256 = ""
    if spec.upscaler:
        generator, upscaler_sha256 = _with_upscaler(generator, spec, chosen)
    pipeline = _PIPELINES[spec.task](generator, spec, spec.sha256 or sha256_of(path))
    pipeline.upscaler_sha256 = upscaler_sha256
    if isinstance(pipeline, SemanticPipeline):
        encoder = weights.companion(path, "encoder")
        pipeline.encoder = None if encoder is None else encoder.to(chosen)
    return pipeline


def _with_upscaler(
    generator: Network, spec: zoo.ModelSpec, device: torch.device
) -> tuple[Network, str]:
    """The generator with the upscaler of its entry or file, and the hash of the upscaler.

    Raises:
        ValueError: the upscaler's file is of another kind of network.
    """
    upscaler_spec = zoo.get_upscaler(spec.upscaler)
    upscaler = weights.load_network(upscaler_spec).to(device)
    if not isinstance(upscaler, Upscaler):
        raise ValueError(f"{upscaler_spec.id} is no upscaler.")
    return cascade(generator, upscaler), upscaler_spec.sha256 or ""


def is_file_name(model: str) -> bool:
    """Whether a model is given as the path of a file, not as an id."""
    return model.lower().endswith(".safetensors")


def _fill_w_avg(generator: Network) -> None:
    """Set `w_avg` of a mapping whose file has none to the mean over 4,096 fixed z."""
    mapping = getattr(generator, "mapping", None)
    if mapping is None or mapping.c_dim or mapping.w_avg.any():
        return
    with torch.inference_mode():
        mean = mapping.map(sample_z(range(4096), generator.z_dim)).mean(0)
    mapping.w_avg.data.copy_(mean)

"""An upscaler that enlarges at once, or as slowly as a test sets, in a real pipeline."""

from __future__ import annotations

import time
from collections.abc import Generator

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from gan_models.pipelines import RestorationPipeline
from gan_models.zoo import get_spec

STEPS = 40


class TinyUpscaler(nn.Module):
    """Repeats every pixel and darkens it a little, so that results differ from originals."""

    family, unshuffle, num_convs = "srvgg", 1, 1
    in_channels = out_channels = 3
    img_resolution = 256

    def __init__(self, scale: int = 4, seconds: float = 0.0) -> None:
        super().__init__()
        self.anchor = nn.Parameter(torch.zeros(1))
        self.scale = scale
        self.seconds = seconds  # of a whole pass over more than a trial's pixels
        self.steps_made = self.passes_stopped = 0

    def steps(self, images: Tensor) -> Generator[float, None, Tensor]:
        """[1, 3, H, W] -> [1, 3, scale H, scale W], in steps."""
        try:
            for k in range(STEPS if self.seconds and images.shape[-1] > 200 else 1):
                yield k / STEPS
                time.sleep(self.seconds / STEPS)
                self.steps_made += 1
        except GeneratorExit:
            self.passes_stopped += 1
            raise
        return F.interpolate(images, scale_factor=self.scale, mode="nearest") * 0.8


def fake_upscaler(model: str, seconds: float = 0.0) -> RestorationPipeline:
    """As `load_pipeline` for a model that enlarges, without weights."""
    spec = get_spec(model)
    return RestorationPipeline(TinyUpscaler(spec.config["scale"], seconds), spec, "0" * 64)


def planned(pipeline: RestorationPipeline, seconds_a_pixel: float) -> RestorationPipeline:
    """The pipeline as on a machine of this speed."""
    pipeline.seconds_a_pixel = seconds_a_pixel
    return pipeline

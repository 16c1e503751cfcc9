"""Numbers and measurements as text."""

from __future__ import annotations

from gan_models import Pipeline
from tabs.components.space import on_zero_gpu


def duration(seconds: float) -> str:
    """A time span as text: 40 s, 12 min, 2 h 5 min, 7 days."""
    if seconds < 99.5:
        return f"{max(seconds, 1):.0f} s"
    minutes = round(seconds / 60)
    if minutes < 60:
        return f"{minutes} min"
    if minutes < 48 * 60:
        return f"{minutes // 60} h {minutes % 60} min" if minutes % 60 else f"{minutes // 60} h"
    return f"{round(minutes / 1440)} days"


def seconds_taken(seconds: float) -> str:
    """A measured time as text: 0.4 s, 3.1 s, 12 min."""
    return f"{seconds:.1f} s" if seconds < 10 else duration(seconds)


def megapixels(num_pixels: float) -> str:
    """A number of pixels as text: 24 megapixels, 0.3 megapixels, 0.02 megapixels."""
    millions = num_pixels / 1e6
    if millions < 0.1:
        return f"{millions:.1g} megapixels"
    return f"{millions:.0f} megapixels" if millions >= 10 else f"{millions:.1f} megapixels"


def device_of(pipeline: Pipeline) -> str:
    """The name of the device that a pipeline runs on."""
    return "ZeroGPU" if on_zero_gpu() else pipeline.device_title


def speed_line(num_pictures: int, seconds: float, device: str) -> str:
    """The line under a result: milliseconds a picture, and the device."""
    each = 1000 * seconds / max(1, num_pictures)
    return f"{num_pictures} pictures, {each:.1f} ms each, {device}"

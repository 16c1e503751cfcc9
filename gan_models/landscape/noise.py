"""Tileable noise tables and their lookup, for all textures of the landscape world.

The tables are fixed: a scene only draws the position, angle and scale at which they are read.
"""

from __future__ import annotations

from functools import cache

import numpy as np

SIZE = 512  # cells per side of every table; a power of two, so that wrapping is a mask
_STRIDE = SIZE + 1  # stored with its first row and column repeated, so that no lookup wraps


def _frequencies() -> np.ndarray:
    ky = np.fft.fftfreq(SIZE) * SIZE
    kx = np.fft.rfftfreq(SIZE) * SIZE
    return np.hypot(ky[:, None], kx[None, :])


def _filtered_noise(seed: int, gain: np.ndarray) -> np.ndarray:
    """White noise through a radial filter; zero mean, unit variance, float64 [SIZE, SIZE]."""
    spectrum = np.fft.rfft2(np.random.RandomState(seed).randn(SIZE, SIZE)) * gain
    noise = np.fft.irfft2(spectrum, s=(SIZE, SIZE))
    return (noise - noise.mean()) / noise.std()


def _fractal(seed: int, slope: float, lowest: float = 2.0) -> np.ndarray:
    k = _frequencies()
    gain = np.where(k < lowest, 0.0, np.maximum(k, 1.0) ** -slope)
    return _filtered_noise(seed, gain)


def _band(seed: int, centre: float) -> np.ndarray:
    """One octave: noise around `centre` cycles a tile."""
    octaves = np.log2(np.maximum(_frequencies(), 0.25) / centre)
    return _filtered_noise(seed, np.exp(-((octaves / 0.45) ** 2)))


def _ridges(seed: int) -> np.ndarray:
    """Ridged multifractal in [0, 1] (Musgrave): each octave counts where the last one is high."""
    total, weight, amplitude = np.zeros((SIZE, SIZE)), 1.0, 1.0
    for octave in range(7):
        crest = 1.0 - np.abs(_band(seed + octave, 3.0 * 2.0**octave)) / 1.9
        crest = np.clip(crest, 0.0, 1.0) ** 1.6
        total += amplitude * weight * crest
        weight, amplitude = np.clip(1.6 * crest, 0.0, 1.0), amplitude * 0.44
    return (total - total.min()) / (total.max() - total.min())


@cache
def table(name: str) -> np.ndarray:
    """A named table, float32, flat [(SIZE + 1) ** 2].

    `hills` is smooth, `fractal` natural, `rough` grainy (each zero mean, unit variance);
    `ridges` holds mountain crests in [0, 1]; `white` independent numbers in [0, 1).
    """
    makers = {
        "hills": lambda: _fractal(11, 2.6),
        "fractal": lambda: _fractal(12, 1.75),
        "rough": lambda: _fractal(13, 1.15, lowest=6.0),
        "ridges": lambda: _ridges(20),
        "white": lambda: np.random.RandomState(14).random_sample((SIZE, SIZE)),
    }
    tile = np.pad(makers[name](), ((0, 1), (0, 1)), mode="wrap")
    return np.ascontiguousarray(tile, dtype=np.float32).ravel()


def sample(name: str, x: np.ndarray, y: np.ndarray) -> np.ndarray:
    """Bilinear lookup of a table at cell coordinates `x`, `y` (any shape, wrapping), float32."""
    values = table(name)
    floor_x, floor_y = np.floor(x), np.floor(y)
    fx, fy = x - floor_x, y - floor_y
    index = (floor_y.astype(np.int32) & (SIZE - 1)) * _STRIDE
    index = index + (floor_x.astype(np.int32) & (SIZE - 1))
    low = values.take(index)
    low += fx * (values.take(index + 1) - low)
    index += _STRIDE
    high = values.take(index)
    high += fx * (values.take(index + 1) - high)
    high -= low
    high *= fy
    low += high
    return low


def cell_hash(x: np.ndarray, y: np.ndarray, salt: int) -> np.ndarray:
    """A number in [0, 1) for every integer cell (`x`, `y`); `salt` gives independent ones."""
    column = (x + 37 * salt) & (SIZE - 1)
    row = (y + 101 * salt + (x >> 9) * 57) & (SIZE - 1)
    return table("white").take(row * _STRIDE + column)


def smoothstep(low: float | np.ndarray, high: float | np.ndarray, x: np.ndarray) -> np.ndarray:
    """0 below `low`, 1 above `high`, a smooth S between (Hermite)."""
    t = np.clip((x - low) / (high - low), 0.0, 1.0)
    return t * t * (3.0 - 2.0 * t)

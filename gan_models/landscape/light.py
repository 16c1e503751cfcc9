"""Light and air at an hour, season and weather: sun, sky colours, haze. Linear light throughout."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from gan_models.landscape.layout import Layout
from gan_models.landscape.scene import Scene

_HALF_DAY_HOURS = {"spring": 6.3, "summer": 6.8, "autumn": 6.2, "winter": 5.7}
_NOON_DEGREES = {"spring": 44.0, "summer": 57.0, "autumn": 38.0, "winter": 27.0}
_VISIBILITY_M = {"clear": 15000, "fair": 12000, "cloudy": 8500, "overcast": 5500, "fog": 650}

# colours by the height of the sun in degrees, linear RGB
_HEIGHTS = (-16.0, -8.0, -4.0, -0.5, 4.0, 10.0, 25.0, 60.0)
_ZENITH = (
    (0.006, 0.010, 0.030),
    (0.022, 0.038, 0.110),
    (0.060, 0.090, 0.230),
    (0.110, 0.170, 0.370),
    (0.130, 0.240, 0.500),
    (0.125, 0.300, 0.700),
    (0.115, 0.330, 0.860),
    (0.110, 0.350, 0.940),
)
_HORIZON = (
    (0.014, 0.022, 0.048),
    (0.110, 0.085, 0.150),
    (0.480, 0.230, 0.180),
    (0.980, 0.480, 0.230),
    (1.000, 0.640, 0.360),
    (0.860, 0.740, 0.600),
    (0.860, 1.010, 1.120),
    (0.830, 1.030, 1.200),
)
_SUN = (
    (0.060, 0.085, 0.150),  # the moon
    (0.060, 0.080, 0.140),
    (0.160, 0.110, 0.130),
    (2.300, 0.760, 0.220),
    (4.300, 1.900, 0.720),
    (3.700, 2.350, 1.300),
    (2.700, 2.350, 1.850),
    (2.750, 2.600, 2.300),
)
_EXPOSURE = (5.5, 3.4, 1.8, 1.2, 1.05, 1.0, 0.95, 0.95)


@dataclass(frozen=True)
class Light:
    """All light of a picture; directions as (right, up, ahead) of the camera."""

    sun_degrees: float  # over the horizon
    sun: np.ndarray  # [3] direction of the sun, also below the horizon
    key: np.ndarray  # [3] direction the light comes from: the sun, or the moon at night
    key_colour: np.ndarray  # [3]
    ambient: np.ndarray  # [3] from above
    zenith: np.ndarray  # [3]
    horizon: np.ndarray  # [3]
    grey: float  # 0 for open sky, 1 for overcast
    visibility_m: float
    mist: float  # ground fog, 0 to 1
    exposure: float


def _by_height(table: tuple, degrees: float) -> np.ndarray:
    columns = np.asarray(table, np.float32).reshape(len(_HEIGHTS), -1)
    return np.array([np.interp(degrees, _HEIGHTS, c) for c in columns.T], np.float32)


def sun_height(hour: float, season: str) -> float:
    """Degrees of the sun over the horizon, highest at 12, not under -16."""
    turn = np.clip((hour - 12.0) / _HALF_DAY_HOURS[season], -2.0, 2.0)
    height = _NOON_DEGREES[season] * np.cos(0.5 * np.pi * turn)
    return float(max(height, -16.0))


def _direction(bearing: float, degrees: float) -> np.ndarray:
    up = np.radians(degrees)
    ahead = np.cos(up) * np.cos(bearing)
    return np.array([np.cos(up) * np.sin(bearing), np.sin(up), ahead], np.float32)


def make_light(scene: Scene, layout: Layout) -> Light:
    """The light of a scene's hour, season and weather, seen from its camera."""
    degrees = sun_height(scene.hour, scene.season)
    compass = np.pi + np.radians(15.0 * (scene.hour - 12.0))
    heading = layout.heading + np.radians(scene.camera.yaw_degrees)
    bearing = float(compass - heading)
    by_moon = degrees < -3.0
    key = _direction(bearing + 2.4, 38.0) if by_moon else _direction(bearing, max(degrees, 2.5))
    zenith, horizon = _by_height(_ZENITH, degrees), _by_height(_HORIZON, degrees)
    sun_colour = _by_height(_SUN, degrees)
    grey = {"clear": 0.0, "fair": 0.05, "cloudy": 0.3, "overcast": 0.9, "fog": 0.92}[scene.weather]
    lid = float(np.dot(0.45 * zenith + 0.55 * horizon, [0.25, 0.55, 0.20]))
    lid_colour = lid * np.array([0.93, 0.98, 1.06], np.float32)
    if scene.weather == "fog":
        lid_colour = lid_colour * np.float32(1.18)
    zenith = zenith + (0.82 * lid_colour - zenith) * np.float32(grey)
    horizon = horizon + (1.05 * lid_colour - horizon) * np.float32(grey)
    return Light(
        sun_degrees=degrees,
        sun=_direction(bearing, degrees),
        key=key,
        key_colour=sun_colour * np.float32(1.0 - 0.93 * grey),
        ambient=0.50 * zenith + 0.32 * horizon + np.float32(0.5 * grey) * lid_colour,
        zenith=zenith,
        horizon=horizon,
        grey=grey,
        visibility_m=float(_VISIBILITY_M[scene.weather]),
        mist=0.5 if scene.weather == "fog" else 0.0,
        exposure=float(_by_height(_EXPOSURE, degrees)[0] * (1.0 + 0.25 * grey)),
    )


def sky_colour(light: Light, across: np.ndarray, up: np.ndarray) -> np.ndarray:
    """Cloudless sky in the directions (`across`, `up`, 1), broadcast together: [..., 3]."""
    across, up = np.broadcast_arrays(across, up)
    norm = 1.0 / np.sqrt(1.0 + across * across + up * up)
    rise = np.maximum(up * norm, 0.0)
    towards = (across * light.sun[0] + up * light.sun[1] + light.sun[2]) * norm
    towards = np.clip(towards, -1.0, 1.0)
    low_sun = np.exp(-(((light.sun_degrees - 1.0) / 9.0) ** 2)) * (1.0 - light.grey)
    band = np.exp(-rise / (0.17 + 0.10 * light.grey + 0.03 * low_sun))[..., None]
    away = (0.5 - 0.5 * towards)[..., None] * np.float32(low_sun)
    dusk = light.horizon * (1.0 + away * (np.array([0.62, 0.62, 1.15], np.float32) - 1.0))
    colour = light.zenith + (dusk - light.zenith) * band
    strength = (1.0 - light.grey) * float(np.clip((light.sun_degrees + 7.0) / 8.0, 0.0, 1.0))
    warmth = np.maximum(towards, 0.0)[..., None]
    halo = 0.16 * warmth**6 + 0.30 * warmth**40 + 0.7 * warmth**400
    colour = colour + halo * light.key_colour * np.float32(0.42 * strength)
    disc = np.clip((towards - 0.99965) / 0.00018, 0.0, 1.0)[..., None]
    disc = disc * np.float32(strength * (light.sun_degrees > -2.0))
    return (colour + disc * light.key_colour * 2.5).astype(np.float32)


def apply_air(
    colour: np.ndarray, depth: np.ndarray, height: np.ndarray, air: np.ndarray, light: Light
) -> np.ndarray:
    """Aerial perspective: far colours fade into the `air` behind them, the blue ones first.

    `colour` and `air` are [N, 3], `depth` and `height` [N] in metres.
    """
    path = depth / np.float32(light.visibility_m)
    if light.mist:
        low = np.exp(-np.maximum(height, 0.0) / 45.0)
        path = path * (1.0 + np.float32(light.mist) * low)
    reach = np.exp(-path[:, None] * np.array([0.80, 1.00, 1.30], np.float32))
    return air + (colour - air) * reach


def develop(colour: np.ndarray, light: Light) -> np.ndarray:
    """Linear light to display values in [0, 1]: exposure, a soft shoulder, gamma."""
    x = np.maximum(colour, 0.0) * np.float32(1.05 * light.exposure)
    bright = x * (1.0 + x * 0.16) / (1.0 + 0.72 * x)
    return np.clip(bright, 0.0, 1.0) ** np.float32(1.0 / 2.2)

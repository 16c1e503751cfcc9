"""Live trainings of a generator and a discriminator, perceptrons, on points."""

from gan_models.learning.live.film import draw as draw_picture
from gan_models.learning.live.film import frames as film_frames
from gan_models.learning.live.film import num_frames as num_film_frames
from gan_models.learning.live.pictures import as_json as picture_as_json
from gan_models.learning.live.pictures import pack_points
from gan_models.learning.live.presets import (
    PRESETS,
    PresetResult,
    RunResult,
    preset_settings,
    run_preset,
)
from gan_models.learning.live.run import MAX_STEPS, Run
from gan_models.learning.live.sessions import GoneError, LiveTrainings, Session
from gan_models.learning.live.settings import Settings

__all__ = [
    "MAX_STEPS",
    "PRESETS",
    "GoneError",
    "LiveTrainings",
    "PresetResult",
    "Run",
    "RunResult",
    "Session",
    "Settings",
    "draw_picture",
    "film_frames",
    "num_film_frames",
    "pack_points",
    "picture_as_json",
    "preset_settings",
    "run_preset",
]

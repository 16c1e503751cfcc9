"""The settings of fine-tuning, their ranges and presets."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass, fields, replace
from typing import Any, Literal

from gan_models.finetuning.ingest import CROPS, Crop

DISCRIMINATORS = ("projected", "base")
AUGMENTATIONS = {"diffaugment": ("color", "translation", "cutout"), "none": ()}
AUGMENTATIONS["ada"] = AUGMENTATIONS["diffaugment"]
FIELD_RANGES: dict[str, tuple[float, float]] = {
    "kimg": (0.001, 10_000),
    "seconds": (1, 30 * 86_400),
    "freeze_d": (0, 16),
    "generator_rate": (1e-6, 0.2),
    "discriminator_rate": (1e-6, 0.2),
    "batch": (2, 256),
    "ema_half_life_kimg": (0.001, 1000.0),
    "r1_gamma": (0.0, 1000.0),
    "reconstruction": (0.0, 100.0),
    "adversarial": (0.0, 100.0),
    "matching": (0.0, 1000.0),
    "seed": (0, 2**32 - 1),
}


def _check_number(name: str, value: Any, low: float, high: float) -> None:
    if name == "seconds" and value is None:
        return
    whole = name in ("freeze_d", "batch", "seed")
    right_kind = isinstance(value, int if whole else int | float) and not isinstance(value, bool)
    if not right_kind or not math.isfinite(value) or not low <= value <= high:
        kind = "a whole number" if whole else "a number"
        raise ValueError(f"{name} is {kind} from {low:g} to {high:g}, not {str(value)[:40]!r}.")


@dataclass(frozen=True)
class FinetuneSettings:
    """How to fine-tune; the run ends at `kimg` or `seconds`, whichever comes first.

    Raises:
        ValueError: a value is out of range.
    """

    preset: str = "quick"  # a key of `PRESETS`
    kimg: float = 5.0
    seconds: float | None = 480.0  # of training, summed over all processes; None: no limit
    crop: Crop = "centre"
    discriminator: Literal["projected", "base"] = "projected"
    augmentation: Literal["diffaugment", "ada", "none"] = "diffaugment"
    freeze_d: int = 0  # number of first layers of the discriminator that are not trained
    reconstruction: float = 0.0  # weight of the reconstruction losses; for projected heads only
    adversarial: float = 1.0  # weight of the adversarial loss; 0: no discriminator
    matching: float = 20.0  # weight of feature matching
    generator_rate: float = 2.5e-3
    discriminator_rate: float = 4e-4
    batch: int = 16
    ema_half_life_kimg: float = 0.3
    r1_gamma: float = 1.0  # only for a discriminator of pixels
    mirror: bool = True
    seed: int = 0

    def __post_init__(self) -> None:
        known = {
            "preset": tuple(LENGTHS),
            "crop": CROPS,
            "discriminator": DISCRIMINATORS,
            "augmentation": tuple(AUGMENTATIONS),
        }
        for name, values in known.items():
            if getattr(self, name) not in values:
                raise ValueError(
                    f"{name} is one of {', '.join(values)}, not {str(getattr(self, name))[:40]!r}."
                )
        for name, (low, high) in FIELD_RANGES.items():
            _check_number(name, getattr(self, name), low, high)
        if not (self.adversarial or self.matching):
            raise ValueError("adversarial and matching cannot both be 0: nothing would be learnt.")
        if not isinstance(self.mirror, bool):
            raise ValueError("mirror is either true or false.")

    @classmethod
    def from_dict(cls, values: Mapping[str, Any]) -> FinetuneSettings:
        """Settings from the result of `asdict` or a part of it; the preset gives the rest.

        Raises:
            ValueError: an unknown name, or a value out of range.
        """
        names = {field.name for field in fields(cls)}
        unknown = [str(name) for name in values if name not in names]
        if unknown:
            raise ValueError(
                f"There is no setting {unknown[0][:40]!r}; there are {', '.join(sorted(names))}."
            )
        preset = values.get("preset", "quick")
        if preset not in PRESETS:
            raise ValueError(f"preset is one of {', '.join(PRESETS)}, not {str(preset)[:40]!r}.")
        booleans = {"true": True, "false": False}  # from the command line
        values = {
            name: booleans.get(value, value) if isinstance(value, str) else value
            for name, value in values.items()
        }
        return replace(PRESETS[preset], **values)


LENGTHS: dict[str, tuple[float, float]] = {  # kimg, seconds
    "quick": (5.0, 8 * 60),
    "normal": (30.0, 45 * 60),
    "long": (100.0, 3 * 3600),
}
PRESETS: dict[str, FinetuneSettings] = {
    name: FinetuneSettings(name, kimg, seconds) for name, (kimg, seconds) in LENGTHS.items()
}

"""The landscape world: unlimited pictures with exact label maps, rendered from a seed."""

from gan_models.landscape.dataset import (
    PAIR_BIOMES,
    LandscapeDataset,
    load_dataset,
    pair_scene,
    render_dataset,
)
from gan_models.landscape.render import Rendering, label_shares, render
from gan_models.landscape.rough import rough_label_map
from gan_models.landscape.scene import (
    BIOMES,
    CLASSES,
    COMPOSITIONS,
    LABELS,
    SEASONS,
    WEATHERS,
    Camera,
    Scene,
    random_scene,
)

__all__ = [
    "BIOMES",
    "CLASSES",
    "COMPOSITIONS",
    "LABELS",
    "PAIR_BIOMES",
    "SEASONS",
    "WEATHERS",
    "Camera",
    "LandscapeDataset",
    "Rendering",
    "Scene",
    "label_shares",
    "load_dataset",
    "pair_scene",
    "random_scene",
    "render",
    "render_dataset",
    "rough_label_map",
]

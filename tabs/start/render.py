"""Render the tiles of the Start tab from the models here: python -m tabs.start.render [NAME…]

Each tile is a seamless loop (NAME.webp) and one of its frames (NAME-still.webp), shown to
visitors who ask for reduced motion. Small pictures become a grid, large ones a single picture.
"""

from __future__ import annotations

import argparse
import math
import sys
from collections.abc import Callable, Iterator, Sequence
from itertools import pairwise
from pathlib import Path
from typing import TypeVar

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from gan_models import (
    ClassPipeline,
    ClassPoint,
    LatentPipeline,
    LiveRun,
    Pipeline,
    RestorationPipeline,
    SemanticPipeline,
    TranslationPipeline,
    draw_live_picture,
    grid,
    live_preset_settings,
    load_pipeline,
)

FOLDER = Path(__file__).parent / "tiles"
TILE_PX = 288
FPS = 10
MOST_BYTES = 1_500_000  # of all tiles together
_EXAMPLES = Path(__file__).parent.parent / "translate" / "examples"
_SMALL = Path(__file__).parent.parent / "restore" / "examples" / "river.jpg"
_PSI = 0.7
_SEASONS = ("spring", "summer", "autumn", "winter")
_BIOMES = ("forest", "meadow", "alpine", "tundra")

Frames = Iterator[Image.Image]
Kind = TypeVar("Kind", bound=Pipeline)


def load(model: str, kind: type[Kind]) -> Kind:
    """Load a pipeline of a known kind.

    Raises:
        TypeError: the model is of another kind.
    """
    pipeline = load_pipeline(model)
    if not isinstance(pipeline, kind):
        raise TypeError(f"{model} is no {kind.__name__}.")
    return pipeline


def per_side(size_px: int, most: int = 4) -> int:
    """How many pictures of a size stand side by side in a tile."""
    return min(max(round(TILE_PX / size_px), 1), most)


def sheet(pictures: Sequence[Image.Image]) -> Image.Image:
    """A square tile of n x n pictures."""
    whole = grid(pictures, columns=math.isqrt(len(pictures)))
    return whole.resize((TILE_PX, TILE_PX), Image.Resampling.LANCZOS)


def sample() -> Frames:
    """Closed walks through w, each through a few seeds."""
    pipeline = load("landscapes", LatentPipeline)
    count = per_side(pipeline.spec.resolution, 3) ** 2
    walks = [
        pipeline.interpolate([3 * k + 1, 3 * k + 2, 3 * k + 3, 3 * k + 1], 30, "w", _PSI)
        for k in range(count)
    ]
    return (sheet(pictures) for pictures in zip(*walks, strict=True))


def classes() -> Frames:
    """The same latents through the seasons and back to the first."""
    pipeline = load("landscapes-classes", ClassPipeline)
    cells = per_side(pipeline.spec.resolution, 2) ** 2
    times = [k / 7 for k in range(7)]
    loops = []
    for k in range(cells):
        names = [f"{_BIOMES[k]}-{season}" for season in (*_SEASONS, _SEASONS[0])]
        points = [ClassPoint(5, name) for name in names]
        ways = pairwise(points)
        loops.append([frame for a, b in ways for frame in pipeline.morphs(a, b, times, _PSI)])
    return (sheet(pictures) for pictures in zip(*loops, strict=True))


def translate() -> Frames:
    """A summer picture and its translation to winter, with a moving line between them."""
    pipeline = load("summer2winter", TranslationPipeline)
    with Image.open(_EXAMPLES / "river.jpg") as photo:
        side = min(photo.size)
        summer = photo.convert("RGB").crop((0, 0, side, side)).resize((TILE_PX, TILE_PX))
    return wipe(summer, pipeline.translate(summer), 28)


def restore() -> Frames:
    """A small picture and its enlargement, with a moving line between them."""
    pipeline = load("real-esrgan-x4", RestorationPipeline)
    with Image.open(_SMALL) as photo:
        side = TILE_PX // pipeline.scale
        left, top = (photo.width - side) // 2, (photo.height - side) // 2
        small = photo.convert("RGB").crop((left, top, left + side, top + side))
    return wipe(
        small.resize((TILE_PX, TILE_PX), Image.Resampling.BICUBIC), pipeline.enlarge(small), 28
    )


def paint() -> Frames:
    """A label map and its picture: painted label by label, then seen in other styles."""
    pipeline = load("paint", SemanticPipeline)
    states = list(label_maps(pipeline.labels, 128))
    frames = [(state, pipeline.paint(state, 4)) for state in states for _ in range(2)]
    for seed in (7, 12, 4):
        styles = [pipeline.mix_styles(_before(seed), seed, t / 4) for t in range(1, 5)]
        frames += [(states[-1], pipeline.paint(states[-1], style)) for style in styles]
    return (_beside(pipeline.indexed_map(state), picture) for state, picture in frames)


def _before(seed: int) -> int:
    return {7: 4, 12: 7, 4: 12}[seed]


def _beside(label_map: Image.Image, picture: Image.Image) -> Image.Image:
    """The picture with its label map in the lower left corner."""
    tile = picture.resize((TILE_PX, TILE_PX), Image.Resampling.LANCZOS)
    inset = label_map.convert("RGB").resize((TILE_PX // 3, TILE_PX // 3), Image.Resampling.NEAREST)
    framed = Image.new("RGB", (inset.width + 6, inset.height + 6), "white")
    framed.paste(inset, (3, 3))
    # the page crops the tile to its middle
    tile.paste(framed, (8, round(0.78 * TILE_PX) - framed.height))
    return tile


def label_maps(labels: Sequence[str], side: int) -> Iterator[NDArray[np.int32]]:
    """The label maps of a painting in progress, from the sky to the foreground."""
    x = np.arange(side) / side
    y = np.arange(side)[:, None] / side
    ids = np.full((side, side), labels.index("sky"), np.int32)
    yield ids
    for name, line, rise, waves in (
        ("mountain", 0.42, 0.16, 3.0),
        ("snow", 0.34, 0.05, 9.0),
        ("forest", 0.52, 0.03, 11.0),
        ("water", 0.58, 0.0, 1.0),
        ("grass", 0.8, 0.06, 2.0),
        ("flowers", 0.92, 0.04, 5.0),
    ):
        ridge = line - rise * (np.sin(waves * x * 2 + 1) + 0.5 * np.sin(waves * x * 5 + waves))
        covered = (y < ridge) & (ids == labels.index("mountain")) if name == "snow" else y > ridge
        ids = np.where(covered, labels.index(name), ids).astype(np.int32)
        yield ids


def finetune(run: Path) -> Frames:
    """The grids of a fine-tuning run from the first to the last; `run` is its folder."""
    grids = sorted((run / "sheets").glob("*.png")) or sorted(run.rglob("0*.png"))
    if not grids:
        raise ValueError(f"{run} holds no grids; give the folder of a fine-tuning run.")
    chosen = [grids[round(k * (len(grids) - 1) / 11)] for k in range(12)]
    pictures = [Image.open(path).convert("RGB").resize((TILE_PX, TILE_PX)) for path in chosen]
    stills = [*pictures[:1] * 4, *pictures, *pictures[-1:] * 8]
    return iter([*stills, *fade(pictures[-1], pictures[0], 4)])


def learn() -> Frames:
    """A live training from its first step on, which covers the ring."""
    run = LiveRun(live_preset_settings("relativistic", 1)[1])
    while run.training.step_count < 2400:
        run.step()
    pictures = [draw_live_picture(run.real, frame) for frame in run.frames[::4]]
    tiles = [one.resize((TILE_PX, TILE_PX), Image.Resampling.LANCZOS) for one in pictures]
    return iter([*tiles, *tiles[-1:] * 6, *fade(tiles[-1], tiles[0], 4)])


def user_model() -> Frames:
    """A few seeds, from ψ = 0 to 1 and back."""
    pipeline = load("landscapes", LatentPipeline)
    seeds = range(40, 40 + per_side(pipeline.spec.resolution, 2) ** 2)
    psis = [0.5 - 0.5 * math.cos(2 * math.pi * k / 24) for k in range(24)]
    return (sheet(pipeline.sample(seeds, psi)) for psi in psis)


def wipe(before: Image.Image, after: Image.Image, num_frames: int) -> Frames:
    """A line that moves over `before` and back, with `after` to its left."""
    for k in range(num_frames):
        at = round(TILE_PX * (0.5 - 0.45 * math.cos(2 * math.pi * k / num_frames)))
        frame = before.copy()
        frame.paste(after.crop((0, 0, at, TILE_PX)), (0, 0))
        frame.paste("white", (at - 1, 0, at + 1, TILE_PX))
        yield frame


def fade(a: Image.Image, b: Image.Image, num_frames: int) -> list[Image.Image]:
    """The pictures between a and b."""
    return [Image.blend(a, b, (k + 1) / (num_frames + 1)) for k in range(num_frames)]


TILES: dict[str, Callable[..., Frames]] = {
    "latent": sample,
    "classes": classes,
    "translate": translate,
    "restore": restore,
    "paint": paint,
    "fine-tune": finetune,
    "learn": learn,
    "your-file": user_model,
}


def save(name: str, frames: Frames, most_bytes: int) -> None:
    """Write a loop and its still, in the best quality that fits."""
    made = list(frames)
    path = FOLDER / f"{name}.part.webp"
    for quality in range(68, 20, -8):
        options = {"quality": quality, "method": 6, "minimize_size": True}
        duration = round(1000 / FPS)
        made[0].save(
            path, save_all=True, append_images=made[1:], duration=duration, loop=0, **options
        )
        if path.stat().st_size <= most_bytes:
            break
    else:
        path.unlink()
        raise ValueError(f"{name} does not fit into {most_bytes} bytes.")
    path.replace(FOLDER / f"{name}.webp")
    made[2 * len(made) // 3].save(FOLDER / f"{name}-still.webp", quality=75, method=6)


def main() -> int:
    """Render the tiles that are named, or all whose source is here."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").partition("\n")[0])
    parser.add_argument("names", nargs="*", metavar="NAME", help=", ".join(TILES))
    parser.add_argument(
        "--run",
        type=Path,
        help="folder of a fine-tuning run, for fine-tune",
    )
    given = parser.parse_args()
    names = given.names or [name for name in TILES if name != "fine-tune" or given.run]
    if unknown := [name for name in names if name not in TILES]:
        parser.error(f"there is no tile {unknown[0]}; choose from {', '.join(TILES)}")
    if "fine-tune" in names and given.run is None:
        parser.error("fine-tune needs --run, the folder of a fine-tuning run")
    FOLDER.mkdir(exist_ok=True)
    for name in names:
        frames = TILES[name](given.run) if name == "fine-tune" else TILES[name]()
        save(name, frames, MOST_BYTES // len(TILES))
    return 0


if __name__ == "__main__":
    sys.exit(main())

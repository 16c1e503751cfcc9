"""What fine-tuning makes of a base: KID to sixty pictures it has never seen, before and after.

    python -m benchmarks.finetune [--base landscapes] [--preset quick] [--discriminators projected]

Photos: squares cut out of seven samples of scikit-image 0.26 (astronaut, chelsea, coffee, rocket,
hubble_deep_field, retina, ihc: CC0 or public domain, says its source), which pip downloads.
Paintings: vases drawn here in strokes of paint (CC0). Each run takes the preset's time.
"""

from __future__ import annotations

import argparse
import io
import subprocess
import sys
import tempfile
import time
import zipfile
from pathlib import Path

import numpy as np
import torch
from PIL import Image, ImageDraw, ImageFilter

from gan_models import weights
from gan_models.device import pick_device
from gan_models.finetuning import PRESETS, FinetuneSettings, finetune, load_base
from gan_models.finetuning.ingest import read_pictures
from gan_models.media.tensors import channels_first, to_float
from gan_models.metrics import diversity, kid
from gan_models.metrics.features import load_features, pooled_features
from gan_models.metrics.quality import sample_latent
from gan_models.training.trainers.finetune import COPY_RATIO, find_nearest

WHEEL = "scikit-image==0.26.0"
SAMPLES = ("astronaut.png", "chelsea.png", "coffee.png", "rocket.jpg")
SAMPLES += ("hubble_deep_field.jpg", "retina.jpg", "ihc.png")
NUM_PICTURES = 60
NUM_SAMPLES = 500
MOST = {"quick": 0.6, "normal": 0.4, "long": 0.4}  # of the base's KID
LEAST_DIVERSITY = 0.6  # of the pictures' own


def make_photos(folder: Path) -> None:
    """Squares of all sizes out of the sample photos."""
    with tempfile.TemporaryDirectory() as scratch:
        pip = [sys.executable, "-m", "pip", "download", "-q", "--no-deps", "-d", scratch, WHEEL]
        subprocess.run(pip, check=True)
        with zipfile.ZipFile(next(Path(scratch).glob("*.whl"))) as archive:
            whole = [
                Image.open(io.BytesIO(archive.read(f"skimage/data/{name}"))).convert("RGB")
                for name in SAMPLES
            ]
    random = np.random.RandomState(1)
    for number in range(NUM_PICTURES):
        photo = whole[number % len(whole)]
        side = random.randint(160, min(photo.size))
        left, top = (random.randint(length - side + 1) for length in photo.size)
        part = photo.crop((left, top, left + side, top + side))
        part.resize((128, 128), Image.Resampling.LANCZOS).save(folder / f"{number:02d}.png")


def make_paintings(folder: Path) -> None:
    """Flowers in a vase, sixty times."""
    for number in range(NUM_PICTURES):
        _strokes(_vase(number), number).save(folder / f"{number:02d}.png")


def _vase(seed: int, side: int = 192) -> Image.Image:
    random = np.random.RandomState(seed)
    wall, table, vase, *petals = (tuple(map(int, random.randint(0, 256, 3))) for _ in range(5))
    picture = Image.new("RGB", (side, side), wall)
    draw = ImageDraw.Draw(picture)
    edge, x = side * random.uniform(0.55, 0.8), side * random.uniform(0.3, 0.7)
    width, top = side * random.uniform(0.08, 0.16), side * random.uniform(0.4, 0.55)
    draw.rectangle((0, edge, side, side), fill=table)
    draw.ellipse((x - 1.5 * width, edge - 0.2 * side, x + 1.5 * width, edge + 20), fill=vase)
    draw.rectangle((x - 0.6 * width, top, x + 0.6 * width, edge), fill=vase)
    for flower in range(random.randint(6, 14)):
        angle, length = random.uniform(-2.6, -0.5), side * random.uniform(0.1, 0.35)
        fx, fy = x + np.cos(angle) * length, top + np.sin(angle) * length
        draw.line((x, top, fx, fy), fill=(40, 90, 40), width=3)
        size = side * random.uniform(0.03, 0.08)
        for petal in range(7):
            px, py = fx + np.cos(petal * 0.9) * size, fy + np.sin(petal * 0.9) * size
            draw.circle((px, py), 0.6 * size, fill=petals[flower % 2])
        draw.circle((fx, fy), 0.4 * size, fill=(230, 190, 50))
    return picture


def _strokes(picture: Image.Image, seed: int) -> Image.Image:
    """The picture painted over in short strokes, none quite of its colour."""
    random, pixels = np.random.RandomState(seed), np.asarray(picture)
    painted = picture.copy()
    draw = ImageDraw.Draw(painted)
    for _ in range(5000):
        x, y = random.randint(picture.width), random.randint(picture.height)
        ink = (pixels[y, x].astype(int) + random.randint(-22, 23, 3)).clip(0, 255)
        angle, half = random.uniform(0, np.pi), random.uniform(2, 9)
        dx, dy = np.cos(angle) * half, np.sin(angle) * half
        width = random.randint(2, 5)
        draw.line((x - dx, y - dy, x + dx, y + dy), fill=tuple(map(int, ink)), width=width)
    return painted.filter(ImageFilter.SMOOTH)


PICTURES = {"photos": make_photos, "paintings": make_paintings}


def measure(
    generator: torch.nn.Module, pictures: torch.Tensor, device: torch.device
) -> tuple[float, float, float]:
    """KID-effl0 to pictures uint8 [N, 3, H, W], diversity in shares of theirs, share of copies."""
    features = load_features(device)
    fakes = to_float(sample_latent(generator.to(device), NUM_SAMPLES))
    real, fake = (pooled_features(features, x) for x in (to_float(pictures), fakes))
    copies = float((find_nearest(fakes, pictures).ratio < COPY_RATIO).mean())
    return kid(real, fake), diversity(fake) / diversity(real), copies


def compare(base: str, source: Path, out: Path, settings: FinetuneSettings) -> str:
    """Fine-tune once; a row of the table."""
    begin, device = time.monotonic(), pick_device()
    outcome = finetune(base, source, out, settings)
    minutes = (time.monotonic() - begin) / 60
    pictures = channels_first(np.stack(read_pictures(out / "pictures")))
    before, _, _ = measure(load_base(base).generator, pictures, device)
    tuned, _ = weights.load_checkpoint(out / "generator.safetensors")
    after, kept, copies = measure(tuned, pictures, device)
    return (
        f"{source.name:10} {settings.discriminator:10} {minutes:8.1f} {outcome.kimg:6.2f} "
        f"{before:8.4f} {after:8.4f} {after / before:7.2f} {MOST[settings.preset]:8.1f} "
        f"{kept:10.2f} {copies:7.2f}"
    )


def main() -> None:
    """Print one table."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--base", default="landscapes")
    parser.add_argument("--preset", default="quick", choices=list(PRESETS))
    parser.add_argument("--pictures", nargs="+", default=list(PICTURES), choices=list(PICTURES))
    parser.add_argument("--discriminators", nargs="+", default=["projected"])
    parser.add_argument("--kimg", type=float, help="instead of the preset's length")
    parser.add_argument("--keep", type=Path, help="folder for the runs; by default they go")
    arguments = parser.parse_args()
    print(
        f"{'pictures':10} {'judge':10} {'minutes':>8} {'kimg':>6} {'before':>8} {'after':>8} "
        f"{'share':>7} {'at most':>8} {'diversity':>10} {'copies':>7}   "
        f"(diversity at least {LEAST_DIVERSITY})"
    )
    with tempfile.TemporaryDirectory() as scratch:
        root = arguments.keep or Path(scratch)
        for name in arguments.pictures:
            source = root / name
            source.mkdir(parents=True, exist_ok=True)
            PICTURES[name](source)
            for discriminator in arguments.discriminators:
                values = {"preset": arguments.preset, "discriminator": discriminator}
                if arguments.kimg:
                    values |= {"kimg": arguments.kimg, "seconds": None}
                settings = FinetuneSettings.from_dict(values)
                out = root / f"{name}-{discriminator}"
                print(compare(arguments.base, source, out, settings), flush=True)


if __name__ == "__main__":
    main()

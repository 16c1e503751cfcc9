"""How fast pictures are enlarged, and what a large one costs.

    python -m benchmarks.restoration [--threads 2] [--runs 5] [--models real-esrgan-x4,...]

One table: each network of the wheel on 64 px beside its plain form (concatenations, contiguous
tensors), in turns in one run, the median counts. Below it a photo of two megapixels at four times
its size with the fast network, in a process of its own: seconds to the first progress, seconds from
the request to stop to the stop, seconds in all, the most memory held, and the mean step from pixel
to pixel across the borders of tiles, over that elsewhere.
"""

from __future__ import annotations

import argparse
import json
import resource
import subprocess
import sys
import time
from pathlib import Path

import numpy as np
import torch
from PIL import Image

from benchmarks.speed import alternate
from gan_models import EnlargeCancelled, RestorationPipeline, get_spec, load_pipeline
from gan_models.weights import ensure
from tests.reference import real_esrgan as reference

MODELS = ("real-esrgan-x4", "real-esrgan-anime-x4", "real-esrgan-fast-x4")
LARGE = "real-esrgan-fast-x4"
GOALS = {"real-esrgan-x4": 1.2, "real-esrgan-anime-x4": 1.2}
LAYOUT = "{:22} {:>4} {:>10} {:>10} {:>9} {:>6} {:>9}"
RSS_UNIT = 1 if sys.platform == "darwin" else 1024  # bytes that ru_maxrss counts in


def main() -> None:
    """Print the table and the facts of the large picture."""
    parser = argparse.ArgumentParser(description="Speed of what enlarges.")
    parser.add_argument("--models", default=",".join(MODELS))
    parser.add_argument("--threads", type=int, default=2)
    parser.add_argument("--runs", type=int, default=5)
    parser.add_argument("--large", action="store_true", help="only the large picture, as JSON")
    given = parser.parse_args()
    torch.set_num_threads(given.threads)
    if given.large:
        print(json.dumps(measure_large()))
        return
    print(LAYOUT.format("model", "px", "ms", "plain ms", "to plain", "goal", "apart"))
    for model in given.models.split(","):
        print(LAYOUT.format(*measure(model, given.runs)), flush=True)
    for name, value in large_picture(given.threads).items():
        print(f"{name:36} {value:.2f}")


@torch.inference_mode()
def measure(model: str, runs: int) -> tuple[str, ...]:
    """One row: a network and its plain form on pictures of 64 px, in turns."""
    network = load_pipeline(model, device="cpu").generator
    tensors = reference.read_bin(ensure(get_spec(model)))
    (own, plain), made = alternate(
        network,
        lambda images: reference.run(tensors, images),
        lambda: (torch.rand(1, 3, 64, 64),),
        runs,
    )
    goal = f"{GOALS[model]} x" if model in GOALS else "-"
    apart = (made[0] - made[1]).abs().max().item()
    ratio = f"{plain / own:.2f} x"
    return model, "64", f"{own * 1e3:.0f}", f"{plain * 1e3:.0f}", ratio, goal, f"{apart:.1e}"


def large_picture(threads: int = 2) -> dict[str, float]:
    """What `measure_large` finds in a process of its own."""
    command = [sys.executable, "-m", "benchmarks.restoration", "--large", f"--threads={threads}"]
    folder = Path(__file__).parent.parent
    done = subprocess.run(command, cwd=folder, stdout=subprocess.PIPE, check=True)
    return json.loads(done.stdout)


def measure_large(size: tuple[int, int] = (1920, 1080)) -> dict[str, float]:
    """Enlarge a photo of two megapixels, after stopping a first try."""
    pipeline, photo = load_pipeline(LARGE, device="cpu"), made_up_photo(size)
    start, first, wished = time.monotonic(), [], []

    def stop() -> bool:
        if time.monotonic() - start > 3 and not wished:
            wished.append(time.monotonic())
        return bool(wished)

    try:
        pipeline.enlarge(
            photo, progress=lambda _: first.append(time.monotonic() - start), cancelled=stop
        )
    except EnlargeCancelled:
        stopped = time.monotonic() - wished[0]
    gaps = np.diff([0, *first])
    begun = time.monotonic()
    made = pipeline.enlarge(photo)
    return {
        "seconds to the first progress": first[0],
        "longest seconds between progress": float(gaps[1:].max()),
        "seconds from the request to the stop": stopped,
        "seconds in all": time.monotonic() - begun,
        "peak memory, GB": resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * RSS_UNIT / 1e9,
        "step across borders, of that elsewhere": seam_ratio(pipeline, photo.size, made),
    }


def made_up_photo(size: tuple[int, int]) -> Image.Image:
    """Grain over shapes of every size, alike everywhere, so that steps can be compared."""
    random, pixels = np.random.RandomState(0), np.zeros((size[1], size[0], 3))
    for octave in (8, 24, 72, 216):
        rough = random.randint(0, 256, (size[1] // octave + 2, size[0] // octave + 2, 3))
        layer = Image.fromarray(rough.astype(np.uint8)).resize(size, Image.Resampling.BICUBIC)
        pixels += np.asarray(layer) / 4.0
    return Image.fromarray(
        (pixels + random.normal(0, 3, pixels.shape)).clip(0, 255).astype("uint8")
    )


def seam_ratio(pipeline: RestorationPipeline, size: tuple[int, int], made: Image.Image) -> float:
    """The mean step between neighbours across borders of tiles, over that across other pixels'.

    The network adds to a picture whose pixels are squares, so that steps between pixels of the
    input are larger than those inside one, with tiles or without: only the former are compared.
    """
    tiles = pipeline._tiles(size, pipeline.scale)
    pixels = np.asarray(made)
    across, elsewhere = [], []
    for axis, edge in ((1, 0), (0, 1)):
        borders = {pipeline.scale * tile.gives[edge] for tile in tiles} - {0}
        for k in range(pipeline.scale, pixels.shape[axis], pipeline.scale):
            a, b = (pixels.take(at, axis).astype(np.int16) for at in (k - 1, k))
            (across if k in borders else elsewhere).append(np.abs(a - b).mean())
    return float(np.mean(across) / np.mean(elsewhere))


if __name__ == "__main__":
    main()

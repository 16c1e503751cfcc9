"""How fast the generators are: one table, each beside its peer in the same run.

    python -m benchmarks.speed [--families stylegan2,spade] [--batches 1,8] [--threads 2] [--runs 5]

The peer is the plain form of the same network in `textbook.py`, with the same random weights, and
where `pytorch-pretrained-biggan` or `vintagify` is installed, that package's own class. Runs of
ours and the peer alternate, each with new inputs; the median counts. "of best" is the achieved
share of the fastest convolution this machine did in the same run, counting the plain form's
operations, so that it may exceed 100 % where ours needs fewer.
"""

from __future__ import annotations

import argparse
import importlib
import statistics
import tempfile
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import torch
import torch.nn.functional as F
from safetensors.torch import save_file
from torch import Tensor, nn
from torch.utils.flop_counter import FlopCounterMode

from benchmarks import textbook, textbook_translators
from gan_models import convert

Inputs = Callable[[int], tuple[Tensor, ...]]


def biggan_plan() -> list[tuple[bool, int, int]]:
    """Return the blocks of the published 128 px model."""
    widths = [16, 16, 16, 16, 8, 8, 4, 4, 2, 2, 1]
    return [(i % 2 == 1, widths[i], widths[i + 1]) for i in range(10)]


def coarse_maps(count: int, planes: int = 184, size: int = 256) -> Tensor:
    """Draw one-hot maps of 8 x 8 rectangles with ragged borders [N, planes, size, size]."""
    coarse = torch.randint(0, planes, (count, 1, 8, 8)).float()
    labels = F.interpolate(coarse, (size, size), mode="nearest")[:, 0].long()
    shift = torch.randint(-3, 4, (size,)).cumsum(0) % 9 - 4
    columns = (torch.arange(size)[None] + shift[:, None]).clamp(0, size - 1)
    labels = labels.gather(2, columns.expand(count, -1, -1))
    return F.one_hot(labels, planes).permute(0, 3, 1, 2).float()


def noisy_maps(count: int, planes: int = 184, size: int = 256) -> Tensor:
    """Draw one-hot maps without any two like surroundings, the worst case for look-ups."""
    labels = torch.randint(0, planes, (count, size, size))
    return F.one_hot(labels, planes).permute(0, 3, 1, 2).float()


def contestants() -> dict[str, tuple[str, int, Callable[[], nn.Module], dict, Inputs]]:
    """Return name -> format, resolution, plain form, options, inputs."""
    images = lambda n: (torch.rand(n, 3, 256, 256) * 2 - 1,)
    spade = lambda: textbook.settle(textbook_translators.Spade(184))
    classes = lambda n: torch.eye(1000)[torch.randint(0, 1000, (n,))]
    return {
        "stylegan2": (
            "stylegan2-nvlabs",
            256,
            lambda: textbook.StyleGAN2([512] * 5 + [256, 128]),
            {},
            lambda n: (torch.randn(n, 512),),
        ),
        "biggan-deep": (
            "biggan-deep-hf",
            128,
            lambda: textbook.settle(textbook.BigGANDeep(biggan_plan())),
            {},
            lambda n: (torch.randn(n, 128), classes(n)),
        ),
        "resnet-9": ("cyclegan-junyanz", 256, textbook_translators.ResNet, {}, images),
        "spade": ("spade-nvlabs", 256, spade, {"crop_size": 256}, lambda n: (coarse_maps(n),)),
        "spade-noise": (
            "spade-nvlabs",
            256,
            spade,
            {"crop_size": 256},
            lambda n: (noisy_maps(n),),
        ),
    }


def installed_peer(name: str) -> nn.Module | None:
    """Return the class of a package with the same network, random weights; None without one."""
    try:
        if name == "biggan-deep":
            package = importlib.import_module("pytorch_pretrained_biggan")
            config = package.BigGANConfig(
                output_dim=128, z_dim=128, class_embed_dim=128, channel_width=128, num_classes=1000,
                layers=biggan_plan(), attention_layer_position=8, eps=1e-4, n_stats=51,
            )  # fmt: skip
            return package.BigGAN(config).eval()
        if name == "resnet-9":
            return importlib.import_module("vintagify.generator").ResnetGenerator().eval()
    except ImportError:
        return None
    return None


def ours_of(plain: nn.Module, format: str, options: dict) -> nn.Module:
    """Convert a plain form as any checkpoint is converted."""
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "plain.safetensors"
        save_file({key: t.contiguous() for key, t in plain.state_dict().items()}, path)
        return convert.load_generator(path, format=format, **options)


def best_convolution() -> float:
    """Return the GFLOP/s of the fastest convolution of a few typical ones."""
    best = 0.0
    for channels, size in ((512, 32), (256, 64), (128, 128)):
        x = torch.randn(1, channels, size, size).to(memory_format=torch.channels_last)
        weight = torch.randn(channels, channels, 3, 3).to(memory_format=torch.channels_last)
        flops = 2 * channels * channels * 9 * size * size
        seconds = min(timed(lambda: F.conv2d(x, weight, padding=1)) for _ in range(8))  # noqa: B023
        best = max(best, flops / seconds / 1e9)
    return best


def timed(run: Callable[[], object]) -> float:
    """Return how many seconds a call takes."""
    start = time.perf_counter()
    run()
    return time.perf_counter() - start


def alternate(networks: list[nn.Module], inputs: Inputs, batch: int, runs: int) -> list[float]:
    """Return each network's median seconds, run in turns on new inputs."""
    seconds: list[list[float]] = [[] for _ in networks]
    for turn in range(runs + 1):  # the first turn warms up
        given = inputs(batch)
        for network, times in zip(networks, seconds, strict=True):
            took = timed(lambda: network(*given))  # noqa: B023
            if turn:
                times.append(took)
    return [statistics.median(times) for times in seconds]


def rows(names: list[str], batches: list[int], runs: int) -> Iterator[tuple[str, ...]]:
    """Measure, and yield the lines of the table."""
    best = best_convolution()
    for name, (format, size, make, options, inputs) in contestants().items():
        if name not in names:
            continue
        torch.manual_seed(0)
        plain = make().eval()
        ours, package = ours_of(plain, format, options), installed_peer(name)
        networks = [ours, plain, *([package] if package is not None else [])]
        for batch in batches:
            with FlopCounterMode(display=False) as counter:
                plain(*inputs(1))
            own, *others = alternate(networks, inputs, batch, runs)
            rate = counter.get_total_flops() * batch / own / 1e9
            yield (
                name,
                str(size),
                str(batch),
                f"{own / batch * 1e3:.0f}",
                f"{batch / own:.2f}",
                f"{others[0] / own:.2f} x",
                f"{others[1] / own:.2f} x" if package is not None else "-",
                f"{rate:.0f}",
                f"{rate / best:.0%}",
            )


def main() -> None:
    """Print the table."""
    parser = argparse.ArgumentParser(description="Speed of the generators.")
    parser.add_argument("--families", default=",".join(contestants()))
    parser.add_argument("--batches", default="1,8")
    parser.add_argument("--threads", type=int, default=2)
    parser.add_argument("--runs", type=int, default=5)
    given = parser.parse_args()
    torch.set_num_threads(given.threads)
    batches = [int(batch) for batch in given.batches.split(",")]
    head = ("family", "px", "batch", "ms/picture", "pictures/s", "to plain", "to package")
    layout = "{:14} {:>5} {:>6} {:>11} {:>11} {:>9} {:>11} {:>8} {:>8}"
    print(layout.format(*head, "GFLOP/s", "of best"))
    names = [name.strip() for name in given.families.split(",")]
    with torch.inference_mode():
        for row in rows(names, batches, given.runs):
            print(layout.format(*row), flush=True)


if __name__ == "__main__":
    main()

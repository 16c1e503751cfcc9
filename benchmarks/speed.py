"""How fast the generators are: one table, each row beside the reference code in the same run.

    python -m benchmarks.speed [--rows resnet-9:8,biggan-deep:1:bf16] [--threads 2] [--runs 5]

A row is a family, a batch size and, in bfloat16, `bf16`. Its peer has the same random weights: the
class of `pytorch-pretrained-biggan` or `vintagify` where Python finds that package, else the plain
form of the network in `textbook.py`; of a row in bfloat16, the same network in float32. To have the
packages found, and nothing that they ask for installed:

    python -m pip install --no-deps --target peers pytorch-pretrained-biggan vintagify
    PYTHONPATH=peers python -m benchmarks.speed

Runs of ours and the peer alternate, each with new inputs; the median counts. "apart" is the largest
difference between the two pictures, or for bfloat16 the PSNR in dB; "of best" the achieved share of
the fastest convolution that this machine did in the same run, counting the plain form's operations,
so that it may exceed 100 % where ours needs fewer.
"""

from __future__ import annotations

import argparse
import importlib.util
import statistics
import sys
import tempfile
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from functools import lru_cache
from pathlib import Path
from types import ModuleType
from typing import Any

import torch
import torch.nn.functional as F
from safetensors.torch import save_file
from torch import Tensor, nn
from torch.utils.flop_counter import FlopCounterMode

from gan_models import convert
from tests.reference import textbook, textbook_translators

Inputs = Callable[[int], tuple[Tensor, ...]]
Run = Callable[..., Tensor]

ROWS = (
    *("stylegan2:1", "stylegan2:8", "biggan-deep:1", "biggan-deep:8", "biggan-deep:1:bf16"),
    *("biggan-deep:8:bf16", "resnet-9:1", "resnet-9:8", "spade:1", "spade-noise:1"),
)
BF16_GOAL = 1.7
DOWNLOADERS = ("boto3", "requests", "botocore", "botocore.exceptions")
LAYOUT = "{:16} {:>4} {:>5} {:>10} {:>10} {:12} {:>8} {:>6} {:>8} {:>8} {:>8}"
HEAD = ("family", "px", "batch", "ms/picture", "pictures/s", "peer", "to peer", "goal", "apart")


@dataclass(frozen=True)
class Contestant:
    """A family: its checkpoint format, its plain form, what it is given, and what is asked of it.

    `goals` are the ratios to the reference that it should reach, by batch size.
    """

    format: str
    px: int
    plain: Callable[[], nn.Module]
    inputs: Inputs
    goals: dict[int, float] = field(default_factory=dict)
    options: dict[str, Any] = field(default_factory=dict)


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


def contestants() -> dict[str, Contestant]:
    """Return the families by name."""
    spade = lambda: textbook.settle(textbook_translators.Spade(184))
    resnet = lambda: textbook_translators.ResNet(norm="instance-affine", block_name="block")
    classes = lambda n: torch.eye(1000)[torch.randint(0, 1000, (n,))]
    crop = {"crop_size": 256}
    return {
        "stylegan2": Contestant(
            "stylegan2-nvlabs",
            256,
            lambda: textbook.StyleGAN2([512] * 5 + [256, 128]),
            lambda n: (torch.randn(n, 512),),
            {1: 1.3, 8: 1.6},
        ),
        "biggan-deep": Contestant(
            "biggan-deep-hf",
            128,
            lambda: textbook.settle(textbook.BigGANDeep(biggan_plan())),
            lambda n: (torch.randn(n, 128), classes(n)),
            {1: 1.5, 8: 1.5},
        ),
        "resnet-9": Contestant(
            "cyclegan-vintagify",
            256,
            resnet,
            lambda n: (torch.rand(n, 3, 256, 256) * 2 - 1,),
            {1: 1.0, 8: 1.3},
        ),
        "spade": Contestant(
            "spade-nvlabs", 256, spade, lambda n: (coarse_maps(n),), {1: 1.4, 8: 1.4}, crop
        ),
        "spade-noise": Contestant(
            "spade-nvlabs", 256, spade, lambda n: (noisy_maps(n),), options=crop
        ),
    }


def package_peer(name: str, plain: nn.Module) -> tuple[str, Run] | None:
    """Return a package's own class with the plain form's weights; None without the package."""
    try:
        if name == "biggan-deep":
            package = "pytorch_pretrained_biggan"
            config = module_of(package, "config").BigGANConfig(
                output_dim=128, z_dim=128, class_embed_dim=128, channel_width=128, num_classes=1000,
                layers=biggan_plan(), attention_layer_position=8, eps=1e-4, n_stats=51,
            )  # fmt: skip
            network = module_of(package, "model").BigGAN(config)
            network.load_state_dict(plain.state_dict())
            network.eval()
            return "hf biggan", lambda z, classes: network(z, classes, 1.0)
        if name == "resnet-9":
            network = module_of("vintagify", "generator").ResnetGenerator()
            network.load_state_dict(plain.state_dict())
            return "vintagify", network.eval()
    except ImportError:
        return None
    return None


def module_of(package: str, name: str) -> ModuleType:
    """Import one module of a package without all that the package asks for.

    Raises:
        ImportError: there is no such package.
    """
    if package not in sys.modules:
        found = importlib.util.find_spec(package)
        if found is None:
            raise ImportError(package)
        sys.modules[package] = shell = ModuleType(package)
        shell.__path__ = list(found.submodule_search_locations)
    for missing in DOWNLOADERS:
        stand_in = sys.modules.setdefault(missing, ModuleType(missing))
        vars(stand_in).setdefault("ClientError", OSError)
    return importlib.import_module(f"{package}.{name}")


def ours_of(plain: nn.Module, format: str, options: dict[str, Any]) -> nn.Module:
    """Convert a plain form as any checkpoint is converted."""
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "plain.safetensors"
        save_file({key: t.contiguous() for key, t in plain.state_dict().items()}, path)
        return convert.load_generator(path, format=format, **options)


@lru_cache(maxsize=1)
def networks_of(name: str) -> tuple[nn.Module, tuple[str, Run], int]:
    """Return ours, the peer with its name, and the operations that a picture takes."""
    entry = contestants()[name]
    torch.manual_seed(0)
    plain = entry.plain().eval()
    ours = ours_of(plain, entry.format, entry.options)
    peer = package_peer(name, plain) or ("plain form", plain)
    given = [tensor.to("meta") for tensor in entry.inputs(1)]
    with FlopCounterMode(display=False) as counter:
        entry.plain().eval().to("meta")(*given)
    return ours, peer, counter.get_total_flops()


def in_bfloat16(network: nn.Module) -> Run:
    """Return a call of a network in bfloat16."""

    def run(*given: Tensor) -> Tensor:
        with torch.autocast("cpu", torch.bfloat16):
            return network(*given)

    return run


@lru_cache(maxsize=1)
def best_convolution() -> float:
    """Return the GFLOP/s of the fastest convolution of a few typical ones."""
    best = 0.0
    for channels, size in ((512, 32), (256, 64), (128, 128)):
        x = torch.randn(1, channels, size, size).to(memory_format=torch.channels_last)
        weight = torch.randn(channels, channels, 3, 3).to(memory_format=torch.channels_last)
        flops = 2 * channels * channels * 9 * size * size
        seconds = min(timed(lambda: F.conv2d(x, weight, padding=1))[0] for _ in range(8))  # noqa: B023
        best = max(best, flops / seconds / 1e9)
    return best


def timed(run: Callable[[], Tensor]) -> tuple[float, Tensor]:
    """Return how many seconds a call takes, and its result."""
    start = time.perf_counter()
    result = run()
    return time.perf_counter() - start, result


def alternate(
    ours: Run, peer: Run, inputs: Callable[[], tuple[Tensor, ...]], runs: int
) -> tuple[list[float], list[Tensor]]:
    """Run both in turns on new inputs; return their median seconds and their last pictures."""
    seconds: list[list[float]] = [[], []]
    made: list[Tensor] = [torch.empty(0)] * 2
    for turn in range(runs + 1):  # the first turn warms up
        given = inputs()
        for k, network in enumerate((ours, peer)):
            took, made[k] = timed(lambda: network(*given))  # noqa: B023
            if turn:
                seconds[k].append(took)
    return [statistics.median(times) for times in seconds], made


def measure(row: str, runs: int) -> tuple[str, ...]:
    """Measure one row, and return it as texts.

    Raises:
        ValueError: there is no such row.
    """
    name, _, rest = row.strip().partition(":")
    batch_text, _, dtype = rest.partition(":")
    if name not in contestants() or not batch_text.isdigit() or dtype not in ("", "bf16"):
        raise ValueError(f"There is no row {row!r}; rows are {', '.join(ROWS)} and their like.")
    entry, batch = contestants()[name], int(batch_text)
    ours, (peer_name, peer), flops = networks_of(name)
    goal = entry.goals.get(batch)
    if dtype:
        peer_name, peer, goal = "float32", ours, BF16_GOAL
    run = in_bfloat16(ours) if dtype else ours
    (own, others), made = alternate(run, peer, lambda: entry.inputs(batch), runs)
    error = made[0].float() - made[1].float()
    psnr = 10 * torch.log10(4 / error.square().mean()).item()
    return (
        f"{name}{' bf16' if dtype else ''}",
        str(entry.px),
        str(batch),
        f"{own / batch * 1e3:.0f}",
        f"{batch / own:.2f}",
        peer_name,
        f"{others / own:.2f} x",
        f"{goal} x" if goal else "-",
        f"{psnr:.1f} dB" if dtype else f"{error.abs().max().item():.1e}",
        f"{flops * batch / own / 1e9:.0f}",
        f"{flops * batch / own / 1e9 / best_convolution():.0%}",
    )


def main() -> None:
    """Print the table."""
    parser = argparse.ArgumentParser(description="Speed of the generators.")
    parser.add_argument("--rows", default=",".join(ROWS), help="family:batch or family:batch:bf16")
    parser.add_argument("--threads", type=int, default=2)
    parser.add_argument("--runs", type=int, default=5)
    given = parser.parse_args()
    torch.set_num_threads(given.threads)
    print(LAYOUT.format(*HEAD, "GFLOP/s", "of best"))
    with torch.inference_mode():
        for row in given.rows.split(","):
            print(LAYOUT.format(*measure(row, given.runs)), flush=True)


if __name__ == "__main__":
    main()

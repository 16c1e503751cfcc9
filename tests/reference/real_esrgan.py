"""Real-ESRGAN as plainly as it can be written, to compare with: concatenations, contiguous float32
tensors, no tiles, nothing shared with the library.

Written from the description of ncnn's file layout and of the networks (Wang et al. 2018,
arXiv:1809.00219; Wang et al. 2021, arXiv:2107.10833).
"""

from __future__ import annotations

from itertools import pairwise
from pathlib import Path

import numpy as np
import torch
import torch.nn.functional as F
from PIL import Image

TAGS = {0x01306B47: np.float16, 0: np.float32}
BLOCKS = {33_424_520: 23, 8_943_500: 6}  # bytes of a file -> blocks of its RRDBNet


class Bin:
    """An ncnn `.bin`, read from front to back."""

    def __init__(self, path):
        self.data, self.at = Path(path).read_bytes(), 0

    def numbers(self, count, kind):
        found = np.frombuffer(self.data, kind, count, self.at)
        self.at += (count * np.dtype(kind).itemsize + 3) // 4 * 4
        return torch.from_numpy(found.astype(np.float32))

    def conv(self, outputs, inputs):
        tag = int(np.frombuffer(self.data, np.uint32, 1, self.at)[0])
        self.at += 4
        weight = self.numbers(outputs * inputs * 9, TAGS[tag]).reshape(outputs, inputs, 3, 3)
        return weight, self.numbers(outputs, np.float32)


def read_bin(path):
    """A wheel's file as a state dict in the authors' names."""
    file, tensors = Bin(path), {}

    def conv(name, outputs, inputs):
        tensors[f"{name}.weight"], tensors[f"{name}.bias"] = file.conv(outputs, inputs)

    if len(file.data) not in BLOCKS:
        for k in range(17):
            conv(f"body.{2 * k}", 64, 64 if k else 3)
            tensors[f"body.{2 * k + 1}.weight"] = file.numbers(64, np.float32)
        conv("body.34", 48, 64)
    else:
        conv("conv_first", 64, 3)
        for n in range(BLOCKS[len(file.data)]):
            for m in (1, 2, 3):
                for k in range(5):
                    conv(f"body.{n}.rdb{m}.conv{k + 1}", 64 if k == 4 else 32, 64 + 32 * k)
        for name in ("conv_body", "conv_up1", "conv_up2", "conv_hr"):
            conv(name, 64, 64)
        conv("conv_last", 3, 64)
    assert file.at == len(file.data)
    return tensors


@torch.inference_mode()
def run(tensors, images):
    """[N, C, H, W] in [0, 1] through the network of a state dict in the authors' names."""
    return (_rrdbnet if "conv_first.weight" in tensors else _compact)(tensors, images)


def _conv(tensors, name, x):
    return F.conv2d(x, tensors[f"{name}.weight"], tensors[f"{name}.bias"], padding=1)


def _rrdbnet(tensors, images):
    inputs = tensors["conv_first.weight"].shape[1] // images.shape[1]
    x = F.pixel_unshuffle(images, {1: 1, 4: 2, 16: 4}[inputs])
    first = y = _conv(tensors, "conv_first", x)
    blocks = 1 + max(int(key.split(".")[1]) for key in tensors if key.startswith("body."))
    for n in range(blocks):
        before = y
        for m in (1, 2, 3):
            seen = [y]
            for k in (1, 2, 3, 4):
                made = _conv(tensors, f"body.{n}.rdb{m}.conv{k}", torch.cat(seen, 1))
                seen.append(F.leaky_relu(made, 0.2))
            y = y + 0.2 * _conv(tensors, f"body.{n}.rdb{m}.conv5", torch.cat(seen, 1))
        y = before + 0.2 * y
    x = first + _conv(tensors, "conv_body", y)
    for name in ("conv_up1", "conv_up2"):
        x = F.leaky_relu(_conv(tensors, name, F.interpolate(x, scale_factor=2)), 0.2)
    return _conv(tensors, "conv_last", F.leaky_relu(_conv(tensors, "conv_hr", x), 0.2))


def _compact(tensors, images):
    last = max(int(key.split(".")[1]) for key in tensors)
    x = images
    for k in range(0, last, 2):
        x = F.prelu(_conv(tensors, f"body.{k}", x), tensors[f"body.{k + 1}.weight"])
    x = _conv(tensors, f"body.{last}", x)
    scale = round((x.shape[1] / images.shape[1]) ** 0.5)
    return F.pixel_shuffle(x, scale) + F.interpolate(images, scale_factor=scale)


def enlarge(tensors, image):
    """An RGB picture at the network's factor."""
    images = torch.from_numpy(np.array(image)).permute(2, 0, 1)[None].float() / 255
    made = run(tensors, images)[0].clamp(0, 1).mul(255).round().byte()
    return Image.fromarray(made.permute(1, 2, 0).numpy())


def rrdbnet_tensors(blocks, feat, grow, scale=4, channels=3, seed=0):
    """A state dict of random weights as the authors name and shape them."""
    torch.manual_seed(seed)
    tensors = {}

    def conv(name, outputs, inputs):
        bound = 1 / (inputs * 9) ** 0.5
        tensors[f"{name}.weight"] = torch.empty(outputs, inputs, 3, 3).uniform_(-bound, bound)
        tensors[f"{name}.bias"] = torch.empty(outputs).uniform_(-bound, bound)

    conv("conv_first", feat, channels * {4: 1, 2: 4, 1: 16}[scale])
    for n in range(blocks):
        for m in (1, 2, 3):
            for k in range(1, 6):
                at = f"body.{n}.rdb{m}.conv{k}"
                conv(at, feat if k == 5 else grow, feat + (k - 1) * grow)
    for name in ("conv_body", "conv_up1", "conv_up2", "conv_hr"):
        conv(name, feat, feat)
    conv("conv_last", channels, feat)
    return tensors


def compact_tensors(convs, feat, scale=4, channels=3, seed=0):
    """A state dict of a compact network of random weights as the authors name and shape them."""
    torch.manual_seed(seed)
    tensors = {}
    sizes = [channels, *[feat] * (convs + 1), channels * scale**2]
    for k, (inputs, outputs) in enumerate(pairwise(sizes)):
        bound = 1 / (inputs * 9) ** 0.5
        weight = torch.empty(outputs, inputs, 3, 3).uniform_(-bound, bound)
        tensors[f"body.{2 * k}.weight"] = weight
        tensors[f"body.{2 * k}.bias"] = torch.empty(outputs).uniform_(-bound, bound)
        if k <= convs:
            tensors[f"body.{2 * k + 1}.weight"] = torch.empty(outputs).uniform_(0, 0.5)
    return tensors

"""The published translators and SPADE written the plain way; see `textbook.py`."""

from __future__ import annotations

import torch
import torch.nn.functional as F
from torch import Tensor, nn
from torch.nn.utils import spectral_norm


class Filter(nn.Module):
    """CUT's antialiased halving (3 taps) or doubling (4 taps)."""

    def __init__(self, channels: int, taps: tuple[float, ...]) -> None:
        super().__init__()
        line = torch.tensor(taps)
        self.register_buffer("filt", (line[:, None] * line).repeat(channels, 1, 1, 1))

    def forward(self, x: Tensor) -> Tensor:
        """[N, C, H, W] -> half or twice the size."""
        if self.filt.shape[-1] == 3:
            x = F.pad(x, (1, 1, 1, 1), mode="reflect")
            return F.conv2d(x, self.filt, stride=2, groups=len(self.filt))
        x = F.pad(x, (1, 1, 1, 1), mode="replicate")
        x = F.conv_transpose2d(x, self.filt, stride=2, padding=2, groups=len(self.filt))
        return x[:, :, 1:-1, 1:-1]


class Residual(nn.Module):
    """A residual block, its layers under `conv_block` or `block`."""

    def __init__(self, name: str, layers: list[nn.Module]) -> None:
        super().__init__()
        self.name = name
        self.add_module(name, nn.Sequential(*layers))

    def forward(self, x: Tensor) -> Tensor:
        """[N, C, H, W] -> the same shape."""
        return x + getattr(self, self.name)(x)


class ResNet(nn.Module):
    """CycleGAN's generator in junyanz's tensor names."""

    def __init__(
        self,
        width: int = 64,
        blocks: int = 9,
        inputs: int = 3,
        outputs: int = 3,
        norm: str = "instance",
        dropout: bool = False,
        antialias: bool = False,
        block_name: str = "conv_block",
    ) -> None:
        super().__init__()
        bias = norm != "batch"
        make = {
            "instance": nn.InstanceNorm2d,
            "instance-affine": lambda c: nn.InstanceNorm2d(c, affine=True),
            "batch": nn.BatchNorm2d,
        }[norm]
        layers = [
            nn.ReflectionPad2d(3),
            nn.Conv2d(inputs, width, 7, bias=bias),
            make(width),
            nn.ReLU(),
        ]
        for w in (width, 2 * width):
            conv = nn.Conv2d(w, 2 * w, 3, 1 if antialias else 2, 1, bias=bias)
            layers += [conv, make(2 * w), nn.ReLU()]
            layers += [Filter(2 * w, (0.25, 0.5, 0.25))] if antialias else []
        w = 4 * width
        for _ in range(blocks):
            half = lambda: [nn.ReflectionPad2d(1), nn.Conv2d(w, w, 3, bias=bias), make(w)]
            middle = [nn.ReLU()] + ([nn.Dropout(0.5)] if dropout else [])
            layers.append(Residual(block_name, [*half(), *middle, *half()]))
        for w in (4 * width, 2 * width):
            if antialias:
                layers += [
                    Filter(w, (0.25, 0.75, 0.75, 0.25)),
                    nn.Conv2d(w, w // 2, 3, 1, 1, bias=bias),
                ]
            else:
                layers.append(nn.ConvTranspose2d(w, w // 2, 3, 2, 1, 1, bias=bias))
            layers += [make(w // 2), nn.ReLU()]
        layers += [nn.ReflectionPad2d(3), nn.Conv2d(width, outputs, 7), nn.Tanh()]
        self.model = nn.Sequential(*layers)

    def forward(self, x: Tensor) -> Tensor:
        """[N, inputs, H, W] -> [N, outputs, H, W]."""
        return self.model(x)


class Level(nn.Module):
    """One level of the U-Net around the next one in."""

    def __init__(
        self,
        outside: int,
        inside: int,
        inner: nn.Module | None,
        inputs: int | None = None,
        norm: str = "batch",
    ) -> None:
        super().__init__()
        self.outermost = inputs is not None
        bias = norm != "batch"
        make = nn.BatchNorm2d if norm == "batch" else nn.InstanceNorm2d
        down = nn.Conv2d(inputs or outside, inside, 4, 2, 1, bias=bias)
        wide = inside if inner is None else 2 * inside
        up = nn.ConvTranspose2d(wide, outside, 4, 2, 1, bias=bias or self.outermost)
        if self.outermost:
            layers = [down, inner, nn.ReLU(), up, nn.Tanh()]
        elif inner is None:
            layers = [nn.LeakyReLU(0.2), down, nn.ReLU(), up, make(outside)]
        else:
            layers = [nn.LeakyReLU(0.2), down, make(inside), inner, nn.ReLU(), up, make(outside)]
        self.model = nn.Sequential(*layers)

    def forward(self, x: Tensor) -> Tensor:
        """[N, C, H, W] -> the picture, or input and output side by side."""
        return self.model(x) if self.outermost else torch.cat([x, self.model(x)], 1)


class UNet(nn.Module):
    """pix2pix's generator in junyanz's tensor names."""

    def __init__(
        self,
        width: int = 64,
        downs: int = 8,
        inputs: int = 3,
        outputs: int = 3,
        norm: str = "batch",
    ) -> None:
        super().__init__()
        w = 8 * width
        level = Level(w, w, None, norm=norm)
        for _ in range(downs - 5):
            level = Level(w, w, level, norm=norm)
        for outside in (4 * width, 2 * width, width):
            level = Level(outside, 2 * outside, level, norm=norm)
        self.model = Level(outputs, width, level, inputs, norm)

    def forward(self, x: Tensor) -> Tensor:
        """[N, inputs, H, W] -> [N, outputs, H, W]."""
        return self.model(x)


class SpadeNorm(nn.Module):
    """SPADE's normalisation on a one-hot map."""

    def __init__(self, channels: int, labels: int, kernel: int, norm: str) -> None:
        super().__init__()
        batch = norm == "batch"
        make = nn.BatchNorm2d if batch else nn.InstanceNorm2d
        self.param_free_norm = make(channels, affine=False)
        if batch:
            nn.init.normal_(self.param_free_norm.running_mean, std=0.2)
            nn.init.uniform_(self.param_free_norm.running_var, 0.5, 1.5)
        pad = kernel // 2
        self.mlp_shared = nn.Sequential(nn.Conv2d(labels, 128, kernel, padding=pad), nn.ReLU())
        self.mlp_gamma = nn.Conv2d(128, channels, kernel, padding=pad)
        self.mlp_beta = nn.Conv2d(128, channels, kernel, padding=pad)

    def forward(self, x: Tensor, labels: Tensor) -> Tensor:
        """[N, C, H, W] -> the same shape."""
        hidden = self.mlp_shared(F.interpolate(labels, x.shape[2:], mode="nearest"))
        return self.param_free_norm(x) * (1 + self.mlp_gamma(hidden)) + self.mlp_beta(hidden)


class SpadeBlock(nn.Module):
    """SPADE's residual block."""

    def __init__(self, before: int, after: int, labels: int, kernel: int, norm: str) -> None:
        super().__init__()
        middle = min(before, after)
        self.conv_0 = spectral_norm(nn.Conv2d(before, middle, 3, padding=1))
        self.conv_1 = spectral_norm(nn.Conv2d(middle, after, 3, padding=1))
        self.norm_0 = SpadeNorm(before, labels, kernel, norm)
        self.norm_1 = SpadeNorm(middle, labels, kernel, norm)
        self.learned = before != after
        if self.learned:
            self.conv_s = spectral_norm(nn.Conv2d(before, after, 1, bias=False))
            self.norm_s = SpadeNorm(before, labels, kernel, norm)

    def forward(self, x: Tensor, labels: Tensor) -> Tensor:
        """[N, before, H, W] -> [N, after, H, W]."""
        shortcut = self.conv_s(self.norm_s(x, labels)) if self.learned else x
        y = self.conv_0(F.leaky_relu(self.norm_0(x, labels), 0.2))
        return shortcut + self.conv_1(F.leaky_relu(self.norm_1(y, labels), 0.2))


class Spade(nn.Module):
    """SPADE's generator in NVlabs' tensor names."""

    def __init__(
        self,
        labels: int,
        width: int = 64,
        crop: int = 256,
        style: int = 0,
        layers: str = "normal",
        kernel: int = 3,
        norm: str = "batch",
    ) -> None:
        super().__init__()
        self.layers, self.style = layers, style
        self.side = crop // {"normal": 32, "more": 64, "most": 128}[layers]
        w = 16 * width
        self.fc = (
            nn.Linear(style, w * self.side**2) if style else nn.Conv2d(labels, w, 3, padding=1)
        )
        self.names = ["head_0", "G_middle_0", "G_middle_1", "up_0", "up_1", "up_2", "up_3"]
        self.names += ["up_4"] if layers == "most" else []
        for i, name in enumerate(self.names):
            before, after = w >> max(i - 3, 0), w >> max(i - 2, 0)
            self.add_module(name, SpadeBlock(before, after, labels, kernel, norm))
        self.conv_img = nn.Conv2d(after, 3, 3, padding=1)

    def forward(self, labels: Tensor, z: Tensor | None = None) -> Tensor:
        """[N, labels, H, W] -> [N, 3, H, W]."""
        if self.style:
            x = self.fc(z).reshape(len(z), -1, self.side, self.side)
        else:
            x = self.fc(F.interpolate(labels, (self.side, self.side), mode="nearest"))
        for i, name in enumerate(self.names):
            if i == 2:
                x = F.interpolate(x, scale_factor=2) if self.layers != "normal" else x
            elif i:
                x = F.interpolate(x, scale_factor=2)
            x = getattr(self, name)(x, labels)
        return torch.tanh(self.conv_img(F.leaky_relu(x, 0.2)))

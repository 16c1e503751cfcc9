"""Editing in w space: style mixing by layers, and steps along directions."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property

import torch
from PIL import Image
from torch import Tensor

from gan_models.checks import as_float
from gan_models.media import images as pictures
from gan_models.media.provenance import combined
from gan_models.networks.base import Network
from gan_models.networks.mapping import EqualLinear
from gan_models.pipelines.base import BasePipeline
from gan_models.seeds import check_seeds, check_truncation_psi, sample_z

NUM_DIRECTIONS = 6  # of each kind
MAX_AMOUNT = 5.0
LAYERS = ("all", "coarse", "middle", "fine")
_NUM_W = 4096  # samples of w for statistics


@dataclass(frozen=True)
class Direction:
    """A direction in w: its name, and the step [w_dim] of one standard deviation of w."""

    name: str
    step: Tensor


class StyleTools:
    """Style mixing and directions for one generator with a mapping network."""

    def __init__(self, pipeline: BasePipeline[Network]) -> None:
        self._pipeline = pipeline
        self._generator = pipeline.generator

    @cached_property
    def directions(self) -> dict[str, Direction]:
        """PCA 1… then SeFa 1…, by name; computed once."""
        w = self._many_w()
        found = [*principal_directions(w), *factorised_directions(self._affine_weights(), w)]
        return {direction.name: direction for direction in found}

    def edit(
        self,
        seed: int,
        amounts: Mapping[str, float],
        layers: str = "all",
        truncation_psi: float = 1.0,
        noise: bool = True,
    ) -> Image.Image:
        """A seed's picture moved along directions.

        Args:
            seed: the picture to start from.
            amounts: direction name -> standard deviations, -5 to 5.
            layers: which layers move: "all", "coarse", "middle" or "fine".
            truncation_psi: -2 to 2.
            noise: whether the stored noise is added (fine texture) or none.

        Raises:
            ValueError: a seed, ψ, direction, amount or layer range that does not exist.
        """
        psi = check_truncation_psi(truncation_psi)
        (seed,) = check_seeds([seed])
        ws = self._ws([seed], psi)  # [1, num_ws, w_dim]
        amounts, noise = {name: _amount(amount) for name, amount in amounts.items()}, bool(noise)
        shift = torch.zeros(ws.shape[-1])
        for name, amount in amounts.items():
            shift += self._step(name, amount)
        ws[:, self.layer_slice(layers)] += shift.to(ws)
        facts = {"seed": seed, "truncation_psi": psi, "layers": layers, "noise": noise}
        image = pictures.to_pil(self._synthesise(ws, noise))[0]
        provenance = self._pipeline.provenance(
            **facts, amounts={k: v for k, v in amounts.items() if v}
        )
        return pictures.add_provenance(image, provenance)

    def mix(
        self,
        rows: Sequence[int],
        columns: Sequence[int],
        layers: str = "middle",
        truncation_psi: float = 1.0,
    ) -> Iterator[Image.Image]:
        """Every row's picture with a column's style in some layers, row by row.

        Style mixing, Karras et al. 2019 (arXiv:1812.04948), figure 3.

        Raises:
            ValueError: a seed, ψ or layer range that does not exist.
        """
        psi, chosen = check_truncation_psi(truncation_psi), self.layer_slice(layers)
        rows, columns = check_seeds(rows), check_seeds(columns)
        made = self._mixed(self._ws(rows, psi), self._ws(columns, psi), chosen)
        facts = {"layers": layers, "truncation_psi": psi}
        pairs = ((row, column) for row in rows for column in columns)
        return (
            pictures.add_provenance(
                image, self._pipeline.provenance(seed=row, style_seed=column, **facts)
            )
            for (row, column), image in zip(pairs, made, strict=True)
        )

    def _mixed(self, base: Tensor, style: Tensor, chosen: slice) -> Iterator[Image.Image]:
        for ws in base:
            mixed = ws.repeat(len(style), 1, 1)  # [columns, num_ws, w_dim]
            mixed[:, chosen] = style[:, chosen]
            for batch in mixed.split(self._pipeline.batch_size):
                yield from pictures.to_pil(self._synthesise(batch))

    def sheet(
        self,
        rows: Sequence[int],
        columns: Sequence[int],
        mixed: Sequence[Image.Image],
        truncation_psi: float = 1.0,
    ) -> Image.Image:
        """The pictures of `mix` as a sheet, with the seeds' pictures at the top and left."""
        psi = check_truncation_psi(truncation_psi)
        head, side = (self._pictures(check_seeds(seeds), psi) for seeds in (columns, rows))
        width, height = head[0].size
        across = len(columns) + 1
        sheet = Image.new("RGB", (across * width, (len(rows) + 1) * height), "white")
        cells = [*((k + 1, 0, image) for k, image in enumerate(head))]
        cells += [(0, k + 1, image) for k, image in enumerate(side)]
        cells += [
            (k % len(columns) + 1, k // len(columns) + 1, image) for k, image in enumerate(mixed)
        ]
        for column, row, image in cells:
            sheet.paste(image, (column * width, row * height))
        made = [provenance for image in mixed if (provenance := pictures.provenance_of(image))]
        return pictures.add_provenance(sheet, combined(made)) if made else sheet

    def _pictures(self, seeds: Sequence[int], psi: float) -> list[Image.Image]:
        batches = self._ws(seeds, psi).split(self._pipeline.batch_size)
        return [image for ws in batches for image in pictures.to_pil(self._synthesise(ws))]

    def layer_slice(self, layers: str) -> slice:
        """The ws of a range: coarse 4 to 8 px (pose, shape), middle 16 to 32 px, fine the rest.

        Raises:
            ValueError: there is no such range.
        """
        slices = {
            "all": slice(None),
            "coarse": slice(4),
            "middle": slice(4, 8),
            "fine": slice(8, None),
        }
        if layers not in slices:
            raise ValueError(f"There are no {layers!r} layers; choose from {', '.join(LAYERS)}.")
        return slices[layers]

    def _step(self, name: str, amount: float) -> Tensor:
        if name not in self.directions:
            raise ValueError(
                f"There is no direction {name!r}; choose from {', '.join(self.directions)}."
            )
        return self.directions[name].step * amount

    @torch.no_grad()
    def _ws(self, seeds: Sequence[int], psi: float) -> Tensor:
        """Truncated ws of seeds, [N, num_ws, w_dim], as a copy."""
        z = sample_z(seeds, self._generator.z_dim).to(self._pipeline.device)
        return self._generator.mapping(z, truncation_psi=psi).clone()

    @torch.inference_mode()
    def _many_w(self) -> Tensor:
        z = sample_z(range(_NUM_W), self._generator.z_dim).to(self._pipeline.device)
        return self._generator.mapping(z)[:, 0].float().cpu()  # [_NUM_W, w_dim]

    def _affine_weights(self) -> Tensor:
        """The affine layers' weights, which map w to styles, [sum of channels, w_dim]."""
        modules = self._generator.synthesis.named_modules()
        affine = [
            module
            for name, module in modules
            if name.endswith("affine") and isinstance(module, EqualLinear)
        ]
        return torch.cat([module.weight.detach().float().cpu() for module in affine])

    @torch.inference_mode()
    def _synthesise(self, ws: Tensor, noise: bool = True) -> Tensor:
        return self._generator.synthesis(ws, noise_mode="const" if noise else "none")


def _amount(value: float) -> float:
    """An amount as a Python float; checked."""
    amount = as_float(value)
    if not abs(amount) <= MAX_AMOUNT:  # also refuses NaN
        raise ValueError(f"A direction goes from -{MAX_AMOUNT:g} to {MAX_AMOUNT:g}.")
    return amount


def principal_directions(w: Tensor) -> list[Direction]:
    """The main axes of w [N, w_dim]: GANSpace, Härkönen et al. 2020 (arXiv:2004.02546)."""
    _, spread, axes = torch.linalg.svd(w - w.mean(0), full_matrices=False)
    deviations = spread / (len(w) - 1) ** 0.5
    steps = [_oriented(axis) * size for axis, size in zip(axes, deviations, strict=True)]
    return [Direction(f"PCA {k + 1}", step) for k, step in enumerate(steps[:NUM_DIRECTIONS])]


def factorised_directions(affine: Tensor, w: Tensor) -> list[Direction]:
    """SeFa, Shen and Zhou 2021 (arXiv:2007.06600): eigenvectors of AᵀA, `affine` A [C, w_dim].

    Each is scaled by the standard deviation of w [N, w_dim] along it.
    """
    _, axes = torch.linalg.eigh(affine.T @ affine)  # ascending
    axes = axes.flip(1)[:, :NUM_DIRECTIONS].T
    deviations = ((w - w.mean(0)) @ axes.T).std(0)
    steps = [_oriented(axis) * size for axis, size in zip(axes, deviations, strict=True)]
    return [Direction(f"SeFa {k + 1}", step) for k, step in enumerate(steps)]


def _oriented(axis: Tensor) -> Tensor:
    """The axis with its largest component positive: the sign is arbitrary and machine-dependent."""
    return axis * axis[axis.abs().argmax()].sign()

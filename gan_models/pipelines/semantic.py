"""Pipeline of semantic generators: pictures of label maps, with styles."""

from __future__ import annotations

import operator
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Any, cast

import numpy as np
import torch
import torch.nn.functional as F
from numpy.typing import NDArray
from PIL import Image, ImageOps
from torch import Tensor

from gan_models import seeds as seed_latents
from gan_models import weights
from gan_models.checks import as_float
from gan_models.media import images as pictures
from gan_models.media import label_maps
from gan_models.networks.base import Network
from gan_models.paths import CHECKPOINTS
from gan_models.pipelines.base import BasePipeline
from gan_models.pipelines.walk import slerp
from gan_models.zoo import ModelSpec

Style = int | Sequence[float]  # a seed, or a z [z_dim]

MAX_PATCHES = 8
PRESETS = ("noon", "dusk", "overcast")  # styles that visibly change the pictures
STYLES = Path(__file__).parents[1] / "styles"
SEGMENTER_FILE = "segmenter.safetensors"
_SEGMENTER_PX = 128


@dataclass(frozen=True, eq=False)
class Patch:
    """A part of a painting with its own style."""

    mask: NDArray[np.bool_]  # [H, W] at the model's size
    style: Style


@dataclass(frozen=True, eq=False)
class Painting:
    """The inputs of a painted picture."""

    label_map: NDArray[np.int32]  # [H, W] at the model's size
    style: Style = 0
    patches: tuple[Patch, ...] = ()


class SemanticPipeline(BasePipeline[Network]):
    """Pictures of label maps.

    Args:
        generator: SPADE, or a translator of pictures in the colours of the labels.
        spec: the model's entry, with its labels in the order of the ids.
        weights_sha256: hash of the weights file, part of every picture's provenance.
        encoder: a picture -> mu, logvar of its style; None: styles only by seeds.
    """

    def __init__(
        self,
        generator: Network,
        spec: ModelSpec,
        weights_sha256: str,
        encoder: Network | None = None,
    ) -> None:
        num_labels = getattr(generator, "num_labels", len(spec.labels))
        nameless = spec.labels in ((), tuple(map(str, range(num_labels))))
        self.labels = label_maps.default_labels(num_labels) if nameless else spec.labels
        self.colors = label_maps.colors_of(self.labels)
        if not hasattr(generator, "num_labels"):
            generator = FromColors(generator, self.colors, spec.resolution)
        super().__init__(generator, spec, weights_sha256)
        self.encoder = encoder

    @property
    def size(self) -> tuple[int, int]:
        """Width and height of its pictures and of the label maps of the network."""
        return self.generator.crop_size, self.generator.img_resolution

    @property
    def has_style(self) -> bool:
        """Whether the generator has styles."""
        return self.generator.z_dim > 0

    @property
    def has_encoder(self) -> bool:
        """Whether `encode_style` can be used."""
        return self.encoder is not None

    # --- painting -------------------------------------------------------------------------------

    def paint(
        self,
        label_map: Image.Image | NDArray,
        style_seed: Style = 0,
        patches: Sequence[Patch] = (),
        *,
        draft: bool = False,
    ) -> Image.Image:
        """The picture of a label map, of the model's own size, with its provenance.

        Args:
            label_map: ids as an integer array [H, W] or an indexed or grey picture, or a picture
                in the palette's colours; 16x16 to 16.8 megapixels, resized by nearest neighbour.
            style_seed: a seed, or a style z of `z_dim` numbers.
            patches: parts with their own style; all other pixels are unchanged.
            draft: without the upscaler, enlarged bicubically: fast, for while a brush moves.

        Raises:
            ValueError: one of these is invalid.
        """
        painting = Painting(self.read_map(label_map), style_seed, tuple(patches))
        if len(painting.patches) > MAX_PATCHES:
            raise ValueError(f"A painting has at most {MAX_PATCHES} parts of their own style.")
        # one at a time: in a batch the same map may differ by a grey level
        pixels = np.asarray(self._forward(painting.label_map, painting.style, draft))
        for patch in painting.patches:
            mask = label_maps.resize_nearest(patch.mask, pixels.shape[1::-1])
            other = np.asarray(self._forward(painting.label_map, patch.style, draft))
            pixels = np.where(mask[..., None], other, pixels)
        return pictures.add_provenance(
            Image.fromarray(pixels), self.provenance(**self._facts(painting))
        )

    def read_map(
        self, label_map: Image.Image | NDArray | Path, palette: str | None = None
    ) -> NDArray[np.int32]:
        """The ids [H, W] of a label map, at the model's size.

        Args:
            label_map: as for `paint`, or the path of a PNG.
            palette: "ade20k", "coco-stuff" or "cityscapes" if it is in their ids or colours.

        Raises:
            ValueError: no such label map, or an id that the model lacks.
        """
        return self.read_map_with_note(label_map, palette)[0]

    def read_map_with_note(
        self, label_map: Image.Image | NDArray | Path, palette: str | None = None
    ) -> tuple[NDArray[np.int32], str]:
        """`read_map`, and a note if the map is ambiguous, else ""."""
        if isinstance(label_map, Path):
            label_map = label_maps.open_label_map(label_map)
        reading = label_maps.read_label_map(label_map, self.labels, palette)
        return label_maps.resize_nearest(reading.ids, self.size), reading.note

    @torch.inference_mode()
    def _forward(
        self, label_map: NDArray[np.int32], style: Style, draft: bool = False
    ) -> Image.Image:
        ids = torch.from_numpy(label_map).long().to(self.device)
        planes = F.one_hot(ids, len(self.labels)).permute(2, 0, 1)[None]  # [1, num_labels, H, W]
        z = self.style_vector(style).to(self.device)
        paint = getattr(self.generator, "preview", self.generator) if draft else self.generator
        return pictures.to_pil(paint(planes.float(), z))[0]

    def indexed_map(self, label_map: NDArray) -> Image.Image:
        """Ids [H, W] as an indexed picture in the labels' colours."""
        return label_maps.to_indexed(label_map, self.colors)

    # --- styles ---------------------------------------------------------------------------------

    def style_vector(self, style: Style) -> Tensor:
        """The z [1, z_dim] of a seed, or of the numbers given.

        Raises:
            ValueError: a seed out of range, or numbers that are not a style of this model.
        """
        seed = _seed_of(style)
        if seed is not None:
            return seed_latents.sample_z(seed_latents.check_seeds([seed]), self.generator.z_dim)
        try:
            z = torch.as_tensor(style, dtype=torch.float32).detach().cpu()
        except (TypeError, ValueError, RuntimeError, OverflowError) as error:
            raise ValueError("A style is a seed, or a list of numbers.") from error
        if z.shape != (self.generator.z_dim,) or not z.isfinite().all() or z.abs().max() > 20:
            raise ValueError(
                f"A style of {self.spec.id} is {self.generator.z_dim} numbers, none beyond ±20."
            )
        return z[None]

    def mix_styles(self, a: Style, b: Style, t: float) -> list[float]:
        """The interpolated style at t (0 to 1) from a to b.

        Raises:
            ValueError: t out of range, or invalid styles.
        """
        t = as_float(t)
        if not 0 <= t <= 1:  # also refuses NaN
            raise ValueError("A mix of two styles goes from 0 (the first) to 1 (the second).")
        return slerp(self.style_vector(a), self.style_vector(b), t)[0].tolist()

    def encode_style(self, image: Image.Image) -> list[float]:
        """The style of a picture: the mean of the encoder.

        Raises:
            ValueError: the model has no encoder.
        """
        if self.encoder is None:
            raise ValueError(
                f"{self.spec.id} has no style encoder beside it; choose a style seed instead."
            )
        return self._encode(self.encoder, [image])[0].tolist()

    @torch.inference_mode()
    def _encode(self, encoder: Network, images: Sequence[Image.Image]) -> Tensor:
        """Styles [N, z_dim] of pictures, cropped to squares."""
        size = encoder.img_size, encoder.img_size
        squares = [ImageOps.fit(i.convert("RGB"), size, Image.Resampling.LANCZOS) for i in images]
        mu, _ = encoder(pictures.from_pil(squares).to(self.device))
        return mu.cpu()

    @cached_property
    def preset_styles(self) -> dict[str, list[float]]:
        """Styles by the name of a preset, each the mean of those of four pictures.

        Each file of `styles/` is a sheet of these pictures. Empty without an encoder.
        """
        if self.encoder is None:
            return {}
        tiles = [tile for name in PRESETS for tile in _sheet_tiles(name)]
        styles = self._encode(self.encoder, tiles)  # [4 P, z_dim]
        means = styles.unflatten(0, (len(PRESETS), -1)).mean(1)  # [P, z_dim]
        return dict(zip(PRESETS, means.tolist(), strict=True))

    # --- from photographs -----------------------------------------------------------------------

    @cached_property
    def _segmenter(self) -> Network | None:
        path = CHECKPOINTS / SEGMENTER_FILE
        if not path.is_file():
            return None
        network, facts = weights.load_checkpoint(path)
        return network.to(self.device) if tuple(facts.get("labels", ())) == self.labels else None

    @property
    def can_segment(self) -> bool:
        """Whether `segment` can be used: there is a segmenter for this model's labels."""
        return self._segmenter is not None

    @torch.inference_mode()
    def segment(self, photo: Image.Image) -> NDArray[np.int32]:
        """A rough label map [H, W] of a photograph, cropped to the model's aspect ratio.

        Raises:
            ValueError: there is no segmenter for this model's labels.
        """
        if self._segmenter is None:
            raise ValueError(f"There is no segmenter for the labels of {self.spec.id}.")
        fitted = ImageOps.fit(photo.convert("RGB"), self.size, Image.Resampling.LANCZOS)
        small = fitted.resize((_SEGMENTER_PX, _SEGMENTER_PX), Image.Resampling.LANCZOS)
        logits = self._segmenter(pictures.from_pil([small]).to(self.device))
        ids = logits.argmax(1)[0].cpu().numpy().astype(np.int32)
        return label_maps.resize_nearest(ids, self.size)

    # --- provenance -----------------------------------------------------------------------------

    def _facts(self, painting: Painting) -> dict[str, Any]:
        """The provenance of a painting."""
        return {
            "labels": list(self.labels),
            "label_map": label_maps.to_base64_png(painting.label_map),
            "patches": [
                {"mask": label_maps.to_base64_png(patch.mask), **_style_facts(patch.style)}
                for patch in painting.patches
            ],
            **_style_facts(painting.style),
        }

    def restore(self, provenance: Mapping[str, Any]) -> Painting:
        """The inputs of a picture, from its provenance.

        Raises:
            ValueError: the provenance is of another task, broken, or for other labels.
        """
        if provenance.get("task") != "semantic":
            raise ValueError(
                f"This picture was made in another tab ({provenance.get('task')}); drop it there."
            )
        try:
            label_map = self.read_map(label_maps.from_base64_png(provenance["label_map"]))
            patches = tuple(
                Patch(self._read_mask(patch["mask"]), self._read_style(patch))
                for patch in provenance.get("patches", ())[:MAX_PATCHES]
            )
            return Painting(label_map, self._read_style(provenance), patches)
        except (KeyError, TypeError, AttributeError) as error:
            raise ValueError("The picture's provenance is broken; download it again.") from error

    def _read_mask(self, text: str) -> NDArray[np.bool_]:
        return label_maps.resize_nearest(label_maps.from_base64_png(text), self.size) > 0

    def _read_style(self, facts: Mapping[str, Any]) -> Style:
        style = facts["style"] if "style" in facts else facts["style_seed"]
        self.style_vector(style)  # raises if it is invalid
        return style


class FromColors(Network):
    """A translator as a semantic generator: its input is the label map in the labels' colours.

    Args:
        translator: images -> images.
        colors: of the labels.
        resolution: side in pixels of the maps it was trained on.
    """

    z_dim = 0
    colors: Tensor

    def __init__(
        self, translator: Network, colors: Sequence[tuple[int, int, int]], resolution: int
    ) -> None:
        super().__init__()
        self.translator, self.num_labels = translator, len(colors)
        self.crop_size = self.img_resolution = resolution
        table = torch.tensor(colors, dtype=torch.float32) / 127.5 - 1  # [num_labels, 3]
        self.register_buffer("colors", table.to(next(translator.parameters()).device))

    def forward(self, semantic_map: Tensor, z: Tensor | None = None) -> Tensor:
        """semantic_map [N, num_labels, H, W] one-hot -> images [N, 3, H, W]."""
        return self.translator(torch.einsum("nlhw,lc->nchw", semantic_map, self.colors))


def _sheet_tiles(name: str) -> list[Image.Image]:
    """The four pictures of the sheet of a preset."""
    with Image.open(STYLES / f"{name.replace(' ', '-')}.jpg") as sheet:
        side = sheet.width // 2
        corners = [(x, y) for y in (0, side) for x in (0, side)]
        return [sheet.crop((x, y, x + side, y + side)) for x, y in corners]


def _seed_of(style: Any) -> int | None:
    """The seed if a style is an integer of any type; None if it is a sequence of numbers."""
    if getattr(style, "ndim", 0):
        return None
    try:
        return operator.index(style)  # also integers of numpy and torch
    except TypeError:
        return None


def _style_facts(style: Style) -> dict[str, Any]:
    seed = _seed_of(style)
    if seed is not None:
        return {"style_seed": seed}
    return {"style": [float(number) for number in cast("Sequence[float]", style)]}

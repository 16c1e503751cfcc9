"""The trainer of segmenter and classifier, which measures use, on exact labels."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Literal

import numpy as np
import torch
import torch.nn.functional as F
from PIL import Image
from torch import Tensor

from gan_models import metrics, networks, weights
from gan_models.media.images import grid, to_pil
from gan_models.media.tensors import to_float
from gan_models.training.optim import Batch, Losses, adam, split, update
from gan_models.training.trainers.base import Metadata, Trainer, load_fitting, to_channels_last


@dataclass(frozen=True)
class SupervisedSettings:
    """The network, its target and numbers."""

    family: Literal["segmenter", "classifier"]
    network: dict[str, Any]
    target: Literal["label_map", "class_index"]
    rate: float = 1e-3
    names: tuple[str, ...] = ()  # of labels or classes
    metadata: Metadata = field(kw_only=True)


class SupervisedTrainer(Trainer):
    """Trains with the cross entropy of labels or classes, on pictures jittered in colour.

    Args:
        settings: network and numbers.
        device: of all networks.
        held_out: `images` uint8 [N, 3, H, W] and the target, never trained on.
    """

    SHEET_SHOWS = ""

    def __init__(self, settings: SupervisedSettings, device: torch.device, held_out: Batch) -> None:
        self.settings, self.device, self.held_out = settings, device, held_out
        network, average = (networks.build(settings.family, settings.network) for _ in range(2))
        average.load_state_dict(network.state_dict())
        self.networks = {"generator": to_channels_last(network, device)}
        self.averages = {"generator": average.to(device).eval().requires_grad_(False)}
        self.optimizers = {"generator": adam([network], settings.rate, (0.9, 0.999))}

    def step(self, batch: Batch, num_chunks: int) -> Losses:
        """One step on `images` and the target."""
        batch = {name: tensor.to(self.device) for name, tensor in batch.items()}
        return update(self.optimizers["generator"], split(batch, num_chunks), self._loss)

    def _loss(self, batch: Batch) -> tuple[Tensor, dict[str, Tensor]]:
        images = to_float(batch["images"])
        # generated pictures differ slightly in tone, which should not change a prediction
        gain = 1 + 0.2 * (torch.rand(len(images), 3, 1, 1, device=self.device) - 0.5)
        shift = 0.2 * (torch.rand(len(images), 1, 1, 1, device=self.device) - 0.5)
        noise = 0.02 * torch.randn_like(images)
        images = (images * gain + shift + noise).contiguous(memory_format=torch.channels_last)
        logits = self.networks["generator"](images)
        loss = F.cross_entropy(logits, batch[self.settings.target])
        return loss, {"loss": loss}

    @torch.no_grad()
    def predict(self, images: Tensor) -> np.ndarray:
        """uint8 pictures [N, 3, H, W] -> labels [N, H, W] or classes [N]."""
        average = self.averages["generator"]
        parts = [average(to_float(x.to(self.device))).argmax(1).cpu() for x in images.split(32)]
        return torch.cat(parts).numpy()

    def sheet(self) -> Image.Image:
        """The first held-out pictures."""
        return grid(to_pil(to_float(self.held_out["images"][:16])))

    def evaluate(self) -> dict[str, float]:
        """Accuracy, and mean IoU of labels, on the held-out pictures."""
        truth = self.held_out[self.settings.target].numpy()
        predicted = self.predict(self.held_out["images"])
        report = {"accuracy": float((truth == predicted).mean())}
        if self.settings.target == "label_map":
            counts = metrics.confusion(truth, predicted, len(self.settings.names))
            report["mean_iou"] = metrics.mean_iou(counts)
        return report

    def export(self, folder: Path, training: dict[str, Any]) -> None:
        """Write generator.safetensors, the name of the main network of all runs."""
        has_labels = self.settings.target == "label_map"
        weights.save_generator(
            folder / "generator.safetensors",
            self.averages["generator"],
            task="measure",
            training=training,
            labels=self.settings.names if has_labels else None,
            classes=None if has_labels else self.settings.names,
            **self.settings.metadata,
        )

    def warm_start(self, files: Mapping[str, Path]) -> list[str]:
        """Load the network, if it fits."""
        network = self.networks["generator"]
        if not load_fitting(network, files.get("generator")):
            return []
        self.averages["generator"].load_state_dict(network.state_dict())
        return [self.settings.family]

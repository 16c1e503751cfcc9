"""Snapshots of a generator from its first step to its last, in one file."""

from __future__ import annotations

import json
from dataclasses import dataclass
from pathlib import Path

import safetensors.torch
import torch
from torch import Tensor, nn

from gan_models import networks
from gan_models.weights import CorruptWeightsError, load_checkpoint, read_metadata, read_tensors

FORMAT = "1"


@dataclass(frozen=True)
class Film:
    """A generator at several steps of its training.

    Attributes:
        generators: step -> network in eval mode, by step; the last one is the finished generator.
    """

    generators: dict[int, nn.Module]

    @property
    def steps(self) -> tuple[int, ...]:
        """The steps, ascending."""
        return tuple(self.generators)

    @torch.inference_mode()
    def draw(self, step: int, z: Tensor, c: Tensor | None = None) -> Tensor:
        """The pictures of z [N, z_dim] at a step: [N, 1, 28, 28] in [-1, 1].

        Raises:
            ValueError: there is no snapshot of this step.
        """
        if step not in self.generators:
            raise ValueError(f"There is no snapshot of step {step}; choose from {self.steps}.")
        generator = self.generators[step]
        return generator(z) if c is None else generator(z, c)


def pack_film(run: Path, out: Path) -> tuple[int, ...]:
    """Write the snapshots in a run's folder `film/` to one file, the last step left out.

    The last step is the finished generator, which has a file of its own.

    Returns:
        The steps in the file.
    """
    files = sorted((run / "film").glob("*.safetensors"), key=lambda path: int(path.stem))[:-1]
    tensors: dict[str, Tensor] = {}
    for path in files:
        generator, _ = load_checkpoint(path)
        for name, tensor in generator.state_dict().items():
            half = tensor.half() if tensor.is_floating_point() and tensor.ndim >= 2 else tensor
            tensors[f"{int(path.stem)}/{name}"] = half.contiguous()
    steps = tuple(int(path.stem) for path in files)
    safetensors.torch.save_file(tensors, out, {"ganvas_film": FORMAT, "steps": json.dumps(steps)})
    return steps


def load_film(generator: Path, film: Path) -> Film:
    """The film of a finished generator.

    Raises:
        WeightsError: a file is missing, damaged, or of another network.
    """
    finished, info = load_checkpoint(generator)
    metadata = read_metadata(film)
    if metadata.get("ganvas_film") != FORMAT:
        raise CorruptWeightsError(f"{film.name} holds no film; get the file again.")
    parts: dict[int, dict[str, Tensor]] = {}
    for name, tensor in read_tensors(film).items():
        step, _, rest = name.partition("/")
        parts.setdefault(int(step), {})[rest] = tensor
    generators: dict[int, nn.Module] = {}
    for step in sorted(parts):
        network = networks.build(info["family"], info["config"])
        state = {k: v.float() if v.is_floating_point() else v for k, v in parts[step].items()}
        try:
            network.load_state_dict(state)
        except RuntimeError as error:
            raise CorruptWeightsError(
                f"{film.name} is of another network than {generator.name}; get both files again."
            ) from error
        generators[step] = network.eval().requires_grad_(False)
    generators[int(info["training"]["steps"])] = finished
    return Film(generators)

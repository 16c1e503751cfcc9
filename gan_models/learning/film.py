"""Snapshots of a generator and its discriminator from the first step to the last, in one file."""

from __future__ import annotations

import json
import math
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import safetensors.torch
import torch
from torch import Tensor, nn

from gan_models import networks
from gan_models.media.curves import Curve, read_curves
from gan_models.weights import CorruptWeightsError, load_checkpoint, read_metadata, read_tensors

FORMAT = "1"
MOST_POINTS = 200  # of a stored curve
DISCRIMINATOR = "discriminator"
State = dict[str, Tensor]


@dataclass(frozen=True)
class Film:
    """A training as its networks were at several steps.

    Attributes:
        generators: step -> network in eval mode, by step; the last one is the finished generator.
        discriminators: step -> network in eval mode; only of the steps where it was kept.
        curves: name of a loss -> (kimg, value), thinned.
        measures: step -> `learning.digits.measure` of the generator.
    """

    generators: Mapping[int, nn.Module]
    discriminators: Mapping[int, nn.Module]
    curves: Mapping[str, Curve]
    measures: Mapping[int, Mapping[str, float]]

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

    @torch.inference_mode()
    def score(self, step: int, images: Tensor, c: Tensor | None = None) -> Tensor | None:
        """The logits [N] of the discriminator of a step; None where it was not kept.

        Args:
            step: of the training.
            images: [N, 1, 28, 28] in [-1, 1].
            c: one-hot classes [N, num_classes], for a conditional discriminator.
        """
        discriminator = self.discriminators.get(step)
        return None if discriminator is None else discriminator(images, c)


def pack_film(
    run: Path, out: Path, measure: Callable[[nn.Module], Mapping[str, float]]
) -> tuple[int, ...]:
    """Write the snapshots in a run's folder `film/` to one file.

    The generator of the last step is left out: it is the finished one, which has a file of its own.

    Args:
        run: the folder of a finished run.
        out: the file.
        measure: measures of a generator, stored for each step.

    Returns:
        The steps in the file.
    """
    files = _by_step(run / "film", "")
    critics = _by_step(run / "film", f"-{DISCRIMINATOR}")
    last = max(files)
    critics[last] = run / f"{DISCRIMINATOR}.safetensors"
    tensors: State = {}
    for step in sorted(files):
        if step != last:
            tensors |= _halves(f"{step}/", files[step])
        if step in critics:
            tensors |= _halves(f"{step}/{DISCRIMINATOR}/", critics[step])
    _, info = load_checkpoint(critics[last])
    curves = {name: thin(curve) for name, curve in read_curves(run).items()}
    rounded = {k: [(round(x, 3), float(f"{y:.4g}")) for x, y in v] for k, v in curves.items()}
    measures = {step: dict(measure(load_checkpoint(files[step])[0])) for step in sorted(files)}
    facts = {
        "steps": json.dumps(sorted(files)),
        DISCRIMINATOR: json.dumps(_network_of(info)),
        "curves": json.dumps(rounded),
        "measures": json.dumps(measures),
    }
    safetensors.torch.save_file(tensors, out, {"ganvas_film": FORMAT} | facts)
    return tuple(sorted(files))


def _by_step(folder: Path, ending: str) -> dict[int, Path]:
    """Step -> snapshot with this ending of its name."""
    found = {}
    for path in folder.glob(f"*{ending}.safetensors"):
        step = path.stem.removesuffix(ending)
        if step.isdecimal():
            found[int(step)] = path
    return found


def thin(curve: Curve, most: int = MOST_POINTS) -> Curve:
    """At most `most` points, the means of neighbours; they are even on a logarithmic axis of kimg,
    as the snapshots are, so that the first steps keep theirs.
    """
    finite = [(x, y) for x, y in curve if math.isfinite(y) and x > 0]
    if not finite:
        return []
    first, last = math.log(finite[0][0]), math.log(finite[-1][0])
    width = (last - first) / most or 1.0
    groups: dict[int, Curve] = {}
    for x, y in finite:
        groups.setdefault(min(int((math.log(x) - first) / width), most - 1), []).append((x, y))
    return [(group[-1][0], sum(y for _, y in group) / len(group)) for group in groups.values()]


def _network_of(info: Mapping[str, Any]) -> dict[str, Any]:
    return {"family": info["family"], "config": info["config"]}


def _halves(prefix: str, path: Path) -> State:
    """The tensors of a checkpoint, weights in half precision."""
    network, _ = load_checkpoint(path)
    found = {}
    for name, tensor in network.state_dict().items():
        half = tensor.half() if tensor.is_floating_point() and tensor.ndim >= 2 else tensor
        found[prefix + name] = half.contiguous()
    return found


def load_film(generator: Path, film: Path) -> Film:
    """The film of a finished generator.

    Raises:
        WeightsError: a file is missing, damaged, or of another network.
    """
    finished, info = load_checkpoint(generator)
    metadata = read_metadata(film)
    if metadata.get("ganvas_film") != FORMAT:
        raise CorruptWeightsError(f"{film.name} holds no film; get the file again.")
    makers, critics = _split(read_tensors(film))
    described = json.loads(metadata[DISCRIMINATOR])
    try:
        generators = {step: _network(info, makers[step]) for step in sorted(makers)}
        discriminators = {step: _network(described, critics[step]) for step in sorted(critics)}
    except RuntimeError as error:
        raise CorruptWeightsError(
            f"{film.name} is of another network than {generator.name}; get both files again."
        ) from error
    generators[int(info["training"]["steps"])] = finished
    measures = {int(step): found for step, found in json.loads(metadata["measures"]).items()}
    curves = {k: [(x, y) for x, y in v] for k, v in json.loads(metadata["curves"]).items()}
    return Film(generators, discriminators, curves, measures)


def _split(tensors: Mapping[str, Tensor]) -> tuple[dict[int, State], dict[int, State]]:
    """Step -> state of the generator, and of the discriminator."""
    makers: dict[int, State] = {}
    critics: dict[int, State] = {}
    for name, tensor in tensors.items():
        step, _, rest = name.partition("/")
        of_critic = rest.startswith(f"{DISCRIMINATOR}/")
        states = critics if of_critic else makers
        states.setdefault(int(step), {})[rest.removeprefix(f"{DISCRIMINATOR}/")] = tensor
    return makers, critics


def _network(info: Mapping[str, Any], state: State) -> nn.Module:
    network = networks.build(info["family"], info["config"])
    whole = {k: v.float() if v.is_floating_point() else v for k, v in state.items()}
    network.load_state_dict(whole)
    return network.eval().requires_grad_(False)

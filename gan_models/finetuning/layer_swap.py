"""Layer swapping: coarse layers of one generator, fine layers of a related one.

Resolution Dependent GAN Interpolation (Pinkney and Adler 2020, arXiv:2010.05334), with a hard step.
"""

from __future__ import annotations

from pathlib import Path
from typing import Any

from gan_models import weights
from gan_models.finetuning.base_models import load_base
from gan_models.networks.base import Network


def layer_swap(coarse: Path | str, fine: Path | str, resolution: int, out: Path) -> Path:
    """Write a generator with `coarse`'s layers below `resolution` px and `fine`'s from there on.

    Mapping and constant input are those of `coarse`.

    Args:
        coarse, fine: of one architecture, one fine-tuned from the other; each a self-describing
            file, or the id of a model.
        resolution: side in px of the first layers to come from `fine`.
        out: the file to write.

    Raises:
        ValueError: the two differ in architecture, or have no layers of that resolution.
        WeightsError: a file cannot be read or written.
    """
    first, info = _load(coarse)
    second, other = _load(fine)
    if first.family != second.family or first.config != second.config:
        raise ValueError(
            "The two models differ in their architecture; swap layers between a model and the "
            "base it was fine-tuned from."
        )
    blocks = getattr(getattr(first, "synthesis", None), "blocks", ())
    sides = [getattr(block, "resolution", 0) for block in blocks]
    if resolution not in sides[1:]:
        known = ", ".join(map(str, sides[1:])) or "none in this family"
        raise ValueError(f"Layers can be swapped from one of these sizes on: {known}.")
    fine_state, mixed = second.state_dict(), first.state_dict()
    for index, side in enumerate(sides):
        if side >= resolution:
            prefix = f"synthesis.blocks.{index}."
            mixed |= {name: x for name, x in fine_state.items() if name.startswith(prefix)}
    first.load_state_dict(mixed)
    weights.save_generator(
        out,
        first,
        task=info["task"],
        title=f"{info['title']} with the details of {other['title']}",
        licence=_both(info["licence"], other["licence"]),
        source=f"layers below {resolution} px: {info['source']}; from there on: {other['source']}",
        half=False,
    )
    return out


def _load(model: Path | str) -> tuple[Network, dict[str, Any]]:
    """A generator and its metadata: task, title, licence, source."""
    if isinstance(model, Path):
        return weights.load_checkpoint(model)
    base = load_base(model)
    facts = {"title": base.title, "licence": base.licence, "source": base.source}
    return base.generator, facts | {"task": "latent"}


def _both(a: str, b: str) -> str:
    return a if a == b else f"{a} and {b}"

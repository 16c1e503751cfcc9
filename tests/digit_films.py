"""Tiny films of digits, of networks that nobody trained, in a folder of their own."""

from __future__ import annotations

from contextlib import contextmanager, nullcontext
from pathlib import Path

import pytest
import torch

from gan_models.learning import player
from gan_models.learning.digits import DigitTrainer
from gan_models.learning.film import pack_film
from gan_models.learning.recipes import RECIPES
from gan_models.networks.digits import DigitClassifier

STEPS = (1, 10, 100)
MEASURES = {"kid_digits": 0.5, "precision": 0.25, "recall": 0.125, "digits_covered": 3.0}
BATCH = 64


def make_film(folder: Path, name: str) -> None:
    """Write generator and film of a recipe whose networks change between the steps at random."""
    recipe, run = RECIPES[name], folder / f"{name}-run"
    torch.manual_seed(sorted(RECIPES).index(name))
    held_out = torch.zeros(1, 1, 28, 28, dtype=torch.uint8)
    trainer = DigitTrainer(recipe.settings, torch.device("cpu"), held_out, DigitClassifier(width=4))
    run.joinpath("film").mkdir(parents=True)
    for step in STEPS:
        for network in (*trainer.averages.values(), *trainer.networks.values()):
            for parameter in network.parameters():
                parameter.data.add_(0.02 * torch.randn_like(parameter))
        facts = {"steps": step, "kimg": BATCH * step / 1000}
        path = run / "film" / f"{step:07d}.safetensors"
        trainer.save_snapshot(path, facts, recipe.with_discriminators)
    trainer.export(run, {"steps": STEPS[-1], "kimg": BATCH * STEPS[-1] / 1000})
    _write_losses(run, "wgan" in recipe.settings.objective)
    measures = MEASURES | ({"accuracy": 0.75} if recipe.settings.conditional else {})
    pack_film(run, folder / f"{name}-film.safetensors", lambda _: measures)
    run.joinpath("generator.safetensors").rename(folder / f"{name}.safetensors")


def _write_losses(run: Path, is_wasserstein: bool) -> None:
    columns = ("discriminator", "generator", "wasserstein" if is_wasserstein else "d_real")
    rows = [f"step,kimg,{','.join(columns)}"]
    for step in range(1, STEPS[-1] + 1):
        rows.append(f"{step},{BATCH * step / 1000},{1 / step},{step / 50},{2 / step}")
    run.joinpath("losses.csv").write_text("\n".join(rows) + "\n", "utf-8")


@contextmanager
def only_films(folder: Path, *names: str):
    """Serve these films from a folder, and no other ones."""
    for name in names:
        make_film(folder, name)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(player, "CHECKPOINTS", folder)
        player.open_film.cache_clear()
        try:
            yield
        finally:
            player.open_film.cache_clear()


def with_film(folder: Path, name: str):
    """A context in which this film is there: the one that comes with the project, or a tiny one."""
    return nullcontext() if name in player.film_names() else only_films(folder, name)

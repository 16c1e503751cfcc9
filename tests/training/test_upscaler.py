"""The trainer of the upscaler, on small random pictures."""

from __future__ import annotations

import numpy as np
import pytest
import torch

from gan_models import weights
from gan_models.training.data import UpscalerData
from gan_models.training.run_folder import set_trainer_state, trainer_state
from gan_models.training.trainers.upscaler import UpscalerSettings, UpscalerTrainer, shrink_bytes

LABELS = ("sky", "grass", "water")
NETWORK = {"num_labels": 3, "widths": [8, 8, 4], "num_blocks": [1, 0], "label_width": 4}
CARD = {"title": "Toy", "licence": "CC0-1.0", "source": "a test"}


def settings(**changes):
    return UpscalerSettings(
        **{
            "generator": NETWORK,
            "discriminator": {"width": 8, "mixed_channels": [8, 8, 8, 8]},
            "patches": {"width": 4, "num_layers": 1},
            "crop_px": 64,
            "warm_up_kimg": 0.0,
            "labels": LABELS,
            "metadata": CARD,
            **changes,
        }
    )


@pytest.fixture
def world():
    random = np.random.RandomState(0)
    pixels = random.randint(0, 256, (6, 96, 96, 3)).astype(np.uint8)
    maps = random.randint(0, 3, (6, 96, 96)).astype(np.uint8)
    made = random.randint(0, 256, (5, 24, 24, 3)).astype(np.uint8)
    return UpscalerData(pixels, maps, made, 64, 4)


def make_trainer(features, world, **changes):
    torch.manual_seed(0)
    held_out = {
        "images": torch.from_numpy(world.pixels[:, :64, :64].transpose(0, 3, 1, 2).copy()),
        "label_map": torch.from_numpy(world.label_maps[:, :64, :64].astype(np.int64)),
        "made": torch.from_numpy(world.made[:, :16, :16].transpose(0, 3, 1, 2).copy()),
    }
    return UpscalerTrainer(settings(**changes), features, torch.device("cpu"), held_out)


def test_a_batch_holds_pairs_and_as_many_generated_pictures(world):
    batch = world.batch(0, 0, 4)
    assert batch["large"].shape == (4, 3, 64, 64)
    assert batch["label_map"].shape == (4, 64, 64)
    assert batch["made"].shape == (4, 3, 16, 16)


def test_a_part_of_a_picture_and_of_its_map_are_the_same_part():
    ids = np.arange(96 * 96).reshape(1, 96, 96) % 251
    pixels = np.repeat(ids[..., None], 3, axis=-1).astype(np.uint8)
    data = UpscalerData(pixels, ids.astype(np.uint8), pixels[:, ::4, ::4], 32, 4)
    for seen in range(0, 24, 4):
        batch = data.batch(0, seen, 4)
        assert torch.equal(batch["large"][:, 0].long(), batch["label_map"])


def test_pictures_smaller_than_the_parts_are_refused(world):
    with pytest.raises(ValueError, match="smaller than the crop of 128 px"):
        UpscalerData(world.pixels, world.label_maps, world.made, 128, 4)


def test_a_step_changes_all_networks(features, world):
    trainer = make_trainer(features, world)
    before = {
        name: [p.detach().clone() for p in network.parameters()]
        for name, network in trainer.networks.items()
    }
    report = trainer.step(world.batch(0, 0, 4), 1)
    assert {"pixels", "kept", "perceptual", "adversarial", "matching", "discriminator"} <= set(
        report
    )
    for name, network in trainer.networks.items():
        assert any(
            not torch.equal(old, new)
            for old, new in zip(before[name], network.parameters(), strict=True)
        ), name


def test_discriminators_wait_for_the_warm_up_to_end(features, world):
    trainer = make_trainer(features, world, warm_up_kimg=0.004)
    assert "adversarial" not in trainer.step(world.batch(0, 0, 4), 1)
    assert "adversarial" in trainer.step(world.batch(0, 4, 4), 1)


def test_it_learns_to_give_pictures_back(features, world):
    trainer = make_trainer(features, world, warm_up_kimg=100.0, generator_rate=1e-2)
    with torch.no_grad():
        trainer.networks["generator"].to_rgb.bias.fill_(0.5)  # much too bright
    flat = np.full_like(world.pixels, 90)
    data = UpscalerData(flat, world.label_maps, flat[:5, ::4, ::4], 64, 4)
    losses = [trainer.step(data.batch(0, 4 * k, 4), 1)["pixels"] for k in range(40)]
    assert losses[0] > 0.4
    assert np.mean(losses[-5:]) < 0.5 * losses[0]


def test_it_resumes_exactly_from_its_state(features, world):
    trainer, again = make_trainer(features, world), make_trainer(features, world)
    trainer.step(world.batch(0, 0, 4), 1)
    set_trainer_state(again, trainer_state(trainer))
    results = []
    for one in (trainer, again):
        torch.manual_seed(1)
        results.append(one.step(world.batch(0, 4, 4), 1))
    assert results[0] == pytest.approx(results[1], rel=1e-4)


def test_it_starts_from_its_exports(features, world, tmp_path):
    trainer = make_trainer(features, world)
    trainer.step(world.batch(0, 0, 4), 1)
    trainer.export(tmp_path, {"recipe": "upscaler", "kimg": 0.004})
    network, info = weights.load_checkpoint(tmp_path / "generator.safetensors")
    assert (info["family"], info["task"]) == ("upscaler", "upscaler")
    assert tuple(info["labels"]) == LABELS
    assert network.config == trainer.networks["generator"].config
    files = {name: tmp_path / f"{name}.safetensors" for name in trainer.networks}
    other = make_trainer(features, world, warm_up_kimg=5.0)
    assert set(other.warm_start(files)) == {"generator", "discriminator", "patches"}
    assert "adversarial" in other.step(world.batch(0, 0, 4), 1)


def test_its_sheet_and_measures_are_of_the_averaged_network(features, world):
    trainer = make_trainer(features, world)
    assert set(trainer.evaluate()) == {"kid_effl0", "kid_effl0_made"}
    assert trainer.sheet().width == 64 * 6


def test_shrinking_takes_the_mean_of_each_cell():
    images = torch.zeros(1, 3, 8, 8, dtype=torch.uint8)
    images[..., :4, :4] = torch.tensor([0, 100]).repeat(8).view(4, 4)
    assert shrink_bytes(images)[0, 0].tolist() == [[50, 0], [0, 0]]

"""All trainers: steps, reproducibility, resuming, measures, exports."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
import torch

from gan_models import weights
from gan_models.media.tensors import channels_first
from gan_models.training.data import PictureData, RoughPairData, UnpairedData
from gan_models.training.loop import Settings, run
from gan_models.training.run_folder import Journal, set_trainer_state, trainer_state
from gan_models.training.trainers.cycle import CycleSettings, CycleTrainer
from gan_models.training.trainers.semantic import SemanticSettings, SemanticTrainer
from gan_models.training.trainers.supervised import SupervisedSettings, SupervisedTrainer

CPU = torch.device("cpu")
CARD = {"title": "Tiny", "licence": "MIT", "source": "a test"}
LABELS = ("sky", "grass", "water")
READ = {
    "aux_classifier": {"num_classes": 3, "num_features": 1840},
    "classification": 1.0,
    "matching": 0.1,
    "matching_px": 32,
}


def paint_makers(features, pictures):
    settings = SemanticSettings(
        generator={
            "num_labels": 3,
            "width": 1,
            "hidden": 4,
            "crop_size": 32,
            "z_dim": 4,
            "spectral": False,
        },
        encoder={"width": 2, "z_dim": 4, "img_size": 32, "spectral": False},
        discriminator={"num_labels": 3, "width": 2, "num_layers": 2},
        segmentation_discriminator={"num_classes": 4, "width": 4, "depth": 2, "norm": "group"},
        labels=LABELS,
        num_metric_images=6,
        metadata=CARD,
    )
    maps = np.random.RandomState(0).randint(0, 3, pictures.shape[:3]).astype(np.uint8)
    held_out = {
        "images": channels_first(pictures[:8]),
        "label_map": torch.from_numpy(maps[:8].astype(np.int64)),
        "blob_map": torch.from_numpy(maps[8:16].astype(np.int64)),
    }
    return (
        lambda: SemanticTrainer(settings, features, CPU, held_out),
        lambda: RoughPairData(pictures, maps, maps[:5]),
    )


def cycle_makers(features, pictures):
    settings = CycleSettings(
        generator={"width": 2, "num_blocks": 1},
        discriminator={"width": 2, "num_layers": 2, "num_classes": 2},
        history=3,
        matching=1.0,
        matching_px=32,
        metadata=(CARD, CARD),
    )
    pairs = channels_first(pictures[:8]), channels_first(pictures[8:16])
    return (
        lambda: CycleTrainer(settings, features, CPU, pairs, pairs),
        lambda: UnpairedData(pictures[:20], pictures[20:], 32, (np.arange(20) % 2,) * 2),
    )


def measure_makers(family, features, pictures):
    target = "label_map" if family == "segmenter" else "class_index"
    network = {"num_classes": 3, "width": 2, "depth": 2}
    settings = SupervisedSettings(family, network, target, names=LABELS, metadata=CARD)
    maps = (pictures[..., 0] // 90).astype(np.uint8)
    index = np.arange(40) % 3
    held_out = {
        "images": channels_first(pictures[:8]),
        "label_map": torch.from_numpy(maps[:8].astype(np.int64)),
        "class_index": torch.from_numpy(index[:8]),
    }
    data = {"label_map": {"label_maps": maps}, "class_index": {"class_index": index}}[target]
    return lambda: SupervisedTrainer(settings, CPU, held_out), lambda: PictureData(pictures, **data)


@pytest.fixture(
    params=["classes", "read classes", "pixels", "cycle", "paint", "segmenter", "classifier"]
)
def makers(request, features, pictures, tiny_latent):
    if request.param == "classes":
        return tiny_latent(classes=("a", "b"))
    if request.param == "read classes":
        return tiny_latent(classes=("a", "b"), **READ)
    if request.param == "pixels":
        makers = tiny_latent()
        trainer = makers[0]()
        changed = replace(
            trainer.settings,
            projected=False,
            r1_gamma=1.0,
            r1_interval=2,
            discriminator={"img_resolution": 32, "channel_base": 128, "channel_max": 8},
        )
        return (lambda: type(trainer)(changed, features, CPU, trainer.reals)), makers[1]
    if request.param == "cycle":
        return cycle_makers(features, pictures)
    if request.param == "paint":
        return paint_makers(features, pictures)
    return measure_makers(request.param, features, pictures)


def test_a_trainer_resumes_exactly_measures_and_exports(makers, tmp_path):
    settings = Settings("tiny", batch=4, kimg=0.024)
    assert run(settings, *makers, tmp_path / "whole").finished
    run(settings, *makers, tmp_path / "parts", callback=lambda progress: progress.step < 3)
    assert run(settings, *makers, tmp_path / "parts", resume=True).finished
    whole, parts = (Journal(tmp_path / name) for name in ("whole", "parts"))
    assert whole.losses.rows() == parts.losses.rows()
    assert len(whole.losses.rows()) == 6
    assert whole.metrics.rows()[-1] == parts.metrics.rows()[-1]
    for path in (tmp_path / "parts").glob("*.safetensors"):
        network, info = weights.load_checkpoint(path)
        assert info["training"]["kimg"] == 0.024
        assert info["title"] == "Tiny"
        assert network.config == info["config"]
    assert (tmp_path / "parts" / "generator.safetensors").exists()
    assert (tmp_path / "parts" / "curves.png").exists()


def test_a_snapshot_of_an_earlier_version_is_resumed(makers):
    """Some networks and optimisers have other names in it."""
    trainer = makers[0]()
    state, old_names = trainer_state(trainer), {new: old for old, new in trainer.RENAMED.items()}
    for kind in ("networks", "averages", "optimizers"):
        state[kind] = {old_names.get(name, name): part for name, part in state[kind].items()}
    set_trainer_state(makers[0](), state)


def test_a_trainer_starts_from_its_own_exports(makers, tmp_path):
    trainer = makers[0]()
    trainer.export(tmp_path, {})
    files = {path.stem: path for path in tmp_path.glob("*.safetensors")}
    found = makers[0]().warm_start(files)
    assert len(found) == len(files)
    assert ("aux_classifier" in files) == ("aux_classifier" in trainer.networks)


def test_a_discriminator_alone_is_no_start(makers, tmp_path):
    trainer = makers[0]()
    trainer.export(tmp_path, {})
    files = {path.stem: path for path in tmp_path.glob("*.safetensors")}
    del files["generator"]
    assert makers[0]().warm_start(files) == []


def test_a_trainer_with_classes_loads_the_matching_tensors_of_one_without(tiny_latent, tmp_path):
    base, classes = tiny_latent()[0](), tiny_latent(classes=("a", "b"))[0]()
    base.export(tmp_path, {})
    classes.load_from_recipe({path.stem: path for path in tmp_path.glob("*.safetensors")})
    ours, theirs = (trainer.networks["generator"].state_dict() for trainer in (classes, base))
    name = "synthesis.blocks.1.conv1.bias"
    assert torch.equal(ours[name], theirs[name])
    assert ours["mapping.layers.0.weight"].shape != theirs["mapping.layers.0.weight"].shape


def test_an_auxiliary_classifier_makes_classes_look_like_themselves(tiny_latent, pictures):
    """Class a is dark, class b light; the generator learns it only from the classifier."""
    torch.manual_seed(0)
    how = READ | {"matching": 1e-9, "generator_rate": 0.01, "aux_classifier_rate": 0.003}
    trainer = tiny_latent(classes=("a", "b"), adversarial=0.0, **how)[0]()
    index = np.arange(40) % 2
    lit = (pictures // 4 + 160 * index[:, None, None, None]).astype(np.uint8)
    data = PictureData(lit, index)
    for step in range(60):
        trainer.step(data.batch(0, 8 * step, 8), 1)
    trainer.averages["generator"].load_state_dict(trainer.networks["generator"].state_dict())
    dark, light = (trainer.sample(range(16), [i] * 16).mean().item() for i in (0, 1))
    assert light > dark + 0.2

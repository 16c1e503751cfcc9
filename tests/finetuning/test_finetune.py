"""Fine-tuning: files, stopping, resuming, errors, health, layer swap."""

from __future__ import annotations

import json
import resource
import sys
from contextlib import contextmanager
from dataclasses import asdict, replace

import numpy as np
import pytest
import torch
from PIL import Image

from gan_models import networks, weights
from gan_models.finetuning import (
    PRESETS,
    FinetuneSettings,
    finetune,
    layer_swap,
    load_base,
    saved_settings,
)
from gan_models.finetuning.health import Health, assess, read_history, write_health
from gan_models.finetuning.snapshots import thin
from gan_models.media.tensors import to_byte
from gan_models.training import TrainingError
from gan_models.training.run_folder import Journal
from gan_models.training.trainers.finetune import find_nearest, layout_diversity

finetune_module = sys.modules["gan_models.finetuning.run"]
CARD = {"task": "latent", "title": "Tiny", "licence": "MIT", "source": "a test"}
SHAPE = {"img_resolution": 32, "channel_base": 128, "channel_max": 8}
GENERATOR = SHAPE | {"z_dim": 8, "w_dim": 8, "num_mapping_layers": 2}
PROJECTED = {"mixed_channels": [4, 4, 4, 4], "width": 4, "color_px": 8}


@pytest.fixture(autouse=True)
def small_parts(monkeypatch, features):
    """Random features and few measured pictures; the values do not matter."""
    monkeypatch.setattr(finetune_module, "load_features", lambda device: features)
    monkeypatch.setattr(sys.modules["gan_models.training.trainers.finetune"], "MEASURED", 4)
    monkeypatch.setattr(sys.modules["gan_models.training.trainers.finetune"], "SHEET_PX", 64)


def save(path, family, config, seed=0, **facts):
    torch.manual_seed(seed)
    weights.save_generator(path, networks.build(family, config), **CARD | facts)
    return path


@pytest.fixture
def base(tmp_path):
    """A tiny generator, and beside it a discriminator of the projected kind."""
    save(tmp_path / "tiny-discriminator.safetensors", "projected-discriminator", PROJECTED)
    return str(save(tmp_path / "tiny.safetensors", "stylegan2", GENERATOR))


@pytest.fixture
def pixel_base(tmp_path):
    """A tiny generator, and beside it a discriminator of pixels."""
    save(tmp_path / "raw-discriminator.safetensors", "stylegan2-discriminator", SHAPE)
    return str(save(tmp_path / "raw.safetensors", "stylegan2", GENERATOR))


@pytest.fixture
def uploads(tmp_path):
    """Twelve different pictures and a file that is no picture."""
    folder = tmp_path / "uploads"
    folder.mkdir()
    for i in range(12):
        blobs = np.random.RandomState(i).randint(0, 255, (6, 6, 3)).astype(np.uint8)
        Image.fromarray(blobs).resize((50, 40), 3).save(folder / f"{i}.png")
    (folder / "words.txt").write_text("no picture")
    return folder


def tiny(**changes):
    usual = {"batch": 2, "kimg": 0.008, "seconds": None, "reconstruction": 0.0}
    return FinetuneSettings(**usual | changes)


def stop_at(step):
    return lambda progress: progress.step < step


def losses_of(folder):
    return Journal(folder).losses.rows()


def tensors_of(path):
    return weights.load_checkpoint(path)[0].state_dict()


# --- runs ---------------------------------------------------------------------------------------


def test_a_run_writes_a_self_describing_generator_and_all_visible_files(base, uploads, tmp_path):
    news = []
    out = tmp_path / "out"
    outcome = finetune(base, uploads, out, tiny(), callback=news.append)
    assert (outcome.finished, outcome.step) == (True, 4)
    _, info = weights.load_checkpoint(out / "generator.safetensors")
    assert info["title"] == "Tiny, fine-tuned"
    assert info["licence"] == "MIT"
    assert "12 pictures" in info["source"]
    assert info["training"]["settings"]["batch"] == 2
    for folder, suffix in (("sheets", "png"), ("raw", "png"), ("snapshots", "safetensors")):
        names = sorted(path.name for path in (out / folder).iterdir())
        assert names == [f"0000000.{suffix}", f"0000004.{suffix}"]
    first, last = Journal(out).metrics.rows()
    assert (first["step"], last["step"]) == ("0", "4")
    assert {"kid_effl0", "diversity_share", "memorised_share"} < set(first)
    assert json.loads((out / "health.json").read_text())["sentence"]
    with Image.open(out / "nearest.png") as sheet:
        assert sheet.height == 64
    assert any(progress.message.startswith("words.txt: It is no picture") for progress in news)
    assert saved_settings(out) == tiny()


def test_a_snapshot_of_the_first_step_is_the_base_and_later_ones_are_not(base, uploads, tmp_path):
    finetune(base, uploads, tmp_path / "out", tiny())
    theirs = tensors_of(base)
    first, last = (
        tensors_of(tmp_path / "out" / "snapshots" / f"000000{step}.safetensors") for step in (0, 4)
    )
    assert all(torch.equal(first[name], theirs[name]) for name in theirs)
    assert not all(torch.equal(last[name], theirs[name]) for name in theirs)


@pytest.mark.parametrize(
    "changes", [{"augmentation": "ada", "crop": "random"}, {"reconstruction": 1.0}], ids=str
)
def test_a_stopped_run_goes_on_as_if_it_had_not_been_stopped(base, uploads, tmp_path, changes):
    settings = tiny(**changes)
    finetune(base, uploads, tmp_path / "whole", settings)
    finetune(base, uploads, tmp_path / "parts", settings, callback=stop_at(2))
    assert finetune(base, uploads, tmp_path / "parts", settings, resume=True).finished
    assert losses_of(tmp_path / "whole") == losses_of(tmp_path / "parts")
    first = losses_of(tmp_path / "whole")[0]
    assert ("augmentation" in first) == ("augmentation" in changes)
    assert ("perceptual" in first) == ("reconstruction" in changes)


def test_time_ends_a_run_and_a_finished_one_is_left_alone(base, uploads, tmp_path):
    out, settings = tmp_path / "out", replace(tiny(), kimg=1000.0, seconds=1.0)
    outcome = finetune(base, uploads, out, settings)
    assert outcome.finished
    assert outcome.kimg < 1000
    stamp = (out / "generator.safetensors").stat().st_mtime_ns
    again = finetune(base, uploads, out, settings, resume=True)
    assert (again.finished, again.step) == (True, outcome.step)
    assert (out / "generator.safetensors").stat().st_mtime_ns == stamp


def test_the_bases_own_discriminator_goes_on_learning_but_for_its_frozen_layers(
    base, uploads, tmp_path
):
    finetune(base, uploads, tmp_path / "out", tiny(discriminator="base", freeze_d=1))
    ours = tensors_of(tmp_path / "out" / "discriminator.safetensors")
    theirs = tensors_of(tmp_path / "tiny-discriminator.safetensors")
    frozen = "heads.0.body.0.parametrizations.weight.original"
    assert torch.equal(ours[frozen], theirs[frozen])
    free = "heads.0.body.2.parametrizations.weight.original"
    assert not torch.equal(ours[free], theirs[free])


def test_a_discriminator_of_pixels_is_penalised_now_and_then_and_keeps_its_frozen_layers(
    pixel_base, uploads, tmp_path
):
    finetune(pixel_base, uploads, tmp_path / "out", tiny(discriminator="base", freeze_d=2))
    rows = losses_of(tmp_path / "out")
    assert [bool(row["r1"]) for row in rows] == [True, False, False, False]
    ours = tensors_of(tmp_path / "out" / "discriminator.safetensors")
    theirs = tensors_of(tmp_path / "raw-discriminator.safetensors")
    for name in theirs:
        if name.startswith(("from_rgb.weight", "blocks.0.")):
            assert torch.equal(ours[name], theirs[name])
    assert not torch.equal(ours["blocks.1.conv0.weight"], theirs["blocks.1.conv0.weight"])


# --- what goes wrong ----------------------------------------------------------------------------


@contextmanager
def full_disk(num_bytes=20_000):
    """Limit the size of files to `num_bytes`."""
    before = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (num_bytes, before[1]))
    try:
        yield
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, before)


def test_a_full_disk_stops_a_run_with_a_sentence_and_it_can_be_resumed(base, uploads, tmp_path):
    out = tmp_path / "out"
    finetune(base, uploads, tmp_path / "whole", tiny())
    finetune(base, uploads, out, tiny(), callback=stop_at(2))
    with full_disk(), pytest.raises(TrainingError, match="is full: free some space"):
        finetune(base, uploads, out, tiny(), resume=True)
    assert weights.read_tensors(out / "state.pt")["step"] == 2
    assert not list(out.rglob("*.part*"))
    assert finetune(base, uploads, out, tiny(), resume=True).finished
    assert losses_of(out) == losses_of(tmp_path / "whole")


@pytest.mark.parametrize(
    ("error", "sentence"),
    [
        (torch.AcceleratorError("device-side assert triggered"), "device that trains was lost"),
        (RuntimeError("unspecified launch failure"), "device that trains was lost"),
        (torch.OutOfMemoryError("no memory"), "Memory ran out, even with"),
        (MemoryError(), "Memory ran out, even with"),
    ],
)
def test_what_fails_outside_stops_a_run_with_a_sentence_and_it_can_be_resumed(
    error, sentence, base, uploads, tmp_path, monkeypatch
):
    out = tmp_path / "out"
    step = finetune_module.FinetuneTrainer.step

    def fail_from_the_third(trainer, batch, num_chunks):
        if trainer.steps >= 2:
            raise error
        return step(trainer, batch, num_chunks)

    monkeypatch.setattr(finetune_module.FinetuneTrainer, "step", fail_from_the_third)
    with pytest.raises(TrainingError, match=sentence):
        finetune(base, uploads, out, tiny())
    assert weights.read_tensors(out / "state.pt")["step"] <= 2
    monkeypatch.setattr(finetune_module.FinetuneTrainer, "step", step)
    outcome = finetune(base, uploads, out, tiny(), resume=True)
    assert (outcome.finished, outcome.step) == (True, 4)
    assert [row["step"] for row in losses_of(out)] == ["1", "2", "3", "4"]


def test_too_few_pictures_are_refused_with_their_number(base, tmp_path):
    Image.new("RGB", (40, 40)).save(tmp_path / "a.png")
    with pytest.raises(ValueError, match="1 usable pictures were found; 10 to 2000"):
        finetune(base, tmp_path / "a.png", tmp_path / "out", tiny())


def test_a_folder_with_a_run_is_refused_and_keeps_its_pictures(base, uploads, tmp_path):
    finetune(base, uploads, tmp_path / "out", tiny(), callback=stop_at(1))
    (uploads / "0.png").unlink()
    with pytest.raises(TrainingError, match="holds a run already"):
        finetune(base, uploads, tmp_path / "out", tiny())
    assert len(list((tmp_path / "out" / "pictures").glob("*.png"))) == 12


@pytest.mark.parametrize(
    ("family", "config", "task", "words"),
    [
        ("stylegan2", GENERATOR | {"c_dim": 2}, "class", "cannot be fine-tuned"),
        ("dcgan", {"widths": [8, 8, 8]}, "latent", "of family stylegan2 is needed"),
    ],
)
def test_a_base_that_cannot_be_trained_is_refused(family, config, task, words, tmp_path):
    path = save(tmp_path / "other.safetensors", family, config, task=task)
    with pytest.raises(ValueError, match=words):
        load_base(str(path))


def test_a_base_without_a_discriminator_needs_the_projected_one(uploads, tmp_path):
    path = save(tmp_path / "alone.safetensors", "stylegan2", GENERATOR)
    assert load_base(str(path)).discriminator is None
    with pytest.raises(TrainingError, match="choose the projected one"):
        finetune(str(path), uploads, tmp_path / "out", tiny(discriminator="base"))


# --- settings -----------------------------------------------------------------------------------


def test_settings_survive_json_and_a_part_of_them_is_filled_up_by_the_preset():
    for settings in PRESETS.values():
        assert FinetuneSettings.from_dict(json.loads(json.dumps(asdict(settings)))) == settings
    part = FinetuneSettings.from_dict({"preset": "normal", "freeze_d": 2})
    assert part == replace(PRESETS["normal"], freeze_d=2)


@pytest.mark.parametrize(
    ("values", "words"),
    [
        ({"preset": "eternal"}, "quick, normal, long"),
        ({"colour": 1}, "no setting 'colour'"),
        ({"kimg": float("nan")}, "kimg is a number from"),
        ({"kimg": -1}, "kimg is a number from"),
        ({"seconds": "long"}, "seconds is a number from"),
        ({"batch": 4.5}, "batch is a whole number"),
        ({"batch": True}, "batch is a whole number"),
        ({"adversarial": 0, "matching": 0}, "cannot both be 0"),
        ({"seed": -1}, "seed is a whole number"),
        ({"generator_rate": 5.0}, "generator_rate"),
        ({"discriminator": "none"}, "projected, base"),
        ({"augmentation": ["ada"]}, "augmentation is one of"),
        ({"crop": "round"}, "crop is one of"),
        ({"mirror": "yes"}, "true or false"),
    ],
)
def test_settings_that_make_no_sense_are_refused_with_what_would(values, words):
    with pytest.raises(ValueError, match=words):
        FinetuneSettings.from_dict(values)


# --- health, snapshots, layers ------------------------------------------------------------------


def row(kid, diversity, copies, layouts=0.7):
    measures = {"kid_effl0": kid, "diversity_share": diversity, "memorised_share": copies}
    return measures | {"layout_share": layouts}


@pytest.mark.parametrize(
    ("measures", "diverged", "state"),
    [
        ([], False, "starting"),
        ([row(0.3, 0.8, 0)], False, "starting"),
        ([row(0.3, 0.8, 0), row(0.2, 0.8, 0)], False, "learning"),
        ([row(0.3, 0.8, 0), row(0.1, 0.9, 0.9)], False, "learning"),  # once may be chance
        ([row(0.3, 0.8, 0), row(0.1, 0.9, 0.9), row(0.1, 0.9, 0.8)], False, "overfitting"),
        ([row(0.3, 0.8, 0), row(0.3, 0.1, 0)], False, "learning"),
        ([row(0.3, 0.8, 0), row(0.3, 0.3, 0), row(0.3, 0.1, 0)], False, "collapsing"),
        ([row(0.3, 0.8, 0), row(0.9, 0.8, 0), row(0.8, 0.8, 0)], False, "collapsing"),
        ([row(0.3, 0.8, 0), row(0.3, 0.7, 0, 0.4), row(0.3, 0.7, 0, 0.4)], False, "collapsing"),
        ([row(0.3, 0.8, 0), row(0.9, 0.8, 0.4), row(0.8, 0.8, 0.5)], False, "overfitting"),
        ([row(0.3, 0.8, 0), row(0.2, 0.7, 0, 0.6), row(0.2, 0.7, 0, 0.6)], False, "learning"),
        ([row(0.3, 0.8, 0), row(0.9, 0.8, 0), row(0.2, 0.8, 0)], False, "learning"),
        ([row(0.3, 0.8, 0), row(0.2, 0.8, 0)], True, "diverged"),
    ],
)
def test_the_health_of_a_run_follows_from_its_measures(measures, diverged, state):
    assert assess(measures, diverged).state == state


def test_a_run_without_further_improvement_is_reported():
    measures = [row(kid, 0.8, 0) for kid in (0.3, 0.2, 0.15, 0.1, 0.08, 0.07)]
    assert "come nearer" in assess(measures, False).sentence
    flat = [row(0.08, 0.8, 0)] * 4
    assert "no longer" in assess([*measures, *flat], False).sentence


def test_past_states_are_stored_up_to_the_step_of_a_rollback(tmp_path):
    for step, state in ((0, "starting"), (4, "learning"), (8, "learning"), (9, "collapsing")):
        write_health(tmp_path, Health(state, "So it is."), step, step / 1000)
    write_health(tmp_path, Health("diverged", "So it is."), 6, 0.006)
    found = [(entry["step"], entry["state"]) for entry in read_history(tmp_path)]
    assert found == [(0, "starting"), (4, "learning"), (6, "diverged")]


def test_copies_are_found_also_mirrored_blurred_and_noisy_and_others_are_not():
    random = torch.Generator().manual_seed(0)
    blobs = torch.rand(20, 3, 6, 6, generator=random) * 2 - 1
    images = torch.nn.functional.interpolate(blobs, size=(32, 32), mode="bicubic").clamp(-1, 1)
    seen, strangers = to_byte(images[:10]), images[10:]
    rough = images[:10].flip(-1) + 0.1 * torch.randn(10, 3, 32, 32, generator=random)
    copies = find_nearest(torch.nn.functional.avg_pool2d(rough, 3, 1, 1), seen)
    assert (copies.ratio < 0.5).all()
    assert torch.equal(copies.reals, seen)
    assert (find_nearest(strangers, seen).ratio > 0.5).all()


def test_similar_layouts_are_recognised_in_any_colours():
    random = torch.Generator().manual_seed(0)
    blobs = torch.rand(10, 3, 8, 8, generator=random) * 2 - 1
    colours = torch.rand(10, 3, 1, 1, generator=random) - 0.5
    alike = (0.5 * blobs[:1].mean(1, keepdim=True) + colours).expand(-1, 3, -1, -1)
    many, one = (layout_diversity(torch.nn.functional.interpolate(x, 32)) for x in (blobs, alike))
    assert one < 0.3 * many


def test_snapshots_are_thinned_evenly_between_the_first_and_the_last(tmp_path):
    for step in range(0, 2100, 100):
        (tmp_path / f"{step:07d}.safetensors").touch()
        thin(tmp_path, most=5)
    steps = [int(path.stem) for path in sorted(tmp_path.iterdir())]
    assert (len(steps), steps[0], steps[-1]) == (5, 0, 2000)
    assert max(np.diff(steps)) <= 1000


def test_layers_are_swapped_from_a_size_on(tmp_path):
    pair = [save(tmp_path / f"{seed}.safetensors", "stylegan2", GENERATOR, seed) for seed in (1, 2)]
    out = layer_swap(*pair, 16, tmp_path / "mixed.safetensors")
    coarse, fine, mixed = (tensors_of(path) for path in (*pair, out))
    for name, tensor in mixed.items():
        is_fine = name.startswith(("synthesis.blocks.2.", "synthesis.blocks.3."))
        assert torch.equal(tensor, (fine if is_fine else coarse)[name]), name


def test_layers_of_another_size_or_architecture_are_not_swapped(tmp_path):
    first = save(tmp_path / "a.safetensors", "stylegan2", GENERATOR)
    other = save(tmp_path / "b.safetensors", "stylegan2", GENERATOR | {"w_dim": 4})
    with pytest.raises(ValueError, match="8, 16, 32"):
        layer_swap(first, first, 64, tmp_path / "c.safetensors")
    with pytest.raises(ValueError, match="differ in their architecture"):
        layer_swap(first, other, 16, tmp_path / "c.safetensors")

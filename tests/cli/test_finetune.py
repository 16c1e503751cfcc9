"""`python -m gan_models finetune`: a run, its end, its refusals; each one line."""

from __future__ import annotations

import sys

import numpy as np
import pytest
import torch
from PIL import Image

from gan_models import networks, weights
from gan_models.cli.main import main
from gan_models.finetuning import saved_settings
from gan_models.metrics import features as features_module
from gan_models.networks.efficientnet_lite import EfficientNetLite0

SHAPE = {"img_resolution": 32, "channel_base": 128, "channel_max": 8}


@pytest.fixture
def call(tmp_path, monkeypatch):
    """Runs the command with a tiny base and twelve pictures; gives the status."""
    torch.manual_seed(0)
    frozen = EfficientNetLite0().freeze()
    monkeypatch.setattr(features_module, "MEASURE_PX", 32)
    trainer = sys.modules["gan_models.training.trainers.finetune"]
    monkeypatch.setattr(trainer, "MEASURED", 4)
    monkeypatch.setattr(trainer, "SHEET_PX", 64)
    monkeypatch.setattr(
        sys.modules["gan_models.finetuning.run"], "load_features", lambda device: frozen
    )
    config = SHAPE | {"z_dim": 8, "w_dim": 8, "num_mapping_layers": 2}
    weights.save_generator(
        tmp_path / "tiny.safetensors",
        networks.build("stylegan2", config),
        task="latent",
        title="Tiny",
        licence="MIT",
        source="a test",
    )
    (tmp_path / "uploads").mkdir()
    for i in range(12):
        blobs = np.random.RandomState(i).randint(0, 255, (6, 6, 3)).astype(np.uint8)
        Image.fromarray(blobs).resize((50, 40), 3).save(tmp_path / "uploads" / f"{i}.png")

    def run(*more, base="tiny.safetensors", images="uploads", out="out"):
        names = {"--base": base, "--images": tmp_path / images, "--out": tmp_path / out}
        names["--base"] = str(tmp_path / base) if base.endswith(".safetensors") else base
        argv = [str(part) for pair in names.items() for part in pair]
        return main(["finetune", *argv, "--device", "cpu", *more])

    return run


def test_a_run_is_finished_left_alone_when_resumed_and_refused_when_begun_again(
    call, tmp_path, capsys
):
    assert call("--kimg", "0.004", "--set", "batch=2,mirror=false,reconstruction=0") == 0
    assert "0.00 kimg, finished" in capsys.readouterr().out.splitlines()[-1]
    path = tmp_path / "out" / "generator.safetensors"
    stamp = path.stat().st_mtime_ns
    kept = saved_settings(tmp_path / "out")
    assert (kept.kimg, kept.seconds, kept.batch, kept.mirror) == (0.004, None, 2, False)
    assert call("--resume") == 0
    assert path.stat().st_mtime_ns == stamp
    assert call("--kimg", "0.004") == 2
    error = capsys.readouterr().err
    assert "add --resume" in error
    assert error.count("\n") == 1
    assert call("--kimg", "0.008", "--resume") == 0
    assert path.stat().st_mtime_ns > stamp


def test_pictures_where_the_run_would_store_its_copies_are_never_deleted(call, tmp_path, capsys):
    (tmp_path / "out").mkdir()
    (tmp_path / "uploads").rename(tmp_path / "out" / "pictures")
    (tmp_path / "link").symlink_to(tmp_path / "out" / "pictures", target_is_directory=True)
    for images in ("out/pictures", "link", "out/pictures/3.png"):
        assert call(images=images) == 2
        assert "holds files of yours" in capsys.readouterr().err
    assert len(list((tmp_path / "out" / "pictures").iterdir())) == 12


def test_a_base_is_never_overwritten_by_its_run(call, tmp_path, capsys):
    (tmp_path / "out").mkdir()
    (tmp_path / "out" / "generator.safetensors").symlink_to(tmp_path / "tiny.safetensors")
    before = (tmp_path / "tiny.safetensors").read_bytes()
    for base in ("tiny.safetensors", "out/generator.safetensors"):
        for more in ((), ("--resume",)):
            assert call(*more, base=base) == 2
            assert capsys.readouterr().err.count("\n") == 1
    assert (tmp_path / "tiny.safetensors").read_bytes() == before


def test_links_and_folders_with_a_dot_are_taken(call, tmp_path, capsys):
    (tmp_path / "linked").mkdir()
    for path in (tmp_path / "uploads").iterdir():
        (tmp_path / "linked" / path.name).symlink_to(path)
    options = ("--kimg", "0.004", "--set", "batch=2,reconstruction=0")
    assert call(*options, images="linked", out="runs-lr0.002") == 0
    assert (tmp_path / "runs-lr0.002" / "generator.safetensors").is_file()


@pytest.mark.parametrize(
    ("options", "more", "words"),
    [
        ({"base": "no-such-model"}, (), "no model 'no-such-model'"),
        ({"base": "none.safetensors"}, (), "There is no file"),
        ({"base": "faces-64"}, (), "cannot be fine-tuned"),
        ({"images": "nowhere"}, (), "no pictures at"),
        ({"images": "uploads/3.png"}, (), "1 usable pictures"),
        ({"out": "out.png"}, (), "must be a folder"),
        ({}, ("--preset", "eternal"), "quick, normal, long"),
        ({}, ("--kimg", "-1"), "kimg is a number"),
        ({}, ("--set", "hue=1"), "no setting 'hue'"),
    ],
)
def test_what_cannot_be_done_is_said_in_one_line(options, more, words, call, capsys):
    assert call(*more, **options) == 2
    error = capsys.readouterr().err
    assert words in error
    assert error.count("\n") == 1


def test_a_missing_option_is_said_in_one_line(capsys):
    with pytest.raises(SystemExit) as ending:
        main(["finetune", "--base", "faces-64"])
    assert ending.value.code == 2
    assert "--images" in capsys.readouterr().err

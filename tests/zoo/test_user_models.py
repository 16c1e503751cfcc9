"""User models are checked, converted, listed and removed."""

from pathlib import Path

import pytest
import torch
from PIL import Image

from gan_models import (
    add_user_model,
    get_spec,
    guess_format,
    list_models,
    load_pipeline,
    model_formats,
    read_options,
    remove_user_model,
)
from gan_models.weights import UnsafeWeightsError, WeightsError

GOLDEN = Path(__file__).parents[1] / "golden"
SPADE_VAE = {"crop_size": 64, "num_upsampling_layers": "normal"}


@pytest.fixture(autouse=True)
def home(tmp_path, monkeypatch):
    monkeypatch.setenv("GANVAS_HOME", str(tmp_path))
    return tmp_path


def test_a_checkpoint_becomes_a_model_of_its_own_task():
    path = GOLDEN / "stylegan2_uncond.weights.safetensors"
    spec = add_user_model(path, guess_format(path), "My  cats ⚡")
    assert (spec.id, spec.title, spec.task) == ("own-my-cats", "My cats ⚡", "latent")
    assert spec in list_models()
    picture = load_pipeline(spec.id, device="cpu").sample([0])[0]
    assert picture.size == (spec.resolution, spec.resolution)
    remove_user_model(spec.id)
    assert spec not in list_models()
    assert path.is_file()


def test_a_self_describing_file_is_added_unchanged():
    first = add_user_model(GOLDEN / "dcgan.weights.safetensors", "dcgan-pytorch", "One")
    again = add_user_model(first.source.path, guess_format(first.source.path), "One")
    assert again.id == "own-one-2"
    assert again.family == "dcgan"


def test_a_spade_is_added_with_its_style_encoder(home):
    parts = [GOLDEN / f"spade_vae.{part}safetensors" for part in ("weights.", "encoder.weights.")]
    spec = add_user_model(parts[0], "spade-nvlabs", "Hills", options=SPADE_VAE, encoder=parts[1])
    assert [own.id for own in list_models() if own.id.startswith("own-")] == ["own-hills"]
    pipeline = load_pipeline(spec.id, device="cpu")
    assert len(pipeline.encode_style(Image.new("RGB", (40, 30), "orange"))) == spec.config["z_dim"]
    remove_user_model(spec.id)
    assert not list(home.rglob("own-*"))


def test_the_encoder_of_another_model_is_refused_and_leaves_nothing(home):
    plain, other = GOLDEN / "spade.weights.safetensors", GOLDEN / "dcgan.weights.safetensors"
    encoder = GOLDEN / "spade_vae.encoder.weights.safetensors"
    with pytest.raises(ValueError, match="takes no styles"):
        add_user_model(plain, "spade-nvlabs", "x", encoder=encoder)
    with pytest.raises(WeightsError, match="fc_mu"):
        add_user_model(plain, "spade-nvlabs", "x", encoder=other)
    assert not list(home.rglob("own-*"))


def test_an_unsafe_file_is_refused_and_leaves_nothing(home, tmp_path):
    path = tmp_path / "bad.pth"
    torch.save({"model": torch.nn.Linear(1, 1)}, path)
    with pytest.raises(UnsafeWeightsError, match="state_dict"):
        guess_format(path)
    assert not list(home.rglob("own-*"))


def test_the_wrong_format_names_what_does_not_fit(home):
    with pytest.raises(WeightsError, match="looks like dcgan-pytorch"):
        add_user_model(GOLDEN / "dcgan.weights.safetensors", "spade-nvlabs", "x")
    assert not list(home.rglob("own-*"))


def test_a_damaged_model_is_left_out_of_the_list(home):
    spec = add_user_model(GOLDEN / "dcgan.weights.safetensors", "dcgan-pytorch", "One")
    Path(spec.source.path).write_bytes(b"broken")
    assert all(other.id != spec.id for other in list_models())


@pytest.mark.parametrize("model_id", ["faces-64", "own-none", "../own-x", ""])
def test_only_user_models_can_be_removed(model_id):
    with pytest.raises(ValueError, match="no model of your own"):
        remove_user_model(model_id)


def test_an_unknown_user_model_is_refused_with_a_list_of_models():
    with pytest.raises(ValueError, match="faces-64"):
        get_spec("own-none")


def test_options_are_read_as_numbers_and_words():
    assert read_options("conv_clamp=256, a=0.5,b = x ") == {"conv_clamp": 256, "a": 0.5, "b": "x"}
    with pytest.raises(ValueError, match="name=value"):
        read_options("conv_clamp")


def test_every_format_is_offered():
    assert {"ganvas", "stylegan2-nvlabs", "spade-nvlabs"} <= set(model_formats())


def test_the_formats_of_the_golden_files_are_guessed():
    for stem, format in (
        ("stylegan2_rosinality", "stylegan2-rosinality"),
        ("stylegan3t", "stylegan3-nvlabs"),
        ("biggan_deep", "biggan-deep-hf"),
        ("cyclegan_resnet9", "cyclegan-junyanz"),
        ("pix2pix_unet256", "pix2pix-junyanz"),
        ("spade", "spade-nvlabs"),
        ("dcgan", "dcgan-pytorch"),
    ):
        assert guess_format(GOLDEN / f"{stem}.weights.safetensors") == format

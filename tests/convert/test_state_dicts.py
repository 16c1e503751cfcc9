"""Checkpoints as training code saves them: under which key the generator is, and how nested."""

from __future__ import annotations

import argparse
import pickle
from collections import OrderedDict

import pytest
import torch
from safetensors.torch import load_file

from gan_models import convert
from gan_models.cli.main import main
from gan_models.convert.state_dicts import unwrap
from tests.networks import golden

NETS = ("dcgan", "stylegan2_rosinality", "spade", "pix2pix_unet256", "biggan_deep")
KEYS = (
    *("g_ema", "G_ema", "ema", "params_ema", "netG_ema", "generator_ema", "model_ema", "g_running"),
    *("generator", "G", "g", "gen", "netG", "netG_state_dict", "generator_state_dict", "net_g"),
    *("model_state_dict", "state_dict", "model", "params", "weights", "modelG", "G_A2B", "network"),
)
CRITIC = {"0.weight": torch.zeros(3, 3), "0.bias": torch.zeros(3)}


def tensors_of(name: str) -> dict[str, torch.Tensor]:
    return load_file(golden.FOLDER / f"{name}.weights.safetensors")


def saved(content, path):
    torch.save(content, path)
    return path


def opens(path, name: str) -> bool:
    """Whether a file gives the network of a golden case, guessed and named."""
    options = {"crop_size": 128} if name == "spade" else {}
    assert convert.guess_format(path) == golden.FORMATS[name]
    generator = convert.load_generator(path, golden.FORMATS[name], **options)
    wanted = golden.load(name).state_dict()
    return all(
        tensor.equal(wanted[key])
        for key, tensor in generator.state_dict().items()
        if key != "mapping.w_avg"
    )


@pytest.mark.parametrize("key", KEYS)
def test_the_generator_is_found_under_every_usual_key(tmp_path, key):
    content = {
        "epoch": 3,
        "discriminator": CRITIC,
        "optimizer": {"state": {0: {"exp_avg": torch.zeros(3)}}, "param_groups": [{"lr": 1e-3}]},
        key: tensors_of("dcgan"),
        "loss": [0.5, 0.25],
    }
    assert opens(saved(content, tmp_path / "a.pth"), "dcgan")


WRAPS = {
    "nested": lambda sd: {"models": {"generator": sd, "discriminator": CRITIC}},
    "three deep": lambda sd: {"checkpoint": {"models": {"G": sd, "D": CRITIC}}, "epoch": 1},
    "in state_dict": lambda sd: {"state_dict": {"G": sd, "step": 4}},
    "one flat dictionary": lambda sd: {
        "state_dict": {f"generator.{k}": v for k, v in sd.items()} | {"critic.0": torch.ones(1)},
        "hyper_parameters": argparse.Namespace(lr=0.1),
    },
    "flat without a key": lambda sd: {f"netG.{k}": v for k, v in sd.items()} | {"netD.0": CRITIC},
    "prefixed twice": lambda sd: {f"model.generator.{k}": v for k, v in sd.items()},
    "parallel": lambda sd: {f"module.{k}": v for k, v in sd.items()},
    "compiled": lambda sd: {"netG": {f"_orig_mod.module.{k}": v for k, v in sd.items()}},
    "own names": lambda sd: {"the maker": OrderedDict(sd), "the judge": CRITIC},
    "numbers beside": lambda sd: sd | {"epoch": 3, "loss": 0.5},
}


@pytest.mark.parametrize("name", NETS)
@pytest.mark.parametrize("wrap", WRAPS)
def test_the_generator_is_found_however_it_is_wrapped(tmp_path, name, wrap):
    assert opens(saved(WRAPS[wrap](tensors_of(name)), tmp_path / "a.pt"), name)


def test_a_pickle_of_plain_tensors_is_read_as_one_of_torch_is(tmp_path):
    path = tmp_path / "a.pkl"
    path.write_bytes(pickle.dumps({"epoch": 3, "generator": tensors_of("dcgan")}))
    assert opens(path, "dcgan")


AVERAGES = [
    *(("g_ema", "g"), ("G_ema", "G"), ("params_ema", "params"), ("ema", "netG")),
    *(("ema_generator", "generator"), ("netG_ema", "netG"), ("g_running", "generator")),
    *(("emaG", "netG"), ("model_ema", "model_state_dict"), ("generatorEMA", "generator")),
]


@pytest.mark.parametrize(("ema", "usual"), AVERAGES)
def test_the_running_average_is_taken_before_the_generator_itself(ema, usual):
    good = tensors_of("dcgan")
    plain = {key: tensor + 1 for key, tensor in good.items()}
    for content in ({usual: plain, ema: good, "epoch": 3}, {ema: good, "epoch": 3, usual: plain}):
        tensors, beside = unwrap(content, "dcgan-pytorch")
        assert tensors["main.0.weight"].equal(good["main.0.weight"])
        assert set(beside) == {usual, "epoch"}


def test_the_average_inside_a_wrapper_of_averages_is_taken():
    good = tensors_of("dcgan")
    plain = {f"online_model.{key}": tensor + 1 for key, tensor in good.items()}
    ema = {f"ema_model.{key}": tensor for key, tensor in good.items()}
    content = {"model": good, "ema": {"step": torch.tensor(3), **plain, **ema}}
    tensors, _ = unwrap(content)
    assert tensors["main.0.weight"].equal(good["main.0.weight"])
    averaged = {f"module.{key}": tensor for key, tensor in good.items()}
    tensors, _ = unwrap({"swa": averaged | {"n_averaged": torch.tensor(9)}, "model": plain})
    assert tensors["main.0.weight"].equal(good["main.0.weight"])


def test_the_generator_is_taken_before_what_has_no_usual_key():
    good = tensors_of("dcgan")
    other = {key: tensor + 1 for key, tensor in good.items()}
    for key in ("generator", "G", "netG", "model_state_dict", "state_dict", "model"):
        tensors, _ = unwrap({"teacher": other, key: good, "discriminator": other})
        assert tensors["main.0.weight"].equal(good["main.0.weight"])


def test_the_one_whose_names_fit_the_format_is_taken():
    content = {"generator": tensors_of("dcgan"), "model": tensors_of("stylegan2_rosinality")}
    assert "style.1.weight" in unwrap(content, "stylegan2-rosinality")[0]
    assert "main.0.weight" in unwrap(content, "dcgan-pytorch")[0]
    assert "main.0.weight" in unwrap(content)[0]


def test_latent_avg_is_found_beside_the_generator_at_any_level(tmp_path):
    tensors, average = tensors_of("stylegan2_rosinality"), torch.arange(48.0)
    args = argparse.Namespace(lr=2e-3, path="data.lmdb", augment=True)
    for content in (
        {"g": {}, "g_ema": tensors, "latent_avg": average, "args": args, "ada_aug_p": 0.1},
        {"state_dict": {"g_ema": tensors, "latent_avg": average}, "args": args},
        {"latent_avg": average, "checkpoint": {"g_ema": tensors}, "args": args},
    ):
        path = saved(content, tmp_path / "001000.pt")
        generator = convert.load_generator(path, "stylegan2-rosinality")
        assert generator.mapping.w_avg.equal(average)


@pytest.mark.parametrize("keys", [("A2B", "B2A"), ("netG_A", "netG_B"), ("G_AB", "G_BA")])
def test_two_generators_of_equal_rank_are_ambiguous(keys):
    both = {key: tensors_of("cyclegan_resnet9") for key in keys}
    with pytest.raises(convert.FormatError, match="several generators, under") as refused:
        unwrap(both, "cyclegan-junyanz")
    assert all(repr(key) in str(refused.value) for key in keys)


NONE_FITS = [
    {"epoch": 3, "generator": "gone", "optim": {"lr": 0.1}},
    {"epoch": 3, "a": {"x": torch.zeros(1)}, "b": {"y": torch.zeros(1)}},
    {"model": {"x": torch.zeros(1), "step": 3}, "epoch": 7},
    {"args": argparse.Namespace(a=1), "epoch": 7},
]


@pytest.mark.parametrize("content", NONE_FITS)
def test_where_nothing_fits_the_keys_are_listed(tmp_path, content, capsys):
    path = saved(content, tmp_path / "a.pth")
    with pytest.raises(convert.FormatError, match="the keys here are") as refused:
        convert.guess_format(path)
    assert all(repr(key) in str(refused.value) for key in content)
    assert main(["convert", str(path), "--out", str(tmp_path / "a.safetensors")]) == 2
    assert "the keys here are" in capsys.readouterr().err


def test_where_several_are_possible_and_none_fits_the_keys_are_listed_for_a_format_too(tmp_path):
    path = saved(NONE_FITS[1], tmp_path / "a.pth")
    with pytest.raises(convert.FormatError, match=r"dcgan-pytorch.*the keys here are .*'a' .*'b'"):
        convert.load_generator(path, "dcgan-pytorch")


def test_many_keys_are_not_all_listed(tmp_path):
    path = saved({f"key {i}": i for i in range(500)}, tmp_path / "a.pth")
    with pytest.raises(convert.FormatError, match="488 more") as refused:
        convert.guess_format(path)
    assert len(str(refused.value)) < 1000


def test_a_damaged_generator_under_a_usual_key_is_named_by_its_fault(tmp_path):
    tensors = tensors_of("dcgan")
    del tensors["main.3.weight"]
    path = saved({"epoch": 3, "generator": tensors}, tmp_path / "a.pth")
    with pytest.raises(convert.FormatError, match=r"'main\.3\.weight' is missing"):
        convert.load_generator(path, format="dcgan-pytorch")


def test_a_generator_of_another_format_is_named_under_any_key(tmp_path):
    content = {"netG": tensors_of("dcgan"), "netD": CRITIC, "epoch": 1}
    path = saved(content, tmp_path / "a.pth")
    with pytest.raises(convert.FormatError, match="looks like dcgan-pytorch"):
        convert.load_generator(path, "spade-nvlabs")


def test_an_encoder_is_found_under_a_key_too(tmp_path):
    encoder = load_file(golden.FOLDER / "spade_vae.encoder.weights.safetensors")
    for content in (encoder, {"state_dict": encoder}, {"netE": encoder, "netG": CRITIC}):
        assert convert.load_encoder(saved(content, tmp_path / "a.pth")).z_dim

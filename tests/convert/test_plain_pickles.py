"""Pickles are recognised by content; for networks of another family the class is named."""

from __future__ import annotations

import pickle
from pathlib import Path

import pytest
import torch
from safetensors.torch import load_file

from gan_models import add_user_model, convert, guess_format, load_pipeline
from gan_models.cli.main import main
from tests.networks import golden

CASES = Path(__file__).parents[1] / "cases"
PICKLED = ("stylegan2_uncond", "stylegan3t")


def pickled(name: str) -> bytes:
    return (golden.FOLDER / f"{name}.nvlabs.pkl").read_bytes()


@pytest.mark.parametrize("file", ["a.pt", "a.pth", "a.PKL", "a.bin", "a", "a.ckpt"])
@pytest.mark.parametrize("name", PICKLED)
def test_a_network_pickle_opens_under_any_name(tmp_path, name, file):
    path = tmp_path / file
    path.write_bytes(pickled(name))
    assert guess_format(path) == golden.FORMATS[name]
    ours = convert.load_generator(path, golden.FORMATS[name])
    theirs = golden.load(name, ".nvlabs.pkl")
    pairs = zip(ours.state_dict().values(), theirs.state_dict().values(), strict=True)
    assert ours.config == theirs.config
    assert all(a.equal(b) for a, b in pairs)


def test_a_renamed_pickle_goes_from_file_to_picture(tmp_path, monkeypatch):
    monkeypatch.setenv("GANVAS_HOME", str(tmp_path))
    (tmp_path / "network.pt").write_bytes(pickled("stylegan2_uncond"))
    out = tmp_path / "a.safetensors"
    assert main(["convert", str(tmp_path / "network.pt"), "--out", str(out)]) == 0
    spec = add_user_model(tmp_path / "network.pt", "stylegan2-nvlabs", "Renamed")
    one, other = (
        load_pipeline(model, device="cpu").sample([3])[0] for model in (spec.id, str(out))
    )
    assert one.tobytes() == other.tobytes()
    assert convert.load_discriminator(tmp_path / "network.pt").img_resolution == 64


@pytest.mark.parametrize("zipped", [True, False], ids=["zip", "old format"])
def test_a_torch_file_called_a_pickle_is_read_as_what_it_is(tmp_path, zipped):
    tensors, path = load_file(golden.FOLDER / "dcgan.weights.safetensors"), tmp_path / "dcgan.pkl"
    torch.save({"generator": tensors}, path, _use_new_zipfile_serialization=zipped)
    assert convert.guess_format(path) == "dcgan-pytorch"
    convert.load_generator(path, "dcgan-pytorch")


def test_a_pickle_of_the_generator_alone_is_read(tmp_path):
    content = convert.nvlabs_pickle.read(golden.FOLDER / "stylegan2_uncond.nvlabs.pkl")
    assert content["G_ema"]
    assert convert.nvlabs_pickle.generator_in(content["G_ema"], "a.pkl") is content["G_ema"]


class Generator(torch.nn.Module):
    """A network of a family that is not known here."""

    def __init__(self) -> None:
        super().__init__()
        self.layer = torch.nn.Linear(2, 3)


@pytest.mark.parametrize("file", ["other.pkl", "other.pt", "other.pth"])
@pytest.mark.parametrize("content", ["networks", "the network alone"])
def test_a_network_of_another_family_is_refused_by_its_class(tmp_path, file, content, capsys):
    path = tmp_path / file
    whole = {"G": Generator(), "D": None, "G_ema": Generator(), "training_set_kwargs": {}}
    path.write_bytes(pickle.dumps(whole if content == "networks" else whole["G"]))
    calls = (
        lambda: convert.guess_format(path),
        lambda: convert.load_generator(path, "stylegan2-nvlabs"),
        lambda: convert.load_generator(path, "fastgan-huggan"),
        lambda: convert.load_discriminator(path),
    )
    for call in calls:
        with pytest.raises(convert.FormatError) as refused:
            call()
        assert f"{__name__}.Generator" in str(refused.value)
        assert "stylegan2-nvlabs and stylegan3-nvlabs" in str(refused.value)
    assert main(["convert", str(path), "--out", str(tmp_path / "a.safetensors")]) == 2
    told = capsys.readouterr().err
    assert "Generator" in told
    assert "--format" not in told


@pytest.mark.parametrize("file", ["projected-gan-fastgan.pkl", "renamed.pt"])
def test_the_case_of_a_projected_gan_is_named(tmp_path, file, capsys):
    path = tmp_path / file
    path.write_bytes((CASES / "projected-gan-fastgan.pkl").read_bytes())
    with pytest.raises(convert.FormatError, match=r"FastGAN Generator .*networks_fastgan"):
        convert.guess_format(path)
    assert main(["convert", str(path), "--out", str(tmp_path / "a.safetensors")]) == 2
    told = capsys.readouterr().err
    assert "FastGAN Generator" in told
    assert "--format" not in told


@pytest.mark.parametrize("file", ["old.pkl", "old.pt"])
def test_a_tensorflow_pickle_is_refused_with_advice(tmp_path, file):
    path = tmp_path / file
    path.write_bytes((CASES / "stylegan2-tensorflow-days.pkl").read_bytes())
    says = r"has no 'G_ema'\. Choose a StyleGAN2-ADA or StyleGAN3 pickle.*tflib\.network\.Network"
    for call in (
        lambda: convert.guess_format(path),
        lambda: convert.load_generator(path, "stylegan2-nvlabs"),
    ):
        with pytest.raises(convert.FormatError, match=says):
            call()


@pytest.mark.parametrize("content", [{}, [], 3, {"G_ema": None}, {"G": [1, 2], "x": "y"}])
def test_the_error_of_a_pickle_without_a_network_lists_its_content(tmp_path, content):
    path = tmp_path / "a.pt"
    path.write_bytes(pickle.dumps(content))
    with pytest.raises(convert.FormatError, match=r"no 'G_ema'.*It holds: "):
        convert.guess_format(path)

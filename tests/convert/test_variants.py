"""Generators with unusual tensors or channels are opened and make pictures."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
import torch
from PIL import Image
from safetensors.torch import load_file

from gan_models import convert, load_pipeline
from gan_models.cli.main import main
from tests.networks import golden

NAMESPACE = Path(__file__).parents[1] / "cases" / "rosinality-with-args-namespace.pt"


def tensors_of(name: str) -> dict[str, torch.Tensor]:
    return load_file(golden.FOLDER / f"{name}.weights.safetensors")


def recoloured(name: str, channels: int) -> dict[str, torch.Tensor]:
    """A golden generator whose pictures have another number of channels."""
    changed = {}
    for key, tensor in tensors_of(name).items():
        axis = _colour_axis(name, key, tensor)
        if axis is not None:
            index = torch.tensor([0, 1, 2, 0][:channels])
            tensor = tensor.index_select(axis, index).contiguous()
        changed[key] = tensor
    return changed


def _colour_axis(name: str, key: str, tensor: torch.Tensor) -> int | None:
    if name == "dcgan":
        last = max(int(k.split(".")[1]) for k in tensors_of(name))
        return 1 if key == f"main.{last}.weight" else None
    if name == "stylegan2_rosinality":
        part = key.startswith("to_rgb") and key.endswith(("conv.weight", ".bias"))
        return 1 if part and "modulation" not in key else None
    return 0 if key.endswith(("torgb.weight", "torgb.bias")) else None


def converted(tmp_path, tensors, format: str) -> Path:
    torch.save(tensors, tmp_path / "theirs.pt")
    out = tmp_path / "ours.safetensors"
    assert convert.guess_format(tmp_path / "theirs.pt") == format
    assert main(["convert", str(tmp_path / "theirs.pt"), "--out", str(out)]) == 0
    return out


@pytest.mark.parametrize("channels", [1, 3, 4])
@pytest.mark.parametrize("name", ["stylegan2_uncond", "stylegan2_rosinality", "dcgan"])
def test_grey_and_rgba_generators_make_pictures_a_grid_and_a_film(tmp_path, name, channels):
    ours = converted(tmp_path, recoloured(name, channels), golden.FORMATS[name])
    pipeline = load_pipeline(str(ours), device="cpu")
    picture = pipeline.sample([1])[0]
    assert picture.mode == ("RGBA" if channels == 4 else "RGB")
    if channels == 1:
        red, green, blue = picture.split()
        assert red.tobytes() == green.tobytes() == blue.tobytes()
    if channels == 4:
        assert len(set(picture.getchannel("A").tobytes())) > 1
    assert main(["sample", str(ours), "--seeds", "0-3", "--out", str(tmp_path / "grid.png")]) == 0
    for film in ("walk.mp4", "walk.gif"):
        walk = ["interpolate", str(ours), "--seeds", "1,2", "--frames", "4"]
        assert main([*walk, "--out", str(tmp_path / film)]) == 0
        assert (tmp_path / film).stat().st_size > 100


def test_a_rosinality_file_without_latent_avg_gets_the_mean_of_w(tmp_path):
    content = {"g_ema": tensors_of("stylegan2_rosinality"), "g_optim": {"state": {}, "a": [1]}}
    ours = converted(tmp_path, content, "stylegan2-rosinality")
    pipeline = load_pipeline(str(ours), device="cpu")
    w_avg = pipeline.generator.mapping.w_avg
    drawn = pipeline.generator.mapping.map(torch.randn(20_000, pipeline.generator.z_dim)).mean(0)
    assert w_avg.abs().max() > 0
    assert (w_avg - drawn).norm() < 0.2 * drawn.norm() + 0.05
    half, whole = (np.asarray(pipeline.sample([3], psi)[0]).astype(int) for psi in (0.5, 1.0))
    assert np.abs(half - whole).mean() > 0.5
    for film in ("walk.mp4", "walk.gif"):
        walk = ["interpolate", str(ours), "--seeds", "1,2", "--frames", "4"]
        out = ["--truncation-psi", "0.5", "--out", str(tmp_path / film)]
        assert main([*walk, *out]) == 0


def test_a_generator_out_of_data_parallel_is_opened(tmp_path):
    parallel = {f"module.{key}": tensor for key, tensor in tensors_of("dcgan").items()}
    ours = converted(tmp_path, parallel, "dcgan-pytorch")
    assert load_pipeline(str(ours), device="cpu").sample([1])[0].size == (64, 64)


def test_a_training_checkpoint_with_its_options_is_converted_and_makes_pictures(tmp_path):
    out = tmp_path / "r.safetensors"
    assert main(["convert", str(NAMESPACE), "--out", str(out)]) == 0
    assert main(["sample", str(out), "--seeds", "0-1", "--out", str(tmp_path / "out")]) == 0
    for path in (tmp_path / "out").iterdir():
        assert np.asarray(Image.open(path)).std() > 5


@pytest.mark.parametrize("zipped", [True, False], ids=["zip", "old format"])
def test_a_whole_module_is_refused_with_what_to_do(tmp_path, zipped, capsys):
    network = torch.nn.Sequential(torch.nn.ConvTranspose2d(8, 4, 4), torch.nn.BatchNorm2d(4))
    for content in (network, {"generator": network, "epoch": 3}):
        path = tmp_path / "whole.pth"
        torch.save(content, path, _use_new_zipfile_serialization=zipped)
        assert main(["convert", str(path), "--out", str(tmp_path / "a.safetensors")]) == 2
        assert "torch.save(model.state_dict()" in capsys.readouterr().err

"""StyleGAN2 generators that are not square are refused with their shape."""

from __future__ import annotations

from pathlib import Path

import pytest
import torch
from safetensors.torch import load_file, save_file

from gan_models import convert
from gan_models.cli.main import main
from tests.networks import golden

CASE = Path(__file__).parents[1] / "cases" / "stylegan2-nonsquare-2to1.pt"
CONSTS = (".const", "input.input")


def tensors_of(name: str) -> dict[str, torch.Tensor]:
    return load_file(golden.FOLDER / f"{name}.weights.safetensors")


def is_noise(key: str, tensor: torch.Tensor) -> bool:
    return key.endswith("noise_const") or (key.startswith("noises.") and tensor.ndim == 4)


def stretched(tensors, across: int, down: int, const: bool = True, noises: bool = True):
    """The checkpoint of a generator whose sizes start at 4 `across` by 4 `down`."""
    changed = {}
    for key, tensor in tensors.items():
        if (const and key.endswith(CONSTS)) or (noises and is_noise(key, tensor)):
            tensor = tensor.repeat_interleave(across, -1).repeat_interleave(down, -2)
        changed[key] = tensor.contiguous()
    return changed


def refusal(tensors, folder, name: str) -> str:
    save_file(tensors, folder / "a.safetensors")
    with pytest.raises(convert.FormatError) as refused:
        convert.load_generator(folder / "a.safetensors", golden.FORMATS[name])
    return str(refused.value)


NAMES = ("stylegan2_uncond", "stylegan2_cond", "stylegan2_rosinality")


@pytest.mark.parametrize("parts", [(True, True), (False, True)], ids=["all", "noises only"])
@pytest.mark.parametrize("shape", [(2, 1), (1, 2), (3, 2), (5, 4)])
@pytest.mark.parametrize("name", NAMES)
def test_a_stylegan_that_is_not_square_is_refused_with_its_shape(tmp_path, name, shape, parts):
    side, (across, down) = golden.load(name).img_resolution, shape
    says = refusal(stretched(tensors_of(name), across, down, *parts), tmp_path, name)
    assert "is not square" in says
    assert f"{side * across} x {side * down} px" in says
    assert f"{4 * across} x {4 * down}" in says
    assert "Only square generators" in says
    assert "whole" not in says


def test_a_rosinality_file_without_noises_is_checked_by_its_constant_input(tmp_path):
    name = "stylegan2_rosinality"
    tensors = {k: v for k, v in tensors_of(name).items() if not k.startswith("noises.")}
    assert "is not square" in refusal(stretched(tensors, 2, 1), tmp_path, name)


@pytest.mark.parametrize("name", NAMES)
def test_a_square_one_that_starts_larger_is_not_called_oblong(tmp_path, name):
    says = refusal(stretched(tensors_of(name), 2, 2), tmp_path, name)
    assert "begin at 8 x 8" in says
    assert "not square" not in says


@pytest.mark.parametrize("name", NAMES)
def test_one_odd_tensor_is_damage_not_a_shape(tmp_path, name):
    for only in (CONSTS, ("b8.conv1.noise_const", "noises.noise_2")):
        tensors = tensors_of(name)
        key = next(key for key in tensors if key.endswith(only))
        tensors[key] = tensors[key].repeat_interleave(2, -1).contiguous()
        says = refusal(tensors, tmp_path, name)
        assert repr(key) in says
        assert "saved whole" in says


def test_the_case_is_refused_on_the_command_line(tmp_path, capsys):
    assert main(["convert", str(CASE), "--out", str(tmp_path / "a.safetensors")]) == 2
    told = capsys.readouterr().err
    assert "is not square" in told
    assert "16 x 8 px" in told

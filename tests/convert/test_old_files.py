"""Files of old PyTorch lack the counters of batch norms; nothing else may be missing."""

from __future__ import annotations

from pathlib import Path

import pytest
import torch
from safetensors.torch import load_file, save_file

from gan_models import convert
from tests.networks import golden

CASES = Path(__file__).parents[1] / "cases"
COUNTER = "num_batches_tracked"


def tensors_of(name: str) -> dict[str, torch.Tensor]:
    return load_file(golden.FOLDER / f"{name}.weights.safetensors")


WITH_BATCH_NORM = [
    name
    for name in golden.FORMATS
    if any(key.endswith(COUNTER) for key in tensors_of(name)) and name != "cyclegan_resnet6_legacy"
]


def without_counters(tensors: dict[str, torch.Tensor], keep: str = "none") -> dict:
    return {k: v for k, v in tensors.items() if not k.endswith(COUNTER) or k.startswith(keep)}


def test_several_families_have_batch_norms():
    assert len({golden.FORMATS[name] for name in WITH_BATCH_NORM}) >= 3


@pytest.mark.parametrize("zipped", [True, False], ids=["zip", "old format"])
@pytest.mark.parametrize("name", WITH_BATCH_NORM)
def test_missing_counters_are_zero_and_change_no_picture(tmp_path, name, zipped):
    path = tmp_path / "old.pth"
    tensors = without_counters(tensors_of(name))
    torch.save({"state_dict": tensors}, path, _use_new_zipfile_serialization=zipped)
    assert convert.guess_format(path) == golden.FORMATS[name]
    options = {"crop_size": 128} if name == "spade" else {}
    generator = convert.load_generator(path, golden.FORMATS[name], **options)
    counters = [v for k, v in generator.state_dict().items() if k.endswith(COUNTER)]
    assert counters
    assert all(counter.item() == 0 and counter.dtype == torch.int64 for counter in counters)
    found = golden.differences(name, 0, generator)["image"]
    assert found <= golden.describe(name)["tolerance"]["max_abs_image"]


@pytest.mark.parametrize("part", ["weight", "bias", "running_mean", "running_var"])
@pytest.mark.parametrize("name", WITH_BATCH_NORM)
def test_all_other_parts_of_a_batch_norm_are_still_required(tmp_path, name, part):
    tensors = without_counters(tensors_of(name))
    counters = [key for key in tensors_of(name) if key.endswith(COUNTER)]
    stems = [key.removesuffix(f".{COUNTER}") for key in counters]
    lost = next((f"{s}.{part}" for s in stems[1:] if f"{s}.{part}" in tensors), None)
    if lost is None:  # SPADE's norms have no weights of their own
        assert name.startswith("spade")
        return
    del tensors[lost]
    save_file(tensors, tmp_path / "a.safetensors")
    options = {"crop_size": 128} if name == "spade" else {}
    with pytest.raises(convert.FormatError, match=rf"'{lost}' is missing"):
        convert.load_generator(tmp_path / "a.safetensors", golden.FORMATS[name], **options)


def test_a_counter_that_belongs_nowhere_is_still_extra(tmp_path):
    tensors = tensors_of("dcgan") | {f"main.0.{COUNTER}": torch.tensor(3)}
    save_file(tensors, tmp_path / "a.safetensors")
    with pytest.raises(convert.FormatError, match="does not belong"):
        convert.load_generator(tmp_path / "a.safetensors", "dcgan-pytorch")


def test_present_counters_are_read_where_others_are_missing(tmp_path):
    tensors = tensors_of("dcgan") | {f"main.1.{COUNTER}": torch.tensor(7)}
    save_file(without_counters(tensors, keep="main.1."), tmp_path / "a.safetensors")
    generator = convert.load_generator(tmp_path / "a.safetensors", "dcgan-pytorch")
    counters = [v.item() for k, v in generator.state_dict().items() if k.endswith(COUNTER)]
    assert counters == [7] + [0] * (len(counters) - 1)


def test_fastgan_without_counters_is_read():
    from gan_models.convert.fastgan import _expected_tensors, load
    from gan_models.networks.fastgan import WIDTHS

    config = {"z_dim": 4, "widths": [1] * len(WIDTHS), "img_channels": 3}
    tensors = {key: torch.ones(one.shape) for key, one in _expected_tensors(config)}
    generator = load(without_counters(tensors))
    counters = [v.item() for k, v in generator.state_dict().items() if k.endswith(COUNTER)]
    assert counters == [0] * len(counters) != []


def test_a_dcgan_as_pytorch_03_saved_it_makes_pictures():
    path = CASES / "dcgan-pytorch03-no-num_batches_tracked.pth"
    assert convert.guess_format(path) == "dcgan-pytorch"
    generator = convert.load_generator(path, "dcgan-pytorch")
    images = generator(torch.randn(2, generator.z_dim))
    assert images.shape == (2, 3, 64, 64)
    assert images.isfinite().all()

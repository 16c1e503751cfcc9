"""What `convert` refuses, guesses and writes."""

from __future__ import annotations

import pytest
import torch
from safetensors.torch import load_file, save_file

from gan_models import convert, weights
from tests.networks import golden

# a family's name, and keys of it to damage: first, middle, last
SAMPLES = [
    (name, key)
    for name in golden.FORMATS
    for keys in [sorted(load_file(golden.FOLDER / f"{name}.weights.safetensors"))]
    for key in (keys[0], keys[len(keys) // 2], keys[-1])
    if "running_" not in key or name != "cyclegan_resnet6_legacy"
]

LIVE = ("mapping.w_avg", "synthesis.input.transform")  # in the network whatever the file has
UNSEEN = "num_batches_tracked"  # files of old PyTorch have none, and no picture needs it
NEEDED = [(name, key) for name, key in SAMPLES if key not in LIVE and not key.endswith(UNSEEN)]


def tensors_of(name: str) -> dict[str, torch.Tensor]:
    return load_file(golden.FOLDER / f"{name}.weights.safetensors")


def load(tensors: dict[str, torch.Tensor], folder, name: str):
    path = folder / "damaged.safetensors"
    save_file(tensors, path)
    options = {"crop_size": 128} if name == "spade" else {}
    return convert.load_generator(path, format=golden.FORMATS[name], **options)


@pytest.mark.parametrize(("name", "key"), NEEDED)
def test_a_missing_tensor_is_named(tmp_path, name, key):
    tensors = tensors_of(name)
    del tensors[key]
    with pytest.raises(convert.FormatError, match="missing") as refusal:
        load(tensors, tmp_path, name)
    assert repr(key) in str(refusal.value)


@pytest.mark.parametrize(("name", "key"), SAMPLES)
def test_a_misshaped_tensor_is_named(tmp_path, name, key):
    tensors = tensors_of(name)
    tensors[key] = tensors[key][None].repeat(2, *[1] * tensors[key].ndim)
    with pytest.raises(convert.FormatError) as refusal:
        load(tensors, tmp_path, name)
    assert repr(key) in str(refusal.value)


@pytest.mark.parametrize("name", golden.FORMATS)
def test_an_extra_tensor_is_named(tmp_path, name):
    tensors = tensors_of(name) | {"unheard.of": torch.zeros(2)}
    with pytest.raises(convert.FormatError, match=r"'unheard\.of'"):
        load(tensors, tmp_path, name)


@pytest.mark.parametrize("format", convert.FORMATS)
def test_a_checkpoint_of_another_family_is_refused(format):
    bare = format == "real-esrgan-ncnn"  # bytes without names: it says what does not fit there
    for name, own in golden.FORMATS.items():
        if own == format or name.startswith("cyclegan_resnet6"):
            continue
        path = golden.FOLDER / f"{name}.weights.safetensors"
        says = "conv_first.weight" if bare else f"looks like {own}"
        with pytest.raises(convert.FormatError, match=says):
            convert.load_generator(path, format=format)


def test_an_encoder_is_no_generator_and_the_reverse():
    encoder = golden.FOLDER / "spade_vae.encoder.weights.safetensors"
    with pytest.raises(convert.FormatError):
        convert.load_generator(encoder, format="spade-nvlabs")
    with pytest.raises(convert.FormatError, match="fc_mu"):
        convert.load_encoder(golden.FOLDER / "spade_vae.weights.safetensors")


@pytest.mark.parametrize("container", ["g_ema", "state_dict", "params_ema", "netG_state_dict"])
def test_the_usual_containers_are_opened(tmp_path, container):
    path = tmp_path / "checkpoint.pt"
    torch.save({container: tensors_of("dcgan"), "epoch": 3}, path)
    generator = convert.load_generator(path, format="dcgan-pytorch")
    assert golden.differences("dcgan", 0, generator)["image"] <= 2e-5


def test_latent_avg_beside_the_generator_becomes_w_avg(tmp_path):
    path = tmp_path / "checkpoint.pt"
    average = torch.arange(48.0)
    torch.save({"g_ema": tensors_of("stylegan2_rosinality"), "latent_avg": average}, path)
    generator = convert.load_generator(path, format="stylegan2-rosinality")
    assert generator.mapping.w_avg.equal(average)


def test_without_an_average_w_avg_is_zero(tmp_path):
    tensors = tensors_of("stylegan2_uncond")
    del tensors["mapping.w_avg"]
    assert load(tensors, tmp_path, "stylegan2_uncond").mapping.w_avg.eq(0).all()
    tensors = tensors_of("stylegan3t")
    del tensors["synthesis.input.transform"]
    ours = load(tensors, tmp_path, "stylegan3t")
    assert ours.synthesis.input.transform.equal(torch.eye(3))


def test_half_precision_and_parallel_training_are_read(tmp_path):
    tensors = {f"module.{k}": v.half() for k, v in tensors_of("cyclegan_resnet9").items()}
    generator = load(tensors, tmp_path, "cyclegan_resnet9")
    assert all(p.dtype == torch.float32 for p in generator.parameters())


def test_old_running_statistics_are_dropped_only_where_an_instance_norm_is(tmp_path):
    tensors = tensors_of("cyclegan_resnet6_legacy")
    tensors["model.2.num_batches_tracked"] = torch.tensor(7)
    load(tensors, tmp_path, "cyclegan_resnet6_legacy")
    tensors["model.1.running_mean"] = torch.zeros(3)
    with pytest.raises(convert.FormatError, match=r"'model\.1\.running_mean'"):
        load(tensors, tmp_path, "cyclegan_resnet6_legacy")


def test_an_unknown_format_or_option_is_refused():
    path = golden.FOLDER / "dcgan.weights.safetensors"
    with pytest.raises(ValueError, match="no format 'dcgan'"):
        convert.load_generator(path, format="dcgan")
    with pytest.raises(ValueError, match="no option 'ngf'"):
        convert.load_generator(path, format="dcgan-pytorch", ngf=3)


def test_wrong_options_are_refused():
    path = golden.FOLDER / "stylegan3t.weights.safetensors"
    with pytest.raises(convert.FormatError, match="num_layers"):
        convert.load_generator(path, format="stylegan3-nvlabs", num_layers=12)
    with pytest.raises(convert.FormatError, match="synthesis"):
        convert.load_generator(path, format="stylegan3-nvlabs", margin_size=8)


@pytest.mark.parametrize("name", ["stylegan2_cond", "pix2pix_unet256", "spade_vae", "dcgan"])
def test_a_converted_file_describes_itself(tmp_path, name):
    source, out = golden.FOLDER / f"{name}.weights.safetensors", tmp_path / "ours.safetensors"
    convert.to_safetensors(source, golden.FORMATS[name], out, title="Test", licence="MIT")
    generator, facts = weights.load_checkpoint(out)
    assert (facts["title"], facts["licence"]) == ("Test", "MIT")
    tasks = {"stylegan2_cond": "class", "pix2pix_unet256": "translation", "spade_vae": "semantic"}
    assert facts["task"] == tasks.get(name, "latent")
    first = golden.differences(name, 0, generator)["image"]
    assert first <= golden.describe(name)["tolerance"]["max_abs_image"]


def test_names_must_be_as_many_as_there_are_classes(tmp_path):
    source = golden.FOLDER / "stylegan2_cond.weights.safetensors"
    with pytest.raises(ValueError, match="4 classes"):
        convert.to_safetensors(
            source, "stylegan2-nvlabs", tmp_path / "x.safetensors", classes=["one", "two"]
        )


def test_the_discriminator_of_a_pickle_is_read():
    path = golden.FOLDER / "stylegan2_uncond.nvlabs.pkl"
    discriminator = convert.load_discriminator(path)
    assert discriminator.img_resolution == 64
    assert discriminator(torch.zeros(4, 3, 64, 64)).shape == (4,)

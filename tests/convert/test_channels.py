"""Translators of grey pictures work from file to picture; those of other channels are refused."""

from __future__ import annotations

import numpy as np
import pytest
import torch
from PIL import Image

from gan_models import add_user_model, convert, load_pipeline, networks, weights
from gan_models.cli.main import main
from gan_models.pipelines import translation

FORMATS = {
    "resnet": "cyclegan-junyanz",
    "unet": "pix2pix-junyanz",
    "animegan2": "animegan2-bryandlee",
}
FIRST = {
    "resnet": "model.1.weight",
    "unet": "model.model.0.weight",
    "animegan2": "block_a.0.1.weight",
}
FACTS = {"task": "translation", "title": "T", "licence": "MIT", "source": "S"}


@pytest.fixture(autouse=True)
def home(tmp_path, monkeypatch):
    monkeypatch.setenv("GANVAS_HOME", str(tmp_path))


def translator(kind: str, reads: int, writes: int) -> dict[str, torch.Tensor]:
    """A small translator's tensors in the layout of its authors."""
    torch.manual_seed(0)
    config = {"width": 4, "in_channels": reads, "out_channels": writes}
    config |= {"unet": {"num_downs": 5, "norm": "instance"}}.get(kind, {"num_blocks": 1})
    network = networks.build(kind, config)
    for parameter in network.parameters():
        if parameter.dim() == 4:  # far from the quiet start of training
            torch.nn.init.normal_(parameter, 0, 1.5 / parameter[0].numel() ** 0.5)
    names = {"resnet": _resnet_names, "unet": _unet_names, "animegan2": _animegan_names}[kind]()
    return {
        f"{names[key.rpartition('.')[0]]}.{key.rpartition('.')[2]}": tensor
        for key, tensor in network.state_dict().items()
    }


def _resnet_names() -> dict[str, str]:
    names = {"stem.conv": "model.1", "downs.0.conv": "model.4", "downs.1.conv": "model.7"}
    names |= {"blocks.0.first.conv": "model.10.conv_block.1", "ups.0.conv": "model.11"}
    names |= {"blocks.0.second.conv": "model.10.conv_block.5", "ups.1.conv": "model.14"}
    return names | {"to_rgb": "model.18"}


def _unet_names() -> dict[str, str]:
    prefixes = ["model.model."]
    for level in range(1, 5):
        prefixes.append(prefixes[-1] + f"{1 if level == 1 else 3}.model.")
    names = {}
    for i, prefix in enumerate(prefixes):
        down, up = (0, 3) if i == 0 else (1, 3) if i == 4 else (1, 5)
        names |= {f"downs.{i}.conv": f"{prefix}{down}", f"ups.{i}.conv": f"{prefix}{up}"}
    return names


def _animegan_names() -> dict[str, str]:
    from gan_models.convert.animegan2 import _expected_tensors

    config = {"width": 4, "num_blocks": 1, "in_channels": 1, "out_channels": 1}
    pairs = ((theirs, expected.to) for theirs, expected in _expected_tensors(config))
    return {to.rpartition(".")[0]: theirs.rpartition(".")[0] for theirs, to in pairs}


def file_of(tmp_path, kind: str, channels: tuple[int, int]):
    path = tmp_path / f"{kind}-{channels[0]}-{channels[1]}.pth"
    torch.save(translator(kind, *channels), path)
    return path


def values(image: Image.Image) -> np.ndarray:
    return np.asarray(image).astype(int)


@pytest.mark.parametrize("channels", [(1, 1), (1, 3), (3, 1), (3, 3)])
@pytest.mark.parametrize("kind", FORMATS)
def test_grey_and_colour_translators_translate_any_picture(tmp_path, kind, channels):
    ours = tmp_path / "ours.safetensors"
    convert.to_safetensors(file_of(tmp_path, kind, channels), FORMATS[kind], ours)
    pipeline = load_pipeline(str(ours), device="cpu")
    noise = Image.effect_noise((50, 40), 60)
    for picture in (noise, noise.convert("RGB"), noise.convert("RGBA"), noise.convert("1")):
        made = pipeline.translate(picture)
        assert made.size == (50, 40)
        assert made.mode == ("RGBA" if picture.mode == "RGBA" else "RGB")
        red, green, blue, *_ = made.split()
        is_grey = red.tobytes() == green.tobytes() == blue.tobytes()
        assert is_grey == (channels[1] == 1)
    if channels[0] == 1:  # it sees the grey picture: what has the same grey gives the same
        coloured = Image.merge("RGB", [noise.point(lambda v: v // 2), noise, noise])
        seen = pipeline.translate(coloured.convert("L"))
        assert (values(pipeline.translate(coloured)) == values(seen)).all()
        assert "grey" not in pipeline.hint(noise)


@pytest.mark.parametrize("kind", FORMATS)
def test_a_grey_translators_picture_is_the_networks_output(tmp_path, kind):
    path = file_of(tmp_path, kind, (1, 1))
    network = convert.load_generator(path, FORMATS[kind])
    picture = Image.effect_noise((64, 32), 60)
    with torch.inference_mode():
        x = torch.from_numpy(np.array(picture))[None, None].float() / 127.5 - 1
        wanted = ((network(x)[0, 0] + 1) * 127.5).round().clamp(0, 255).numpy()
    spec = add_user_model(path, FORMATS[kind], "Grey")
    made = load_pipeline(spec.id, device="cpu").translate(picture)
    assert np.abs(values(made)[..., 0] - wanted).max() <= 1


@pytest.mark.parametrize("kind", FORMATS)
def test_a_large_picture_is_translated_in_grey_tiles(tmp_path, kind, monkeypatch):
    grey = translator(kind, 1, 1)
    # the same network for colours: on a grey picture it reads the mean of three equal channels
    coloured = grey | {FIRST[kind]: grey[FIRST[kind]].expand(-1, 3, -1, -1) / 3}
    made = []
    rough = Image.effect_noise((14, 12), 90).resize((700, 600), Image.Resampling.BICUBIC)
    picture = Image.blend(rough, Image.effect_noise((700, 600), 20), 0.1).convert("RGB")
    monkeypatch.setattr(translation, "WHOLE_PIXELS", {})
    monkeypatch.setattr(translation, "WHOLE_PIXELS_OTHERWISE", 1000)
    for title, tensors in (("Grey", grey), ("Colour", coloured)):
        torch.save(tensors, tmp_path / "a.pth")
        spec = add_user_model(tmp_path / "a.pth", FORMATS[kind], title)
        made.append(values(load_pipeline(spec.id, device="cpu").translate(picture)))
    assert made[0].shape == (600, 700, 3)
    assert (made[0][..., 0] == made[0][..., 1]).all()
    assert np.abs(made[0] - made[1]).mean() < 0.1
    assert made[0].std() > 10


@pytest.mark.parametrize("channels", [(1, 1), (1, 3)])
def test_the_command_line_takes_a_grey_translator_from_file_to_picture(tmp_path, channels):
    path, ours = file_of(tmp_path, "resnet", channels), tmp_path / "ours.safetensors"
    Image.effect_noise((40, 30), 60).save(tmp_path / "grey.png")
    Image.effect_noise((40, 30), 60).convert("RGB").save(tmp_path / "colour.jpg")
    assert main(["convert", str(path), "--out", str(ours)]) == 0
    inputs = [str(tmp_path / name) for name in ("grey.png", "colour.jpg")]
    assert main(["translate", str(ours), *inputs, "--out", str(tmp_path / "out")]) == 0
    for name in ("grey", "colour"):
        assert Image.open(tmp_path / "out" / f"{name}.png").size == (40, 30)


@pytest.mark.parametrize("channels", [(2, 3), (4, 3), (6, 3), (3, 4), (3, 2), (4, 4), (1, 2)])
@pytest.mark.parametrize("kind", FORMATS)
def test_translators_of_other_channels_are_refused_when_they_are_opened(tmp_path, kind, channels):
    path = file_of(tmp_path, kind, channels)
    says = f"reads pictures of {channels[0]} channels and writes pictures of {channels[1]}"
    for call in (
        lambda: convert.load_generator(path, FORMATS[kind]),
        lambda: convert.to_safetensors(path, FORMATS[kind], tmp_path / "ours.safetensors"),
        lambda: add_user_model(path, FORMATS[kind], "Odd"),
    ):
        with pytest.raises(convert.FormatError, match=says):
            call()
    assert not list(tmp_path.rglob("*.safetensors"))


@pytest.mark.parametrize("kind", FORMATS)
def test_a_self_describing_file_of_other_channels_is_refused_when_it_is_opened(tmp_path, kind):
    path = tmp_path / "a.safetensors"
    network = networks.build(kind, {"width": 4, "in_channels": 4})
    weights.save_generator(path, network, **FACTS)
    with pytest.raises(ValueError, match="reads pictures of 4 channels"):
        load_pipeline(str(path), device="cpu")
    with pytest.raises(ValueError, match="reads pictures of 4 channels"):
        add_user_model(path, "ganvas", "Odd")
    assert not (tmp_path / "models").exists() or not list((tmp_path / "models").iterdir())

"""Translators: the network's own result at any size, whole, in strips or in tiles."""

import json

import numpy as np
import pytest
import torch
from PIL import Image

from gan_models import error_map, networks
from gan_models.networks.norms import InstanceNorm
from gan_models.pipelines import TranslationPipeline, translation
from gan_models.pipelines.tiling import strips
from gan_models.pipelines.tiling.strips import StripTranslator
from gan_models.pipelines.tiling.tiles import (
    translate_in_tiles,
    translate_whole,
    with_statistics_of,
)
from gan_models.zoo import LocalFile, ModelSpec

RESNETS = {
    "instance": {},
    "affine": {"norm": "instance-affine"},
    "batch": {"norm": "batch"},
    "antialiased": {"antialias_down": True, "antialias_up": True},
    "mask": {"mask": True},
}


def network_of(family: str = "resnet", **config):
    torch.manual_seed(0)
    if family == "resnet":
        config = {"width": 8, "num_blocks": 2} | config
    network = networks.build(family, config).eval()
    for parameter in network.parameters():
        if parameter.dim() == 4:  # far from the quiet start of training
            torch.nn.init.normal_(parameter, 0, 1.5 / parameter[0].numel() ** 0.5)
    return network


def pipeline_of(network, resolution: int = 64) -> TranslationPipeline:
    spec = ModelSpec(
        **{"id": "tiny", "title": "Tiny", "task": "translation", "family": network.family},
        **{"resolution": resolution, "source": LocalFile("tiny"), "size_bytes": 1, "sha256": None},
        **{"licence": "none", "attribution": "none", "trained_on": "noise", "num_params": 1},
    )
    return TranslationPipeline(network, spec, "0" * 64)


def picture(width: int, height: int) -> Image.Image:
    """Smooth shapes with some grain, as photographs have."""
    random = np.random.RandomState(0)
    rough = Image.fromarray(random.randint(0, 256, (6, 6, 3)).astype(np.uint8))
    smooth = np.asarray(rough.resize((width, height), Image.Resampling.BICUBIC)).astype(int)
    return Image.fromarray(
        (smooth + random.randint(-9, 10, smooth.shape)).clip(0, 255).astype(np.uint8)
    )


def pixels_of(image: Image.Image) -> torch.Tensor:
    return torch.from_numpy(np.array(image))


def finished(steps) -> torch.Tensor:
    while True:
        try:
            assert 0 <= next(steps) <= 1
        except StopIteration as end:
            return end.value


def plain(network, image: Image.Image) -> np.ndarray:
    """The output of the network itself, as grey levels [H, W, 3]."""
    with torch.inference_mode():
        x = pixels_of(image).permute(2, 0, 1)[None].float() / 127.5 - 1
        y = network(x)[0, :, : image.height, : image.width]
    return ((y + 1) * 127.5).permute(1, 2, 0).numpy()


def psnr(a: np.ndarray, b: np.ndarray) -> float:
    return 10 * np.log10(255**2 / ((a.astype(float) - b) ** 2).mean())


@pytest.mark.parametrize("kind", RESNETS)
@pytest.mark.parametrize("size", [(130, 160), (61, 97), (16, 16), (301, 18)])
def test_strips_give_what_the_whole_network_gives(monkeypatch, kind, size):
    monkeypatch.setattr(strips, "_STRIP_BYTES", 4 * 8 * 16 * size[0])  # 16 rows a strip
    network, image = network_of(**RESNETS[kind]), picture(*size)
    made = finished(StripTranslator(network, pixels_of(image)).run()).numpy()
    assert np.abs(made - plain(network, image)).max() <= 1.5


def test_rows_that_do_not_fit_in_memory_lie_in_a_file(monkeypatch):
    monkeypatch.setattr(strips, "_MEMORY_BYTES", 1000)
    network, image = network_of(), picture(64, 48)
    made = finished(StripTranslator(network, pixels_of(image)).run()).numpy()
    assert np.abs(made - plain(network, image)).max() <= 1.5


@pytest.mark.parametrize("family", ["resnet", "animegan2"])
def test_tiles_share_the_pictures_statistics(family):
    network = network_of(family) if family == "resnet" else network_of(family, width=8)
    image = picture(320, 256)
    whole = plain(network, image)
    tiled = finished(translate_in_tiles(network, pixels_of(image), tile_px=160)).numpy()
    apart = np.concatenate(
        [
            translate_whole(network, pixels_of(image)[:, at : at + 160]).permute(1, 2, 0).numpy()
            for at in (0, 160)
        ],
        axis=1,
    )
    assert psnr(tiled, whole) > psnr((apart + 1) * 127.5, whole) + 3


def test_statistics_of_the_picture_itself_change_nothing():
    network, image = network_of(norm="instance-affine"), picture(64, 48)
    x = pixels_of(image).permute(2, 0, 1)[None].float() / 127.5 - 1
    with torch.inference_mode():
        assert torch.allclose(with_statistics_of(network, x)(x), network(x), atol=1e-3)
    assert any(isinstance(m, InstanceNorm) for m in network.modules())


def test_a_u_net_takes_sizes_that_it_was_not_made_for():
    network = network_of("unet", width=4, num_downs=5)
    made = pipeline_of(network).translate(picture(50, 70))
    assert made.size == (50, 70)


@pytest.mark.parametrize("mode", ["RGB", "RGBA", "L", "CMYK", "P", "I;16"])
def test_every_kind_of_picture_comes_back_at_its_size(mode):
    image = picture(45, 33)
    if mode == "RGBA":
        image.putalpha(100)
    elif mode == "I;16":
        image = Image.fromarray(np.asarray(image.convert("L")).astype(np.uint16) * 257)
    elif mode != "RGB":
        image = image.convert(mode)
    made = pipeline_of(network_of()).translate(image)
    assert made.size == (45, 33)
    assert made.mode == ("RGBA" if mode == "RGBA" else "RGB")
    if mode == "RGBA":
        assert set(np.asarray(made.getchannel("A")).ravel()) == {100}


def test_strength_and_colours():
    pipeline, image = pipeline_of(network_of()), picture(40, 40)
    full = pipeline.translate(image)
    assert np.abs(np.asarray(full) - plain(pipeline.generator, image)).max() <= 1
    assert (np.asarray(pipeline.translate(image, strength=0)) == np.asarray(image)).all()
    half = np.asarray(pipeline.translate(image, strength=0.5)).astype(int)
    mean = (np.asarray(full).astype(int) + np.asarray(image)) / 2
    assert np.abs(half - mean).max() <= 1.5
    kept = pipeline.translate(image, keep_colours=True)
    inside = (np.asarray(kept).min(2) > 3) & (np.asarray(kept).max(2) < 252)  # not clipped
    for channel in ("Cb", "Cr"):
        a, b = (np.asarray(p.convert("YCbCr").getchannel(channel)).astype(int)
                for p in (kept, image))  # fmt: skip
        assert np.abs(a - b)[inside].mean() < 3
    assert np.abs(np.asarray(kept).astype(int) - np.asarray(full)).mean() > 1


def test_a_translation_carries_its_provenance():
    provenance = json.loads(
        pipeline_of(network_of()).translate(picture(20, 20), 0.4).info["ganvas"]
    )
    assert (provenance["task"], provenance["model"], provenance["strength"]) == (
        "translation",
        "tiny",
        0.4,
    )


def test_a_large_picture_can_be_stopped_between_steps(monkeypatch):
    monkeypatch.setitem(translation.WHOLE_PIXELS, "resnet", 100)
    steps = pipeline_of(network_of()).iter_translate(picture(64, 64))
    shares = [next(steps) for _ in range(3)]
    steps.close()
    assert shares == sorted(shares)
    assert 0 < shares[-1] < 1


@pytest.mark.parametrize(
    ("image", "options", "says"),
    [
        (Image.new("RGB", (1, 1)), {}, "16 px"),
        (Image.new("RGB", (3, 4000)), {}, "16 px"),
        (Image.new("1", (12_000, 12_000)), {}, "144 megapixels"),
        (Image.new("RGB", (20, 20)), {"strength": 2}, "Strength"),
        (Image.new("RGB", (20, 20)), {"strength": float("nan")}, "Strength"),
    ],
)
def test_what_is_out_of_range_is_refused_with_a_sentence(image, options, says):
    with pytest.raises(ValueError, match=says):
        pipeline_of(network_of()).translate(image, **options)


def test_an_error_map_is_black_where_nothing_is_lost():
    image = Image.new("RGB", (20, 20), (100, 100, 100))
    other = image.copy()
    other.paste((255, 255, 255), (0, 0, 10, 20))
    shown, levels = error_map(image, other)
    assert shown.getpixel((15, 5)) == (0, 0, 0)
    assert shown.getpixel((5, 5)) == (255, 255, 255)
    assert levels == pytest.approx(77.5)


def test_pictures_unlike_the_training_data_are_reported():
    pipeline = pipeline_of(network_of())
    assert pipeline.hint(picture(80, 80)) == ""
    assert "drawings" in pipeline.hint(Image.new("RGB", (80, 80), "red"))
    assert "grey" in pipeline.hint(picture(80, 80).convert("L"))
    assert "only 16 px" in pipeline_of(network_of(), resolution=512).hint(picture(16, 16))

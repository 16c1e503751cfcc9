"""Restoration pipelines: results at any size and factor, in tiles or not."""

import dataclasses
import io
import json
import time

import numpy as np
import pytest
import torch
from PIL import Image

from gan_models import (
    MAX_ENLARGED_MEGAPIXELS,
    EnlargeCancelled,
    load_pipeline,
    networks,
    read_photo,
    read_provenance,
    save_png,
)
from gan_models.pipelines import RestorationPipeline, restoration
from gan_models.weights import ensure
from gan_models.zoo import get_spec
from tests.pipelines.test_translation import picture
from tests.reference import real_esrgan as reference

WHEEL = ("real-esrgan-x4", "real-esrgan-anime-x4", "real-esrgan-fast-x4")


def small_pipeline(family="srvgg", **config) -> RestorationPipeline:
    """A pipeline of random weights that changes every pixel visibly."""
    torch.manual_seed(3)
    config = {"num_feat": 16} | config
    if family == "srvgg":
        config = {"num_convs": 3} | config
    else:
        config = {"num_blocks": 1, "num_grow_ch": 16} | config
    network = networks.build(family, config).eval().requires_grad_(False)
    spec = dataclasses.replace(get_spec("real-esrgan-fast-x4"), id="tiny", family=family)
    return RestorationPipeline(network, spec, "0" * 64)


@pytest.fixture(scope="module")
def fast():
    return load_pipeline("real-esrgan-fast-x4", device="cpu")


def difference(a: Image.Image, b: Image.Image) -> int:
    assert a.size == b.size
    assert a.mode == b.mode
    return int(np.abs(np.asarray(a).astype(int) - np.asarray(b)).max())


# --- the network's own result -------------------------------------------------------------------


@pytest.mark.parametrize("model", WHEEL)
@pytest.mark.parametrize("size", [(64, 64), (96, 80)], ids=str)
def test_a_wheel_model_gives_what_a_plain_evaluation_of_its_file_gives(model, size):
    image = picture(*size)
    made = load_pipeline(model, device="cpu").enlarge(image)
    wanted = reference.enlarge(reference.read_bin(ensure(get_spec(model))), image)
    assert made.size == (4 * size[0], 4 * size[1])
    assert difference(made, wanted) <= 1


@pytest.mark.parametrize("tile_px", [512, 200, 97])
def test_the_fast_one_gives_the_same_in_tiles(fast, tile_px, monkeypatch):
    monkeypatch.setitem(restoration.TILE_PX, "srvgg", tile_px)
    image = picture(400, 300)
    path = ensure(get_spec("real-esrgan-fast-x4"))
    wanted = reference.enlarge(reference.read_bin(path), image)
    assert difference(fast.enlarge(image), wanted) <= 2


@pytest.mark.parametrize(
    "config", [{"scale": 4}, {"scale": 2, "num_convs": 0}, {"scale": 3}], ids=str
)
@pytest.mark.parametrize("size", [(131, 77), (64, 201)], ids=str)
def test_tiles_of_a_compact_network_give_exactly_the_whole(config, size, monkeypatch):
    pipeline, image = small_pipeline(**config), picture(*size)
    whole = {scale: pipeline.enlarge(image, scale) for scale in (None, 1, 1.7, 2)}
    monkeypatch.setitem(restoration.TILE_PX, "srvgg", 48)
    assert len(pipeline._tiles(size, pipeline.scale)) > 4
    for scale, made in whole.items():
        assert difference(pipeline.enlarge(image, scale), made) <= 1


@pytest.mark.parametrize("scale", [4, 2, 1])
def test_tiles_of_an_rrdbnet_fade_into_each_other(scale, monkeypatch):
    pipeline, image = small_pipeline("rrdbnet", scale=scale), picture(149, 133)
    whole = pipeline.enlarge(image)
    monkeypatch.setitem(restoration.TILE_PX, "rrdbnet", 116)
    tiles = pipeline._tiles(image.size, scale)
    assert len(tiles) > 4
    assert all(edge % pipeline.generator.unshuffle == 0 for tile in tiles for edge in tile.sees[:2])
    assert difference(pipeline.enlarge(image), whole) <= 2


def test_a_picture_that_fits_into_a_tile_is_done_in_one_go(fast):
    assert len(fast._tiles((64, 64), 4)) == 1
    assert len(fast._tiles((1024, 200), 4)) == 1
    assert len(load_pipeline("real-esrgan-x4")._tiles((400, 300), 4)) == 1


@pytest.mark.parametrize("model", ["srvgg", "rrdbnet"])
def test_no_seam_is_measured(model, monkeypatch):
    pipeline, image = small_pipeline(model), picture(300, 260)
    monkeypatch.setitem(restoration.TILE_PX, model, 120)
    tiles = pipeline._tiles(image.size, 4)
    pixels = np.asarray(pipeline.enlarge(image)).astype(int)
    steps = np.abs(np.diff(pixels, axis=1)).mean((0, 2))
    fade = restoration.RRDBNET_FADE_PX if model == "rrdbnet" else 0
    inner = {4 * (tile.gives[0] + fade) for tile in tiles if tile.gives[0]}
    inner |= {4 * tile.gives[0] for tile in tiles if tile.gives[0]}
    borders = [edge - 1 for edge in sorted(inner)]
    # of a nearest-neighbour enlargement every fourth step is larger: only such are compared
    others = [k for k in range(3, len(steps), 4) if k not in borders]
    assert steps[borders].mean() <= 1.05 * steps[others].mean()


def test_a_grey_network_does_each_colour(monkeypatch):
    pipeline = small_pipeline(in_channels=1, out_channels=1, scale=2)
    image = picture(40, 30)
    made = np.asarray(pipeline.enlarge(image))
    for channel in range(3):
        grey = Image.fromarray(np.asarray(image)[..., channel])
        alone = np.asarray(pipeline.enlarge(grey.convert("RGB")))[..., channel]
        assert np.array_equal(made[..., channel], alone)


def test_a_network_for_other_pictures_is_refused():
    with pytest.raises(ValueError, match="takes 4 channels"):
        small_pipeline(in_channels=4, out_channels=4)


# --- factors and sizes --------------------------------------------------------------------------


@pytest.mark.parametrize("scale", [None, 2, 3, 4, 1, 2.5, np.float32(3)])
@pytest.mark.parametrize("size", [(64, 64), (33, 47), (16, 90)], ids=str)
def test_the_size_is_exactly_the_factor(fast, scale, size):
    made = fast.enlarge(picture(*size), scale)
    factor = 4 if scale is None else float(scale)
    assert made.size == (round(size[0] * factor), round(size[1] * factor))


@pytest.mark.parametrize("scale", [2, 3])
def test_smaller_factors_shrink_the_networks_picture_with_lanczos(fast, scale):
    image = picture(64, 48)
    wanted = fast.enlarge(image).resize((64 * scale, 48 * scale), Image.Resampling.LANCZOS)
    assert difference(fast.enlarge(image, scale), wanted) <= 1


@pytest.mark.parametrize("scale", [5, 0, 0.99, -2, float("nan"), float("inf"), "two", [2]])
def test_another_factor_is_refused_before_any_work(fast, scale):
    for call in (fast.enlarge, fast.bicubic, fast.preview):
        with pytest.raises(ValueError, match="1 to 4 times"):
            call(picture(64, 64), scale)
    with pytest.raises(ValueError, match="1 to 4 times"):
        fast.plan((64, 64), scale)


def test_the_factors_to_choose_from_are_the_networks():
    assert small_pipeline(scale=4).scales == (2, 3, 4)
    assert small_pipeline(scale=2).scales == (2,)
    assert small_pipeline(scale=1).scales == (1,)


@pytest.mark.parametrize("size", [(4100, 4000), (8000, 2100)], ids=str)
def test_a_result_over_the_limit_is_refused_with_a_sentence(fast, size):
    blank = Image.new("RGB", size)
    limit = f"at most {MAX_ENLARGED_MEGAPIXELS} are made"
    for call in (lambda: fast.plan(size), lambda: fast.enlarge(blank), lambda: fast.bicubic(blank)):
        with pytest.raises(ValueError, match=limit):
            call()
    assert fast.plan(size, 2).size == (2 * size[0], 2 * size[1])


@pytest.mark.parametrize("size", [(1, 1), (15, 400), (9000, 9000)], ids=str)
def test_pictures_too_small_or_too_large_are_refused(fast, size):
    with pytest.raises(ValueError, match=r"px or more|megapixels"):
        fast.enlarge(Image.new("L", size))
    with pytest.raises(ValueError, match=r"px or more|megapixels"):
        fast.plan(size)


# --- modes and transparency ---------------------------------------------------------------------


@pytest.mark.parametrize(
    "mode", ["1", "L", "P", "CMYK", "YCbCr", "LAB", "HSV", "I;16", "F", "LA", "RGBA"]
)
def test_any_mode_comes_out_at_the_right_size(mode):
    pipeline = small_pipeline()
    base = picture(40, 24)
    if mode in ("I;16", "F"):
        grey = np.asarray(base.convert("L")).astype(np.float32) / 255
        image = Image.fromarray((grey * 65535).astype(np.uint16) if mode == "I;16" else grey)
    elif mode in ("LAB",):
        from PIL import ImageCms

        to_lab = ImageCms.buildTransform(
            *map(ImageCms.createProfile, ("sRGB", "LAB")), "RGB", "LAB"
        )
        image = ImageCms.applyTransform(base, to_lab)
    else:
        image = base.convert(mode)
    made = pipeline.enlarge(image)
    assert made.size == (160, 96)
    assert made.mode == ("RGBA" if mode.endswith("A") and mode != "LAB" else "RGB")


def test_a_turned_photo_comes_out_upright(tmp_path):
    exif = Image.Exif()
    exif[0x0112] = 6
    picture(40, 24).save(tmp_path / "turned.jpg", exif=exif)
    with Image.open(tmp_path / "turned.jpg") as image:
        assert small_pipeline().enlarge(image).size == (96, 160)
    assert small_pipeline().enlarge(read_photo(tmp_path / "turned.jpg")).size == (96, 160)


def cut_out(size=96) -> Image.Image:
    """A disc of a photo, black and transparent outside."""
    image = picture(size, size).convert("RGBA")
    y, x = np.mgrid[:size, :size] - size / 2 + 0.5
    disc = (np.hypot(x, y) < size / 3) * 255
    pixels = np.array(image)
    pixels[..., 3] = disc
    pixels[disc == 0] = 0
    return Image.fromarray(pixels)


def test_transparency_is_enlarged_and_flat_parts_of_it_stay_exact(fast):
    image = cut_out()
    alpha = np.asarray(fast.enlarge(image).getchannel("A"))
    assert alpha.shape == (384, 384)
    assert (alpha[:48] == 0).all()
    assert (alpha[160:224, 160:224] == 255).all()
    area = (alpha.astype(float) / 255).mean()
    assert area == pytest.approx((np.asarray(image)[..., 3] / 255).mean(), rel=0.03)
    edge = (alpha > 8) & (alpha < 247)
    assert edge.mean() < 0.05  # no wide haze


def test_the_black_behind_a_cut_out_is_not_drawn_into_its_edge(fast):
    image = cut_out()
    made = np.asarray(fast.enlarge(image)).astype(int)
    rim = (made[..., 3] > 128) & (made[..., 3] < 255)
    filled = image.copy()
    filled.paste(picture(96, 96), (0, 0))
    whole = np.asarray(fast.enlarge(filled.convert("RGB"))).astype(int)
    darker = whole[rim].mean() - made[rim][:, :3].mean()
    assert rim.sum() > 100
    assert darker < 12


def test_an_opaque_picture_with_alpha_stays_opaque(fast):
    image = picture(64, 64)
    made = fast.enlarge(image.convert("RGBA"))
    assert made.mode == "RGBA"
    assert made.getchannel("A").getextrema() == (255, 255)
    assert difference(made.convert("RGB"), fast.enlarge(image)) == 0


def test_a_transparent_palette_entry_stays_transparent(tmp_path):
    image = picture(64, 40).quantize(16)
    image.info["transparency"] = 3
    image.save(tmp_path / "p.png", transparency=3)
    made = small_pipeline().enlarge(read_photo(tmp_path / "p.png"))
    assert made.mode == "RGBA"
    assert made.getchannel("A").getextrema()[0] < 64


# --- progress, cancelling, estimates ------------------------------------------------------------


@pytest.mark.parametrize("family", ["srvgg", "rrdbnet"])
def test_progress_begins_before_the_work_and_ends_at_one(family, monkeypatch):
    monkeypatch.setitem(restoration.TILE_PX, family, 120)
    told = []
    small_pipeline(family).enlarge(cut_out(160), progress=told.append)
    fractions = [progress.fraction for progress in told]
    assert fractions[0] == 0
    assert fractions == sorted(fractions)
    assert fractions[-1] == 1
    assert told[-1].seconds_left == 0
    assert all(progress.seconds_left >= 0 for progress in told)
    assert all("left" in progress.sentence() for progress in told)
    assert max(np.diff(fractions)) < 0.2


def test_the_time_left_falls_as_the_work_goes_on(fast):
    told = []
    fast.enlarge(picture(128, 128), progress=told.append)
    assert told[0].seconds_left > 0
    assert np.median([p.seconds_left for p in told[-5:]]) < told[0].seconds_left


@pytest.mark.parametrize("model", ["real-esrgan-anime-x4", "real-esrgan-fast-x4"])
def test_it_can_be_cancelled_inside_a_tile(model):
    pipeline, asked = load_pipeline(model, device="cpu"), []

    def cancelled():
        asked.append(time.monotonic())
        return len(asked) > 3

    with pytest.raises(EnlargeCancelled):
        pipeline.enlarge(picture(200, 180), cancelled=cancelled)
    assert len(asked) == 4


def test_closing_the_steps_stops_the_work(fast):
    steps = fast.iter_enlarge(picture(100, 100))
    assert next(steps).fraction == 0
    next(steps)
    steps.close()
    with pytest.raises(StopIteration):
        next(steps)


def test_a_plan_tells_size_time_and_nothing_that_is_refused(fast):
    plan = fast.plan((640, 480), 3)
    assert plan.size == (1920, 1440)
    assert "640x480 becomes 1920x1440, 2.8 megapixels: " in plan.sentence()
    assert plan.sentence().endswith(" on this machine.")
    assert fast.plan((640, 480), 3, num_frames=10).seconds == pytest.approx(10 * plan.seconds)
    assert fast.plan((640, 480), 3, has_alpha=True).seconds == pytest.approx(2 * plan.seconds)
    assert fast.plan((1280, 960)).seconds > 3 * fast.plan((640, 480)).seconds


@pytest.mark.parametrize(
    ("seconds", "words"),
    [(0.2, "under a second"), (42, "about 42 s"), (600, "about 10 minutes"), (7200, "2.0 hours")],
)
def test_durations_are_formatted_as_text(seconds, words):
    plan = restoration.EnlargePlan((64, 64), (256, 256), 1, seconds)
    assert words in plan.sentence()


def test_a_slow_machine_gives_a_long_estimate(fast, monkeypatch):
    monkeypatch.setattr(fast, "seconds_a_pixel", 0.001)
    assert "minutes" in fast.plan((1000, 1000)).sentence()


@pytest.mark.parametrize("size", [(64, 64), (300, 200), (40, 500)], ids=str)
def test_a_preview_is_a_part_of_what_comes(fast, size):
    image = picture(*size)
    preview = fast.preview(image, 2)
    left, top, right, bottom = preview.box
    assert 0 <= left < right <= size[0]
    assert 0 <= top < bottom <= size[1]
    assert preview.after.size == preview.before.size == (2 * (right - left), 2 * (bottom - top))
    part = image.crop(preview.box)
    assert difference(preview.after, fast.enlarge(part, 2)) == 0


def test_a_preview_shows_the_place_asked_for_or_that_of_most_detail(fast, monkeypatch):
    monkeypatch.setattr(fast, "seconds_a_pixel", 1.0)  # the smallest part
    pixels = np.full((200, 300, 3), 120, np.uint8)
    pixels[150:180, 220:260] = np.random.RandomState(0).randint(0, 256, (30, 40, 3))
    left, top, right, bottom = fast.preview(Image.fromarray(pixels)).box
    assert left < 262
    assert right > 218
    assert top < 182
    assert bottom > 148
    assert fast.preview(Image.fromarray(pixels), centre=(100, 60)).box == (88, 48, 112, 72)
    assert fast.preview(Image.fromarray(pixels), centre=(-5, 999)).box == (0, 176, 24, 200)


def test_the_plain_enlargement_has_the_same_size(fast):
    for mode in ("RGB", "RGBA"):
        image = picture(33, 47).convert(mode)
        assert fast.bicubic(image, 3).size == fast.enlarge(image, 3).size
        assert fast.bicubic(image).mode == mode


# --- films and provenance ---------------------------------------------------------------------


def test_frames_come_one_at_a_time_as_they_are_asked_for():
    pipeline, taken, told = small_pipeline(), [], []

    def frames():
        for k in range(4):
            taken.append(k)
            yield picture(32 + k, 24)

    made = pipeline.enlarge_frames(frames(), 2, num_frames=4, progress=told.append)
    assert next(made).size == (64, 48)
    assert taken == [0]
    assert [frame.size for frame in made] == [(66, 48), (68, 48), (70, 48)]
    fractions = [progress.fraction for progress in told]
    assert fractions == sorted(fractions)
    assert fractions[-1] == 1


def test_a_film_can_be_cancelled_between_and_inside_frames():
    pipeline, count = small_pipeline(), []
    made = pipeline.enlarge_frames(
        [picture(64, 64)] * 3, cancelled=lambda: count.append(1) or len(count) > 9
    )
    with pytest.raises(EnlargeCancelled):
        list(made)


def test_the_provenance_names_base_and_upscaler(fast, tmp_path):
    base = load_pipeline("faces-64").sample([42])[0]
    save_png(fast.enlarge(base, 3), tmp_path / "large.png")
    provenance = read_provenance(tmp_path / "large.png")
    assert (provenance["task"], provenance["model"], provenance["scale"]) == (
        "restoration",
        fast.spec.id,
        3,
    )
    assert provenance["weights_sha256"] == fast.spec.sha256
    assert (provenance["base"]["model"], provenance["base"]["seed"]) == ("faces-64", 42)
    save_png(base, tmp_path / "base.png")  # also from a file
    made = fast.enlarge(read_photo(tmp_path / "base.png"))
    assert json.loads(made.info["ganvas"])["base"]["seed"] == 42


@pytest.mark.parametrize("text", ["", "{", "[]", "3", "[" * 100_000])
def test_a_provenance_that_is_none_is_left_out(text):
    image = picture(32, 32)
    image.info["ganvas"] = text
    assert "base" not in json.loads(small_pipeline().enlarge(image).info["ganvas"])


def test_nothing_of_the_original_but_its_provenance_is_carried_along():
    file = io.BytesIO()
    picture(32, 32).save(file, "PNG", dpi=(300, 300), exif=Image.Exif().tobytes())
    made = small_pipeline().enlarge(Image.open(file))
    assert set(made.info) == {"ganvas"}


@pytest.mark.parametrize("model", ["real-esrgan-anime-x4", "real-esrgan-fast-x4"])
def test_bfloat16_is_over_45_decibels_from_float32(model):
    pipeline, image = load_pipeline(model, device="cpu"), picture(48, 48)
    exact, half = (pipeline.enlarge(image, bfloat16=choice) for choice in (False, True))
    error = np.asarray(exact).astype(float) - np.asarray(half)
    assert 10 * np.log10(255**2 / (error**2).mean()) > 45
    assert json.loads(half.info["ganvas"])["bfloat16"] is True
    assert "bfloat16" not in json.loads(exact.info["ganvas"])


def test_float32_is_what_comes_by_default(fast, monkeypatch):
    monkeypatch.delenv("GANVAS_BFLOAT16", raising=False)
    image = picture(32, 32)
    assert difference(fast.enlarge(image), fast.enlarge(image, bfloat16=False)) == 0

"""Files of the page in any format bring back their settings; the others get a sentence."""

from __future__ import annotations

import base64
import io

import gradio as gr
import numpy as np
import pytest
from PIL import Image

from gan_models import load_pipeline, read_provenance
from gan_models.media.images import add_provenance, grid, save_picture, save_png
from gan_models.media.video import VideoWriter
from tabs.classes.favourites import read_class_provenance
from tabs.components import favourite_list, provenance_drop
from tabs.components.enlarge import provenance_of, read_base_provenance
from tabs.components.files import png_files
from tabs.components.save_as import save_as, slider_pair
from tabs.latent.favourites import read_latent_provenance
from tests.media.readers import origin

COMMON = {"version": 1, "truncation_psi": 0.7}
LATENT = {**COMMON, "task": "latent", "model": "faces-64"}
CLASS = {**COMMON, "task": "class", "model": "eyes-128"}


def picture(provenance, size=(256, 200)):
    return add_provenance(Image.new("RGB", size, (120, 130, 140)), provenance)


def written(folder, suffix, *provenances):
    path = folder / f"a{suffix}"
    if suffix in (".gif", ".mp4"):
        with VideoWriter(path, 8) as writer:
            for one in provenances:
                writer.add(picture(one))
    else:
        save_as(picture(provenances[-1]), folder / "a", suffix)
    return str(path)


@pytest.mark.parametrize("suffix", [".png", ".jpg", ".webp", ".gif", ".mp4"])
def test_a_file_of_any_format_brings_its_sheet_back(tmp_path, suffix):
    file = written(tmp_path, suffix, {**LATENT, "seed": 42})
    seen = []

    def draw(provenance, *values):
        seen.append((provenance, values))
        yield gr.skip()
        return "drawn"

    assert list(provenance_drop.handler(draw)(file, "more"))[-1] == "drawn"
    ((provenance, (more, _)),) = seen
    assert more == "more"
    sheet, pair, position = read_latent_provenance(provenance)
    assert (sheet.model, sheet.seeds, sheet.truncation_psi) == ("faces-64", (42,), 0.7)
    assert (pair.b, position) == (None, 0.5)


@pytest.mark.parametrize("suffix", [".gif", ".mp4"])
def test_a_walk_and_a_morph_bring_their_seeds_back(tmp_path, suffix):
    walk = written(tmp_path, suffix, {**LATENT, "seeds": [3, 8, 3], "num_frames": 60, "frame": 59})
    sheet, pair, _ = read_latent_provenance(read_base_provenance(walk))
    assert sheet.seeds == (3, 8)
    assert pair.b is not None
    morph = {"seed_a": 1, "seed_b": 2, "t": 0.25}
    file = written(tmp_path, suffix, {**LATENT, **morph})
    assert read_latent_provenance(read_base_provenance(file))[2] == 0.25
    ends = {**CLASS, "class_a": "green", "seed_a": 4, "class_b": "red", "seed_b": 5, "t": 1.0}
    made = read_class_provenance(read_base_provenance(written(tmp_path, suffix, ends)))
    assert (made.class_name, made.seeds) == ("green", (4,))


def test_a_sheet_brings_all_of_its_seeds_back_enlarged_or_not(tmp_path):
    made = [picture({**LATENT, "seed": seed}) for seed in (5, 9, 11)]
    save_png(grid(made), tmp_path / "a.png")
    assert read_latent_provenance(read_base_provenance(tmp_path / "a.png"))[0].seeds == (5, 9, 11)
    large = [
        picture({"task": "restoration", "scale": 4, "base": {**LATENT, "seed": seed}})
        for seed in (5, 9)
    ]
    save_png(grid(large), tmp_path / "b.png")
    assert provenance_of(str(tmp_path / "b.png"))["task"] == "restoration"
    assert read_latent_provenance(read_base_provenance(tmp_path / "b.png"))[0].seeds == (5, 9)
    names = [("green", 3), ("red", 3), ("green", 4)]
    cells = [picture({**CLASS, "class_name": name, "seed": seed}) for name, seed in names]
    save_png(grid(cells), tmp_path / "c.png")
    sheet = read_class_provenance(read_base_provenance(tmp_path / "c.png"))
    assert (sheet.class_name, sheet.seeds) == ("green", (3, 4))


@pytest.mark.parametrize(
    ("provenance", "says"),
    [
        ({"task": "samples"}, "of a training"),
        ({"task": "class"}, "another tab"),
        ({"task": ["latent"]}, "another tab"),
        ({}, "broken"),
        (LATENT, "broken"),
        ({**LATENT, "seeds": 3}, "broken"),
        ({**LATENT, "seeds": ["x", {}]}, "seed"),
        ({**LATENT, "seeds": list(range(65))}, "64"),
        ({**LATENT, "grid": [{"seed": 1}, {}]}, "broken"),
        ({**LATENT, "seed": 1, "model": "../x"}, "model"),
        ({**LATENT, "seed": 1, "truncation_psi": "much"}, "."),
    ],
)
def test_settings_that_cannot_be_used_get_a_sentence(provenance, says):
    with pytest.raises(ValueError, match=says):
        read_latent_provenance(provenance)


@pytest.mark.parametrize("position", ["x", None, float("nan"), -1, 2, [0.5]])
def test_a_wrong_place_in_a_morph_is_the_middle(position):
    ends = {"seed_a": 1, "seed_b": 2, "t": position}
    assert read_latent_provenance({**LATENT, **ends})[2] == 0.5


def test_the_class_of_a_broken_sheet_is_not_guessed():
    for rest in ({"grid": [{"seed": 1}]}, {"seed": 1}, {"class_a": "green"}):
        with pytest.raises(ValueError, match="broken"):
            read_class_provenance({**CLASS, **rest})


# --- what the page writes ---------------------------------------------------------------------


def test_a_favourites_thumbnail_says_what_it_is_and_a_photo_nothing(tmp_path):
    text = favourite_list.picture_text(picture({**LATENT, "seed": 1}), 128)
    path = favourite_list.picture_file(favourite_list.checked_text(text), "one")
    assert origin(path)["source"] == "trainedAlgorithmicMedia"
    photo = favourite_list.picture_text(Image.new("RGB", (64, 64)), 64)
    content = base64.b64decode(photo.partition(",")[2])
    assert b"digitalsourcetype" not in content
    assert Image.open(io.BytesIO(content)).size == (64, 64)


@pytest.mark.parametrize("suffix", [".png", ".jpg", ".webp"])
@pytest.mark.parametrize("mode", ["RGB", "RGBA"])
def test_what_is_saved_says_what_it_is(tmp_path, suffix, mode):
    made = add_provenance(Image.new(mode, (60, 44)), {"task": "restoration", "model": "x"})
    path = save_as(made, tmp_path / "one", suffix)
    assert origin(path) == {"tool": "Ganvas", "source": "algorithmicallyEnhanced"}
    assert read_provenance(path) == {"task": "restoration", "model": "x"}


def test_the_mark_is_on_what_is_shown_and_not_on_what_a_network_takes(monkeypatch, tmp_path):
    monkeypatch.setenv("GANVAS_MARK", "1")
    made = picture({**LATENT, "seed": 1})

    def is_marked(path):
        with Image.open(path) as shown:
            return int(np.asarray(shown.convert("RGB"))[-12:, -12:].min()) < 20

    assert is_marked(png_files([made], ["shown"])[0])
    assert not is_marked(png_files([made], ["sent"], mark=False)[0])
    photo = Image.new("RGB", (256, 200), (120, 130, 140))
    before, after = slider_pair(photo, made, tmp_path)
    assert is_marked(after)
    assert not is_marked(before)
    text = favourite_list.picture_text(made, 200)
    assert is_marked(favourite_list.picture_file(text, "one"))


def test_the_provenance_of_a_marked_picture_still_gives_its_pixels(monkeypatch, tmp_path):
    pipeline = load_pipeline("eyes-128", device="cpu")
    (made,) = pipeline.sample([7], "green", 0.8)
    monkeypatch.setenv("GANVAS_MARK", "1")
    save_picture(made, tmp_path / "a.png", "PNG")
    facts = read_provenance(tmp_path / "a.png")
    (again,) = pipeline.sample([facts["seed"]], facts["class_name"], facts["truncation_psi"])
    save_picture(again, tmp_path / "b.png", "PNG")
    assert (tmp_path / "a.png").read_bytes() == (tmp_path / "b.png").read_bytes()
    assert (np.asarray(made) == np.asarray(again)).all()

"""What the command line writes says that it is generated; the mark is drawn if it is wanted."""

from __future__ import annotations

import os
import subprocess
import sys

import numpy as np
import pytest
from PIL import Image

from gan_models import load_pipeline
from gan_models.cli.main import main
from gan_models.media.images import read_provenance
from gan_models.media.photos import read_clip
from tests.media.readers import origin

MADE = {"tool": "Ganvas", "source": "trainedAlgorithmicMedia"}


def photo(path, size=(130, 140)):
    Image.effect_noise(size, 60).convert("RGB").save(path)
    return str(path)


def test_samples_and_grids_say_that_they_are_generated(tmp_path):
    assert main(["sample", "faces-64", "--seeds", "0-2,42", "--out", str(tmp_path)]) == 0
    assert [origin(path) for path in tmp_path.iterdir()] == [MADE] * 4
    sheet = tmp_path / "grid.png"
    arguments = ["--class", "green", "--seeds", "5,7,9", "--out", str(sheet)]
    assert main(["sample", "eyes-128", *arguments]) == 0
    assert origin(sheet) == MADE
    found = read_provenance(sheet)
    assert (found["model"], found["class_name"]) == ("eyes-128", "green")
    assert found["grid"] == [{"seed": 5}, {"seed": 7}, {"seed": 9}]


@pytest.mark.parametrize("suffix", [".mp4", ".gif", ".webp"])
def test_a_walk_says_so_and_names_its_seeds(tmp_path, suffix):
    out = tmp_path / f"walk{suffix}"
    arguments = ["--seeds", "3,8,3", "--frames", "5", "--out", str(out)]
    assert main(["interpolate", "faces-64", *arguments]) == 0
    assert origin(out) == MADE
    found = read_provenance(out)
    assert (found["seeds"], found["num_frames"], found["space"]) == ([3, 8, 3], 5, "z")
    pipeline = load_pipeline("faces-64", device="cpu")
    again = pipeline.interpolate(found["seeds"], found["num_frames"], found["space"])
    first = np.asarray(read_clip(out).frames[0]).astype(int)
    assert np.abs(first - np.asarray(again[0])).mean() < 12  # but for the compression


def test_an_altered_photo_is_not_called_wholly_generated(tmp_path):
    given = photo(tmp_path / "holiday.jpg", (40, 36))
    assert main(["translate", "vintage", given, "--out", str(tmp_path / "old")]) == 0
    made = tmp_path / "old" / "holiday.png"
    assert origin(made)["source"] == "compositeWithTrainedAlgorithmicMedia"
    out = str(tmp_path / "large")
    assert main(["enlarge", "real-esrgan-fast-x4", given, "--out", out]) == 0
    assert origin(tmp_path / "large" / "holiday.png")["source"] == "algorithmicallyEnhanced"
    assert main(["enlarge", "real-esrgan-fast-x4", str(made), "--out", str(tmp_path)]) == 0
    twice = tmp_path / "holiday.png"
    assert origin(twice)["source"] == "compositeWithTrainedAlgorithmicMedia"
    assert read_provenance(twice)["base"] == read_provenance(made)


def test_a_picture_of_ours_stays_generated_through_every_format(tmp_path):
    walk = tmp_path / "walk.gif"
    arguments = ["--seeds", "3,8", "--frames", "2", "--out", str(walk)]
    assert main(["interpolate", "faces-64", *arguments]) == 0
    assert main(["translate", "vintage", str(walk), "--out", str(tmp_path / "old")]) == 0
    assert origin(tmp_path / "old" / "walk.png") == MADE
    assert read_provenance(tmp_path / "old" / "walk.png")["base"]["seeds"] == [3, 8]


def test_the_mark_is_drawn_into_what_is_written_alone(tmp_path, monkeypatch):
    given = photo(tmp_path / "a.png")
    assert main(["translate", "vintage", given, "--out", str(tmp_path / "plain")]) == 0
    monkeypatch.setenv("GANVAS_MARK", "1")
    assert main(["translate", "vintage", given, "--out", str(tmp_path / "marked")]) == 0
    with (
        Image.open(tmp_path / "plain" / "a.png") as plain,
        Image.open(tmp_path / "marked" / "a.png") as marked,
    ):
        differs = (np.asarray(plain) != np.asarray(marked)).any(2)
        assert plain.info["ganvas"] == marked.info["ganvas"]
    rows, columns = np.nonzero(differs)
    assert rows.min() > 120
    assert columns.min() > 100
    assert (rows.max(), columns.max()) == (139, 129)


def test_pictures_of_64_px_and_the_films_of_them_keep_all_their_pixels(tmp_path, monkeypatch):
    monkeypatch.setenv("GANVAS_MARK", "made by AI")
    assert main(["sample", "faces-64", "--seeds", "3", "--out", str(tmp_path)]) == 0
    (path,) = tmp_path.iterdir()
    (expected,) = load_pipeline("faces-64", device="cpu").sample([3])
    with Image.open(path) as made:
        assert np.abs(np.asarray(made).astype(int) - np.asarray(expected)).max() <= 1
    assert origin(path) == MADE


def test_a_mark_that_cannot_be_drawn_is_refused_in_one_line_before_any_work(tmp_path):
    out = tmp_path / "x"
    command = [sys.executable, "-m", "gan_models", "sample", "faces-64", "--seeds", "0", "--out"]
    ended = subprocess.run(
        [*command, str(out)],
        env={**os.environ, "GANVAS_MARK": "人工智能"},
        capture_output=True,
        text=True,
        check=False,
    )
    assert ended.returncode == 2
    assert ended.stderr.count("\n") == 1
    assert "GANVAS_MARK must be 1, 0, or a text" in ended.stderr
    assert not out.exists()

"""The limits of files and pictures are exact, and defined in one place."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from gan_models.media import limits

ROOT = Path(__file__).parents[2] / "gan_models"


@pytest.mark.parametrize("size", [(16, 16), (8000, 8000), (4_000_000, 16), (16, 5000)])
def test_pictures_up_to_the_limits_are_accepted(size):
    limits.check_size(size, "a.png")


@pytest.mark.parametrize(
    ("size", "says"),
    [
        ((15, 4000), "16 px or more"),
        ((4000, 15), "16 px or more"),
        ((8001, 8001), r"a\.png is 8001x8001, 64\.0 megapixels; at most 64 are taken\. Make"),
        ((30_000, 30_000), "900 megapixels"),
    ],
)
def test_pictures_beyond_them_are_refused_with_their_size(size, says):
    with pytest.raises(ValueError, match=says):
        limits.check_size(size, "a.png")


@pytest.mark.parametrize(("num_bytes", "says"), [(0, "empty"), (50_000_001, "at most 50 MB")])
def test_files_beyond_them_are_refused(tmp_path, num_bytes, says):
    with (tmp_path / "a.png").open("wb") as file:
        file.truncate(num_bytes)
    with pytest.raises(ValueError, match=says):
        limits.check_file_size(tmp_path / "a.png")


@pytest.mark.parametrize(("size", "frames"), [((64, 64), 241), ((2000, 2000), 51)])
def test_films_beyond_them_are_refused(size, frames):
    limits.check_clip_size(size, frames - 1, "a.mp4")
    with pytest.raises(ValueError, match="too long"):
        limits.check_clip_size(size, frames, "a.mp4")


@pytest.mark.parametrize("name", [name for name in vars(limits) if name.startswith("M")])
def test_limits_are_defined_once(name):
    assignment = re.compile(rf"^{name}\b.* = ", re.MULTILINE)
    places = [p for p in ROOT.rglob("*.py") if assignment.search(p.read_text("utf-8"))]
    assert [path.name for path in places] == ["limits.py"]

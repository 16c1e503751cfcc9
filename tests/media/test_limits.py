"""The limits of files and pictures are exact, and defined in one place."""

from __future__ import annotations

import re
from dataclasses import fields
from pathlib import Path

import pytest

from gan_models import load_pipeline
from gan_models.media import limits
from tabs.components.film_export import Film, layout_settings

ROOT = Path(__file__).parents[2] / "gan_models"
DOCS = ROOT.parent / "docs" / "security.md"


@pytest.fixture
def public(monkeypatch):
    """The limits of a public page, in force for a test."""
    monkeypatch.setattr(limits, "_CHOSEN", [lambda: limits.PUBLIC])


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


def test_no_limit_of_a_public_page_is_above_that_of_a_private_one():
    for field in fields(limits.Limits):
        assert getattr(limits.PUBLIC, field.name) < getattr(limits.PRIVATE, field.name)


def test_the_docs_list_every_limit_with_its_values():
    rows = re.findall(
        r"^\| `GANVAS_LIMIT_(\w+)` \|.*\| ([\d.]+) \| ([\d.]+) \|$", DOCS.read_text(), re.M
    )
    names = [field.name for field in fields(limits.Limits)]
    wanted = [(getattr(limits.PRIVATE, name), getattr(limits.PUBLIC, name)) for name in names]
    assert [name.lower() for name, *_ in rows] == names
    assert [(float(private), float(public)) for _, private, public in rows] == wanted


def test_a_public_page_makes_shorter_films(public):
    pipe = load_pipeline("faces-64", device="cpu")
    pipe.iter_frames([1, 2], 600)
    with pytest.raises(ValueError, match="2 to 600 frames, not 601"):
        pipe.iter_frames([1, 2], 601)
    assert Film.read(600, 24, ".mp4", False).num_frames == 600
    with pytest.raises(ValueError, match="2 to 600 frames, not 601"):
        Film.read(601, 24, ".mp4", False)


def test_another_length_of_films_is_set_in_the_environment(public, monkeypatch):
    monkeypatch.setenv("GANVAS_LIMIT_WALK_FRAMES", "1000")
    assert limits.limits().walk_frames == 1000
    monkeypatch.setenv("GANVAS_LIMIT_WALK_FRAMES", "3601")
    with pytest.raises(ValueError, match="at most 3600"):
        limits.limits()


def test_the_field_of_the_frames_has_the_limit_of_the_page(public):
    assert layout_settings("some", 60).frames.maximum == 600

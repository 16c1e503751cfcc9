"""Checks of `--out`, and of outputs that are inputs."""

from __future__ import annotations

import os
from pathlib import Path

import pytest
from PIL import Image

from gan_models.cli import outputs
from gan_models.weights.errors import WeightsError


@pytest.mark.parametrize(
    "name", ["a.png", "A.PNG", "walk.mp4", "WALK.Mp4", "x.GIF", "m.SafeTensors", "a.b.zip", "a.jpg"]
)
def test_a_known_suffix_in_any_case_is_a_file_unless_a_folder_is_there(tmp_path, name):
    assert outputs.names_file(tmp_path / name)
    with pytest.raises(ValueError, match="must be a folder"):
        outputs.folder_out(tmp_path / name)
    (tmp_path / name).mkdir()
    assert not outputs.names_file(tmp_path / name)
    assert outputs.folder_out(tmp_path / name) == tmp_path / name


@pytest.mark.parametrize(
    "name",
    ["faces-psi0.7", "runs-lr0.002", "out.v2", "2024.05.01", "host.example", "x", ".hidden", "a.b"],
)
def test_anything_else_is_a_folder(tmp_path, name):
    assert outputs.folder_out(tmp_path / name) == tmp_path / name
    with pytest.raises(ValueError, match=r"name a file.*\.png"):
        outputs.file_out(tmp_path / name, (".png",))


def test_a_file_is_no_folder(tmp_path):
    (tmp_path / "notes").write_text("mine")
    with pytest.raises(ValueError, match="is a file; name a folder"):
        outputs.folder_out(tmp_path / "notes")


def test_a_file_of_another_kind_is_refused(tmp_path):
    assert outputs.file_out(tmp_path / "A.PNG", (".png",))
    with pytest.raises(ValueError, match=r"must end in \.png"):
        outputs.file_out(tmp_path / "a.jpg", (".png",))


def spellings(tmp_path: Path) -> dict[str, Path]:
    """Other names of tmp_path/own/a.png."""
    own, other = tmp_path / "own", tmp_path / "other"
    own.mkdir()
    other.mkdir()
    Image.new("RGB", (20, 20)).save(own / "a.png")
    (tmp_path / "link to the folder").symlink_to(own, target_is_directory=True)
    (other / "link.png").symlink_to(own / "a.png")
    os.link(own / "a.png", other / "hard.png")
    return {
        "itself": own / "a.png",
        "a roundabout path": own / ".." / "own" / "." / "a.png",
        "a relative path": Path(os.path.relpath(own / "a.png")),
        "a linked folder": tmp_path / "link to the folder" / "a.png",
        "a link": other / "link.png",
        "a hard link": other / "hard.png",
    }


def test_an_input_is_known_by_any_name(tmp_path):
    for name, path in spellings(tmp_path).items():
        for pair in ((path, tmp_path / "own" / "a.png"), (tmp_path / "own" / "a.png", path)):
            with pytest.raises(ValueError, match="is an input and would be overwritten"):
                outputs.refuse_overwriting([tmp_path / "new.png", pair[0]], [pair[1]])
        assert name
    outputs.refuse_overwriting([tmp_path / "own" / "b.png"], [tmp_path / "own" / "a.png"])


def test_a_name_that_the_file_system_takes_for_an_inputs_is_refused(tmp_path, monkeypatch):
    """As on Windows and macOS, where A.PNG and a.png are one file."""
    (tmp_path / "A.PNG").write_bytes(b"x")
    real = Path.stat

    def stat(path: Path, **options):
        same = path.parent / "A.PNG" if path.name.lower() == "a.png" else path
        return real(same, **options)

    monkeypatch.setattr(Path, "stat", stat)
    with pytest.raises(ValueError, match="would be overwritten"):
        outputs.pngs_named_after([tmp_path / "A.PNG"], tmp_path)


def test_each_input_gives_one_png_of_its_stem(tmp_path):
    inputs = [Path("x/a.jpg"), Path("y/b.tar.PNG"), Path("c")]
    made = outputs.pngs_named_after(inputs, tmp_path)
    assert [path.name for path in made] == ["a.png", "b.tar.png", "c.png"]


@pytest.mark.parametrize(
    "pair", [("a.png", "a.jpg"), ("x/a.png", "y/a.png"), ("a.png", "a.png"), ("é.png", "é.jpg")]
)
def test_two_inputs_of_one_stem_are_refused(tmp_path, pair):
    with pytest.raises(ValueError, match="Two inputs are named"):
        outputs.pngs_named_after([Path(name) for name in pair], tmp_path)


def test_letter_case_tells_inputs_apart_where_the_file_system_does(tmp_path, monkeypatch):
    pair = [Path("a.png"), Path("A.jpg")]
    assert len(outputs.pngs_named_after(pair, tmp_path / "new" / "folder")) == 2
    monkeypatch.setattr(outputs, "_ignores_case", lambda folder: True)
    with pytest.raises(ValueError, match="Two inputs are named"):
        outputs.pngs_named_after(pair, tmp_path)


def test_a_picture_that_cannot_be_written_leaves_the_older_one_whole(tmp_path, monkeypatch):
    outputs.write_png(Image.new("RGB", (20, 20), "red"), tmp_path / "new" / "a.png")
    before = (tmp_path / "new" / "a.png").read_bytes()

    def full(image, path):
        Path(path).write_bytes(b"half")
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(outputs, "save_png", full)
    with pytest.raises(WeightsError, match="full"):
        outputs.write_png(Image.new("RGB", (20, 20)), tmp_path / "new" / "a.png")
    assert (tmp_path / "new" / "a.png").read_bytes() == before
    assert len(list((tmp_path / "new").iterdir())) == 1

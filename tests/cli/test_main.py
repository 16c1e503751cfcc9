"""The command line as a user sees it: files, exit codes, one-line errors."""

import json
import os
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
from PIL import Image, ImageSequence

from gan_models import load_pipeline
from gan_models.cli.main import main
from gan_models.media.images import read_provenance
from gan_models.paths import ganvas_home
from gan_models.zoo import MODELS, public_facts


def refused(capsys, *arguments: str) -> str:
    """The one line on stderr of a command that must fail with status 2."""
    try:
        status = main(arguments)
    except SystemExit as left:
        status = left.code
    error = capsys.readouterr().err
    assert status == 2
    assert error.count("\n") == 1, error
    assert "Traceback" not in error
    assert "usage:" not in error
    return error


def test_sample_writes_one_png_a_seed_with_its_provenance(tmp_path):
    out = tmp_path / "new" / "folder"
    assert main(["sample", "faces-64", "--seeds", "0-2,42", "--out", str(out)]) == 0
    names = sorted(path.name for path in out.iterdir())
    assert names == [f"faces-64-seed{seed:08d}.png" for seed in (0, 1, 2, 42)]
    python = np.asarray(load_pipeline("faces-64", device="cpu").sample([42])[0]).astype(int)
    with Image.open(out / names[-1]) as picture:
        assert picture.mode == "RGB"
        assert np.abs(np.asarray(picture).astype(int) - python).max() <= 1
    assert read_provenance(out / names[-1])["seed"] == 42


def test_sample_with_a_file_name_writes_one_grid(tmp_path):
    assert main(["sample", "faces-64", "--seeds", "0-3", "--out", str(tmp_path / "g.png")]) == 0
    with Image.open(tmp_path / "g.png") as sheet:
        assert sheet.size == (128, 128)


@pytest.mark.parametrize("suffix", [".mp4", ".gif", ".webp"])
def test_interpolate_writes_a_playable_loop(tmp_path, suffix):
    path = tmp_path / f"walk{suffix}"
    arguments = ["interpolate", "faces-64", "--seeds", "3,8,3", "--frames", "24"]
    assert main([*arguments, "--out", str(path)]) == 0
    frames = decoded(path)
    steps = [
        np.abs(a.astype(int) - b).mean()
        for a, b in zip(frames, [*frames[1:], frames[0]], strict=True)
    ]
    assert len(frames) == 24
    assert max(steps) < 3 * np.median(steps)


def decoded(path: Path) -> list[np.ndarray]:
    if path.suffix != ".mp4":
        with Image.open(path) as picture:
            return [np.asarray(f.convert("RGB")) for f in ImageSequence.Iterator(picture)]
    import av

    with av.open(str(path)) as container:
        return [frame.to_ndarray(format="rgb24") for frame in container.decode(video=0)]


@pytest.mark.parametrize("name", ["WALK.MP4", "walk.Gif"])
def test_rates_may_be_fractions_and_suffixes_in_any_case(tmp_path, name):
    arguments = ["interpolate", "faces-64", "--seeds", "3 8", "--frames", "8", "--fps", "29.97"]
    assert main([*arguments, "--out", str(tmp_path / name)]) == 0
    assert [path.name for path in tmp_path.iterdir()] == [name]
    path = (tmp_path / name).rename(tmp_path / name.lower())
    assert len(decoded(path)) == 8


@pytest.mark.parametrize("out", ["faces-psi0.7", "existing.png", "v1.2/runs-lr0.002"])
def test_sample_takes_folders_with_a_dot(tmp_path, out):
    (tmp_path / "existing.png").mkdir()
    arguments = ["sample", "faces-64", "--seeds", "０–1；4", "--truncation-psi", "-0.7"]
    assert main([*arguments, "--out", str(tmp_path / out)]) == 0
    names = sorted(path.name for path in (tmp_path / out).iterdir())
    assert names == [f"faces-64-seed{seed:08d}.png" for seed in (0, 1, 4)]
    assert read_provenance(tmp_path / out / names[0])["truncation_psi"] == -0.7


def test_a_grid_may_have_an_upper_case_suffix(tmp_path):
    assert main(["sample", "faces-64", "--seeds", "0 1", "--out", str(tmp_path / "G.PNG")]) == 0
    with Image.open(tmp_path / "G.PNG") as sheet:
        assert (sheet.format, sheet.size) == ("PNG", (128, 64))


def test_list_tells_every_model_in_words_and_as_json(capsys):
    assert main(["list"]) == 0
    assert "faces-64" in capsys.readouterr().out
    assert main(["list", "--json"]) == 0
    rows = json.loads(capsys.readouterr().out)
    assert all(set(row) >= {*public_facts(MODELS[0]), "available", "reason"} for row in rows)


def test_verify_checks_what_is_present(capsys):
    assert main(["verify"]) == 0
    assert "faces-64: ok" in capsys.readouterr().out


@pytest.mark.parametrize(
    ("arguments", "says"),
    [
        (["sample", "nobody", "--seeds", "0", "--out", "x"], "no model"),
        (["sample", "faces-64", "--seeds", "cat", "--out", "x"], "not a seed"),
        (["sample", "faces-64", "--seeds", "0-10000", "--out", "x"], "At most 10000"),
        (["sample", "faces-64", "--seeds", "0", "--truncation-psi", "nan", "--out", "x"], "ψ"),
        (["sample", "faces-64", "--seeds", "0", "--out", "x.bmp"], "must end in .png"),
        (["sample", "faces-64", "--seeds", "0", "--out", "X.JPG"], "must end in .png"),
        (["sample", "faces-64", "--seeds", "0", "--truncation-psi", "-2.1", "--out", "x"], "ψ"),
        (["interpolate", "faces-64", "--seeds", "3,8", "--out", "walk"], "name a file"),
        (
            ["interpolate", "faces-64", "--seeds", "3,8", "--fps", "nan", "--out", "x.mp4"],
            "1 to 60",
        ),
        (["interpolate", "faces-64", "--seeds", "3,8", "--fps", "x", "--out", "x.mp4"], "float"),
        (["sample", "a\nb", "c\nd", "--seeds", "0", "--out", "x"], "unrecognized"),
        (["sample", "faces-64", "--seeds", "0"], "--out"),
        (["sample", "missing.safetensors", "--seeds", "0", "--out", "x"], "no file"),
        (["interpolate", "faces-64", "--seeds", "3", "--out", "x.mp4"], "2 or more seeds"),
        (["interpolate", "faces-64", "--seeds", "3,8", "--out", "x.avi"], "must end in"),
        (
            ["interpolate", "faces-64", "--seeds", "3,8", "--frames", "1", "--out", "x.gif"],
            "frames",
        ),
        (["fetch"], "Name the models"),
        (["train", "portraits", "--out", "x"], "no recipe"),
        (["train", "landscapes", "--out", "x.png"], "be a folder"),
        (["train", "landscapes", "--kimg=-1"], "between 0.001 and 10,000"),
        (["train", "landscapes", "--kimg", "0"], "between 0.001 and 10,000"),
        (["train", "landscapes", "--kimg", "nan"], "between 0.001 and 10,000"),
        (["evaluate", "faces-64"], "landscapes"),
        (["evaluate", "landscapes", "--num", "0"], "10 to 50,000"),
        (["convert", "no.pth", "--out", "x.safetensors"], "no file"),
        (["paint-me"], "invalid choice"),
        ([], "required"),
    ],
)
def test_mistakes_get_one_line_and_status_2(capsys, tmp_path, monkeypatch, arguments, says):
    monkeypatch.chdir(tmp_path)
    assert says in refused(capsys, *arguments)
    assert list(tmp_path.iterdir()) == []


def test_damaged_weights_get_one_line_and_status_2(tmp_path, capsys, monkeypatch):
    from gan_models import weights
    from gan_models.zoo import get_spec

    good = weights.find(get_spec("faces-64"))
    inside = good.relative_to(ganvas_home())
    copy = tmp_path / inside
    copy.parent.mkdir(parents=True)
    data = bytearray(good.read_bytes())
    data[len(data) // 2] ^= 1
    copy.write_bytes(data)
    monkeypatch.setenv("GANVAS_HOME", str(tmp_path))
    monkeypatch.setenv("GANVAS_OFFLINE", "1")
    error = refused(capsys, "sample", "faces-64", "--seeds", "0", "--out", str(tmp_path / "out"))
    assert "fetch faces-64" in error


def test_weights_that_cannot_be_had_offline_get_one_line(tmp_path, capsys, monkeypatch):
    monkeypatch.setenv("GANVAS_HOME", str(tmp_path))
    monkeypatch.setenv("GANVAS_OFFLINE", "1")
    error = refused(capsys, "sample", "faces-64", "--seeds", "0", "--out", str(tmp_path / "out"))
    assert "GANVAS_OFFLINE" in error or "network" in error


def test_nothing_of_the_weight_wheels_is_imported():
    code = (
        "import sys, gan_models; gan_models.load_pipeline('faces-64').sample([0]);"
        "import importlib.util as u;"
        "assert not any('gan_face' in name for name in sys.modules);"
        "assert u.find_spec('gan_face_generate') is None"
    )
    subprocess.run([sys.executable, "-c", code], check=True, env={**os.environ})


def test_convert_writes_a_file_that_describes_itself(tmp_path, capsys):
    golden = Path(__file__).parents[1] / "golden" / "dcgan.weights.safetensors"
    out = tmp_path / "mine.safetensors"
    assert main(["convert", str(golden), "--title", "Mine", "--out", str(out)]) == 0
    assert main(["sample", str(out), "--seeds", "1", "--out", str(tmp_path / "made")]) == 0
    assert [path.name for path in (tmp_path / "made").iterdir()] == ["mine-seed00000001.png"]
    assert "must end in .safetensors" in refused(
        capsys, "convert", str(golden), "--out", str(tmp_path / "mine.pth")
    )


def own_file(tmp_path) -> Path:
    """A user model."""
    golden = Path(__file__).parents[1] / "golden" / "dcgan.weights.safetensors"
    assert main(["convert", str(golden), "--out", str(tmp_path / "own.safetensors")]) == 0
    return tmp_path / "own.safetensors"


def test_no_command_overwrites_the_model_it_reads(tmp_path, capsys):
    own = own_file(tmp_path)
    before = own.read_bytes()
    made = tmp_path / "made"
    made.mkdir()
    for name in ("own-seed00000001.png", "grid.png", "walk.gif", "again.safetensors"):
        (made / name).symlink_to(own)
    calls = [
        ["sample", str(own), "--seeds", "1", "--out", str(made)],
        ["sample", str(own), "--seeds", "1", "--out", str(made / "grid.png")],
        ["interpolate", str(own), "--seeds", "1,2", "--out", str(made / "walk.gif")],
        ["convert", str(own), "--format", "dcgan-pytorch", "--out", str(own)],
        [
            "convert",
            str(own),
            "--format",
            "dcgan-pytorch",
            "--out",
            str(made / "again.safetensors"),
        ],
    ]
    for call in calls:
        assert "would be overwritten" in refused(capsys, *call)
    assert own.read_bytes() == before


def test_a_model_file_may_have_an_upper_case_suffix(tmp_path):
    upper = own_file(tmp_path).rename(tmp_path / "OWN.SAFETENSORS")
    assert main(["sample", str(upper), "--seeds", "1", "--out", str(tmp_path / "made")]) == 0
    assert [path.name for path in (tmp_path / "made").iterdir()] == ["OWN-seed00000001.png"]


def photos(folder: Path, names: list[str]) -> list[str]:
    """Small pictures of these names."""
    folder.mkdir(exist_ok=True)
    for name in names:
        Image.effect_noise((40, 32), 60).convert("RGB").save(folder / name)
    return [str(folder / name) for name in names]


@pytest.mark.parametrize("spelling", ["own", "own/../own/.", "link"])
def test_translate_never_overwrites_an_input(tmp_path, monkeypatch, capsys, spelling):
    monkeypatch.chdir(tmp_path)
    inputs = photos(tmp_path / "own", ["holiday.png", "more.jpg"])
    (tmp_path / "link").symlink_to(tmp_path / "own", target_is_directory=True)
    before = {path: path.read_bytes() for path in (tmp_path / "own").iterdir()}
    error = refused(capsys, "translate", "summer2winter", *inputs, "--out", spelling)
    assert "holiday.png" in error
    assert {path: path.read_bytes() for path in (tmp_path / "own").iterdir()} == before


def test_translate_goes_on_after_a_broken_picture(tmp_path, capsys):
    inputs = photos(tmp_path / "in", ["a.jpg", "b.jpg", "c.png"])
    whole = Path(inputs[1]).read_bytes()
    Path(inputs[1]).write_bytes(whole[: len(whole) // 2])
    inputs.append(str(tmp_path / "in" / "missing.png"))
    out = tmp_path / "out.v2"
    error = refused(capsys, "translate", "summer2winter", *inputs, "--out", str(out))
    assert "2 of 4" in error
    assert "b.jpg" in error
    assert "missing.png" in error
    assert sorted(path.name for path in out.iterdir()) == ["a.png", "c.png"]


def test_sample_of_a_class_and_translate_write_pngs(tmp_path):
    out = tmp_path / "eyes"
    arguments = ["sample", "eyes-128", "--class", "green", "--seeds", "0,7", "--out", str(out)]
    assert main(arguments) == 0
    assert sorted(path.name for path in out.iterdir()) == [
        "eyes-128-seed00000000.png",
        "eyes-128-seed00000007.png",
    ]
    assert read_provenance(out / "eyes-128-seed00000007.png")["class_name"] == "green"
    photo = tmp_path / "photo.jpg"
    Image.effect_noise((50, 34), 60).convert("RGB").save(photo)
    assert main(["translate", "vintage", str(photo), "--out", str(tmp_path / "made")]) == 0
    assert [path.name for path in (tmp_path / "made").iterdir()] == ["photo.png"]
    with Image.open(tmp_path / "made" / "photo.png") as made:
        assert made.size == (50, 34)


@pytest.mark.parametrize(
    ("arguments", "says"),
    [
        (["sample", "eyes-128", "--seeds", "0", "--out", "x"], "needs a --class"),
        (["sample", "eyes-128", "--class", "x", "--seeds", "0", "--out", "x"], "no class"),
        (["sample", "faces-64", "--class", "x", "--seeds", "0", "--out", "x"], "no classes"),
        (["sample", "vintage", "--seeds", "0", "--out", "x"], "translation model"),
        (["translate", "vintage", "a.png", "b/a.png", "--out", "x"], "Two inputs"),
        (["translate", "vintage", "missing.png", "--out", "x"], "missing.png"),
        (["translate", "vintage", "a.png", "--out", "x.png"], "be a folder"),
        (["translate", "vintage", "a.png", "--strength", "2", "--out", "x"], "Strength goes"),
    ],
)
def test_mistakes_with_classes_and_translations_get_one_line(
    capsys, tmp_path, monkeypatch, arguments, says
):
    monkeypatch.chdir(tmp_path)
    assert says in refused(capsys, *arguments)
    assert list(tmp_path.iterdir()) == []

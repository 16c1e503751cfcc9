"""The library installs by itself, with our checkpoints in it, and without the page."""

from __future__ import annotations

import shutil
import subprocess
import sys
import tomllib
import zipfile
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]
CARRIED = ("pyproject.toml", "README.md", "LICENSE", "NOTICE", "gan_models", "checkpoints")
SAMPLE = (
    "import gan_models; assert 'site' in gan_models.__file__;"
    "print(gan_models.load_pipeline('landscapes').sample(seeds=[1])[0].size)"
)


def test_every_package_is_listed():
    listed = tomllib.loads((ROOT / "pyproject.toml").read_text("utf-8"))["tool"]["setuptools"]
    folders = {
        ".".join(path.parent.relative_to(ROOT).parts)
        for path in (ROOT / "gan_models").rglob("__init__.py")
    }
    assert set(listed["packages"]) == folders | {"gan_models.checkpoints"}


@pytest.mark.slow
def test_an_installed_package_samples_from_an_empty_folder(tmp_path):
    source = tmp_path / "source"
    source.mkdir()
    skipped = shutil.ignore_patterns("__pycache__")
    for name in CARRIED:
        path = ROOT / name
        if path.is_dir():
            shutil.copytree(path, source / name, ignore=skipped)
        else:
            shutil.copy(path, source / name)
    build = [*("-m", "pip", "wheel", "-q", "--no-deps", "--no-build-isolation"), "-w", tmp_path]
    subprocess.run([sys.executable, *build, source], check=True, timeout=240)
    wheel = next(tmp_path.glob("ganvas-*.whl"))
    with zipfile.ZipFile(wheel) as packed:
        tops = {name.split("/")[0] for name in packed.namelist()}
        packed.extractall(tmp_path / "site")
    assert {top for top in tops if not top.endswith(".dist-info")} == {"gan_models"}
    empty = tmp_path / "empty"
    empty.mkdir()
    environment = {"PYTHONPATH": str(tmp_path / "site"), "GANVAS_HOME": str(tmp_path / "home")}
    environment["GANVAS_OFFLINE"] = "1"
    ran = subprocess.run(
        [sys.executable, "-c", SAMPLE],
        cwd=empty, env=environment, capture_output=True, text=True, timeout=240,
    )  # fmt: skip
    assert ran.returncode == 0, ran.stderr
    assert ran.stdout.split() == ["(256,", "256)"]

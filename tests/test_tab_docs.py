"""Every tab has a page in docs/, whose examples run from top to bottom."""

from __future__ import annotations

import os
import re
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from tabs import TABS, start, user_models

ROOT = Path(__file__).parent.parent
GOLDEN = ROOT / "tests" / "golden" / "stylegan2_uncond.nvlabs.pkl"
PAGES = ("sample", "classes", "translate", "restore", "paint", "your-model", "adding-a-model")
OTHERS = {"Fine-tune": "finetuning", "Learn": "learn"}  # of these other tests run examples


def text_of(name: str) -> str:
    return (ROOT / "docs" / f"{name}.md").read_text("utf-8")


@pytest.fixture
def folder(tmp_path, monkeypatch):
    """A folder with what the examples name; models are added to a home of its own."""
    random = np.random.RandomState(1)
    photo = Image.fromarray(random.randint(0, 256, (48, 64, 3)).astype(np.uint8))
    photo.save(tmp_path / "photo.jpg")
    label_map = Image.fromarray(random.randint(0, 12, (32, 32)).astype(np.uint8))
    label_map.save(tmp_path / "map.png")
    (tmp_path / "network.pkl").write_bytes(GOLDEN.read_bytes())
    home = tmp_path / "home"
    home.mkdir()
    (home / "weights").symlink_to(Path(os.environ["GANVAS_HOME"]) / "weights")
    monkeypatch.setenv("GANVAS_HOME", str(home))
    monkeypatch.setenv("PYTHONPATH", str(ROOT))
    return tmp_path


def run(command: list[str], folder: Path) -> str:
    done = subprocess.run(
        command, cwd=folder, capture_output=True, text=True, timeout=240, check=False
    )
    assert done.returncode == 0, done.stderr
    return done.stdout


@pytest.mark.parametrize("name", PAGES)
def test_the_examples_run_from_top_to_bottom(name, folder):
    there = set(folder.rglob("*"))
    for language, code in re.findall(r"```(sh|python)\n(.*?)```", text_of(name), re.DOTALL):
        if language == "python":
            run([sys.executable, "-c", code], folder)
        else:
            code = re.sub("^python ", f"{sys.executable} ", code, flags=re.MULTILINE)
            run(["bash", "-euo", "pipefail", "-c", code], folder)
    assert [path for path in set(folder.rglob("*")) - there if path.suffix in (".png", ".mp4")]


def test_every_tab_has_a_page_that_the_readme_links_to():
    tabs = [tab.TITLE for tab in (*TABS, user_models) if tab is not start]
    readme = (ROOT / "README.md").read_text("utf-8")
    for title in tabs:
        name = OTHERS.get(title) or title.lower().replace(" ", "-")
        assert f"# {'Fine-tuning' if title == 'Fine-tune' else title}\n" in text_of(name)
        assert f"(docs/{name}.md)" in readme


@pytest.mark.parametrize("name", PAGES[:-1])
def test_a_page_has_the_controls_both_ways_without_the_page_and_the_limits(name):
    parts = re.findall(r"^## (.+)$", text_of(name), re.MULTILINE)
    assert parts == ["Controls", "On the command line", "In Python", "Limits"]


def test_the_example_of_an_entry_prints_its_facts(folder):
    code = "\n".join(re.findall(r"```sh\n(.*?)```", text_of("adding-a-model"), re.DOTALL))
    run(["bash", "-ec", re.sub("^python ", f"{sys.executable} ", code, flags=re.M)], folder)
    (facts,) = re.findall(r"```python\n(.*?)```", text_of("adding-a-model"), re.DOTALL)
    shown = run([sys.executable, "-c", facts], folder)
    assert "task='latent', family='stylegan2', resolution=64" in shown
    assert "format='stylegan2-nvlabs'" in shown

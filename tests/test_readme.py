"""The README tells the truth: its table is the zoo's, its Python runs, its commands exist."""

import re
import subprocess
import sys
from pathlib import Path

import pytest

from gan_models.zoo import markdown_table

ROOT = Path(__file__).parent.parent
README = (ROOT / "README.md").read_text("utf-8")


def test_the_model_table_is_current():
    table = README.partition("<!-- models -->")[2].partition("<!-- /models -->")[0].strip()
    assert table == markdown_table(), "put in what python -m gan_models list --markdown prints"


def test_the_four_lines_of_python_run(tmp_path):
    code = re.search(r"```python\n(.*?)```", README, re.DOTALL)[1]
    assert len(code.strip().splitlines()) == 4
    done = subprocess.run(
        [sys.executable, "-c", code],
        cwd=tmp_path,
        env={"PYTHONPATH": str(ROOT), **__import__("os").environ},
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    assert list(tmp_path.glob("*.png"))


def test_the_front_matter_names_the_pinned_gradio():
    pinned = re.search(r"gradio==(\S+)", (ROOT / "requirements.txt").read_text())[1]
    assert f"sdk_version: {pinned}\n" in README
    assert "app_file: app.py" in README


@pytest.mark.parametrize("picture", re.findall(r"\]\(([^)]+\.(?:png|jpg|webp))\)", README))
def test_every_picture_is_there(picture):
    assert (ROOT / picture).is_file()

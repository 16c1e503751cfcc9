"""The README and the docs are true: the table is the zoo's, the Python runs, links lead on."""

import re
import subprocess
import sys
from pathlib import Path

import pytest

from gan_models.zoo import markdown_table

ROOT = Path(__file__).parent.parent
README = (ROOT / "README.md").read_text("utf-8")
PAGES = [ROOT / name for name in ("README.md", "CONTRIBUTING.md", "CHANGELOG.md")]
DOCS = [f"docs/{path.name}" for path in sorted((ROOT / "docs").glob("*.md"))]


def test_the_model_table_is_current():
    text = (ROOT / "docs" / "models.md").read_text("utf-8")
    table = text.partition("<!-- models -->")[2].partition("<!-- /models -->")[0].strip()
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
    pinned = re.search(r"gradio\S*==(\S+)", (ROOT / "requirements.txt").read_text())[1]
    assert f"sdk_version: {pinned}\n" in README
    assert "app_file: app.py" in README


def test_the_readme_is_short():
    assert len(README.splitlines()) <= 150


def headings(text: str) -> set[str]:
    """The anchors that GitHub makes of the headings of a text."""
    titles = re.findall(r"^#+ (.+)$", text, re.MULTILINE)
    return {re.sub(r"[^\w -]", "", title.lower()).replace(" ", "-") for title in titles}


def links() -> list[tuple[str, str]]:
    """Files and what they link to, links to other hosts left out."""
    pages = [*PAGES, *sorted((ROOT / "docs").glob("*.md"))]
    found = []
    for page in pages:
        for target in re.findall(r"\]\(([^)\s]+)\)", page.read_text("utf-8")):
            if not target.startswith(("http://", "https://", "mailto:")):
                found.append((str(page.relative_to(ROOT)), target))
    return found


@pytest.mark.parametrize(("page", "target"), links())
def test_every_link_leads_somewhere(page, target):
    path, _, anchor = target.partition("#")
    file = (ROOT / page).parent / path if path else ROOT / page
    assert file.exists()
    assert not anchor or anchor in headings(file.read_text("utf-8"))


@pytest.mark.parametrize("page", ["README.md", "CONTRIBUTING.md", *DOCS])
def test_paths_that_are_named_exist(page):
    text = (ROOT / page).read_text("utf-8")
    named = re.findall(r"`((?:gan_models|tabs|tests|benchmarks|docs|checkpoints)/[\w./-]*)`", text)
    missing = [path for path in named if not (ROOT / path).exists()]
    assert not missing

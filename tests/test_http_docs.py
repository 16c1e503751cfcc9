"""The examples of docs/http.md run against a page, and its tables are those of the page."""

from __future__ import annotations

import json
import os
import re
import subprocess
import sys
from pathlib import Path

import httpx
import numpy as np
import pytest
from PIL import Image

from gan_models import weights
from tests.digit_films import with_film
from tests.finetune_page import BASE, photos, serving

ROOT = Path(__file__).parent.parent
TEXT = (ROOT / "docs" / "http.md").read_text("utf-8")
ADDRESS = "http://127.0.0.1:7860"


def blocks(language: str) -> list[str]:
    return re.findall(rf"```{language}\n(.*?)```", TEXT, re.DOTALL)


def sections() -> dict[str, str]:
    """The endpoints and the texts of their sections."""
    part = TEXT.partition("## Endpoints")[2].partition("\n## ")[0]
    found = {}
    for title, text in re.findall(r"^### (.+?)\n(.*?)(?=^### |\Z)", part, re.DOTALL | re.MULTILINE):
        found |= dict.fromkeys(title.split(", "), text)
    return found


def train_at_once(folder: Path, *_) -> int:
    """Instead of a worker: all jobs have a generator at once, and stay in the queue."""
    generator = weights.load_checkpoint(folder.parent / "models" / f"{BASE}.safetensors")[0]
    facts = {"task": "latent", "title": "Mine", "licence": "MIT", "source": "a test"}
    for job in (path for path in folder.iterdir() if path.is_dir()):
        job.joinpath("run").mkdir(exist_ok=True)
        weights.save_generator(job / "run" / "generator.safetensors", generator, **facts)
    return 0


@pytest.fixture(scope="module")
def url(tmp_path_factory):
    """The address of a page with MCP and a film, whose fine-tuning takes no time."""
    film = with_film(tmp_path_factory.mktemp("films"), "digits-dcgan")
    with pytest.MonkeyPatch.context() as patch, film:
        patch.setenv("GANVAS_MCP", "1")
        with serving(tmp_path_factory.mktemp("http") / "home", train_at_once) as (address, _):
            patch.undo()
            yield address


@pytest.fixture
def folder(tmp_path):
    """A folder as the page tells the reader to have."""
    photos(tmp_path / "pictures")
    random = np.random.RandomState(1)
    Image.fromarray(random.randint(0, 256, (48, 64, 3)).astype(np.uint8)).save(
        tmp_path / "photo.jpg"
    )
    Image.fromarray(random.randint(0, 12, (32, 32)).astype(np.uint8)).save(tmp_path / "map.png")
    return tmp_path


def run(command: list[str], folder: Path) -> str:
    env = {**os.environ, "NO_PROXY": "127.0.0.1", "no_proxy": "127.0.0.1"}
    done = subprocess.run(
        command, cwd=folder, capture_output=True, text=True, timeout=240, env=env, check=False
    )
    assert done.returncode == 0, done.stderr
    return done.stdout


def test_the_python_examples_run_from_top_to_bottom(url, folder):
    code = "\n".join(blocks("python")).replace(ADDRESS, url)
    shown = run([sys.executable, "-c", code], folder)
    assert '"cat" is not a seed' in shown
    assert "'faces-64'" in shown
    assert "queued" in shown
    assert "['image', 'text']" in shown
    files = [path.suffix for path in (folder / "downloads").rglob("*.*")]
    assert files.count(".png") == 11
    assert files.count(".mp4") == 1
    assert files.count(".safetensors") == 1


def test_the_curl_examples_run_from_top_to_bottom(url, folder):
    code = "\n".join(blocks("sh")).replace(ADDRESS, url)
    shown = run(["bash", "-euo", "pipefail", "-c", code], folder)
    assert "event: error" not in shown, shown
    assert shown.count("event: complete") == code.count("\ncall ") - code.count("| xargs")
    with Image.open(folder / "face.png") as face:
        assert face.size == (64, 64)
    for wanted in ("-walk.mp4", ".safetensors", '"state": "stopped"', '"num_bytes"'):
        assert wanted in shown


def test_the_mcp_configuration_is_json_of_the_address(url):
    (text,) = blocks("json")
    address = json.loads(text)["mcpServers"]["ganvas"]["url"].replace(ADDRESS, url)
    answer = httpx.get(address, headers={"accept": "text/html"})
    assert answer.status_code == 200
    assert "MCP" in answer.text


def test_every_endpoint_is_described_with_its_parameters_and_defaults(url):
    info = httpx.get(f"{url}/gradio_api/info").json()["named_endpoints"]
    described = sections()
    assert set(described) == {name.removeprefix("/") for name in info}
    for name, text in described.items():
        assert text.count("```python") == text.count("```sh") == 1
        rows = re.findall(r"^\| `(\w+)` \|(.*?)\| .+ \|$", text, re.MULTILINE)
        wanted = info[f"/{name}"]["parameters"]
        assert [row[0] for row in rows] == [p["parameter_name"] for p in wanted]
        for (_, default), parameter in zip(rows, wanted, strict=True):
            if default.strip() != "the model's own":
                wanted_default = parameter.get("parameter_default")
                assert default.strip(' `"') == str("" if wanted_default is None else wanted_default)

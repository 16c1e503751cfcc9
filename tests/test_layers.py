"""Who may import whom: the arrows of the house, checked on the imports of every file."""

from __future__ import annotations

import ast
from pathlib import Path

import pytest

ROOT = Path(__file__).parent.parent
WORKSHOP = ("networks", "pipelines", "training", "convert", "weights", "zoo")

# room -> what it may not import; the longest room that fits a file counts
FORBIDDEN: dict[str, tuple[str, ...]] = {
    "app": ("torch", *(f"gan_models.{room}" for room in WORKSHOP)),
    "tabs": ("torch", "torchvision", "app", "gan_models."),
    "gan_models": ("gradio", "tabs", "app"),
    "gan_models.networks": (
        *("gradio", "tabs", "app", "PIL", "pathlib", "huggingface_hub", "os", "io"),
        *(f"gan_models.{room}" for room in WORKSHOP[1:]),
        *("gan_models.images", "gan_models.seeds", "gan_models.device"),
    ),
    "gan_models.zoo": ("gradio", "tabs", "app", "torch", "gan_models.weights"),
    "gan_models.convert": (
        *("gradio", "tabs", "app", "gan_models.pipelines", "gan_models.training"),
        "gan_models.zoo",
    ),
    "gan_models.training": ("gradio", "tabs", "app", "gan_models.pipelines", "gan_models.jobs"),
    "gan_models.jobs": ("gradio", "tabs", "app", "gan_models.pipelines"),
    "gan_models.pipelines": ("gradio", "tabs", "app", "gan_models.training", "gan_models.jobs"),
    "gan_models.weights": (
        *("gradio", "tabs", "app", "gan_models.pipelines", "gan_models.training"),
        "gan_models.convert",
    ),
}
SOURCES = [
    path
    for top in ("app.py", "tabs", "gan_models")
    for path in ([ROOT / top] if top.endswith(".py") else sorted((ROOT / top).rglob("*.py")))
]


def module_name(path: Path) -> str:
    parts = path.relative_to(ROOT).with_suffix("").parts
    return ".".join(parts[:-1] if parts[-1] == "__init__" else parts)


def imported(source: str, module: str, is_package: bool) -> set[str]:
    """Every module that a source text imports, relative imports spelled out."""
    names: set[str] = set()
    for node in ast.walk(ast.parse(source)):
        if isinstance(node, ast.Import):
            names |= {alias.name for alias in node.names}
        elif isinstance(node, ast.ImportFrom):
            base = node.module or ""
            if node.level:
                parts = module.split(".")
                keep = len(parts) - node.level + (1 if is_package else 0)
                base = ".".join([*parts[:keep], *([base] if base else [])])
            names.add(base)
            names |= {f"{base}.{alias.name}" for alias in node.names}
    return names


def offences(source: str, module: str, is_package: bool = False) -> list[str]:
    """The imports of `module` that the arrows forbid."""
    rooms = [room for room in FORBIDDEN if module == room or module.startswith(room + ".")]
    if not rooms:
        return []
    bad = []
    for name in imported(source, module, is_package):
        for forbidden in FORBIDDEN[max(rooms, key=len)]:
            if forbidden == "gan_models.":
                # tabs take public names only: `from gan_models import x`, x no module
                if name.startswith("gan_models.") and is_module(name):
                    bad.append(name)
            elif name == forbidden or name.startswith(forbidden + "."):
                bad.append(name)
    return bad


def is_module(name: str) -> bool:
    path = ROOT.joinpath(*name.split("."))
    return path.is_dir() or path.with_suffix(".py").is_file()


@pytest.mark.parametrize("path", SOURCES, ids=module_name)
def test_every_import_follows_the_arrows(path):
    found = offences(path.read_text("utf-8"), module_name(path), path.name == "__init__.py")
    assert not found, f"{path.relative_to(ROOT)} may not import {', '.join(found)}"


@pytest.mark.parametrize(
    ("module", "planted"),
    [
        ("tabs.latent", "import torch"),
        ("tabs.latent", "from gan_models.pipelines import LatentPipeline"),
        ("tabs.latent", "from gan_models import weights"),
        ("gan_models.networks.dcgan", "from PIL import Image"),
        ("gan_models.networks.dcgan", "from gan_models.weights import ensure"),
        ("gan_models.networks.dcgan", "from ..weights import ensure"),
        ("gan_models.training.loop", "from gan_models.pipelines import load_pipeline"),
        ("gan_models.training.loop", "from gan_models.jobs import Jobs"),
        ("gan_models.jobs.worker", "from gan_models.pipelines import load_pipeline"),
        ("gan_models.pipelines.latent", "import gradio as gr"),
        ("gan_models.zoo", "import torch"),
        ("app", "import torch"),
    ],
)
def test_a_planted_import_is_found(module, planted):
    assert offences(planted, module)


@pytest.mark.parametrize("path", SOURCES, ids=module_name)
def test_torch_load_is_called_only_in_weights(path):
    calls = [
        node
        for node in ast.walk(ast.parse(path.read_text("utf-8")))
        if isinstance(node, ast.Attribute)
        and node.attr == "load"
        and isinstance(node.value, ast.Name)
        and node.value.id == "torch"
    ]
    assert not calls or module_name(path) == "gan_models.weights"

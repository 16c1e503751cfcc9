"""Who may import whom, checked on the imports of every file; no import goes in a circle."""

from __future__ import annotations

import ast
import re
from pathlib import Path

import pytest

ROOT = Path(__file__).parent.parent
MOST_LOOSE_MODULES = 8

FILES = ("weights", "networks", "zoo", "media", "seeds", "device", "paths", "checks")
READING = ("errors", "file_types", "io", "inert_pickle", "meta_init")

# package or module of the library -> those of the library that it may import beside itself;
# the longest name that fits a module counts
ALLOWED: dict[str, tuple[str, ...]] = {
    "paths": (),
    "checks": (),
    "device": (),
    "seeds": ("checks",),
    "zoo": ("paths", "checks"),
    "media": ("paths", "checks"),
    "networks": (),
    "convert": ("networks", "zoo", "checks", *(f"weights.{name}" for name in READING)),
    "convert.add_user_model": (
        *("convert", "networks", "zoo", "checks"),
        *(f"weights.{name}" for name in (*READING, "catalogue", "metadata")),
    ),
    "weights": ("networks", "zoo", "paths", "checks"),
    "weights.load": ("weights", "networks", "zoo", "paths", "checks", "convert"),
    "landscape": ("media", "paths", "checks"),
    "metrics": ("landscape", *FILES),
    "training": ("metrics", "landscape", *FILES),
    "finetuning": ("training", "metrics", "landscape", *FILES),
    "learning": ("training", "metrics", *FILES),
    "jobs": ("finetuning", "training", "cluster.settings", "cluster.store", *FILES),
    "pipelines": FILES,
    "cluster": ("pipelines", "finetuning", "training", *FILES),
    "cli": ("",),
    "__main__": ("cli",),
    "__init__": ("",),
}
# what lies outside the library, by the longest name that fits
FORBIDDEN: dict[str, tuple[str, ...]] = {
    "app": ("torch", "torchvision"),
    "tabs": ("torch", "torchvision", "app"),
    "gan_models": ("gradio", "tabs", "app"),
    "gan_models.zoo": ("gradio", "tabs", "app", "torch", "torchvision", "safetensors"),
    "gan_models.networks": (
        *("gradio", "tabs", "app", "PIL", "pathlib", "huggingface_hub", "os", "io"),
        *("torchvision", "safetensors"),
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


MODULES = {module_name(path) for path in SOURCES}


def imported(source: str) -> set[str]:
    """The modules and names that a source text imports; ours as modules where they are modules."""
    names: set[str] = set()
    for node in ast.walk(ast.parse(source)):
        if isinstance(node, ast.Import):
            names |= {alias.name for alias in node.names}
        elif isinstance(node, ast.ImportFrom):
            if node.level:
                names.add("a relative import")
                continue
            for alias in node.names:
                full = f"{node.module}.{alias.name}"
                names.add(full if full in MODULES else str(node.module))
    return names


def lies_in(name: str, package: str) -> bool:
    return not package or name == package or name.startswith(package + ".")


def longest(name: str, names: dict[str, tuple[str, ...]]) -> str | None:
    return max((known for known in names if lies_in(name, known)), key=len, default=None)


def offences(source: str, module: str) -> list[str]:
    """The imports of `module` that the arrows forbid."""
    names = imported(source)
    outside = FORBIDDEN.get(longest(module, FORBIDDEN) or "", ())
    bad = [name for name in names if any(lies_in(name, other) for other in outside)]
    bad += [name for name in names if name == "a relative import"]
    ours = [name for name in names if lies_in(name, "gan_models")]
    if lies_in(module, "gan_models"):
        inside = module.removeprefix("gan_models").lstrip(".") or "__init__"
        room = longest(inside, ALLOWED)
        if room is None:
            return [*bad, f"nothing, for it is in no package that {Path(__file__).name} lists"]
        for name in ours:
            other = name.removeprefix("gan_models").lstrip(".")
            if not any(lies_in(other, allowed) for allowed in (room, *ALLOWED[room])):
                bad.append(name)
        return bad
    # tabs and app take public names alone: `from gan_models import x`, x no module
    return [*bad, *(name for name in ours if name != "gan_models")]


@pytest.mark.parametrize("path", SOURCES, ids=module_name)
def test_every_import_follows_the_arrows(path):
    found = offences(path.read_text("utf-8"), module_name(path))
    assert not found, f"{path.relative_to(ROOT)} may not import {', '.join(found)}"


@pytest.mark.parametrize(
    ("module", "planted"),
    [
        ("app", "import torch"),
        ("tabs.latent", "import torch"),
        ("tabs.latent", "from gan_models.pipelines import LatentPipeline"),
        ("tabs.latent", "from gan_models import weights"),
        ("tabs.latent", "from ..components import files"),
        ("gan_models.convert.dcgan", "from gan_models.pipelines import load_pipeline"),
        ("gan_models.convert.dcgan", "from gan_models.weights import load"),
        ("gan_models.device", "from gan_models import weights"),
        ("gan_models.finetuning.health", "from gan_models.jobs import Jobs"),
        ("gan_models.finetuning.health", "from gan_models import pipelines"),
        ("gan_models.jobs.worker", "from gan_models.pipelines import load_pipeline"),
        ("gan_models.landscape.world", "from gan_models.training import TrainingError"),
        ("gan_models.learning.digits", "from gan_models.pipelines import load_pipeline"),
        ("gan_models.media.images", "from gan_models.weights import ensure"),
        ("gan_models.metrics.features", "from gan_models.training import losses"),
        ("gan_models.networks.dcgan", "from PIL import Image"),
        ("gan_models.networks.dcgan", "from gan_models.weights import ensure"),
        ("gan_models.networks.dcgan", "from ..weights import ensure"),
        ("gan_models.new_module", "from gan_models import paths"),
        ("gan_models.pipelines.latent", "import gradio as gr"),
        ("gan_models.training.loop", "from gan_models.finetuning import finetune"),
        ("gan_models.training.loop", "from gan_models.pipelines import load_pipeline"),
        ("gan_models.weights.locate", "from gan_models import pipelines"),
        ("gan_models.weights.locate", "from gan_models import convert"),
        ("gan_models.zoo", "import torch"),
        ("gan_models.zoo.user_models", "from gan_models.weights import read_metadata"),
    ],
)
def test_a_planted_import_is_found(module, planted):
    assert offences(planted, module)


def test_every_package_of_the_library_is_listed():
    found = {
        path.name for path in (ROOT / "gan_models").iterdir() if (path / "__init__.py").exists()
    }
    assert found <= set(ALLOWED)


def circles(graph: dict[str, set[str]]) -> list[list[str]]:
    """Groups of modules that import each other, by whatever way (Tarjan 1972)."""
    order: dict[str, int] = {}
    low: dict[str, int] = {}
    stack: list[str] = []
    found: list[list[str]] = []

    def visit(node: str) -> None:
        order[node] = low[node] = len(order)
        stack.append(node)
        for other in sorted(graph[node]):
            if other not in order:
                visit(other)
                low[node] = min(low[node], low[other])
            elif other in stack:
                low[node] = min(low[node], order[other])
        if low[node] == order[node]:
            group = stack[stack.index(node) :]
            del stack[stack.index(node) :]
            if len(group) > 1 or node in graph[node]:
                found.append(sorted(group))

    for node in sorted(graph):
        if node not in order:
            visit(node)
    return found


def import_graph(planted: dict[str, str] | None = None) -> dict[str, set[str]]:
    """Module -> the modules it imports, imports for types and within functions counted."""
    texts = {module_name(path): path.read_text("utf-8") for path in SOURCES}
    for module, line in (planted or {}).items():
        texts[module] += f"\n{line}\n"
    return {module: imported(text) & MODULES for module, text in texts.items()}


def test_no_import_goes_in_a_circle():
    assert not circles(import_graph())


@pytest.mark.parametrize(
    ("module", "planted"),
    [
        ("gan_models.seeds", "from gan_models.pipelines import latent"),
        ("tabs.finetune.render", "from tabs.finetune import start"),
    ],
)
def test_a_planted_circle_is_found(module, planted):
    assert circles(import_graph({module: planted}))


def loose_modules(folder: Path) -> list[str]:
    return sorted(path.name for path in folder.glob("*.py"))


def has_few_loose_modules(folder: Path) -> bool:
    return len(loose_modules(folder)) <= MOST_LOOSE_MODULES


def test_the_library_has_few_loose_modules():
    assert has_few_loose_modules(ROOT / "gan_models")


def test_a_ninth_loose_module_is_found(tmp_path):
    for number in range(MOST_LOOSE_MODULES):
        (tmp_path / f"module{number}.py").touch()
    assert has_few_loose_modules(tmp_path)
    (tmp_path / "ninth.py").touch()
    assert not has_few_loose_modules(tmp_path)


def test_torch_load_is_called_only_where_weights_are_read():
    for path in SOURCES:
        calls = [
            node
            for node in ast.walk(ast.parse(path.read_text("utf-8")))
            if isinstance(node, ast.Attribute)
            and node.attr == "load"
            and isinstance(node.value, ast.Name)
            and node.value.id == "torch"
        ]
        assert not calls or module_name(path) == "gan_models.weights.io"


def arrows_drawn() -> set[tuple[str, str]]:
    """The arrows of the picture in CONTRIBUTING.md, with the names of modules at both ends."""
    text = (ROOT / "CONTRIBUTING.md").read_text("utf-8")
    (picture,) = re.findall(r"```mermaid\n(.*?)```", text, re.DOTALL)
    end = r"(?:\w+\[([\w.]+)\]|(\w+))"
    rows = re.findall(rf"^  {end} --(?: [\w ]+ --)?> {end}$", picture, re.MULTILINE)
    assert len(rows) == len(picture.strip().splitlines()) - 1
    return {(a or b, c or d) for a, b, c, d in rows}


def may_import(module: str, other: str) -> bool:
    """Whether the rules let a package import another, or a part of it."""
    inside = "__init__" if module == "gan_models" else module
    allowed = ALLOWED[longest(inside, ALLOWED) or ""]
    return any(lies_in(other, one) or lies_in(one, other) for one in allowed)


def reached(start: str, arrows: set[tuple[str, str]]) -> set[str]:
    found, left = {start}, [start]
    while left:
        node = left.pop()
        new = {b for a, b in arrows if a == node} - found
        found |= new
        left += new
    return found


def test_every_arrow_of_the_picture_is_allowed():
    for a, b in arrows_drawn() - {("app", "tabs"), ("tabs", "gan_models")}:
        assert may_import(a, b), f"{a} may not import {b}"


def test_every_import_that_is_allowed_is_a_way_in_the_picture():
    arrows = arrows_drawn()
    packages = [name for name in ALLOWED if (ROOT / "gan_models" / name / "__init__.py").exists()]
    drawn = {"weights": "weights.load"}
    for package in packages:
        below = reached(drawn.get(package, package), arrows)
        assert package in ("cli", "weights") or any(package in pair for pair in arrows)
        for other in packages:
            if other not in (package, "cli", "weights") and other in ALLOWED[package]:
                assert other in below, f"no way from {package} to {other}"


@pytest.mark.parametrize(("a", "b"), [("networks", "zoo"), ("training", "pipelines")])
def test_a_forbidden_arrow_would_be_found(a, b):
    assert not may_import(a, b)

"""The texts in the source code that visitors may read, as templates of the catalogue."""

import ast
import csv
import itertools
import re
from collections.abc import Iterator
from pathlib import Path

from torchvision.models import ResNet50_Weights

from gan_models import list_models

ROOT = Path(__file__).parents[3]
# the command line, the rendered world and measurements speak to whoever runs the server
NOT_SHOWN = ("cli", "landscape", "metrics", "__main__.py")
_SENTENCE = re.compile(r"[A-Za-z]{2,}[,;:]? [A-Za-z(`{*\"'0-9]|^[A-Z][a-z]+|[a-z]{3,} *[{·]")
_SCRIPT_TEXT = re.compile(r"\b(?:ganvasText|t)\(\s*(['\"])((?:(?!\1).)*)\1")
_TAG = re.compile(r"</?[a-z][^<>]*>")
_ATTRIBUTE = re.compile(
    r"""(?:aria-label|title|alt|placeholder|data-text-[a-z-]+)=["']([^"']+)["']"""
)
# scripts, styles and patterns of the page
_CODE = re.compile(r"=>|\bconst |\bdocument\.|[{;]\s*\n|:[^;{}\n]+;\s|\(\?[:=!<P]|\\[bsdw]|\$\{")


def source_files() -> list[Path]:
    """Files whose texts visitors may read."""
    files = [ROOT / "app.py", *(ROOT / "tabs").rglob("*.py"), *(ROOT / "gan_models").rglob("*.py")]
    parts = {path: path.relative_to(ROOT).parts for path in files}
    return sorted(path for path in files if not any(name in NOT_SHOWN for name in parts[path][:2]))


def templates(source: str) -> Iterator[tuple[int, str]]:
    """The line and the template of each text in a Python source, docstrings left out."""
    tree = ast.parse(source)
    inner: set[int] = set()  # parts of other texts, docstrings, and what no visitor reads
    for node in ast.walk(tree):
        if isinstance(node, ast.Expr) and isinstance(node.value, ast.Constant):
            inner.add(id(node.value))
        if isinstance(node, ast.JoinedStr):
            inner.update(id(part) for part in ast.walk(node) if part is not node)
            for hole in node.values:  # but texts within holes are texts of their own
                if isinstance(hole, ast.FormattedValue):
                    inner.difference_update(id(part) for part in ast.walk(hole.value))
    for node in ast.walk(tree):
        if id(node) in inner or not (whole := _template(node)) or _CODE.search(whole):
            continue
        for text in _nodes(whole) if _TAG.search(whole) else [whole]:
            if _SENTENCE.search(text):
                yield node.lineno, text.strip()


def _template(node: ast.AST) -> str | None:
    if isinstance(node, ast.Constant) and isinstance(node.value, str):
        return node.value
    if not isinstance(node, ast.JoinedStr):
        return None
    text, count = "", 0
    for part in node.values:
        if isinstance(part, ast.Constant):
            text += part.value
        else:
            text += f"{{{count}}}"
            count += 1
    return text


def _nodes(markup: str) -> set[str]:
    """The texts and the attributes that people read in HTML."""
    found = {match[1].strip() for match in _ATTRIBUTE.finditer(markup)}
    found.update(part.strip() for part in _TAG.split(markup))
    return {_renumbered(text) for text in found if re.search(r"[A-Za-z]{2}", text)}


def _renumbered(text: str) -> str:
    """A template whose holes count from 0."""
    count = itertools.count()
    return re.sub(r"\{\d+\}", lambda _: f"{{{next(count)}}}", text)


def markup_texts() -> set[str]:
    """The texts of HTML files."""
    files = [path.read_text("utf-8") for path in (ROOT / "tabs").rglob("*.html")]
    return {text for file in files for text in _nodes(file)}


def script_texts() -> set[str]:
    """The texts of the page's scripts: what they give to `ganvasText`."""
    scripts = [path.read_text("utf-8") for path in (ROOT / "tabs").rglob("*.js")]
    scripts += [path.read_text("utf-8") for path in (ROOT / "tabs").rglob("*.py")]
    return {match[2] for script in scripts for match in _SCRIPT_TEXT.finditer(script)}


def data_texts() -> set[str]:
    """Names of labels, of classes, and of the canvas's layouts."""
    found = set()
    for path in (ROOT / "gan_models" / "palettes").glob("*.csv"):
        found |= {row["name"] for row in csv.DictReader(path.open(encoding="utf-8"))}
    for spec in list_models():
        found.update(name for name in spec.classes if not name.isdecimal())
    layouts = (ROOT / "tabs" / "paint" / "canvas" / "layouts.js").read_text("utf-8")
    found.update(re.findall(r'^  "([^"]+)": \[', layouts, re.MULTILINE))
    return found | set(ResNet50_Weights.DEFAULT.meta["categories"])

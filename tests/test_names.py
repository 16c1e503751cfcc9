"""Modules lie where the tree says, and names are the field's own words."""

from __future__ import annotations

import ast
import re
from pathlib import Path

import pytest

ROOT = Path(__file__).parent.parent
OLD_PATHS = (
    *(f"gan_models.{name}" for name in ("zoo_own", "zoo_public", "zoo_restoration", "spec")),
    *(f"gan_models.{name}" for name in ("shelf", "store", "downloads", "wheels", "described")),
    *(f"gan_models.{name}" for name in ("blueprint", "inert_pickle", "parser", "openraster")),
    *(f"gan_models.{name}" for name in ("images", "photos", "video", "label_maps")),
    *(f"gan_models.training.{name}" for name in ("landscape", "world", "collage", "roughen")),
    *(f"gan_models.training.{name}" for name in ("features", "metrics", "evaluate", "quality")),
    *(f"gan_models.training.{name}_game" for name in ("latent", "paint", "cycle", "finetune")),
    *(f"gan_models.training.{name}" for name in ("measure_game", "game", "judges", "matching")),
    *(f"gan_models.training.{name}" for name in ("failures", "finetune", "bases", "intake")),
    *(f"gan_models.training.{name}" for name in ("unpack", "health", "watch", "layer_swap")),
    *(f"gan_models.training.{name}" for name in ("pictures", "reader")),
    *(f"gan_models.jobs.{name}" for name in ("jobs", "store", "slots", "care", "drafts")),
    *("gan_models.jobs.shown", "gan_models.jobs.take_home", "gan_models.convert.light"),
    *(f"gan_models.pipelines.{name}" for name in ("load", "strips", "tiles")),
    *("gan_models.networks.feature_reader", "tabs.own", "tabs.mine", "tabs.common"),
    *("tabs.batching", "tabs.latent.keep", "tabs.latent.arrival", "tabs.classes.across"),
    *(f"tabs.translate.{name}" for name in ("back", "many", "photo", "keep")),
    *(f"tabs.finetune.{name}" for name in ("take", "enter", "data", "watch")),
)
FORBIDDEN_WORDS = {"game", "games", "judge", "judges", "shelf", "mine", "shown"}
SOURCES = [
    ROOT / "app.py",
    *(path for top in ("gan_models", "tabs", "benchmarks") for path in (ROOT / top).rglob("*.py")),
]


def exists(module: str) -> bool:
    path = ROOT.joinpath(*module.split("."))
    return path.with_suffix(".py").exists() or any(path.glob("*.py"))


@pytest.mark.parametrize("module", OLD_PATHS)
def test_nothing_is_left_under_an_old_path(module):
    assert not exists(module)


def words(name: str) -> set[str]:
    """The words of a name, whatever its case: take_home, TakeHome -> {take, home}."""
    return set(re.sub(r"([a-z0-9])([A-Z])", r"\1_\2", name).lower().split("_"))


def named_so(source: str) -> list[str]:
    """Classes and functions of a source text that have a forbidden word in their name."""
    kinds = (ast.ClassDef, ast.FunctionDef, ast.AsyncFunctionDef)
    names = [node.name for node in ast.walk(ast.parse(source)) if isinstance(node, kinds)]
    return [name for name in names if words(name) & FORBIDDEN_WORDS]


@pytest.mark.parametrize("path", SOURCES, ids=lambda path: str(path.relative_to(ROOT)))
def test_names_are_standard_terms(path):
    assert not named_so(path.read_text("utf-8"))


@pytest.mark.parametrize("source", ["class LatentGame: ...", "def opening_mine(): ..."])
def test_a_planted_name_is_found(source):
    assert named_so(source)

"""The controls of all tabs stand in the same order."""

from __future__ import annotations

import pytest

from app import create_app

# what a tab has of these comes in this order
ORDER = ("model", "photo", "examples", "settings", "go", "undo", "redo", "cancel", "result", "link")
TABS = {
    "latent": {"seeds": "settings", "psi": "settings", "sample": "go", "gallery": "result"},
    "classes": {"class": "settings", "psi": "settings", "sample": "go", "gallery": "result"},
    "translate": {"strength": "settings", "compare": "result"},
    "restore": {"scale": "settings", "compare": "result"},
}


@pytest.fixture(scope="module")
def ids():
    """The `elem_id` of all components, as they stand on the page."""
    config = create_app().config
    props = {part["id"]: part["props"] for part in config["components"]}
    found = []

    def walk(node):
        found.append(props.get(node["id"], {}).get("elem_id") or "")
        for child in node.get("children") or ():
            walk(child)

    walk(config["layout"])
    return found


@pytest.mark.parametrize("tab", TABS)
def test_the_controls_of_a_tab_stand_in_the_common_order(ids, tab):
    parts = {one.removeprefix(f"{tab}-"): at for at, one in enumerate(ids) if one.startswith(tab)}
    kinds = {name: name for name in ORDER} | TABS[tab]
    places = sorted((at, ORDER.index(kinds[name])) for name, at in parts.items() if name in kinds)
    ranks = [rank for _, rank in places]
    assert len(ranks) >= 5
    assert ranks == sorted(ranks), [ids[at] for at, _ in places]

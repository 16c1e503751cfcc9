"""Scroll to the result of a click."""

from __future__ import annotations

_JS = """() => {
  let tries = 0;
  const look = () => {
    const box = document.getElementById('%s');
    const ready = box && [...box.querySelectorAll('%s')].some(one => one.naturalWidth !== 0);
    if (ready) window.ganvasShow(box.id);
    else if (++tries < 100) setTimeout(look, 100);
  };
  look();
}"""


def into_sight(elem_id: str, awaited: str) -> str:
    """JavaScript that scrolls to an element, no farther than needed, once its content is there.

    Args:
        elem_id: of the element.
        awaited: a selector of something in it; pictures must be loaded.
    """
    return _JS % (elem_id, awaited)
